"""Damage on the way to the server is noticed, and nothing of it is swapped in (SPEC section 8)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import export_process
import pytest
import servers
from export_marts import SCHEMA, SERVED, VERSIONED, served_version, write_versioned

from c360.errors import DatabaseBusyError, ExportError
from exporters import plan, publish, session, transport
from exporters.catalog import ExportTable
from exporters.mysql import export_mysql
from exporters.results import Progress
from exporters.server_errors import ServerError
from exporters.url import parse_url


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("update {t} set name = concat(left(name, 4), '9') where id = 8", "some row"),
        ("update {t} set version = version + 1 where id = 5", "column version"),
        ("update {t} set name = null where id = 5", "column name"),
        ("update {t} set name = '' where id = 5", "column name"),
        ("update {t} set id = id + 100000 where id = 5", "column id"),
        ("delete from {t} where id = 5", "2999"),
    ],
)
def test_damage_on_the_way_is_noticed_and_nothing_is_swapped_in(
    served: servers.Database,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: str,
    message: str,
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    write_versioned(database, version=2)
    send_rows = transport.send_rows

    def damaged(*arguments: object) -> int:
        arrived = send_rows(*arguments)  # type: ignore[arg-type]
        if "apples__stg" in arguments:
            served.query(damage.format(t="apples__stg"))
        return arrived

    monkeypatch.setattr(publish, "send_rows", damaged)
    with pytest.raises(ExportError, match=rf"apples did not arrive.*{message}"):
        export_mysql(database, VERSIONED, served.url, "run-2")
    assert served_version(served) == 1
    assert served.tables() == SERVED


def test_values_that_the_server_would_cut_stop_the_export(
    served_both_ways: servers.Database, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "_varchar_length", lambda longest: longest - 1)
    with pytest.raises(ExportError, match=r"Data (too long|truncated)"):
        export_mysql(database, VERSIONED, served_both_ways.url, "run-1")
    assert served_both_ways.tables() == set()


def test_a_mart_that_cannot_be_read_to_its_end_is_not_served(
    served_both_ways: servers.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = write_versioned(tmp_path / "d.duckdb", version=1, rows=200_000)
    sent = transport._sent
    broken = "case when id = 190000 then error('disk on fire') else version end"

    def break_version(column: plan.PlannedColumn) -> str:
        return broken if column.name == "version" else sent(column)

    monkeypatch.setattr(transport, "_sent", break_version)
    with pytest.raises(ExportError, match="disk on fire"):
        export_mysql(database, VERSIONED[:1], served_both_ways.url, "run-1")
    assert not served_both_ways.tables() - {"apples__stg"}


def test_a_server_that_asks_for_a_file_of_ours_does_not_get_it(served: servers.Database) -> None:
    served.query("create table loot (line text)")
    statement = "load data local infile '/etc/hostname' into table loot"
    with session.connect(parse_url(served.url)) as ours:
        with pytest.raises(ExportError, match="asked for a file"):
            ours.execute(statement)
        with pytest.raises(ServerError, match="connection is closed"):
            ours.execute("select 1")
    assert served.query("select * from loot") == []


def test_a_connection_that_breaks_leaves_the_old_set(
    served: servers.Database, database: Path
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    write_versioned(database, version=2)

    def cut(progress: Progress) -> None:
        if progress.stage == "verifying" and progress.table == "plums":
            kill_sessions(served, "c360")

    with pytest.raises(ExportError, match=r"failed \("):
        export_mysql(database, VERSIONED, served.url, "run-2", cut)
    assert served_version(served) == 1
    export_mysql(database, VERSIONED, served.url, "run-3")
    assert served_version(served) == 2
    assert served.tables() == SERVED


def kill_sessions(served: servers.Database, prefix: str) -> None:
    """End the connection that holds the lock of an export to this schema."""
    ((holder,),) = served.query("select is_used_lock(%s)", (f"{prefix}:{served.address.schema}",))
    served.query(f"kill {int(holder)}")


def test_a_database_in_use_is_named_with_its_holder(
    served: servers.Database, database: Path, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    code = (
        "import duckdb, pathlib, sys, time; held = duckdb.connect(sys.argv[1]); "
        "pathlib.Path(sys.argv[2]).touch(); time.sleep(60)"
    )
    with export_process.python(code, str(database), str(ready)) as holder:
        export_process.wait_for(ready)
        with pytest.raises(DatabaseBusyError, match=f"process {holder.pid} "):
            export_mysql(database, VERSIONED, served.url, "run-1")
    assert served.tables() == set()


def test_a_mart_that_was_not_built_is_named(served: servers.Database, database: Path) -> None:
    tables: Sequence[ExportTable] = [*VERSIONED, ExportTable("figs", SCHEMA, ("id",))]
    with pytest.raises(ExportError, match="The mart figs is not in the database") as caught:
        export_mysql(database, tables, served.url, "run-1")
    assert "dbt build" in caught.value.hint
    assert served.tables() == set()
