"""What a mart becomes on the server: one kind and one type for each column, measured first.

Everything that the server would refuse or change silently is refused here, before anything is
written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import duckdb

from c360.errors import ExportError
from exporters.catalog import ExportTable
from exporters.duck import MartColumn, describe, one_row, source_of
from exporters.identifiers import for_duckdb, require_name

Kind = Literal["integer", "boolean", "decimal", "double", "date", "timestamp", "text"]

# Longer text is LONGTEXT, which has no length; shorter is VARCHAR of a power of two, so that a
# table keeps its type while its data grows a little.
LONGEST_VARCHAR = 4096
_SHORTEST_VARCHAR = 16
# InnoDB's longest index, and what the widest type but text takes of it (DECIMAL(38)).
INDEX_BYTES = 3072
FIXED_BYTES = 17
# MySQL's limit for the columns of a row that are not LONGTEXT is 65,535 bytes.
_ROW_BYTES = 60_000
BYTES_A_CHARACTER = 4

_KINDS: dict[str, tuple[Kind, str]] = {
    "TINYINT": ("integer", "INT"),
    "SMALLINT": ("integer", "INT"),
    "INTEGER": ("integer", "INT"),
    "BIGINT": ("integer", "BIGINT"),
    "BOOLEAN": ("boolean", "BOOLEAN"),
    "DOUBLE": ("double", "DOUBLE"),
    "DATE": ("date", "DATE"),
    "TIMESTAMP": ("timestamp", "DATETIME(6)"),
    "VARCHAR": ("text", ""),
}
_OUT_OF_RANGE = "count(*) filter (where not isfinite({c}) or year({c}) not between 1000 and 9999)"
_MEASURES: dict[Kind, str] = {
    "text": "coalesce(max(length({c})), 0)",
    "double": "count(*) filter (where not isfinite({c}))",
    "date": _OUT_OF_RANGE,
    "timestamp": _OUT_OF_RANGE,
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_MOST_DECIMALS = 30  # of MySQL; DuckDB has up to 38


@dataclass(frozen=True)
class PlannedColumn:
    """A column to serve; `length` is the VARCHAR length in characters, None for other types."""

    name: str
    kind: Kind
    server_type: str
    length: int | None
    in_key: bool
    description: str


@dataclass(frozen=True)
class Plan:
    """How one mart is served."""

    table: ExportTable
    source: str
    columns: tuple[PlannedColumn, ...]

    def column(self, name: str) -> PlannedColumn:
        """The planned column of that name."""
        return next(column for column in self.columns if column.name == name)


def make_plan(connection: duckdb.DuckDBPyConnection, table: ExportTable) -> Plan:
    """Measure a mart and choose the types it is served with.

    Raises:
        ExportError: a type or value that MySQL cannot hold as it is.
    """
    marts = describe(connection, table)
    typed = [(column, *_kind_of(table, column)) for column in marts]
    measured = _measure(connection, table, [(column, kind) for column, kind, _ in typed])
    lengths = _text_lengths(table, typed, measured)
    descriptions = {column.name: column.description for column in table.columns}
    columns = [
        PlannedColumn(
            name=require_name(column.name, f"Column of {table.name}:"),
            kind=kind,
            server_type=_text_type(lengths[column.name]) if kind == "text" else server_type,
            length=lengths.get(column.name),
            in_key=column.name in table.key,
            description=descriptions.get(column.name, ""),
        )
        for column, kind, server_type in typed
    ]
    return Plan(table, source_of(table), tuple(_fit_row(columns)))


def _text_lengths(
    table: ExportTable, typed: list[tuple[MartColumn, Kind, str]], measured: dict[str, Any]
) -> dict[str, int | None]:
    """The VARCHAR length of each text column, None for LONGTEXT."""
    lengths = {c.name: _varchar_length(measured[c.name]) for c, kind, _ in typed if kind == "text"}
    key = [(kind, lengths.get(c.name)) for c, kind, _ in typed if c.name in table.key]
    if index_bytes(key) > INDEX_BYTES:
        # Lengths as measured may fit where powers of two do not.
        lengths |= {name: measured[name] for name in table.key if lengths.get(name)}
    return lengths


def index_bytes(columns: Sequence[tuple[Kind, int | None]]) -> int:
    """Bytes an index over columns of these kinds and lengths takes; too many with LONGTEXT."""
    return sum(
        FIXED_BYTES if kind != "text" else BYTES_A_CHARACTER * length if length else INDEX_BYTES + 1
        for kind, length in columns
    )


def _text_type(length: int | None) -> str:
    return f"VARCHAR({length})" if length else "LONGTEXT"


def _kind_of(table: ExportTable, column: MartColumn) -> tuple[Kind, str]:
    if column.data_type in _KINDS:
        return _KINDS[column.data_type]
    decimal = _DECIMAL.fullmatch(column.data_type)
    if decimal and int(decimal[2]) <= _MOST_DECIMALS:
        return "decimal", column.data_type
    raise ExportError(
        f"The column {column.name} of mart {table.name} has the type {column.data_type}, which "
        "has no equal on MySQL; nothing was written.",
        hint="Cast it in the mart: to bigint, double, decimal(p,s), date, timestamp or string.",
    )


def _measure(
    connection: duckdb.DuckDBPyConnection,
    table: ExportTable,
    columns: list[tuple[MartColumn, Kind]],
) -> dict[str, Any]:
    """For text the longest value in characters; for others refuse what MySQL cannot hold."""
    measures = [_MEASURES.get(kind, "null").format(c=for_duckdb(c.name)) for c, kind in columns]
    row = one_row(connection, f"select {', '.join(measures)} from {source_of(table)}")
    measured = dict(zip((column.name for column, _ in columns), row, strict=True))
    for column, kind in columns:
        if kind in ("double", "date", "timestamp") and measured[column.name]:
            raise ExportError(
                f"The column {column.name} of mart {table.name} holds {measured[column.name]} "
                "values that MySQL cannot hold (infinite, not a number, or a year outside 1000 "
                "to 9999); nothing was written.",
                hint="Turn them into null in the model and run dbt build.",
            )
    return measured


def _varchar_length(longest: int) -> int | None:
    if longest > LONGEST_VARCHAR:
        return None
    return max(_SHORTEST_VARCHAR, 1 << max(0, longest - 1).bit_length())


def _fit_row(columns: list[PlannedColumn]) -> list[PlannedColumn]:
    """Make the widest texts LONGTEXT until the row fits; those of the key last."""
    fitted = list(columns)
    while sum(_row_bytes(column) for column in fitted) > _ROW_BYTES:
        candidates = [column for column in fitted if column.length]
        if not candidates:
            break
        widest = max(candidates, key=lambda column: (not column.in_key, column.length or 0))
        fitted[fitted.index(widest)] = replace(widest, server_type="LONGTEXT", length=None)
    return fitted


def _row_bytes(column: PlannedColumn) -> int:
    return BYTES_A_CHARACTER * column.length + 2 if column.length else 20
