"""Two commands at one database, as two people or a person and a timer start them."""

from __future__ import annotations

import signal
from datetime import date
from pathlib import Path

import duckdb
import pytest
from support import Workspace, close_readers, event, line, lines, searches

from c360.errors import DatabaseBusyError
from c360.sample import SampleOptions, write_sample
from loaders import database as module
from loaders.database import connect, connect_read_only

from .processes import held, is_open_elsewhere, running, wait_until

LINES_OF_A_LONG_LOAD = 400_000


def contents(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """What is loaded, without what differs from load to load."""
    tables = {
        "files": "path, status, rows_read, rows_rejected",
        "log_content": "line_number, document_id, contract",
        "log_search": "line_number, event_id, keyword",
        "quarantine": "line_number, reason, line",
    }
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            table: connection.execute(f"select {columns} from raw.{table} order by all").fetchall()
            for table, columns in tables.items()
        }


@pytest.fixture
def week(workspace: Workspace) -> Workspace:
    """Some days of both logs; nothing is loaded."""
    for day in range(1, 8):
        rows = [line(f"a{day}"), b"no", line("twice"), line("twice", Contract=None)]
        workspace.put(f"log_content/2022070{day}.json", lines(*rows))
        workspace.put(f"log_search/2022070{day}.parquet", searches(event(), event(user_id=None)))
    return workspace


@pytest.fixture
def expected(week: Workspace, tmp_path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What one undisturbed load makes of it."""
    alone = Workspace(week.raw, tmp_path / "alone.duckdb")
    alone.load()
    close_readers()
    return contents(alone.database)


def test_two_loads_at_once_both_work_and_double_nothing(
    week: Workspace, expected: dict[str, list[tuple[object, ...]]], tmp_path: Path
) -> None:
    connect(week.database).close()
    arguments = ["load", "--raw", week.raw, "--database", week.database]
    with (
        held(week.database) as holder,
        running(tmp_path / "one", "c360", *arguments) as one,
        running(tmp_path / "other", "c360", *arguments) as other,
    ):
        for load in (one, other):
            load.wait_to_say(f"open in {holder.name}; waiting")
        holder.let_go()
        assert (one.end(), other.end()) == (0, 0), one.said + other.said
    number_of_files = len(expected["files"])
    said = one.said + other.said
    assert f"{number_of_files} files loaded, 0 replaced, 0 unchanged" in said
    assert f"0 files loaded, 0 replaced, {number_of_files} unchanged" in said
    assert contents(week.database) == expected


def test_a_load_is_named_while_it_runs_and_leaves_no_lock_when_it_is_killed(
    week: Workspace,
    expected: dict[str, list[tuple[object, ...]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "READER_WAIT_SECONDS", 0.0)
    long_day = week.put("log_content/20220630.json", lines(line()) * LINES_OF_A_LONG_LOAD)
    arguments = ["load", "--raw", week.raw, "--database", week.database]
    with running(tmp_path / "load", "c360", *arguments) as load:
        wait_until(lambda: is_open_elsewhere(week.database))
        with pytest.raises(DatabaseBusyError) as caught:
            connect_read_only(week.database)
        load.process.send_signal(signal.SIGKILL)
        load.process.wait()
        assert f"open in process {load.process.pid} (c360 load)" in caught.value.what
        assert "done" not in load.said, "the load was over before it was killed"
    connect_read_only(week.database).close()
    long_day.unlink()
    week.load(prune=True)
    close_readers()
    assert contents(week.database) == expected


def test_a_run_another_run_and_a_load_end_well(tmp_path: Path) -> None:
    """The first works; the others wait for their turn or say whose it is."""
    raw, database = tmp_path / "raw", tmp_path / "c360.duckdb"
    write_sample(SampleOptions(out=raw, customers=60, months=(date(2022, 7, 1),)))
    settings = {
        "C360_RAW_DIR": raw,
        "C360_DATABASE": database,
        "C360_EXPORT_DIR": tmp_path / "export",
    }
    with running(tmp_path / "first", "c360", "run", **settings) as first:
        first.wait_to_say("build ...")
        name = f"process {first.process.pid}"
        with (
            running(tmp_path / "second", "c360", "run", **settings) as second,
            running(tmp_path / "load", "c360", "load", **settings) as load,
        ):
            second.wait_to_say(f"another c360 run, {name}, works on {database}")
            assert first.end() == 0, first.said
            for other in (second, load):
                if code := other.end():
                    assert code == 1, other.said
                    assert name in other.said, other.said
                    assert "run the same command again" in other.said
    with duckdb.connect(str(database), read_only=True) as connection:
        read = connection.execute("select sum(rows_read)::bigint from raw.files").fetchall()
        judged = connection.execute("select sum(rows)::bigint from marts.load_quality").fetchall()
    assert (tmp_path / "export" / "customer360.parquet").exists()
    assert judged[0][0] > 0
    assert judged[0][0] <= read[0][0]


def test_dbt_alone_waits_too(tmp_path: Path) -> None:
    database, target = tmp_path / "c360.duckdb", tmp_path / "target"
    connect(database).close()
    command = ["seed", "--select", "genres", "--target-path", target, "--log-path", target]
    with (
        held(database) as holder,
        running(tmp_path / "log", "dbt", *command, C360_DATABASE=database) as dbt,
    ):
        dbt.wait_to_say(f"{database} is open in {holder.name}; waiting for at most")
        holder.let_go()
        assert dbt.end() == 0, dbt.said
