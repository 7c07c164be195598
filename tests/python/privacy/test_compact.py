"""The database written anew: the same contents, no trace of what was deleted, nothing half done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from c360.errors import DatabaseBusyError, LoadError
from loaders import compact as compact_module
from loaders.compact import compact
from loaders.database import ROW_GROUP_ROWS, connect

# Long and different enough not to be compressed.
SECRET = "lan.nguyen.0123456789.qwertyuiop@example.org"
HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Tables as the loader and as dbt make them, and a view, with a deleted row."""
    path = tmp_path / "my 'own'.duckdb"
    with connect(path) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.words (word varchar not null, plans varchar[])")
        connection.execute(
            "insert into raw.words select md5(i::varchar), [md5(i::varchar)] "
            "from range(50_000) as numbers(i)"
        )
        connection.execute(f"insert into raw.words values ('{SECRET}', ['x'])")
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema staging")
        connection.execute("create view staging.words as select word from raw.words")
        connection.execute("create table staging.counted as select count(*) as n from raw.words")
        connection.execute(f"delete from raw.words where word = '{SECRET}'")
    return path


def contents(path: Path) -> list[object]:
    with duckdb.connect(str(path), read_only=True) as connection:
        queries = (
            "from raw.words",
            "from staging.words order by all",
            "from staging.counted",
            "select schema_name, table_name, column_name, data_type, is_nullable "
            "from duckdb_columns() where not internal order by all",
        )
        return [connection.execute(query).fetchall() for query in queries]


def test_contents_stay_and_deleted_bytes_go(database: Path) -> None:
    assert SECRET.encode() in database.read_bytes()
    before = contents(database)
    sizes = compact(database, threads=2, memory_limit="1GB")
    assert contents(database) == before
    assert SECRET.encode() not in database.read_bytes()
    assert sizes[1] == database.stat().st_size
    assert [path.name for path in database.parent.iterdir()] == [database.name]
    with duckdb.connect(str(database), read_only=True) as connection:
        row = connection.execute(
            "select max(count) from pragma_storage_info('raw.words') where segment_type = 'VARCHAR'"
        ).fetchone()
    assert row is not None
    assert row[0] <= ROW_GROUP_ROWS


def test_mode_and_link_stay(database: Path) -> None:
    database.chmod(0o640)
    link = database.with_name("link.duckdb")
    link.symlink_to(database.name)
    compact(link)
    assert link.is_symlink()
    assert database.stat().st_mode & 0o777 == 0o640


def test_what_a_killed_copy_left_is_in_nobodys_way(database: Path) -> None:
    before = contents(database)
    for end in ("", ".wal"):
        database.with_name(f".{database.name}.copy{end}").write_bytes(b"half a database")
    compact(database)
    assert contents(database) == before
    assert [path.name for path in database.parent.iterdir()] == [database.name]


def test_a_failure_leaves_the_database(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> None:
        raise OSError(28, os.strerror(28))

    before = database.read_bytes()
    monkeypatch.setattr(compact_module, "_sync", full)
    with pytest.raises(LoadError, match=r"disk .* is full"):
        compact(database)
    assert database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir()] == [database.name]


def test_a_database_in_use_is_not_touched(database: Path) -> None:
    before = database.read_bytes()
    command = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        with pytest.raises(DatabaseBusyError, match=str(process.pid)):
            compact(database)
        process.stdin.close()
    assert database.read_bytes() == before
