"""Checksums of a table that DuckDB and the server must agree on, bit for bit.

Each column gives a number for each value that both sides compute in the same way; its checksum is
how many values are not null and the sum of these numbers (for text: of the bytes). On top, each
row becomes one text, from which its values can be told apart, and the first 60 bits of that
text's SHA-256 are summed over all rows. Sums do not depend on the order of the rows and do not
cancel duplicates as XOR would. SHA-256 because MySQL 9.6 dropped MD5 and SHA-1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from exporters.identifiers import for_duckdb, for_server
from exporters.plan import Kind, PlannedColumn

# A double is taken as the number that its eight bytes are: no rounding, no text form.
_DUCKDB_NUMBERS: dict[Kind, str] = {
    "integer": "{c}",
    "boolean": "cast({c} as integer)",
    "decimal": "{c}",
    "double": "cast('0x' || hex(cast(cast(case when {c} = 0 then 0e0 else {c} end as bit) "
    "as blob)) as ubigint)",  # 0 for -0.0, as it is sent
    "date": "datediff('day', date '1970-01-01', {c})",
    "timestamp": "epoch_us({c})",
    "text": "strlen({c})",
}
# On the server, well-known binary is the only view of those bytes: one mark, four of the type,
# then x with the lowest byte first.
_SERVER_NUMBERS: dict[Kind, str] = {
    "integer": "{c}",
    "boolean": "{c}",
    "decimal": "{c}",
    "double": "cast(conv(hex(reverse(substr(st_aswkb(point({c}, 0)), 6, 8))), 16, 10) as unsigned)",
    "date": "datediff({c}, '1970-01-01')",
    "timestamp": "timestampdiff(microsecond, '1970-01-01', {c})",
    "text": "length({c})",
}


@dataclass(frozen=True)
class Fingerprint:
    """`columns` holds (name, values that are not null, sum) of each column."""

    rows: int
    row_hash: str
    columns: tuple[tuple[str, int, str], ...]

    @property
    def checksum(self) -> str:
        """The whole fingerprint as 64 hexadecimal digits."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def differences(self, other: Fingerprint) -> str:
        """Where two fingerprints of a table differ; empty if they are equal."""
        if self == other:
            return ""
        if self.rows != other.rows:
            return f"{self.rows} rows against {other.rows}"
        names = [
            mine[0]
            for mine, theirs in zip(self.columns, other.columns, strict=True)
            if mine != theirs
        ]
        return f"column {', '.join(names)}" if names else "the contents of some row"


def duckdb_query(source: str, columns: Sequence[PlannedColumn]) -> str:
    """The query that gives a mart's fingerprint in DuckDB."""
    numbers = [(_number(_DUCKDB_NUMBERS, c, for_duckdb(c.name)), c) for c in columns]
    parts = [
        f"count({number}), coalesce(cast(sum({number}) as varchar), '0')" for number, _ in numbers
    ]
    texts = [_duckdb_part(number, column) for number, column in numbers]
    row_hash = f"cast('0x' || left(sha256(concat_ws(',', {', '.join(texts)})), 15) as bigint)"
    return (
        f"select count(*), coalesce(cast(sum({row_hash}) as varchar), '0'), "
        f"{', '.join(parts)} from {source}"
    )


def server_query(table: str, columns: Sequence[PlannedColumn]) -> str:
    """The same for a table on the server."""
    parts = [
        f"count({number}), coalesce(cast(sum({number}) as char), '0')"
        for number, _ in _server_numbers(columns)
    ]
    return f"select {_server_rows(columns)}, {', '.join(parts)} from {for_server(table)}"


def server_rows_query(table: str, columns: Sequence[PlannedColumn]) -> str:
    """Its rows and row hash alone: whether they differ, at half the cost, not where."""
    return f"select {_server_rows(columns)} from {for_server(table)}"


def read(row: Sequence[object], columns: Sequence[PlannedColumn]) -> Fingerprint:
    """The fingerprint from the one row that either query gives."""
    rows, row_hash, *rest = row
    return Fingerprint(
        rows=int(str(rows)),
        row_hash=str(row_hash),
        columns=tuple(
            (column.name, int(str(rest[2 * place])), str(rest[2 * place + 1]))
            for place, column in enumerate(columns)
        ),
    )


def _server_rows(columns: Sequence[PlannedColumn]) -> str:
    texts = [_server_part(number, column) for number, column in _server_numbers(columns)]
    row_text = f"concat_ws(',', {', '.join(texts)})"
    row_hash = f"cast(conv(left(sha2({row_text}, 256), 15), 16, 10) as unsigned)"
    return f"count(*), coalesce(cast(sum({row_hash}) as char), '0')"


def _server_numbers(columns: Sequence[PlannedColumn]) -> list[tuple[str, PlannedColumn]]:
    return [(_number(_SERVER_NUMBERS, c, for_server(c.name)), c) for c in columns]


def _number(numbers: dict[Kind, str], column: PlannedColumn, name: str) -> str:
    return numbers[column.kind].format(c=name)


def _duckdb_part(number: str, column: PlannedColumn) -> str:
    """A value within the row's text: `-` for null, text with its length in front."""
    if column.kind == "text":  # not concat(), which skips nulls in DuckDB
        return f"coalesce({number} || ':' || {for_duckdb(column.name)}, '-')"
    return f"coalesce(cast({number} as varchar), '-')"


def _server_part(number: str, column: PlannedColumn) -> str:
    """The same on the server, where `||` means `or`.

    ifnull() makes the number a text by itself, at half the cost of coalesce(cast()).
    """
    if column.kind == "text":
        return f"ifnull(concat({number}, ':', {for_server(column.name)}), '-')"
    return f"ifnull({number}, '-')"
