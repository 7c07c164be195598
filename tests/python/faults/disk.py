"""Full disks: the command says so, nothing that was there is harmed, and with room it ends well.

The disk is a small file system in memory. Where none may be mounted, no file may grow beyond a
limit; the remark of the results says which it was.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from c360.sample import SampleOptions, write_sample
from faults.compare import (
    Difference,
    kept_difference,
    mart_difference,
    not_whole,
    raw_difference,
)
from faults.exports import export, versions
from faults.kills import put, unknown_files
from faults.outcome import Bench, Fault, Outcome
from faults.prepared import MONTH, SET_ASIDE, build, copy_project, databases, load, logs, succeed
from faults.processes import Command, Ended, c360
from faults.served import Files, difference
from faults.tally import Tally

LARGE_BYTES = 1 << 30
# Logs of so many, built with so little memory, make DuckDB spill.
MANY_CUSTOMERS = 20_000
SPILLING = "100MB"
# Room is drawn anew when the command had enough of it; this often in a row something is wrong.
MOST_MISSES = 20


@dataclass
class Disk:
    """A folder with little room.

    Attributes:
        is_mounted: whether it is a file system of its own; else files have a limit.
        limit: of each file, where nothing may be mounted.
    """

    folder: Path
    is_mounted: bool
    limit: int | None = None

    def leave(self, room: int) -> None:
        """Let as many bytes be written as `room`, and no more."""
        used = sum(file.stat().st_blocks * 512 for file in _files(self.folder))
        if self.is_mounted:
            self._resize(used + room)
        else:
            largest = max((file.stat().st_size for file in _files(self.folder)), default=0)
            self.limit = largest + room

    def make_room(self) -> None:
        """What an operator would do."""
        self.limit = None
        if self.is_mounted:
            self._resize(LARGE_BYTES)

    def limited(self, command: Command) -> Command:
        """The command as it runs on this disk."""
        return replace(command, file_bytes=self.limit)

    def _resize(self, size: int) -> None:
        if not _mount("-o", f"remount,size={size}", str(self.folder)):
            raise RuntimeError(f"{self.folder} cannot be resized")


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A new disk with much room to begin with."""
    folder.mkdir(parents=True)
    if os.geteuid() == 0 and _mount("-t", "tmpfs", "-o", f"size={LARGE_BYTES}", "faults", folder):
        try:
            yield Disk(folder, is_mounted=True)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    else:
        yield Disk(folder, is_mounted=False)


@dataclass(frozen=True)
class Work:
    """A command on a small disk.

    Attributes:
        prepare: brings the disk to where the command starts.
        code: how the command ends with room.
        says: texts of the output of a command that had none, in lower case.
        after_full: what does not hold when the disk was full.
        after_room: what does not hold when the command was run again with room.
        spills: whether DuckDB must have written temporary files, so that these met a full disk too.
    """

    command: Command
    prepare: Callable[[], None]
    code: int
    says: tuple[str, ...]
    after_full: Callable[[], tuple[list[str], Difference]]
    after_room: Callable[[], tuple[list[str], Difference]]
    spills: bool = False


def fill_many(bench: Bench, disk: Disk, work: Work) -> Outcome:
    """Run the command with random room that is too little, then again with enough."""
    disk.make_room()
    work.prepare()
    before = used(disk.folder)
    with watching(disk.folder) as peak:
        ended = work.command.run()
    problems, difference = work.after_room()
    if (problems := problems + ended.problems(work.code)) or difference:
        raise RuntimeError(f"an undisturbed run: {problems} {difference}")
    if work.spills and not peak.spilled:
        raise RuntimeError("nothing was spilled: the memory limit is too high for these logs")
    needed = max(peak.used, used(disk.folder)) - before
    tally = Tally()
    misses = 0
    dice = random.Random(bench.seed)
    while tally.tries < bench.tries:
        seed = dice.getrandbits(32)
        disk.make_room()
        work.prepare()
        disk.leave(int(random.Random(seed).random() * needed))
        full = disk.limited(work.command).run()
        if full.code == work.code:
            misses += 1
            if misses > MOST_MISSES:
                raise RuntimeError("the command always had room enough")
            continue
        misses = 0
        problems, lost = work.after_full()
        problems += full.problems(1) + unsaid(full, work.says)
        disk.make_room()
        ended = work.command.run()
        after, differing = work.after_room()
        tally.add(f"seed {seed}", problems + ended.problems(work.code) + after, lost + differing)
    how = "a tmpfs that was full" if disk.is_mounted else "a limit of the size of files"
    spilled = f", {peak.spilled / 1e6:.1f} MB of it spilled" if work.spills else ""
    return tally.outcome(f"{how}, room for 0 to {needed / 1e6:.1f} MB{spilled}")


@dataclass
class Peak:
    """The most bytes that a folder held, and of these in DuckDB's temporary files."""

    used: int = 0
    spilled: int = 0


