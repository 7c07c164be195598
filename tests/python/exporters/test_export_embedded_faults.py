"""Killed exports, readers, foreign files and full disks: never a partial set of files (SPEC 8)."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import export_marts
import export_process
import pytest
from export_marts import FILES, SCHEMA, VERSIONED, set_version, visible_files, write_versioned

from c360.errors import ConfigurationError, DatabaseBusyError, ExportError, LoadError
from exporters import file_set
from exporters.catalog import ExportTable
from exporters.embedded import export_embedded
from exporters.history import last_embedded


@pytest.mark.parametrize("name", ["pears.csv", "export.json", ".current", ".sets"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_file_of_others_in_the_way_stops_the_export(
    database: Path, folder: Path, name: str, kind: str
) -> None:
    folder.mkdir()
    theirs = folder / name
    if kind == "file":
        theirs.write_text("mine")
    else:
        theirs.symlink_to("elsewhere")
    with pytest.raises(ExportError, match=f"{name} was not made by an export"):
        export_embedded(database, VERSIONED, folder, "run-1")
    assert set(os.listdir(folder)) == {name, ".lock"}
    assert theirs.is_symlink() or theirs.read_text() == "mine"


@pytest.mark.parametrize(
    ("stage", "version"),
    [("writing:plums", 1), ("publishing", 1), ("published", 2)],
)
def test_a_killed_export_leaves_a_whole_set_and_the_next_one_cleans_up(
    database: Path, folder: Path, stage: str, version: int
) -> None:
    export_embedded(database, VERSIONED, folder, "run-1")
    write_versioned(database, version=2)
    killed = export_process.start_export(database, folder, "run-2", stage)
    killed.communicate()
    assert killed.returncode == -9
    assert set_version(folder) == version
    export_embedded(database, VERSIONED, folder, "run-3")
    assert set_version(folder) == 2
    assert os.listdir(folder / ".sets") == ["run-3"]


def test_a_first_export_that_is_killed_shows_nothing(database: Path, folder: Path) -> None:
    export_process.start_export(database, folder, "run-1", "publishing").communicate()
    assert visible_files(folder) == set()
    # What a kill between the links and the replacement leaves.
    (folder / "apples.csv").symlink_to(".current/apples.csv")
    (folder / ".current.next").symlink_to(".sets/run-1")
    assert last_embedded(folder) is None
    export_embedded(database, VERSIONED, folder, "run-2")
    assert set_version(folder) == 1


def test_readers_see_no_missing_and_no_mixed_set(database: Path, folder: Path) -> None:
    export_embedded(database, VERSIONED, folder, "run-1")
    done = threading.Event()

    def open_every_name() -> int:
        """A reader that opens the files by their names, as fast as it can."""
        opened = 0
        while not done.is_set():
            for name in FILES:
                os.close(os.open(folder / name, os.O_RDONLY))
                opened += 1
        return opened

    def read_whole_sets() -> set[int]:
        """A reader that needs several files of one set."""
        seen = set()
        while not done.is_set():
            # The set may be removed after its name was resolved: then look again.
            with contextlib.suppress(FileNotFoundError, duckdb.IOException):
                seen.add(set_version(folder))
        return seen

    with ThreadPoolExecutor() as pool:
        opener, reader = pool.submit(open_every_name), pool.submit(read_whole_sets)
        try:
            for version in range(2, 6):
                write_versioned(database, version)
                export_embedded(database, VERSIONED, folder, f"run-{version}")
        finally:
            done.set()
        assert opener.result() > 1000
        assert len(reader.result()) > 1


def test_the_second_of_two_exports_gives_up_and_names_the_first(
    database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_set, "LOCK_WAIT_SECONDS", 0.3)
    with file_set.exclusive(folder), pytest.raises(ExportError, match=f"PID {os.getpid()}"):
        export_embedded(database, VERSIONED, folder, "run-1")
    export_embedded(database, VERSIONED, folder, "run-2")
    assert set_version(folder) == 1


def test_exports_at_once_follow_each_other(database: Path, folder: Path) -> None:
    processes = [export_process.start_export(database, folder, f"run-{n}") for n in (1, 2, 3)]
    for process in processes:
        assert (process.communicate()[1], process.returncode) == ("", 0)
    assert set_version(folder) == 1
    assert len(os.listdir(folder / ".sets")) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 300 kB; where no disk can be mounted, files of at most 50 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "customer360-test", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        try:
            yield disk / "export"
        finally:
            subprocess.run(["umount", str(disk)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        yield disk / "export"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_and_the_old_set_is_intact(tmp_path: Path, small_disk: Path) -> None:
    small = write_versioned(tmp_path / "small.duckdb", version=1, rows=10)
    export_embedded(small, VERSIONED, small_disk, "run-1")
    before = {path.name: path.read_bytes() for path in small_disk.iterdir() if path.is_file()}
    large = _write_without_limits(tmp_path / "large.duckdb")
    with pytest.raises(ExportError, match="The disk is full") as caught:
        export_embedded(large, VERSIONED, small_disk, "run-2")
    assert "Make room" in caught.value.hint
    after = {path.name: path.read_bytes() for path in small_disk.iterdir() if path.is_file()}
    assert after == before
    assert os.listdir(small_disk / ".sets") == ["run-1"]
    export_embedded(small, VERSIONED, small_disk, "run-3")


def _write_without_limits(path: Path) -> Path:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    try:
        written: Path = write_versioned(path, version=2, rows=100_000)
        return written
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("limit", [20_000])
def test_a_limit_on_the_size_of_files_is_said(
    tmp_path: Path, folder: Path, database: Path, limit: int
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(ExportError, match="The disk is full"):
            export_embedded(database, VERSIONED, folder, "run-1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert visible_files(folder) == set()


def test_a_target_that_is_no_folder(database: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="stopped"):
        export_embedded(database, VERSIONED, tmp_path / "file", "run-1")


def test_a_broken_key_is_refused_before_anything_is_written(tmp_path: Path, folder: Path) -> None:
    query = "select 1 as id union all select 1"
    database = export_marts.write_database(tmp_path / "d.duckdb", {"twice": query})
    with pytest.raises(ExportError, match=r"key \(id\) of mart twice is not unique"):
        export_embedded(database, [ExportTable("twice", SCHEMA, ("id",))], folder, "run-1")
    assert os.listdir(folder) == [".lock"]


def test_a_missing_database_mart_or_declaration(database: Path, folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="no database"):
        export_embedded(database.with_name("none.duckdb"), VERSIONED, folder, "run-1")
    with pytest.raises(ConfigurationError, match="No model declares an export"):
        export_embedded(database, [], folder, "run-1")
    with pytest.raises(ConfigurationError, match="run id"):
        export_embedded(database, VERSIONED, folder, "../run")
    assert not folder.exists()
    with pytest.raises(ExportError, match="figs is not in the database"):
        export_embedded(database, [ExportTable("figs", SCHEMA, ("id",))], folder, "run-1")
    broken = database.with_name("broken.duckdb")
    broken.write_bytes(b"no database" * 1000)
    with pytest.raises(LoadError, match="a DuckDB file this version can open"):
        export_embedded(broken, VERSIONED, folder, "run-1")


def test_a_database_in_use_is_named_with_its_holder(
    database: Path, folder: Path, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    code = (
        "import duckdb, pathlib, sys, time; held = duckdb.connect(sys.argv[1]); "
        "pathlib.Path(sys.argv[2]).touch(); time.sleep(60)"
    )
    with export_process.python(code, str(database), str(ready)) as holder:
        export_process.wait_for(ready)
        with pytest.raises(DatabaseBusyError, match=f"process {holder.pid} ") as caught:
            export_embedded(database, VERSIONED, folder, "run-1")
    assert "run the same command again" in caught.value.hint
    with duckdb.connect(str(database)), pytest.raises(DatabaseBusyError, match="this process"):
        export_embedded(database, VERSIONED, folder, "run-1")
