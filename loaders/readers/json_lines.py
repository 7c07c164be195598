"""JSON lines into `raw.log_content`: DuckDB reads the file, Python reads again what it could not.

DuckDB is strict about nothing here: every field is text, and a line that is not a JSON object comes
back as a row of nulls. The lines that gave no field, and only those, are read again from the file's
bytes and decided in Python. A file that DuckDB does not read line by line, or that starts with a
byte order mark, is read in Python as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from loaders.database import concerns_the_machine
from loaders.discovery import RawFile
from loaders.drift import FieldDrift, of_lines
from loaders.inflate import inflating
from loaders.readers.base import (
    BATCH_ROWS,
    Landed,
    RejectedLines,
    TryNextReader,
    as_texts,
    by_column,
    insert_texts,
    literal_path,
)
from loaders.readers.records import record_fields
from loaders.scan import Line, LineCount, LineIndex, all_lines, count_lines, index_lines, read_lines
from loaders.sources import Compression

# DuckDB's own default for one object; a file with longer lines gets a larger buffer, up to a point:
# each thread takes four times as much.
DEFAULT_OBJECT_BYTES = 16 << 20
MAX_OBJECT_BYTES = 64 << 20
# Bad lines of so many bytes are looked at together.
RUN_BYTES = 16 << 20


def land_json_lines(connection: duckdb.DuckDBPyConnection, file: RawFile, file_id: int) -> Landed:
    """Insert a file's records with DuckDB and return its malformed lines.

    Raises:
        TryNextReader: DuckDB does not read the file line by line, or a line is very long.
        UnreadableFile: its compressed stream is truncated or corrupt.
        OSError: it cannot be read.
    """
    count = count_lines(file.absolute, file.compression)
    if not count.lines:
        return Landed(0)
    if count.has_bom or count.longest > MAX_OBJECT_BYTES:
        raise TryNextReader(file.path)
    with literal_path(file.absolute) as path:
        inserted = _insert_with_duckdb(
            connection, file, file_id, path, file.compression, count.longest
        )
    return _settle(connection, file, file_id, count, inserted)


def land_inflated_json_lines(
    connection: duckdb.DuckDBPyConnection, file: RawFile, file_id: int
) -> Landed:
    """The same for a compressed file, in one pass over it.

    Raises:
        TryNextReader: DuckDB does not read it line by line, or a line is long.
        UnreadableFile: its compressed stream is truncated or corrupt.
        OSError: it cannot be read.
    """
    with inflating(file.absolute, file.compression) as stream:
        inserted = _insert_with_duckdb(connection, file, file_id, stream.path)
        count = stream.count()
    if count.has_bom:
        raise TryNextReader(file.path)
    return _settle(connection, file, file_id, count, inserted)


def _settle(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    file_id: int,
    count: LineCount,
    inserted: int,
) -> Landed:
    """Hold what DuckDB has inserted against the lines, and decide what it could not read."""
    if inserted == count.lines:
        return Landed(count.lines, drift=_drift(file))
    # Some lines are blank or bad: from here on it counts where they are.
    index = index_lines(file.absolute, file.compression)
    _count_blank_lines(connection, file, file_id, index)
    if inserted == index.rows:
        return Landed(index.rows, drift=_drift(file))
    rejected = _settle_missing_lines(connection, file, file_id, index)
    return Landed(index.rows, rejected, _drift(file))


def land_json_lines_slowly(
    connection: duckdb.DuckDBPyConnection, file: RawFile, file_id: int
) -> Landed:
    """The same in Python, about ten times slower: what every file must come to.

    Raises:
        UnreadableFile: its compressed stream is truncated or corrupt.
        OSError: it cannot be read.
    """
    bad_numbers: list[int] = []
    bad_lines: list[bytes] = []
    rows = 0
    for batch in _batches(all_lines(file.absolute, file.compression)):
        numbers: list[int] = []
        records: list[list[str | None]] = []
        for line in batch:
            rows += 1
            texts = record_fields(line.content, file.source)
            if texts is None:
                bad_numbers.append(line.number)
                bad_lines.append(line.content)
            else:
                numbers.append(line.number)
                records.append(texts)
        insert_texts(connection, file, file_id, numbers, by_column(file.source, records))
    return Landed(rows, RejectedLines(bad_numbers, bad_lines), _drift(file))


def _drift(file: RawFile) -> tuple[FieldDrift, ...]:
    """Which fields of the file's first lines are not as expected."""
    lines = all_lines(file.absolute, file.compression)
    return of_lines(file.source, (line.content for line in lines))


