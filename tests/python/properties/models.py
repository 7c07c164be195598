"""The project's models without dbt: its compiled SQL, run on any database in well under a second.

dbt builds an empty database once. Every example gets a copy of that file, in which seeds, tables
(with the types of their contracts) and views stand already, and fills the tables in dbt's order.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
from project.runs import dbt
from project.test_marts import KEYS
from support import Workspace, close_readers

DATABASE = "c360.duckdb"  # compiled SQL names the catalogue, which is the file's stem
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class CompiledTable:
    """A model that is stored: where, and the query that fills it."""

    relation: str
    query: str


@dataclass(frozen=True)
class CompiledProject:
    """What dbt made of the project without any log.

    Attributes:
        empty: a database in which everything is built from nothing.
        tables: stored models, each after those it reads.
        tests: data tests that stop a run, name -> a query of the rows that break it.
    """

    empty: Path
    tables: tuple[CompiledTable, ...]
    tests: dict[str, str]

    def workspace(self, folder: Path) -> Workspace:
        """A raw directory without logs and a copy of the empty database."""
        raw = folder / "raw"
        raw.mkdir(parents=True)
        return Workspace(raw, Path(shutil.copyfile(self.empty, folder / DATABASE)))

    def build(self, database: Path) -> Built:
        """Fill every stored model from what is loaded."""
        close_readers()
        with duckdb.connect(str(database)) as connection:
            for table in self.tables:
                connection.execute(f"delete from {table.relation}")
                connection.execute(f"insert into {table.relation} by name {table.query}")
        return self.read(database)

    def read(self, database: Path) -> Built:
        """What stands in a database that is built, and the data tests on it."""
        close_readers()
        with duckdb.connect(str(database)) as connection:
            return Built(
                marts={mart: read_mart(connection, mart) for mart in KEYS},
                rejects=read_rejects(connection),
                broken_tests=[
                    f"{name}: {rows[:3]}"
                    for name, query in self.tests.items()
                    if (rows := connection.execute(query).fetchall())
                ],
            )


@dataclass(frozen=True)
class Built:
    """All marts of one database, and what was rejected.

    Attributes:
        marts: mart -> its rows, each column -> value, sorted.
        rejects: path, line number and reason of every rejected row, sorted.
        broken_tests: data tests that found rows, with a few of these.
    """

    marts: dict[str, list[dict[str, Any]]]
    rejects: Rows
    broken_tests: list[str]


def compile_project(folder: Path) -> CompiledProject:
    """Build the project without logs with dbt and read its artefacts."""
    database, target = folder / DATABASE, folder / "target"
    run = dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        target=target,
        C360_DATABASE=str(database),
    )
    assert run.code == 0, run.output[-4000:]
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    stored = {
        name: node
        for name, node in nodes.items()
        if node["resource_type"] == "model" and node["config"]["materialized"] != "view"
    }
    order = TopologicalSorter(
        {name: node["depends_on"].get("nodes", []) for name, node in nodes.items()}
    )
    return CompiledProject(
        empty=database,
        tables=tuple(
            CompiledTable(stored[name]["relation_name"], stored[name]["compiled_code"])
            for name in order.static_order()
            if name in stored
        ),
        tests={
            node["name"]: node["compiled_code"]
            for node in nodes.values()
            if node["resource_type"] == "test" and node["config"]["severity"].lower() == "error"
        },
    )


def read_mart(connection: duckdb.DuckDBPyConnection, mart: str) -> list[dict[str, Any]]:
    """All rows of a mart, in one order."""
    cursor = connection.execute(f"select * from marts.{mart} order by all")
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def read_rejects(connection: duckdb.DuckDBPyConnection) -> Rows:
    """Path, line number and reason of every rejected row; line 0 is a whole file."""
    return connection.execute(
        """
        select files.path, rejects.line_number, rejects.reason
        from (
            from staging.stg_log_content__rejects
            union all
            from staging.stg_log_search__rejects
        ) as rejects
        join raw.files using (file_id)
        order by all
        """
    ).fetchall()
