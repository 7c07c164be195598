"""Killed exports, readers, other exporters and damage: never a partial or mixed set (SPEC 8)."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import export_marts
import export_process
import pymysql
import pytest
import servers
from export_marts import ROWS, SERVED, VERSIONED, Recorder, served_version, write_versioned

from c360.errors import ExportError
from exporters import publish, session
from exporters.mysql import export_mysql
from exporters.results import Progress
from exporters.server_errors import ServerError


@pytest.mark.parametrize(
    ("stage", "way", "version"),
    [
        ("writing:apples", "load-data", 1),
        ("writing:plums", "inserts", 1),
        ("verifying:pears", "load-data", 1),
        ("publishing", "inserts", 1),
        ("published", "load-data", 2),
    ],
)
def test_a_killed_export_leaves_a_whole_set_and_the_next_one_cleans_up(
    served: servers.Database, database: Path, stage: str, way: str, version: int
) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    write_versioned(database, version=2)
    with servers.local_infile(served.admin, on=way == "load-data"):
        killed = export_process.start_export(database, served, "run-2", stage)
        killed.communicate()
        assert killed.returncode == -9
        assert served_version(served) == version
        export_mysql(database, VERSIONED, served.url, "run-3")
    assert served_version(served) == 2
    assert served.tables() == SERVED


def test_exports_killed_at_any_moment(served: servers.Database, database: Path) -> None:
    dice = random.Random(9)
    export_mysql(database, VERSIONED, served.url, "run-1")
    version = 1
    for attempt in range(2, 6):
        write_versioned(database, version=attempt)
        process = export_process.start_export(database, served, f"run-{attempt}")
        time.sleep(0.2 + dice.random() * 0.6)
        process.kill()
        process.communicate()
        assert served_version(served) in (version, attempt)
        version = served_version(served)
    export_mysql(database, VERSIONED, served.url, "run-9")
    assert served_version(served) == 5
    assert served.tables() == SERVED


def test_readers_see_no_missing_and_no_mixed_set(served: servers.Database, database: Path) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    done = threading.Event()

    def read() -> set[int]:
        seen = set()
        with closing(served.connect()) as connection, connection.cursor() as cursor:
            while not done.is_set():
                cursor.execute(export_marts.VERSION_QUERY)
                versions = cursor.fetchone()
                assert list(versions) == [versions[0], ROWS] * 6
                seen.add(versions[0])
        return seen

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            for version in range(2, 6):
                write_versioned(database, version)
                export_mysql(database, VERSIONED, served.url, f"run-{version}")
                time.sleep(0.05)
        finally:
            done.set()
        for reader in readers:
            assert {1, 5} <= reader.result()


def test_two_exports_at_once_give_one_set_after_the_other(
    served: servers.Database, database: Path
) -> None:
    processes = [export_process.start_export(database, served, f"run-{n}") for n in (1, 2, 3)]
    for process in processes:
        assert (process.communicate()[1], process.returncode) == ("", 0)
    assert served_version(served) == 1
    assert served.tables() == SERVED
    history = served.query("select status, count(*) from customer360_export group by status")
    assert dict(history) == {"published": 3, "unchanged": 6}


def test_the_second_export_gives_up_and_names_the_holder(
    served: servers.Database, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "LOCK_SECONDS", 1)
    seen: list[ExportError] = []

    def export_again(progress: Progress) -> None:
        if progress.stage == "publishing":
            with pytest.raises(ExportError, match="Another export") as caught:
                export_mysql(database, VERSIONED, served.url, "run-2")
            seen.append(caught.value)

    export_mysql(database, VERSIONED, served.url, "run-1", Recorder(export_again))
    holder = rf"connection \d+ \({served.address.user} from (localhost|127\.0\.0\.1)"
    assert re.search(holder, seen[0].what)
    assert served_version(served) == 1
    assert served.query("select distinct run_id from customer360_export") == [("run-1",)]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on a swap after two tries of a second."""
    monkeypatch.setattr(session, "LOCK_WAIT_SECONDS", 1)
    monkeypatch.setattr(publish, "SWAP_PAUSES_SECONDS", (0.2, 0.0))


