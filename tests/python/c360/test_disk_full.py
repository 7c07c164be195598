"""A full disk, and a load that is killed: whole files or nothing of them (SPEC 1 and 3)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from support import C360, Workspace, close_readers, line, lines, run_c360

SMALL_BYTES = 3 << 20
ROWS = 130_000  # more than DuckDB keeps back before it writes
RECORD = "{Contract: md5('c' || i), Mac: md5('m' || i), TotalDuration: 72, AppName: 'VOD'}"
LOGS = {
    "log_content/20220702.json": f"i as _id, {RECORD} as _source",
    "log_content/20220702.parquet": f"i as _id, {RECORD} as _source",
    "log_search/20220702.parquet": "md5('e' || i) as eventID, md5('k' || i) as keyword",
}


def write_log(workspace: Workspace, path: str) -> None:
    """A log of 130,000 rows whose texts do not compress."""
    location = workspace.put(path, b"")
    file_format = path.rpartition(".")[2]
    duckdb.execute(
        f"copy (select {LOGS[path]} from range({ROWS}) as numbers(i)) to ? (format {file_format})",
        [str(location)],
    )


@dataclass(frozen=True)
class Disk:
    """A folder whose files cannot grow for long."""

    folder: Path
    file_bytes: int | None
    is_mounted: bool

    def make_room(self) -> None:
        """What an operator would do."""
        if self.is_mounted:
            assert mount("-o", "remount,size=256m", str(self.folder))


def mount(*arguments: str) -> bool:
    """Whether it was mounted: containers may forbid it even to root."""
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture(params=["a small disk", "a limit for files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """A mounted file system of 3 MB where that is allowed, and a limit of the process."""
    folder = tmp_path / "small"
    folder.mkdir()
    is_small_disk = request.param == "a small disk" and os.geteuid() == 0
    if is_small_disk and mount("-t", "tmpfs", "-o", f"size={SMALL_BYTES}", "tmpfs", str(folder)):
        yield Disk(folder, None, is_mounted=True)
        close_readers()
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    else:
        yield Disk(folder, SMALL_BYTES, is_mounted=False)


@pytest.mark.parametrize("path", LOGS)
def test_a_full_disk_is_said_and_the_database_is_still_good(disk: Disk, path: str) -> None:
    raw = disk.folder.parent / "raw"
    raw.mkdir()
    workspace = Workspace(raw, disk.folder / "c360.duckdb")
    workspace.put("log_content/20220701.json", lines(line("a"), b"no"))
    workspace.load()
    before = workspace.everything()
    write_log(workspace, path)

    full = run_c360(
        *("load", "--raw", raw, "--database", workspace.database),
        folder=disk.folder,
        file_bytes=disk.file_bytes,
    )
    assert full.code == 1, full
    assert "full" in full.err
    assert str(workspace.database) in full.err
    assert "Make room" in full.err
    assert workspace.everything() == before

    disk.make_room()
    workspace.load()
    assert workspace.files()[path] == ("loaded", ROWS, 0)


def test_a_load_that_is_killed_leaves_whole_files_and_the_next_one_does_the_rest(
    workspace: Workspace,
) -> None:
    content = lines(*(line(number, Other="x" * 500) for number in range(10_000)))
    for day in range(1, 11):
        workspace.put(f"log_content/202207{day:02}.json", content + b"no\n")
    paths = ("--raw", str(workspace.raw), "--database", str(workspace.database))
    command = [str(C360), "load", *paths]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        log = workspace.database.with_name(workspace.database.name + ".wal")
        for _ in range(3000):
            if process.poll() is not None or (log.exists() and log.stat().st_size > 10_000):
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    workspace.check_conservation()
    workspace.load()
    assert set(workspace.files().values()) == {("loaded", 10_001, 1)}
    assert len(workspace.files()) == 10
