"""One reader for each file format; each lands a file's rows inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from loaders.discovery import RawFile
from loaders.readers.base import Landed
from loaders.readers.content_parquet import land_content_parquet
from loaders.readers.csv_lines import land_csv
from loaders.readers.json_lines import (
    land_inflated_json_lines,
    land_json_lines,
    land_json_lines_slowly,
)
from loaders.readers.search_parquet import land_search_parquet

Reader = Callable[[duckdb.DuckDBPyConnection, RawFile, int], Landed]


def readers_for(file: RawFile) -> tuple[Reader, ...]:
    """The readers of a file's source and format, in the order in which they are tried."""
    if file.file_format == "json_lines":
        readers = (land_json_lines, land_json_lines_slowly)
        return readers if file.compression == "none" else (land_inflated_json_lines, *readers)
    if file.file_format == "csv":
        return (land_csv,)
    return (land_search_parquet if file.source.name == "log_search" else land_content_parquet,)
