"""What `benchmarks.mysql_export` measures, one step a process: `python -m benchmarks.mysql_steps`.

    bare DATABASE         LOAD DATA LOCAL INFILE of CSV files into tables that are ready
    bare-sorted DATABASE  the same, the indexes made after loading
    loading DATABASE      the loading part of the export: DuckDB -> staging tables with indexes
    export DATABASE       the whole verified export

The server stands in C360_MYSQL_URL, the tables in the file that `--tables` names; the seconds are
written to the file that `--seconds` names. A step's own seconds leave out Python's start, and for
the bare ones making the CSV files.
"""

from __future__ import annotations

import argparse
import os
import pickle
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pymysql

from exporters import ddl, publish, transport
from exporters.catalog import ExportTable
from exporters.duck import count_rows, open_database
from exporters.identifiers import for_server
from exporters.marks import STAGING, Mark
from exporters.mysql import export_mysql
from exporters.plan import Plan, make_plan
from exporters.results import silent
from exporters.session import Session, connect
from exporters.url import ServerUrl, parse_url

NO_MARK = Mark("benchmark", "", 0, "", "")


def main() -> None:
    """Run the step that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mysql_steps", description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("database", type=Path)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--seconds", type=Path, required=True)
    arguments = parser.parse_args()
    tables: list[ExportTable] = pickle.loads(arguments.tables.read_bytes())
    url = os.environ["C360_MYSQL_URL"]
    seconds = STEPS[arguments.step](arguments.database, tables, url)
    arguments.seconds.write_text(str(seconds), encoding="utf-8")


def csv_file(database: Path, plan: Plan) -> Path:
    """Where the CSV of a table lies for the bare steps."""
    return database.with_name(f"{database.stem}-{plan.table.name}.csv")


def write_csv(database: Path, tables: Sequence[ExportTable]) -> int:
    """Write every table as the CSV that the export sends; return the number of bytes."""
    with open_database(database) as connection:
        plans = [make_plan(connection, table) for table in tables]
        for plan in plans:
            connection.execute(transport.csv_copy(plan).format(target=csv_file(database, plan)))
    return sum(csv_file(database, plan).stat().st_size for plan in plans)


def bare(database: Path, tables: Sequence[ExportTable], url: str) -> float:
    """LOAD DATA LOCAL INFILE into tables with all their keys and indexes."""
    return _bare(database, tables, url, indexes_first=True)


def bare_sorted(database: Path, tables: Sequence[ExportTable], url: str) -> float:
    """The same with the indexes made after loading."""
    return _bare(database, tables, url, indexes_first=False)


def _bare(database: Path, tables: Sequence[ExportTable], url: str, *, indexes_first: bool) -> float:
    seconds = 0.0
    server = parse_url(url)
    with open_database(database) as connection, connect(server) as session:
        plans = [make_plan(connection, table) for table in tables]
        for plan in plans:
            create(session, plan.table.name, plan, indexes=indexes_first)
    with closing(plain_connection(server)) as plain, plain.cursor() as cursor:
        for plan in plans:
            name = plan.table.name
            load = transport.load_statement(plan, name, str(csv_file(database, plan)))
            later = "" if indexes_first else ddl.add_indexes(name, plan)
            started = time.monotonic()
            cursor.execute(load)
            if later:
                cursor.execute(later)
            seconds += time.monotonic() - started
    return seconds


def create(session: Session, name: str, plan: Plan, *, indexes: bool) -> None:
    """Make a table as the export does, with or without its indexes."""
    statement = ddl.create_table(name, plan, session.server, str(NO_MARK))
    session.execute(f"drop table if exists {for_server(name)}")
    session.execute(statement.sql, statement.values)
    if indexes and (added := ddl.add_indexes(name, plan)):
        session.execute(added)


def plain_connection(server: ServerUrl) -> pymysql.Connection:
    """PyMySQL as it is, which uses TLS when it is offered, as the export does."""
    return pymysql.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password.encode(),
        database=server.schema,
        charset="utf8mb4",
        autocommit=True,
        local_infile=True,
    )


def loading(database: Path, tables: Sequence[ExportTable], url: str) -> float:
    """The loading part alone: staging tables, rows, indexes; nothing is checked."""
    with open_database(database) as connection, connect(parse_url(url)) as session:
        plans = [make_plan(connection, table) for table in tables]
        rows = [count_rows(connection, table) for table in tables]
        started = time.monotonic()
        with transport.Marts(connection, plans) as marts:
            for plan, count in zip(plans, rows, strict=True):
                publish.stage(marts, session, plan, count, NO_MARK, silent)
        seconds = time.monotonic() - started
        session.execute(
            "rename table "
            + ", ".join(f"{for_server(t.name + STAGING)} to {for_server(t.name)}" for t in tables)
        )
    return seconds


def export(database: Path, tables: Sequence[ExportTable], url: str) -> float:
    """The whole export: checks, fingerprints, loading, verification, swap."""
    started = time.monotonic()
    export_mysql(database, tables, url, "benchmark")
    return time.monotonic() - started


STEPS: dict[str, Callable[[Path, Sequence[ExportTable], str], float]] = {
    "bare": bare,
    "bare-sorted": bare_sorted,
    "loading": loading,
    "export": export,
}


if __name__ == "__main__":
    main()
