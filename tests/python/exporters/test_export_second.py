"""The second connection reads beside the first, keeps it alive, and ends when the export does."""

from __future__ import annotations

import itertools
import time
from contextlib import closing
from pathlib import Path

import pytest
import servers
from export_marts import VERSIONED, Recorder, served_version, write_versioned

from c360.errors import ExportError
from exporters import drift, publish, second
from exporters.fingerprint import Fingerprint
from exporters.mysql import export_mysql
from exporters.plan import Plan
from exporters.results import Progress
from exporters.second import SecondConnection
from exporters.session import Session, connect
from exporters.url import parse_url


def connections(served: servers.Database) -> int:
    """How many connections of the exporting account the server has."""
    ((count,),) = served.query(
        "select count(*) from information_schema.processlist where user = %s",
        (served.address.user,),
    )
    return int(count)


def wait_for_connections(served: servers.Database, expected: int) -> None:
    give_up = time.monotonic() + 10
    while connections(served) != expected:
        assert time.monotonic() < give_up, f"{connections(served)} connections"
        time.sleep(0.05)


def test_a_table_is_verified_while_the_next_one_is_written(
    served: servers.Database, database: Path
) -> None:
    progress = Recorder()
    export_mysql(database, VERSIONED, served.url, "run-1", progress)
    steps = [(step.stage, step.table) for step in progress.steps]
    last_written = {
        table.name: max(i for i, step in enumerate(steps) if step == ("writing", table.name))
        for table in VERSIONED
    }
    for table, following in itertools.pairwise(VERSIONED):
        begun = steps.index(("verifying", table.name))
        done = steps.index(("verified", table.name))
        assert begun < last_written[following.name] < done
    assert steps.index(("verified", "plums")) < steps.index(("publishing", ""))


def test_a_wrong_table_stops_the_export_also_when_the_next_one_is_right(
    served: servers.Database, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    write_versioned(database, version=2)
    verify = publish.verify

    def fails_for_apples(session: Session, plan: object, *more: object) -> None:
        if getattr(plan, "table", None) is VERSIONED[0]:
            raise ExportError("apples are rotten", hint="")
        verify(session, plan, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(publish, "verify", fails_for_apples)
    with pytest.raises(ExportError, match="rotten"):
        export_mysql(database, VERSIONED, served.url, "run-2")
    assert served_version(served) == 1
    assert not [name for name in served.tables() if name.endswith("__stg")]


def test_an_export_that_stops_ends_the_verification_on_the_server(
    served: servers.Database, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(session: Session, *_: object) -> None:
        session.row("select sleep(60)")

    def stop(progress: Progress) -> None:
        if progress.stage == "writing" and progress.table == "pears":
            wait_for_connections(served, 2)
            raise KeyboardInterrupt

    monkeypatch.setattr(publish, "verify", slow)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        export_mysql(database, VERSIONED, served.url, "run-1", stop)
    assert time.monotonic() - started < 30
    wait_for_connections(served, 0)
    assert not [name for name in served.tables() if name.endswith("__stg")]


def test_a_lost_lock_stops_the_export_while_it_verifies(
    served: servers.Database, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    write_versioned(database, version=2)
    monkeypatch.setattr(second, "KEEP_ALIVE_SECONDS", 0.2)

    def slow(session: Session, *_: object) -> None:
        ((holder,),) = served.query("select is_used_lock(%s)", (f"c360:{served.address.schema}",))
        served.query(f"kill {int(holder)}")
        session.row("select sleep(60)")

    monkeypatch.setattr(publish, "verify", slow)
    started = time.monotonic()
    with pytest.raises(ExportError):
        export_mysql(database, VERSIONED, served.url, "run-2")
    assert time.monotonic() - started < 30
    assert served_version(served) == 1


def test_the_first_connection_is_kept_alive(
    served: servers.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second, "KEEP_ALIVE_SECONDS", 0.3)
    with connect(parse_url(served.url)) as first:
        first.execute("set session wait_timeout = 1")
        with SecondConnection(first) as other:
            waited = other.wait(other.start(lambda session: session.row("select sleep(2.5)")))
        assert waited == (0,)
        assert first.row("select 1") == (1,)


def test_two_connections_are_enough(served: servers.Database, database: Path) -> None:
    users = [f"'{served.address.user}'@'{host}'" for host in ("localhost", "127.0.0.1", "%")]
    with closing(servers.connect(served.admin)) as admin:
        for user in users:
            admin.query(f"alter user {user} with max_user_connections 2")
    export_mysql(database, VERSIONED, served.url, "run-1")
    export_mysql(database, VERSIONED, served.url, "run-2")
    write_versioned(database, version=2)
    export_mysql(database, VERSIONED, served.url, "run-3")
    assert served_version(served) == 2


def test_unchanged_tables_are_read_on_both_connections(
    served: servers.Database, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    readers: dict[str, int] = {}
    is_as_exported = drift.is_as_exported

    def noted(session: Session, plan: Plan, contents: Fingerprint) -> bool:
        readers[plan.table.name] = session.number()
        time.sleep(0.3)
        return is_as_exported(session, plan, contents)

    monkeypatch.setattr(drift, "is_as_exported", noted)
    exported = export_mysql(database, VERSIONED, served.url, "run-2")
    assert {table.status for table in exported} == {"unchanged"}
    assert readers.keys() == {"apples", "pears", "plums"}
    assert len(set(readers.values())) == 2