@contextmanager
def watching(folder: Path) -> Iterator[Peak]:
    """Look again and again while the block runs."""
    peak = Peak()
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.05):
            peak.used = max(peak.used, used(folder))
            spilled = sum(used(place) for place in folder.glob("*.tmp"))
            peak.spilled = max(peak.spilled, spilled)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def unsaid(ended: Ended, says: tuple[str, ...]) -> list[str]:
    """Texts that the output should have."""
    output = " ".join(ended.output.lower().split())
    return [f"it does not say {text!r}: {output[-300:]}" for text in says if text not in output]


def used(folder: Path) -> int:
    """Bytes of all files below a folder, some of which may vanish meanwhile."""
    total = 0
    for file in _files(folder):
        with suppress(FileNotFoundError):
            total += file.stat().st_size
    return total


def fill_while_loading(bench: Bench) -> Outcome:
    """The database lies on the small disk."""
    before, expected = bench.folder / "before.duckdb", bench.folder / "expected.duckdb"
    few, undisturbed = bench.folder / "few", bench.folder / "undisturbed"
    shutil.copytree(logs().older, few)
    shutil.rmtree(few / "log_search")
    for day in range(8, 31):
        for path in (few / "log_content").glob(f"202206{day:02}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    succeed(load(few, before, undisturbed).run(), 0)
    put(before, expected)
    succeed(load(logs().newer, expected, undisturbed).run(), SET_ASIDE)
    with small_disk(bench.folder / "disk") as disk:
        database = disk.folder / "c360.duckdb"

        def after_full() -> tuple[list[str], Difference]:
            return not_whole(database), kept_difference(before, database)

        def after_room() -> tuple[list[str], Difference]:
            problems = not_whole(database) + unknown_files(database)
            return problems, raw_difference(expected, database)

        work = Work(
            load(logs().newer, database, bench.folder),
            lambda: put(before, database),
            SET_ASIDE,
            (f"the disk of {database} is full".lower(), "make room"),
            after_full,
            after_room,
        )
        return fill_many(bench, disk, work)


def fill_while_exporting(bench: Bench) -> Outcome:
    """The exported files lie on the small disk, with an older set that must stay."""
    prepared, known = databases(), versions()
    with small_disk(bench.folder / "disk") as disk:
        files = Files(disk.folder / "export")
        first = export(prepared, "older", disk.folder, None)
        first = replace(first, folder=bench.folder)

        def prepare() -> None:
            shutil.rmtree(files.folder, ignore_errors=True)
            if first.run().code:
                raise RuntimeError("the first export failed")

        def after(version: str) -> tuple[list[str], Difference]:
            return files.leftovers(), difference(known[version], files.rows())

        command = export(prepared, "newer", disk.folder, None)
        work = Work(
            replace(command, folder=bench.folder),
            prepare,
            0,
            ("the disk is full", "make room"),
            lambda: after("older"),
            lambda: after("newer"),
        )
        return fill_many(bench, disk, work)


def fill_while_building(bench: Bench) -> Outcome:
    """The database and what DuckDB spills beside it lie on the small disk; the logs are loaded.

    By `c360 run`: `dbt build` itself ends with 2 and a traceback when a checkpoint fails.
    """
    project, raw = bench.folder / "project", bench.folder / "raw"
    before, expected = bench.folder / "before.duckdb", bench.folder / "expected.duckdb"
    undisturbed = bench.folder / "undisturbed"
    copy_project(project)
    write_sample(SampleOptions(out=raw, customers=MANY_CUSTOMERS, months=(MONTH,)))
    succeed(load(raw, before, undisturbed).run(), 0)
    put(before, expected)
    succeed(build(project, expected, undisturbed).run(), 0)
    with small_disk(bench.folder / "disk") as disk:
        database = disk.folder / "c360.duckdb"

        def after_full() -> tuple[list[str], Difference]:
            return not_whole(database), raw_difference(expected, database)

        def after_room() -> tuple[list[str], Difference]:
            return unknown_files(database), mart_difference(expected, database)

        work = Work(
            c360(
                *("run", "--raw", raw, "--database", database),
                *("--export-dir", bench.folder / "export", "--memory-limit", SPILLING),
                folder=bench.folder,
                PYTHONPATH=str(project),
            ),
            lambda: put(before, database),
            0,
            ("error:", "dbt"),
            after_full,
            after_room,
            spills=True,
        )
        return fill_many(bench, disk, work)


def _mount(*arguments: object) -> bool:
    """Whether it was mounted: containers may forbid it even to root."""
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False)
    return done.returncode == 0


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


FAULTS = (
    Fault("disk full: load", 20, 1, fill_while_loading),
    Fault("disk full: export to files", 20, 1, fill_while_exporting),
    Fault("disk full: build that spills", 6, 0, fill_while_building),
)
