"""Which tables of a set are written, kept, dropped or refused (SPEC section 8)."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import export_marts
import pymysql
import pytest
import servers
from export_marts import HOSTILE, SCHEMA, VERSIONED, Recorder

from c360.errors import ExportError
from exporters.catalog import ExportTable
from exporters.history import last_mysql
from exporters.mysql import export_mysql
from exporters.results import ExportedTable


def statuses(exported: list[ExportedTable]) -> dict[str, str]:
    return {table.name: table.status for table in exported}


def test_nothing_is_written_when_nothing_changed(served: servers.Database, database: Path) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    before = served.query(_CREATED, (served.address.schema,))
    progress = Recorder()
    exported = export_mysql(database, VERSIONED, served.url, "run-2", progress)
    assert set(statuses(exported).values()) == {"unchanged"}
    assert not {"writing", "publishing"} & {step.stage for step in progress.steps}
    assert served.query(_CREATED, (served.address.schema,)) == before
    history = served.query("select run_id, status from customer360_export order by exported_at")
    assert history == [("run-1", "published")] * 3 + [("run-2", "unchanged")] * 3


_CREATED = (
    "select table_name, create_time, table_comment from information_schema.tables "
    "where table_schema = %s order by table_name"
)


def test_only_changed_tables_are_written_and_the_history_is_kept(
    served: servers.Database, database: Path
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"update {SCHEMA}.pears set version = 2 where id = 17")
    exported = export_mysql(database, VERSIONED, served.url, "run-2")
    assert statuses(exported) == {
        "apples": "unchanged",
        "pears": "published",
        "plums": "unchanged",
    }
    for table in VERSIONED:
        rows = export_marts.served_rows(served, table.name)
        assert rows == export_marts.mart_rows(database, table)
    history = served.query(
        "select run_id, table_name, row_count, status, source, length(checksum) "
        "from customer360_export order by exported_at, table_name"
    )
    assert [row[:2] for row in history] == [
        (run, table.name) for run in ("run-1", "run-2") for table in VERSIONED
    ]
    assert {row[2] for row in history} == {export_marts.ROWS}
    assert {row[4:] for row in history} == {(str(database), 64)}
    assert served.tables() == {"apples", "pears", "plums", "customer360_export"}


def test_what_was_exported_last(served: servers.Database, database: Path) -> None:
    assert last_mysql(served.url) is None
    export_mysql(database, VERSIONED, served.url, "run-1")
    export_mysql(database, VERSIONED[:2], served.url, "run-2")
    last = last_mysql(served.url)
    assert last is not None
    assert (last.run_id, last.source) == ("run-2", str(database))
    assert last.rows == {"apples": export_marts.ROWS, "pears": export_marts.ROWS}
    served.query("delete from customer360_export")
    assert last_mysql(served.url) is None
    assert timedelta(0) <= datetime.now(UTC) - last.exported_at < timedelta(minutes=1)
    nowhere = replace(served.admin, schema=f"{served.address.schema}_x")
    with pytest.raises(ExportError, match="Unknown database"):
        last_mysql(servers.write_url(nowhere))


CHANGED = "pears had been changed on the server; it is written again"


@pytest.mark.parametrize(
    ("damage", "note"),
    [
        ("update pears set share = share + 1 where id = 3", CHANGED),
        ("update pears set version = 2 where id = 3", CHANGED),
        ("delete from pears where id = 3", CHANGED),
        ("delete from pears", CHANGED),
        ("insert into pears select 10000, month, share, version from pears where id = 3", CHANGED),
        ("alter table pears drop column share", CHANGED),
        ("alter table pears add column note int", CHANGED),
        ("alter table pears modify version bigint null", CHANGED),
        ("drop table pears", "pears was missing on the server; it is written again"),
    ],
)
def test_a_table_changed_on_the_server_is_reported_and_written_again(
    served: servers.Database, database: Path, damage: str, note: str
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    served.query(damage)
    progress = Recorder()
    exported = export_mysql(database, VERSIONED, served.url, "run-2", progress)
    assert statuses(exported) == {"apples": "unchanged", "pears": "published", "plums": "unchanged"}
    assert progress.notes == [note]
    assert export_marts.served_version(served) == 1
    rows = export_marts.served_rows(served, "pears")
    assert rows == export_marts.mart_rows(database, VERSIONED[1])
    again = export_mysql(database, VERSIONED, served.url, "run-3")
    assert set(statuses(again).values()) == {"unchanged"}


def test_every_type_is_found_unchanged(served: servers.Database, tmp_path: Path) -> None:
    hostile = export_marts.write_hostile(tmp_path / "hostile.duckdb", words=50)
    export_mysql(hostile, [HOSTILE], served.url, "run-1")
    (exported,) = export_mysql(hostile, [HOSTILE], served.url, "run-2")
    assert exported.status == "unchanged"
    served.query("update hostile set note = concat(note, ' ') where note is not null limit 1")
    (exported,) = export_mysql(hostile, [HOSTILE], served.url, "run-3")
    assert exported.status == "published"


def test_a_table_without_its_mark_is_not_ours_any_more(
    served: servers.Database, database: Path
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    served.query("alter table pears comment = ''")
    with pytest.raises(ExportError, match="pears that was not made by this export"):
        export_mysql(database, VERSIONED, served.url, "run-2")
    assert export_marts.served_version(served) == 1


def test_a_new_column_or_index_is_a_change(served: servers.Database, database: Path) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    indexed = [VERSIONED[0], VERSIONED[1], ExportTable("plums", SCHEMA, ("name",), (("version",),))]
    exported = export_mysql(database, indexed, served.url, "run-2")
    assert [table.status for table in exported] == ["unchanged", "unchanged", "published"]
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"alter table {SCHEMA}.plums add column note varchar")
    exported = export_mysql(database, indexed, served.url, "run-3")
    assert [table.status for table in exported] == ["unchanged", "unchanged", "published"]
    assert ("note",) in [row[:1] for row in served.query("show columns from plums")]


def test_a_mart_that_is_no_longer_declared_is_dropped(
    served: servers.Database, database: Path
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    served.query("create table orchard (id int)")
    exported = export_mysql(database, VERSIONED[:2], served.url, "run-2")
    assert statuses(exported)["plums"] == "dropped"
    assert served.tables() == {"apples", "pears", "customer360_export", "orchard"}


def test_a_table_that_took_the_name_of_one_of_ours_is_not_dropped(
    served: servers.Database, database: Path
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    served.query("drop table plums")
    served.query("create table plums (id int)")
    exported = export_mysql(database, VERSIONED[:2], served.url, "run-2")
    assert "plums" not in statuses(exported)
    assert "plums" in served.tables()


@pytest.mark.parametrize("name", ["pears", "pears__stg", "pears__old", "customer360_export"])
def test_tables_of_others_are_never_touched(
    served: servers.Database, database: Path, name: str
) -> None:
    served.query(f"create table {name} (id int)")
    served.query(f"insert into {name} values (7)")
    with pytest.raises(ExportError, match=f"{name} that was not made by this export"):
        export_mysql(database, VERSIONED, served.url, "run-1")
    assert served.tables() == {name}
    assert served.query(f"select * from {name}") == [(7,)]


def test_a_view_over_a_served_table_stays_and_shows_the_new_rows(
    served: servers.Database, database: Path
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    served.query("create view newest_apples as select max(version) as version from apples")
    export_marts.write_versioned(database, version=2)
    export_mysql(database, VERSIONED, served.url, "run-2")
    assert served.query("select version from newest_apples") == [(2,)]


def test_a_view_finds_text_without_its_accents(served: servers.Database, tmp_path: Path) -> None:
    hostile = export_marts.write_hostile(tmp_path / "hostile.duckdb", words=0)
    export_mysql(hostile, [HOSTILE], served.url, "run-1")
    ((version,),) = served.query("select version()")
    collation = "utf8mb4_uca1400_ai_ci" if "MariaDB" in version else "utf8mb4_0900_ai_ci"
    served.query(f"create view words as select word collate {collation} as word from hostile")
    found = {word for (word,) in served.read("select word from words where word = 'truyen'")}
    assert {"Truyền", "Truyen", "truyền", "TRUYỀN"} <= found
    assert served.read("select word from hostile where word = 'truyen'") == []


def test_an_older_snapshot_is_told_to_start_again(served: servers.Database, database: Path) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    export_marts.write_versioned(database, version=2)
    with closing(served.connect()) as reader, reader.cursor() as cursor:
        cursor.execute("set session transaction isolation level repeatable read")
        cursor.execute("start transaction with consistent snapshot")
        export_mysql(database, VERSIONED, served.url, "run-2")
        with pytest.raises(pymysql.err.OperationalError, match="1412"):
            cursor.execute("select count(*) from apples")
        cursor.execute("rollback")
        cursor.execute("select max(version) from apples")
        assert cursor.fetchone() == (2,)
