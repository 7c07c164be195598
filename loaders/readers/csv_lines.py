"""CSV files, one record a line, with a header (SPEC 2.1, 2.3, 2.4).

A line with the wrong number of fields, an open quote or bytes that are not UTF-8 is malformed; it
never swallows the lines after it.
"""

from __future__ import annotations

import csv

import duckdb

from loaders.discovery import RawFile
from loaders.drift import of_header
from loaders.keywords import normalise
from loaders.readers.base import (
    BATCH_ROWS,
    Landed,
    RejectedLines,
    by_column,
    insert_texts,
)
from loaders.scan import UnreadableFile, all_lines
from loaders.sources import Source

# A field may be as long as its line.
csv.field_size_limit(2**31 - 1)

MIN_IDENTIFIERS = 2  # SPEC 2.4: a row links two or more


def land_csv(connection: duckdb.DuckDBPyConnection, file: RawFile, file_id: int) -> Landed:
    """Insert a file's records and return its malformed lines.

    Raises:
        UnreadableFile: without a header of this source.
    """
    lines = all_lines(file.absolute, file.compression)
    header_line = next(lines, None)
    header = csv_fields(header_line.content) if header_line else None
    if header is None:
        raise UnreadableFile("no header line")
    names = [name.strip() for name in header]
    _check_header(file.source, names)
    positions = [
        names.index(field.name) if field.name in names else None for field in file.source.all_fields
    ]
    bad_numbers: list[int] = []
    bad_lines: list[bytes] = []
    numbers: list[int] = []
    records: list[list[str | None]] = []
    rows = 0
    for line in lines:
        rows += 1
        fields = csv_fields(line.content)
        if fields is None or len(fields) != len(names):
            bad_numbers.append(line.number)
            bad_lines.append(line.content)
            continue
        numbers.append(line.number)
        records.append([None if at is None else fields[at] for at in positions])
        if len(numbers) == BATCH_ROWS:
            _insert(connection, file, file_id, numbers, records)
            numbers, records = [], []
    _insert(connection, file, file_id, numbers, records)
    rejected = RejectedLines(bad_numbers, bad_lines)
    return Landed(rows, rejected, of_header(file.source, names))


def _insert(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    file_id: int,
    numbers: list[int],
    records: list[list[str | None]],
) -> None:
    columns = by_column(file.source, records)
    if file.source.name == "library":
        columns["keyword_normalised"] = [
            normalise(keyword or "") or None for keyword in columns["keyword"]
        ]
    insert_texts(connection, file, file_id, numbers, columns)


def csv_fields(line: bytes) -> list[str] | None:
    """The fields of one line, or None when it is not one CSV record of UTF-8 text."""
    try:
        records = list(csv.reader([line.decode("utf-8")], strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    return records[0] if len(records) == 1 else None


def _check_header(source: Source, names: list[str]) -> None:
    missing = source.missing_columns(names)
    if missing:
        raise UnreadableFile(f"its header has no column {', '.join(missing)}")
    known = [field.name for field in source.fields if field.name in names]
    if source.name == "identities" and len(known) < MIN_IDENTIFIERS:
        expected = ", ".join(field.name for field in source.fields)
        raise UnreadableFile(f"its header has fewer than two of {expected}")
