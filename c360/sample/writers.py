"""Text and Parquet files written from query results, always with the same bytes."""

from __future__ import annotations

import gzip
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import duckdb
import pyarrow
import zstandard
from pyarrow import parquet

BATCH_ROWS = 50_000
ROW_GROUP_ROWS = 200_000
ZSTD_LEVEL = 3
GZIP_LEVEL = 6


@contextmanager
def open_text(path: Path) -> Iterator[BinaryIO]:
    """Open a new file for bytes; `.gz` and `.zst` compress, without a time or a name inside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("xb"))
        if path.suffix == ".gz":
            packed = gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0)
            yield cast(BinaryIO, stack.enter_context(packed))
        elif path.suffix == ".zst":
            writer = zstandard.ZstdCompressor(level=ZSTD_LEVEL).stream_writer(raw, closefd=False)
            yield cast(BinaryIO, stack.enter_context(writer))
        else:
            yield raw


def write_query(con: duckdb.DuckDBPyConnection, sql: str, file: BinaryIO) -> int:
    """Write the one text column of a query, whose values end their own lines; returns the rows."""
    rows = 0
    for _, count, text in stream(con, f"select 0, line from ({sql}) as q(line)"):
        file.write(text)
        rows += count
    return rows


def stream(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[int, int, memoryview]]:
    """Yield (key, rows, bytes) for runs of rows with the same key.

    The query has two columns: an integer key, in order, and a text whose values end their own
    lines. The texts of an Arrow column lie behind each other in one buffer, which is exactly the
    piece of file wanted: no row becomes a Python object.
    """
    for batch in con.sql(sql).to_arrow_reader(BATCH_ROWS):
        keys, texts = batch.column(0), batch.column(1)
        _, offsets, data = texts.buffers()
        ends = memoryview(offsets).cast("q" if texts.type == "large_string" else "i")
        whole = memoryview(data if data is not None else b"")
        first = 0
        while first < len(texts):
            key = keys[first].as_py()
            last = bisect_right(keys, key, first, key=lambda value: value.as_py())
            start, end = (ends[texts.offset + i] for i in (first, last))
            yield key, last - first, whole[start:end]
            first = last


def write_parquet(table: pyarrow.Table, path: Path) -> int:
    """Write a table as a snappy Parquet file; returns its rows.

    With Arrow's writer: the bytes that DuckDB's own writes for a column without nulls depend on
    how the rows lay in memory before, and so on the number of threads.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = table.combine_chunks()  # the pieces that a query came in must not show
    parquet.write_table(
        whole, path, compression="snappy", row_group_size=ROW_GROUP_ROWS, store_schema=False
    )
    return int(whole.num_rows)