def _insert_with_duckdb(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    file_id: int,
    path: str,
    compression: Compression = "none",
    longest: int = 0,
) -> int:
    """Insert what DuckDB reads, numbered as if no line were blank; return how many rows that were.

    Args:
        path: of the file, or of its decompressed bytes.
        longest: bytes of the longest line, or more.

    Raises:
        TryNextReader: DuckDB does not read the file.
    """
    source = file.source
    struct = ", ".join(f"{field.name} varchar" for field in source.fields)
    columns = {source.nested_in: f"struct({struct})"}
    if source.document_id:
        columns[source.document_id.name] = "varchar"
    selected = [source.document_id.name] if source.document_id else []
    selected += [f"{source.nested_in}.{field.name}" for field in source.fields]
    something = " or ".join(
        f"{source.nested_in}.{field.name} is not null" for field in source.fields
    )
    try:
        connection.execute(
            f"""
            insert into raw.{source.name}
            select $file_id, row, $log_date, {", ".join(selected)}
            from (
                select row_number() over () as row, *
                from read_json(
                    $path,
                    format = 'newline_delimited',
                    ignore_errors = true,
                    columns = $columns,
                    compression = $compression,
                    maximum_object_size = $maximum_object_size,
                    hive_partitioning = false
                )
            )
            where {something}
            """,
            {
                "file_id": file_id,
                "log_date": file.log_date,
                "path": path,
                "columns": columns,
                "compression": ("uncompressed" if compression == "none" else compression),
                "maximum_object_size": max(DEFAULT_OBJECT_BYTES, 2 * longest),
            },
        )
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        if concerns_the_machine(error):
            raise
        raise TryNextReader(file.path) from error
    count = connection.fetchone()
    return int(count[0]) if count else 0


def _count_blank_lines(
    connection: duckdb.DuckDBPyConnection, file: RawFile, file_id: int, index: LineIndex
) -> None:
    """Add to each row's number the blank lines before it, which DuckDB has passed over."""
    if not index.blanks:
        return
    # Row -> blank lines before it, for each row that follows a blank line.
    runs = {rows + 1: position + 1 for position, rows in enumerate(index.blanks)}
    table = pa.table({"first_row": list(runs), "shift": list(runs.values())})
    connection.register("blank_runs", table)
    connection.execute(
        f"""
        update raw.{file.source.name} as records
        set line_number = numbered.line_number
        from (
            select records.line_number as row, records.line_number + blank_runs.shift as line_number
            from raw.{file.source.name} as records
            asof join blank_runs on records.line_number >= blank_runs.first_row
            where records.file_id = $file_id
        ) as numbered
        where records.file_id = $file_id and records.line_number = numbered.row
        """,
        {"file_id": file_id},
    )
    connection.unregister("blank_runs")


def _settle_missing_lines(
    connection: duckdb.DuckDBPyConnection, file: RawFile, file_id: int, index: LineIndex
) -> RejectedLines:
    """Look again at the lines that gave no field: some are no records, others hold nothing."""
    landed = f"(select line_number from raw.{file.source.name} where file_id = $file_id)"
    lines = index.rows + len(index.blanks)
    beyond = connection.execute(
        f"select count(*) from {landed} where line_number > $lines",
        {"file_id": file_id, "lines": lines},
    ).fetchall()
    if beyond != [(0,)]:
        raise TryNextReader(file.path)
    missing = connection.sql(
        f"""
        select line_number from range(1, $lines + 1) as lines (line_number)
        anti join {landed} using (line_number)
        order by line_number
        """,
        params={"file_id": file_id, "lines": lines},
    )
    blank = {rows + 1 + position for position, rows in enumerate(index.blanks)}
    missing_numbers = missing.to_arrow_table().column("line_number").to_pylist()
    numbers = [number for number in missing_numbers if number not in blank]
    bad_numbers: list[int] = []
    bad_lines: list[bytes] = []
    empty: dict[int, list[str | None]] = {}
    for run, contents in _long_runs(read_lines(file.absolute, file.compression, index, numbers)):
        before = len(empty)
        for position in _perhaps_json(connection, contents):
            texts = record_fields(contents[position], file.source)
            if texts is None:
                continue
            if any(text is not None for text in texts[-len(file.source.fields) :]):
                raise TryNextReader(file.path)  # a good line: DuckDB has counted otherwise
            empty[run[position]] = texts
        if len(empty) == before:  # most often all are bad
            bad_numbers += run
            bad_lines += contents
            continue
        bad = [position for position, number in enumerate(run) if number not in empty]
        bad_numbers += [run[position] for position in bad]
        bad_lines += [contents[position] for position in bad]
    if empty:
        columns = by_column(file.source, list(empty.values()))
        insert_texts(connection, file, file_id, list(empty), columns)
    return RejectedLines(bad_numbers, bad_lines)


def _perhaps_json(connection: duckdb.DuckDBPyConnection, lines: list[bytes]) -> list[int]:
    """Positions of the lines that Python has to parse: all but those that are surely not JSON.

    What DuckDB does not take for JSON is none, but for escapes of half a surrogate pair. What is
    not UTF-8 has hexadecimal escapes here, which are no JSON either.
    """
    positions = pa.array(range(len(lines)), pa.int64())
    connection.register("lines_of_run", pa.table({"position": positions, "line": as_texts(lines)}))
    found = connection.sql(
        r"""
        select position from lines_of_run
        where json_valid(line) or contains(line, '\u')
        order by position
        """
    )
    perhaps: list[int] = found.to_arrow_table().column("position").to_pylist()
    connection.unregister("lines_of_run")
    return perhaps


def _long_runs(
    runs: Iterator[tuple[list[int], list[bytes]]],
) -> Iterator[tuple[list[int], list[bytes]]]:
    """Short runs of lines made into longer ones: asking DuckDB about each would take its time."""
    numbers: list[int] = []
    contents: list[bytes] = []
    size = 0
    for run, lines in runs:
        numbers += run
        contents += lines
        size += sum(map(len, lines))
        if size >= RUN_BYTES:
            yield numbers, contents
            numbers, contents, size = [], [], 0
    if numbers:
        yield numbers, contents


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
