"""What `c360` says and returns (SPEC 1): an exit code, what to do, and never a traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from support import Result, Workspace, close_readers, event, line, lines, run_c360, searches

SECRET = "s3cret-w0rd"
URL = f"mysql://c360:{SECRET}@db.example/customer360"
DAY = "log_content/20220701.json"
LAYOUT = ("log_content/YYYYMMDD.json", "log_search/YYYYMMDD.parquet", "library/", "identities/")

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"


def load(workspace: Workspace, *options: object, **environment: str) -> Result:
    """`c360 load` on a workspace."""
    return run_c360(
        "load",
        *("--raw", workspace.raw, "--database", workspace.database, *options),
        folder=workspace.raw.parent,
        environment=environment,
    )


@contextmanager
def held(database: Path) -> Iterator[int]:
    """Another process that has the database open; gives its number."""
    close_readers()
    command = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        yield process.pid
        process.stdin.close()


# Wrong usage: exit code 2, nothing changed


@pytest.mark.parametrize(
    ("kind", "by_flag"),
    [("missing", True), ("no-logs", False), ("a-file", True)],
)
def test_a_raw_directory_without_logs_is_named_and_nothing_is_made(
    tmp_path: Path, kind: str, by_flag: bool
) -> None:
    raw = tmp_path / "my raw [logs]"
    if kind == "a-file":
        raw.write_bytes(b"")
    if kind == "no-logs":
        (raw / "log_content").mkdir(parents=True)
        (raw / "log_content" / "notes.txt").write_bytes(b"")
        (raw / "20220701.json").write_bytes(lines(line()))
    before = sorted(tmp_path.rglob("*"))
    result = run_c360(
        *("load", *(["--raw", raw] if by_flag else [])),
        folder=tmp_path,
        environment={} if by_flag else {"C360_RAW_DIR": str(raw)},
    )
    assert result.code == 2
    assert str(raw) in result.err
    assert all(part in result.err for part in LAYOUT)
    assert sorted(tmp_path.rglob("*")) == before


WRONG = {
    "an unknown option": (("load", "--rwa", "x"), {}, "--rwa"),
    "an unknown command": (("lod",), {}, "lod"),
    "an option without its value": (("load", "--raw"), {}, "--raw"),
    "threads that are no number": (("load", "--threads", "many"), {}, "--threads"),
    "an argument too many": (("status", "please"), {}, "please"),
    "an unknown setting": (("load",), {"C360_RAWDIR": "x"}, "C360_RAW_DIR"),
    "a setting that makes no sense": (("status",), {"C360_THREADS": "2x"}, "C360_THREADS"),
    "months that are none": (("sample", "--out", "x", "--months", "July"), {}, "July"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage_is_said_with_exit_code_2_and_makes_nothing(tmp_path: Path, name: str) -> None:
    arguments, environment, said = WRONG[name]
    result = run_c360(*arguments, folder=tmp_path, environment=environment)
    assert result.code == 2
    assert said in result.err
    assert list(tmp_path.iterdir()) == []


def test_the_command_alone_shows_what_there_is(tmp_path: Path) -> None:
    result = run_c360(folder=tmp_path)
    assert result.code == 2
    assert all(name in result.out + result.err for name in ("load", "export", "run", "status"))


@pytest.mark.parametrize("url", [URL, f"mysql://u:a/{SECRET}@h/s", f"mysql://u:{SECRET}/@h@i/s"])
@pytest.mark.parametrize("command", ["export", "load"])
def test_a_url_in_the_wrong_place_does_not_show_its_password(
    tmp_path: Path, command: str, url: str
) -> None:
    result = run_c360(command, url, folder=tmp_path)
    assert result.code == 2
    assert SECRET not in result.out + result.err


def test_a_password_in_the_environment_is_in_no_message(workspace: Workspace) -> None:
    workspace.put(DAY, b"not json\n")
    workspace.put("log_content/20220702.json.gz", b"broken")
    result = load(workspace, C360_MYSQL_URL=URL)
    assert result.code == 3
    assert SECRET not in result.out + result.err
    assert SECRET not in str(workspace.everything())


# The database: exit code 1


@pytest.mark.parametrize("command", ["load", "status"])
def test_a_database_in_another_process_is_said_with_its_number(
    workspace: Workspace, command: str
) -> None:
    workspace.put(DAY, lines(line("a")))
    workspace.load()
    workspace.put(DAY, lines(line("b")))
    with held(workspace.database) as number:
        arguments = ["--raw", workspace.raw] if command == "load" else []
        result = run_c360(
            command, "--database", workspace.database, *arguments, folder=workspace.raw.parent
        )
    assert result.code == 1
    assert str(number) in result.err
    assert str(workspace.database) in result.err
    assert "again" in result.err
    assert workspace.content("document_id") == [(1, "a")]


@pytest.mark.parametrize("command", ["load", "status"])
def test_a_file_that_is_no_database_is_left_as_it_is(workspace: Workspace, command: str) -> None:
    workspace.put(DAY, lines(line("a")))
    content = b"not a database" * 500
    workspace.database.write_bytes(content)
    arguments = ["--raw", workspace.raw] if command == "load" else []
    result = run_c360(
        command, "--database", workspace.database, *arguments, folder=workspace.raw.parent
    )
    assert result.code == 1
    assert str(workspace.database) in result.err
    assert "DuckDB" in result.err
    assert workspace.database.read_bytes() == content


# Files that are set aside: exit code 3, or 1 with --strict


def test_an_unreadable_file_is_listed_with_exit_code_3_and_the_rest_is_loaded(
    workspace: Workspace,
) -> None:
    workspace.put(DAY, lines(line("a"), b"no"))
    workspace.put("log_content/20220702.json.gz", b"broken")
    workspace.put("log_search/20220701.parquet", b"")
    workspace.load()
    result = load(workspace)  # as at every load after the first
    assert result.code == 3
    assert "set aside: log_content/20220702.json.gz: " in result.out
    assert "set aside: log_search/20220701.parquet: " in result.out
    assert workspace.content("document_id") == [(1, "a")]
    (workspace.raw / "log_content/20220702.json.gz").unlink()
    (workspace.raw / "log_search/20220701.parquet").unlink()
    assert load(workspace, "--prune").code == 0


def test_strict_stops_with_exit_code_1_and_names_the_file(workspace: Workspace) -> None:
    workspace.put(DAY, lines(line("a")))
    workspace.put("log_content/20220702.json.gz", b"broken")
    result = load(workspace, "--strict")
    assert result.code == 1
    assert "log_content/20220702.json.gz" in result.err
    workspace.check_conservation()


def test_a_sample_beside_real_logs_is_refused_with_exit_code_2(workspace: Workspace) -> None:
    workspace.put(DAY, lines(line("a")))
    workspace.load()
    workspace.put(".customer360-sample", b"{}")
    result = load(workspace)
    assert result.code == 2
    assert "--database" in result.err


# Loads that end well


def test_a_load_says_what_it_did_and_a_second_one_that_nothing_changed(
    workspace: Workspace,
) -> None:
    workspace.put(DAY, lines(line("a"), line("b")))
    workspace.put("log_search/20220701.parquet", searches(event()))
    first = load(workspace)
    assert first.code == 0
    assert "2 files loaded, 0 replaced, 0 unchanged; 3 rows read" in first.out
    assert "\x1b" not in first.out  # plain lines where there is no terminal
    assert first.err == ""
    before = workspace.everything()
    second = load(workspace)
    assert second.code == 0
    assert "0 files loaded, 0 replaced, 2 unchanged; 0 rows read" in second.out
    assert workspace.everything() == before


def test_variables_say_what_to_load_and_flags_overrule_them(workspace: Workspace) -> None:
    workspace.put(DAY, lines(line("a")))
    other = workspace.raw.parent / "folder" / "other.duckdb"
    environment = {"C360_RAW_DIR": str(workspace.raw), "C360_DATABASE": str(workspace.database)}
    folder = workspace.raw.parent
    result = run_c360("load", "--database", other, folder=folder, environment=environment)
    assert result.code == 0
    assert not workspace.database.exists()
    with duckdb.connect(str(other), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.log_content").fetchall() == [(1,)]


def test_without_any_setting_the_default_directory_and_database_are_used(tmp_path: Path) -> None:
    logs = tmp_path / "data" / "raw" / "log_content"
    logs.mkdir(parents=True)
    (logs / "20220701.json").write_bytes(lines(line("a")))
    assert run_c360("load", folder=tmp_path).code == 0
    workspace = Workspace(tmp_path / "data" / "raw", tmp_path / "data" / "customer360.duckdb")
    assert workspace.content("document_id") == [(1, "a")]
