"""One reader for each file format; each lands a file's rows inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

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
from loaders.readers.search_parquet import land_search_parquet, land_search_parquets

# Up to this size the last reader, which is Python's, is done before DuckDB's has begun.
TINY_BYTES = 1 << 13

Reader = Callable[[duckdb.DuckDBPyConnection, RawFile, int], Landed]


def readers_for(file: RawFile) -> tuple[Reader, ...]:
    """The readers of a file's source and format, in the order in which they are tried."""
    if file.file_format == "json_lines":
        readers = (land_json_lines, land_json_lines_slowly)
        return readers if file.compression == "none" else (land_inflated_json_lines, *readers)
    if file.file_format == "csv":
        return (land_csv,)
    return (land_search_parquet if file.source.name == "log_search" else land_content_parquet,)


def land_together(
    connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[RawFile, int]]
) -> Iterator[Landed]:
    """What each of some small files gives, in their order; search logs are read at once.

    Raises:
        TryNextReader, UnreadableFile: one of them needs more than its first reader.
    """
    for is_search, group in groupby(files, key=_is_search_parquet):
        if is_search:
            yield from land_search_parquets(connection, list(group))
        else:
            for file, file_id in group:
                tiny = file.absolute.stat().st_size <= TINY_BYTES
                reader = readers_for(file)[-1 if tiny else 0]
                yield reader(connection, file, file_id)


def _is_search_parquet(file: tuple[RawFile, int]) -> bool:
    return readers_for(file[0]) == (land_search_parquet,)
