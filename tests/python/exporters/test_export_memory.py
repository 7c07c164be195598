"""Known fingerprints save the SHA-256 of every row, and never change what is found."""

from __future__ import annotations

from pathlib import Path

import duckdb
import export_marts
import pytest
import servers
from export_marts import SCHEMA, VERSIONED, Recorder

from exporters import fingerprint, memory
from exporters.catalog import ExportTable
from exporters.duck import one_row, open_database
from exporters.fingerprint import Fingerprint
from exporters.memory import Memory, memory_file
from exporters.mysql import export_mysql
from exporters.plan import Plan, make_plan


def computed(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Fingerprint:
    row = one_row(connection, fingerprint.duckdb_query(plan.source, plan.columns))
    return fingerprint.read(row, plan.columns)


def remembered(database: Path, table: ExportTable) -> Fingerprint:
    """The fingerprint that an export would use, which must be the one that is computed."""
    with open_database(database) as connection, Memory(database) as known:
        plan = make_plan(connection, table)
        found = known.fingerprint(connection, plan)
        assert found == computed(connection, plan)
    return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The marts whose fingerprints were computed."""
    sources: list[str] = []
    query = fingerprint.duckdb_query

    def counted(source: str, columns: object) -> str:
        if source:
            sources.append(source)
        return query(source, columns)  # type: ignore[arg-type]

    monkeypatch.setattr(fingerprint, "duckdb_query", counted)
    return sources


def computations(database: Path, made: list[str]) -> int:
    """How many fingerprints an export computes."""
    made.clear()
    with open_database(database) as connection, Memory(database) as known:
        for table in VERSIONED:
            known.fingerprint(connection, make_plan(connection, table))
    return len(made)


def test_only_what_has_changed_is_computed_again(database: Path, made: list[str]) -> None:
    assert computations(database, made) == 3
    assert computations(database, made) == 0
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"update {SCHEMA}.pears set version = 2 where id = 17")
    assert computations(database, made) == 1


@pytest.mark.parametrize(
    "change",
    [
        "update {t} set version = version + 1 where id = 5",
        "update {t} set version = null where id = 5",
        "update {t} set name = null where id = 5",
        "update {t} set name = '' where id = 5",
        "update {t} set name = (select name from {t} where id = 6) where id = 5",
        "update {t} set version = id where id in (5, 6)",
        "update {t} set version = 11 - id where id in (5, 6)",
        "delete from {t} where id = 5",
        "insert into {t} select * from {t} where id = 5",
        "alter table {t} alter version type varchar",
        "alter table {t} rename version to release",
        "alter table {t} add column note varchar",
    ],
)
def test_every_change_of_the_contents_is_seen(database: Path, change: str) -> None:
    table = VERSIONED[0]
    before = remembered(database, table)
    with duckdb.connect(str(database)) as connection:
        connection.execute(change.format(t=f"{SCHEMA}.apples"))
    assert remembered(database, table) != before


def test_two_values_that_change_places_are_seen(tmp_path: Path) -> None:
    numbers = "range(200) as numbers(id)"
    table = ExportTable("swapped", SCHEMA, ("id",))
    seen = set()
    for first in range(0, 200, 2):
        swapped = f"case id when {first} then {first + 1} when {first + 1} then {first} else id end"
        path = export_marts.write_database(
            tmp_path / "d.duckdb", {"swapped": f"select id, {swapped} as last from {numbers}"}
        )
        with open_database(path) as connection:
            seen.add(memory._contents(connection, make_plan(connection, table)))
    assert len(seen) == 100


def test_every_type_is_remembered(tmp_path: Path) -> None:
    hostile = export_marts.write_hostile(tmp_path / "hostile.duckdb", words=50)
    before = remembered(hostile, export_marts.HOSTILE)
    assert remembered(hostile, export_marts.HOSTILE) == before


@pytest.mark.parametrize("damage", ["empty", "half", "changed", "folder"])
def test_a_damaged_file_is_not_believed(database: Path, made: list[str], damage: str) -> None:
    computations(database, made)
    file = memory_file(database)
    text = file.read_text(encoding="utf-8")
    if damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        damaged = {
            "empty": "",
            "half": text[: len(text) // 2],
            "changed": text.replace('"rows": 3000', '"rows": 3001'),
        }
        file.write_text(damaged[damage], encoding="utf-8")
    assert computations(database, made) == 3


def test_what_somebody_changed_on_the_server_is_found_with_known_fingerprints(
    served: servers.Database, database: Path, made: list[str]
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    served.query("update pears set share = share + 1 where id = 3")
    made.clear()
    progress = Recorder()
    export_mysql(database, VERSIONED, served.url, "run-2", progress)
    assert made == []
    assert progress.notes == ["pears had been changed on the server; it is written again"]
    rows = export_marts.served_rows(served, "pears")
    assert rows == export_marts.mart_rows(database, VERSIONED[1])


def test_a_forgotten_mart_leaves_nothing_in_the_file(
    served: servers.Database, database: Path
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    file = memory_file(database)
    assert "plums" in file.read_text(encoding="utf-8")
    export_mysql(database, VERSIONED[:2], served.url, "run-2")
    assert "plums" not in file.read_text(encoding="utf-8")