@pytest.fixture
def long_reader(served: servers.Database, database: Path) -> Iterator[pymysql.Connection]:
    """A reader that keeps a transaction open on a served table of version 1."""
    export_mysql(database, VERSIONED, served.url, "run-1")
    with closing(served.connect()) as connection:
        with connection.cursor() as cursor:
            cursor.execute("start transaction")
            cursor.execute("select count(*) from pears")
        yield connection


@pytest.mark.usefixtures("impatient", "long_reader")
def test_a_reader_with_an_open_transaction_keeps_the_old_set(
    served: servers.Database, database: Path
) -> None:
    write_versioned(database, version=2)
    started = time.monotonic()
    with pytest.raises(ExportError, match="open transaction") as caught:
        export_mysql(database, VERSIONED, served.url, "run-2")
    assert time.monotonic() - started < 10
    assert "SHOW PROCESSLIST" in caught.value.hint
    assert served_version(served) == 1
    assert served.tables() == SERVED


@pytest.mark.usefixtures("impatient")
def test_no_reader_waits_longer_than_one_try_of_the_swap(
    served: servers.Database, database: Path, long_reader: pymysql.Connection
) -> None:
    # The rename gets apples after 0.9 s and goes on to wait for pears, again for a whole second.
    write_versioned(database, version=2)
    done = threading.Event()

    def read_apples() -> float:
        slowest = 0.0
        with closing(served.connect()) as connection, connection.cursor() as cursor:
            while not done.is_set():
                started = time.monotonic()
                cursor.execute("select count(*) from apples")
                slowest = max(slowest, time.monotonic() - started)
        return slowest

    with closing(served.connect()) as other, ThreadPoolExecutor() as pool:
        with other.cursor() as cursor:
            cursor.execute("start transaction")
            cursor.execute("select count(*) from apples")

        def start(progress: Progress) -> None:
            if progress.stage == "publishing":
                threading.Timer(0.9, other.rollback).start()
                threading.Timer(1.9, long_reader.rollback).start()

        reader = pool.submit(read_apples)
        try:
            export_mysql(database, VERSIONED, served.url, "run-2", start)
        finally:
            done.set()
    assert served_version(served) == 2
    assert reader.result() < 1.4


def test_a_connection_that_ends_during_the_swap_is_not_taken_for_a_failure(
    served: servers.Database, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = session.Session.execute

    def swapped_but_not_told(
        ours: session.Session, sql: str, values: object = None, doing: str = ""
    ) -> int:
        changed = execute(ours, sql, values, doing)  # type: ignore[arg-type]
        if sql.startswith("rename"):
            raise ServerError("Lost connection", hint="", code=2013)
        return changed

    export_mysql(database, VERSIONED, served.url, "run-1")
    write_versioned(database, version=2)
    with monkeypatch.context() as patched:
        patched.setattr(session.Session, "execute", swapped_but_not_told)
        with pytest.raises(ExportError, match="either the new set is served or the one before"):
            export_mysql(database, VERSIONED, served.url, "run-2")
    assert served_version(served) == 2
    again = export_mysql(database, VERSIONED, served.url, "run-3")
    assert {table.status for table in again} == {"unchanged"}
    assert served.tables() == SERVED


@pytest.mark.usefixtures("impatient")
def test_the_swap_happens_when_the_reader_ends_in_time(
    served: servers.Database, database: Path, long_reader: pymysql.Connection
) -> None:
    write_versioned(database, version=2)
    timer = threading.Timer(1.0, long_reader.rollback)

    def start_timer(progress: Progress) -> None:
        if progress.stage == "publishing":
            timer.start()

    export_mysql(database, VERSIONED, served.url, "run-2", start_timer)
    timer.join()
    assert served_version(served) == 2
