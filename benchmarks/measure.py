"""Seconds, CPU seconds and peak memory of a process and all it starts, and on what machine.

A command runs in a session of its own. A thread looks at every process of the session ten times a
second: a Java machine that a Python process starts counts as much as the process itself. Whatever
ends the command or this program, no process of the session is left.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

PROJECT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SAMPLE_SECONDS = 0.1
SECONDS_TO_END = 10.0
MAX_OUTPUT_CHARACTERS = 4000
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """What a process and its children cost.

    Attributes:
        peak_mib: most resident memory of all of them at one time, in MiB.
        peak_own_mib: the same without the pages of files that are mapped, such as logs.
    """

    wall_seconds: float
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    peak_own_mib: float = 0.0


@dataclass(frozen=True)
class Usage:
    """One look at one process: CPU seconds so far, memory in MiB.

    Attributes:
        resident_mib: now, with mapped files; `own_mib` without them.
        highest_mib: the most resident memory since it was started.
    """

    cpu_seconds: float
    resident_mib: float
    own_mib: float
    highest_mib: float


@dataclass
class Watch:
    """The most that the looks at a session have found.

    A process adds to the sum from the second look on: one that is just being started has all the
    memory of the one that starts it, which would count twice.
    """

    peak_mib: float = 0.0
    peak_own_mib: float = 0.0
    cpu_seconds: dict[int, float] = field(default_factory=dict)
    last_look: frozenset[int] = frozenset()

    def add(self, look: Mapping[int, Usage]) -> None:
        """Count one look at all processes: pid -> usage."""
        known = [one for pid, one in look.items() if pid in self.last_look]
        together = sum(one.resident_mib for one in known)
        self.peak_mib = max(self.peak_mib, together, *(one.highest_mib for one in look.values()))
        self.peak_own_mib = max(self.peak_own_mib, sum(one.own_mib for one in known))
        self.cpu_seconds |= {pid: one.cpu_seconds for pid, one in look.items()}
        self.last_look = frozenset(look)


class CommandFailedError(SystemExit):
    """A command that was measured has failed: ends the benchmark with what the command said."""


def measure(command: list[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command at the root of the project, which is what its time and memory are taken of.

    Raises:
        CommandFailedError: it ended with another exit code than 0.
    """
    watch, ended = Watch(), threading.Event()
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watcher = threading.Thread(target=keep_watch, args=(process.pid, watch, ended), daemon=True)
        watcher.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            ended.set()
            watcher.join()
            end_session(process)
        if process.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace")[-MAX_OUTPUT_CHARACTERS:]
            raise CommandFailedError(
                f"{' '.join(command)} ended with exit code {process.returncode}:\n{said}"
            )
    return Measured(
        wall,
        max(usage.ru_utime + usage.ru_stime, sum(watch.cpu_seconds.values())),
        watch.peak_mib,  # not ru_maxrss: it begins with the memory of this program
        watch.peak_own_mib,
    )


def keep_watch(session: int, watch: Watch, ended: threading.Event) -> None:
    """Look at the processes of a session until it has ended."""
    while not ended.is_set():
        watch.add({pid: one for pid in pids_of(session) if (one := usage_of(pid))})
        ended.wait(SAMPLE_SECONDS)


def pids_of(session: int) -> Iterator[int]:
    """The processes of a session, whoever their parents are."""
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                if os.getsid(int(name)) == session:
                    yield int(name)
            except OSError:  # it has ended since
                continue


def usage_of(pid: int) -> Usage | None:
    """What a process uses now; None when it has ended."""
    folder = Path("/proc", str(pid))
    try:
        stat = (folder / "stat").read_text(encoding="utf-8")
        status = (folder / "status").read_text(encoding="utf-8")
    except OSError:
        return None
    return parse_usage(stat, status)


def parse_usage(stat: str, status: str) -> Usage:
    """Read `/proc/PID/stat` and `/proc/PID/status`; a process without memory has none."""
    user, system = stat.rsplit(")", 1)[1].split()[11:13]
    kib = {
        name: int(value.split()[0])
        for name, _, value in (line.partition(":") for line in status.splitlines())
        if name in ("VmRSS", "VmHWM", "RssAnon", "RssShmem")
    }
    own = kib.get("RssAnon", 0) + kib.get("RssShmem", 0)
    return Usage(
        (int(user) + int(system)) / TICKS,
        kib.get("VmRSS", 0) / 1024,
        own / 1024,
        kib.get("VmHWM", 0) / 1024,
    )


def end_session(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a command's session: asked at first, then by force."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + SECONDS_TO_END
        for pid in pids_of(process.pid):
            try:
                os.kill(pid, signal_number)
            except ProcessLookupError:
                continue
        while any(alive(pid) for pid in pids_of(process.pid)) and time.monotonic() < until:
            process.poll()
            time.sleep(SAMPLE_SECONDS)
    process.poll()


def alive(pid: int) -> bool:
    """Whether a process runs: not ended, not merely waiting to be looked at by its parent."""
    try:
        stat = Path("/proc", str(pid), "stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in ("Z", "X")


def end_on_signals() -> None:
    """Let a request to end this program unwind it, so that its commands and folders go too."""

    def end(signal_number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + signal_number)

    for signal_number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, end)


def describe_machine() -> str:
    """Cores, memory, processor, load and versions, in one line."""
    import duckdb

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return (
        f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), "
        f"{memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}, load {os.getloadavg()[0]:.1f}"
    )
