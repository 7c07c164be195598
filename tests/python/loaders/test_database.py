"""Opening the database: what cannot be opened is said and left as it is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from support import Workspace, event, line, lines, parquet, record, searches

from c360.errors import ExitCode, LoadError
from loaders.database import connect, connect_read_only

NOT_DATABASES = {
    "text": b"not a database",
    "one byte": b"x",
    "SQLite": b"SQLite format 3\x00" * 500,
    "zeros": bytes(20_000),
}


@pytest.mark.parametrize("open_it", [connect, connect_read_only])
@pytest.mark.parametrize("name", NOT_DATABASES)
def test_a_file_that_is_no_database_is_named_and_left_as_it_is(
    tmp_path: Path, open_it: type, name: str
) -> None:
    database = tmp_path / "c360.duckdb"
    database.write_bytes(NOT_DATABASES[name])
    with pytest.raises(LoadError, match=str(database)) as caught:
        open_it(database)
    assert caught.value.exit_code == ExitCode.STEP_FAILED
    assert "DuckDB" in caught.value.hint
    assert "download" not in caught.value.what  # of an extension that opens, and alters, the file
    assert database.read_bytes() == NOT_DATABASES[name]


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=str(tmp_path)):
        connect(tmp_path)


def test_a_database_cannot_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LoadError, match="file/c360"):
        connect(tmp_path / "file" / "c360.duckdb")


def test_a_database_is_made_with_the_folders_above_it(tmp_path: Path) -> None:
    connect(tmp_path / "a" / "b" / "c360.duckdb").close()
    assert (tmp_path / "a" / "b" / "c360.duckdb").exists()


def test_a_database_that_is_missing_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="no database"):
        connect_read_only(tmp_path / "c360.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_threads_and_memory_are_those_that_were_asked_for(tmp_path: Path) -> None:
    with connect(tmp_path / "c360.duckdb", threads=1, memory_limit="512MB") as connection:
        ((threads, memory),) = connection.execute(
            "select current_setting('threads'), current_setting('memory_limit')"
        ).fetchall()
    assert (threads, memory) == (1, "488.2 MiB")


def test_tables_of_others_in_the_database_are_left_alone(workspace: Workspace) -> None:
    with duckdb.connect(str(workspace.database)) as connection:
        connection.execute("create schema marts; create table marts.mine as select 1 as one")
    workspace.put("log_content/20220701.json", lines(line("a")))
    workspace.load()
    workspace.load(prune=True)
    assert workspace.query("from marts.mine") == [(1,)]


@pytest.mark.parametrize("source", ["log_content", "log_search"])
def test_too_little_memory_is_no_fault_of_a_file(workspace: Workspace, source: str) -> None:
    texts = [f"{number:0100}" for number in range(30_000)]
    content = {
        "log_content": parquet([record(Contract=text) for text in texts]),
        "log_search": searches(*(event(eventID=text) for text in texts)),
    }
    workspace.put(f"{source}/20220701.parquet", content[source])
    with pytest.raises(LoadError) as caught:
        workspace.load(memory_limit="1MB")
    assert "memory" in caught.value.hint.lower()
    assert workspace.files() == {}
