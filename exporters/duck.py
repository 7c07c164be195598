"""The DuckDB side of both exports: one read-only connection, so that one version is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from c360.errors import ConfigurationError, ExportError
from exporters.catalog import ExportTable
from exporters.identifiers import for_duckdb
from loaders.database import connect_read_only, first_line

# Sorting a larger mart goes to disk beside the database, not into the memory of the machine.
MEMORY_LIMIT = "2GB"
# Schema and table of what dbt began and did not end well.
UNFINISHED = ("intermediate", "unfinished_nodes")
MAX_NODES_SHOWN = 5


@dataclass(frozen=True)
class MartColumn:
    """A column as DuckDB holds it; `data_type` is DuckDB's, such as `DECIMAL(10,2)`."""

    name: str
    data_type: str


@contextmanager
def open_database(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database read-only, which also keeps every writer out until the export ends.

    Raises:
        ConfigurationError: there is none.
        DatabaseBusyError: another process still has it open for writing after a short wait.
        LoadError: it cannot be opened.
        ExportError: the last build of it failed or did not end.
    """
    if not database.is_file():
        raise ConfigurationError(
            f"There is no database at {database}.", hint="Run c360 load and dbt build first."
        )
    connection = connect_read_only(database)
    try:
        # Times with a zone are written as UTC, wherever the export runs.
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        _refuse_unfinished_build(connection)
        yield connection
    finally:
        connection.close()


def _refuse_unfinished_build(connection: duckdb.DuckDBPyConnection) -> None:
    """Stop when a build failed or was killed: old and new marts stand side by side then.

    macros/periods/unfinished_nodes.sql keeps the list.
    """
    known = connection.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = ?", list(UNFINISHED)
    ).fetchall()
    if not known:
        return
    nodes = connection.execute(f"select node from {'.'.join(UNFINISHED)} order by node").fetchall()
    if nodes:
        names = [node.split(".")[2] for (node,) in nodes]
        more = f" and {len(names) - MAX_NODES_SHOWN} more" if len(names) > MAX_NODES_SHOWN else ""
        raise ExportError(
            f"the last build failed or did not end: {', '.join(names[:MAX_NODES_SHOWN])}{more}",
            hint="Run dbt build (or c360 run); what was exported before is still served.",
        )


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turn DuckDB's errors while it reads the mart `name` into one that says what to do."""
    try:
        yield
    except duckdb.Error as error:
        raise ExportError(
            f"The mart {name} cannot be read to its end: {first_line(error)}",
            hint="Run dbt build, check the disk and memory of this machine, and export again.",
        ) from error


def source_of(table: ExportTable) -> str:
    """The mart's quoted name in DuckDB."""
    names = [table.catalog] if table.catalog else []
    return ".".join(for_duckdb(name) for name in (*names, table.schema, table.name))


def key_order(table: ExportTable) -> str:
    """The mart's key as an `order by` list."""
    return ", ".join(for_duckdb(name) for name in table.key)


def describe(connection: duckdb.DuckDBPyConnection, table: ExportTable) -> tuple[MartColumn, ...]:
    """The mart's columns in DuckDB, which must hold the declared key."""
    try:
        rows = connection.execute(f"describe select * from {source_of(table)}").fetchall()
    except duckdb.CatalogException as error:
        raise ExportError(
            f"The mart {table.name} is not in the database.",
            hint="Run dbt build; the manifest and the database belong to different builds.",
        ) from error
    columns = tuple(MartColumn(name=row[0], data_type=row[1]) for row in rows)
    names = {column.name for column in columns}
    for column in (*table.key, *(name for index in table.indexes for name in index)):
        if column not in names:
            raise ExportError(
                f"The mart {table.name} has no column {column}, which its export declares.",
                hint="Run dbt build; the manifest and the database belong to different builds.",
            )
    return columns


def one_row(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[object] = ()
) -> tuple[Any, ...]:
    """The one row of a query, read to its end: an unfinished result blocks the connection."""
    rows: list[tuple[Any, ...]] = connection.execute(query, list(values)).fetchall()
    return rows[0]


def count_rows(connection: duckdb.DuckDBPyConnection, table: ExportTable) -> int:
    """The mart's number of rows."""
    return int(one_row(connection, f"select count(*) from {source_of(table)}")[0])


def refuse_broken_key(connection: duckdb.DuckDBPyConnection, table: ExportTable) -> None:
    """Stop before anything is written if the declared key is null or not unique."""
    null = " or ".join(f"{for_duckdb(name)} is null" for name in table.key)
    if _any_row(connection, f"select 1 from {source_of(table)} where {null} limit 1"):
        _refuse_key(table, "is null in at least one row")
    if _any_row(
        connection,
        f"select 1 from {source_of(table)} group by {key_order(table)} having count(*) > 1 limit 1",
    ):
        _refuse_key(table, "is not unique")


def _any_row(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    return bool(connection.execute(query).fetchall())


def _refuse_key(table: ExportTable, problem: str) -> None:
    raise ExportError(
        f"The key ({', '.join(table.key)}) of mart {table.name} {problem}; nothing was written.",
        hint="Correct the model or its meta.export.key, run dbt build, and export again.",
    )


def refuse_empty(tables: Sequence[ExportTable]) -> None:
    """An export of nothing would drop what is served; that is never meant."""
    if not tables:
        raise ConfigurationError(
            "No model declares an export.",
            hint="Give the models to serve a meta: {export: {key: [...]}} and run dbt build.",
        )
