"""A measured command is measured with all it starts, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.measure import (
    PROJECT,
    CommandFailedError,
    Usage,
    Watch,
    alive,
    measure,
    parse_usage,
)

STAT = "77 (a (strange) name) S 1 77 77 0 -1 4 10 0 0 0 250 50 9 9 20 0 3 0 1 1 1"
MEMORY = {"VmHWM": 8192, "VmRSS": 4096, "RssAnon": 1024, "RssShmem": 512, "VmData": 9999}
STATUS = "Name:\tx\n" + "".join(f"{name}:\t{kib:8} kB\n" for name, kib in MEMORY.items())
MIB = 2**20


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_usage_is_read_from_proc() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    assert parse_usage(STAT, STATUS) == Usage(300 / ticks, 4.0, 1.5, 8.0)


def test_usage_of_a_process_without_memory() -> None:
    assert parse_usage(STAT, "Name:\tx\n").resident_mib == 0


def look(**own_mib: int) -> dict[int, Usage]:
    return {int(pid[1:]): Usage(1.0, mib + 50, mib, mib + 60) for pid, mib in own_mib.items()}


def test_processes_of_one_look_add_up_and_the_largest_look_counts() -> None:
    watch = Watch()
    for one in (look(p1=10, p2=10), look(p1=100, p2=200), look(p1=250)):
        watch.add(one)
    assert (watch.peak_mib, watch.peak_own_mib) == (400, 300)
    assert sum(watch.cpu_seconds.values()) == 2.0


def test_a_process_that_is_just_being_started_does_not_count_twice() -> None:
    watch = Watch()
    for one in (look(p1=1000), look(p1=1000, p2=1000), look(p1=1000, p2=5)):
        watch.add(one)
    assert (watch.peak_mib, watch.peak_own_mib) == (1105, 1005)


def test_memory_of_children_counts() -> None:
    child = f"x = bytearray({200 * MIB}); import time; time.sleep(0.5)"
    alone = measure(python("import time; time.sleep(0.5)"))
    both = measure(
        python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")
    )
    assert both.peak_own_mib > alone.peak_own_mib + 190
    assert both.peak_mib >= both.peak_own_mib
    assert both.wall_seconds >= 0.5


def test_cpu_of_a_child_nobody_waited_for_counts() -> None:
    child = "import time; t = time.process_time()\nwhile time.process_time() - t < 1: pass"
    code = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "time.sleep(0.1)\n"
        "while open(f'/proc/{p.pid}/stat').read().rsplit(')', 1)[1].split()[0] != 'Z':\n"
        "    time.sleep(0.2)\n"
        "import os; os._exit(0)\n"
    )
    assert measure(python(code)).cpu_seconds > 0.8


def test_a_failure_ends_with_what_the_command_said() -> None:
    with pytest.raises(CommandFailedError, match=r"exit code 3:\n.*no such thing"):
        measure(python("import sys; print('no such thing'); sys.exit(3)"))


def test_what_a_command_leaves_running_is_ended(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    sleeper = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    measure(
        python(
            "import subprocess, sys, pathlib, time\n"
            f"p = subprocess.Popen([sys.executable, '-c', {sleeper!r}])\n"
            f"pathlib.Path({str(note)!r}).write_text(str(p.pid)); time.sleep(0.5)"
        )
    )
    assert not alive(int(note.read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_benchmark_ends_its_commands(tmp_path: Path, number: signal.Signals) -> None:
    note = tmp_path / "pid"
    command = (
        f"import os, pathlib, time; pathlib.Path({str(note)!r}).write_text(str(os.getpid())); "
        "time.sleep(600)"
    )
    code = (
        "import sys; from benchmarks.measure import end_on_signals, measure; end_on_signals(); "
        f"measure([sys.executable, '-c', {command!r}])"
    )
    runner = subprocess.Popen(python(code), cwd=PROJECT, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while not (note.exists() and note.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        runner.send_signal(number)
        assert runner.wait(30) != 0
        assert not alive(int(note.read_text()))
    finally:
        runner.kill()
