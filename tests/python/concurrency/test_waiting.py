"""Opening a database that another process has open: a bounded wait, then who it is."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from support import Workspace, line, lines, run_c360

from c360 import build, cli
from c360.errors import DatabaseBusyError, ExitCode, LoadError
from c360.settings import Settings
from loaders import database as module
from loaders.database import connect, connect_read_only, one_run_at_a_time, wait_until_free

from .processes import held

OPENERS: dict[str, Callable[[Path], duckdb.DuckDBPyConnection | None]] = {
    "a load": connect,
    "a reader": connect_read_only,
    "a build": wait_until_free,
}
BRIEFLY = 0.5


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long."""
    monkeypatch.setattr(module, "WRITER_WAIT_SECONDS", 0.3)
    monkeypatch.setattr(module, "READER_WAIT_SECONDS", 0.3)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "c360.duckdb"
    connect(path).close()
    return path


@pytest.mark.parametrize("who", OPENERS)
def test_a_database_that_is_closed_soon_is_waited_for(
    database: Path, caplog: pytest.LogCaptureFixture, who: str
) -> None:
    with held(database, seconds=BRIEFLY) as holder, caplog.at_level(logging.WARNING):
        opened = OPENERS[who](database)
        if opened is not None:
            opened.close()
    (said,) = caplog.messages
    assert f"{database} is open in {holder.name}" in said
    assert "waiting for at most" in said


@pytest.mark.parametrize("who", OPENERS)
@pytest.mark.usefixtures("impatient")
def test_one_that_stays_open_is_said_with_its_holder_and_how_to_go_on(
    database: Path, who: str
) -> None:
    with held(database) as holder, pytest.raises(DatabaseBusyError) as caught:
        OPENERS[who](database)
    assert caught.value.what == f"{database} is open in {holder.name}"
    assert "run the same command again" in caught.value.hint
    assert "exported files" in caught.value.hint
    assert caught.value.exit_code == ExitCode.STEP_FAILED


@pytest.mark.parametrize("who", ["a load", "a build"])
@pytest.mark.usefixtures("impatient")
def test_a_notebook_that_only_reads_is_in_the_way_of_writers(database: Path, who: str) -> None:
    with (
        held(database, "read") as holder,
        pytest.raises(DatabaseBusyError, match=str(holder.process.pid)),
    ):
        OPENERS[who](database)


def test_readers_are_in_no_ones_way_who_reads(workspace: Workspace) -> None:
    workspace.put("log_content/20220701.json", lines(line("a")))
    workspace.load()
    with held(workspace.database, "read"), held(workspace.database, "read"):
        with connect_read_only(workspace.database) as connection:
            assert connection.execute("select count(*) from raw.log_content").fetchone() == (1,)
        folder = workspace.raw.parent
        status = run_c360("status", "--database", workspace.database, folder=folder)
    assert status.code == 0, status.err
    assert "waiting" not in status.err


@pytest.mark.usefixtures("impatient")
def test_a_load_that_is_refused_changes_nothing(workspace: Workspace) -> None:
    workspace.put("log_content/20220701.json", lines(line("a")))
    workspace.load()
    before = workspace.everything()
    workspace.put("log_content/20220702.json", lines(line("b")))
    with held(workspace.database, "read"), pytest.raises(DatabaseBusyError):
        workspace.load()
    assert workspace.everything() == before
    assert workspace.load().files[1].outcome == "loaded"


@pytest.mark.parametrize("who", OPENERS)
def test_a_fault_that_time_does_not_mend_is_not_waited_for(
    database: Path, caplog: pytest.LogCaptureFixture, who: str
) -> None:
    database.write_bytes(b"no database" * 500)
    with pytest.raises(LoadError), caplog.at_level(logging.WARNING):
        OPENERS[who](database)
    assert caplog.messages == []


def test_a_holder_whose_command_line_holds_a_password_is_named_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands: dict[str, str | None] = {
        "/usr/bin/python3\0/venv/bin/c360\0load\0--raw\0logs\0": "c360 load",
        "/usr/bin/python3\0/venv/bin/c360\0--mysql\0mysql://me:secret@db/x\0": "c360",
        "python\0-m\0ipykernel_launcher\0-f\0kernel.json\0": "ipykernel_launcher",
        "python3.11\0/venv/bin/dbt\0build\0": "dbt build",
        "python3.11\0report.py\0secret\0": "report.py",
        "python3.11\0-c\0connect('mysql://me:secret@db')\0": None,
        "/usr/bin/duckdb\0c360.duckdb\0": None,
        "python3.11\0": None,
        "": None,
    }
    for text, name in commands.items():
        monkeypatch.setattr(Path, "read_text", lambda *_, text=text, **__: text)
        assert module._command("1") == name, text


# Builds


@pytest.fixture
def settings(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> Settings:
    """For a build inside this process, which leaves no trace in it or in target/."""
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    monkeypatch.setenv("C360_DATABASE", str(database))
    monkeypatch.setenv("C360_MEMORY_LIMIT", "1GB")
    return Settings(None, database, None, tmp_path / "export", None, "1GB")


def test_a_build_does_not_start_while_somebody_has_the_database(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "dbtRunner", None)
    with (
        held(settings.database) as holder,
        pytest.raises(DatabaseBusyError, match=str(holder.process.pid)),
    ):
        build.build(settings)


def test_a_build_that_is_overtaken_while_dbt_starts_says_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "wait_until_free", lambda _: None)
    with held(settings.database) as holder, pytest.raises(DatabaseBusyError) as caught:
        build.build(settings)
    assert caught.value.what == f"{settings.database} is open in {holder.name}"
    assert "Traceback" not in "".join(capsys.readouterr())


# Runs of all steps


@pytest.mark.usefixtures("impatient")
def test_of_two_runs_the_second_is_told_of_the_first(database: Path) -> None:
    with one_run_at_a_time(database):
        with pytest.raises(DatabaseBusyError) as caught, one_run_at_a_time(database):
            pytest.fail("two runs at once")
        assert caught.value.what == f"another c360 run, process {os.getpid()}, works on {database}"
        with one_run_at_a_time(database.with_name("other.duckdb")):
            connect(database).close()  # a run is in the way of runs only
    with one_run_at_a_time(database):
        pass


HOLD_A_RUN = """
import pathlib, sys, time
from loaders.database import one_run_at_a_time
with one_run_at_a_time(pathlib.Path(sys.argv[1])):
    print("running", flush=True)
    time.sleep(60)
"""


@pytest.mark.usefixtures("impatient")
def test_a_run_that_is_killed_is_in_no_ones_way(database: Path) -> None:
    command = [sys.executable, "-c", HOLD_A_RUN, str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"running\n"
        with pytest.raises(DatabaseBusyError) as caught, one_run_at_a_time(database):
            pytest.fail("two runs at once")
        assert f"process {process.pid}," in caught.value.what
        process.kill()
    with one_run_at_a_time(database):
        pass


def test_a_run_whose_summary_must_wait_has_not_failed(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with held(settings.database) as holder:
        cli._show_summary(settings)
    said = capsys.readouterr().out
    assert "no summary, c360 status shows it later" in said
    assert holder.name in said


def test_a_run_needs_a_folder_that_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(LoadError, match="file/c360"),
        one_run_at_a_time(tmp_path / "file" / "c360.duckdb"),
    ):
        pytest.fail("no folder")
