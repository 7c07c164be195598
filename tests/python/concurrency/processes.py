"""Processes that hold a database open, and commands that run beside the test."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from project.runs import BIN, PROJECT
from support import close_readers

HOLDER = Path(__file__).with_name("holder.py")
PATIENCE_SECONDS = 120.0


@dataclass
class Holder:
    """Another process that has a database open."""

    process: subprocess.Popen[bytes]

    @property
    def name(self) -> str:
        """As messages name it."""
        return f"process {self.process.pid} (holder.py)"

    def let_go(self) -> None:
        """Close the database."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@contextmanager
def held(
    database: Path, mode: str = "write", seconds: float = PATIENCE_SECONDS
) -> Iterator[Holder]:
    """Have another process open the database.

    Args:
        mode: `write`, or `read` as a notebook does.
        seconds: when it lets go by itself.
    """
    close_readers()
    command = [sys.executable, str(HOLDER), str(database), mode, str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        holder = Holder(process)
        yield holder
        holder.let_go()


@dataclass
class Running:
    """A command that runs beside the test, with what it says in a file."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        """Everything it has said so far."""
        return self.log.read_text(encoding="utf-8")

    def wait_to_say(self, text: str) -> None:
        """Wait until it says something."""
        wait_until(lambda: text in self.said or self.process.poll() is not None)
        assert text in self.said, self.said

    def end(self) -> int:
        """Wait until it has ended; its exit code. Whatever happened, there is no traceback."""
        code = self.process.wait(PATIENCE_SECONDS)
        assert "Traceback" not in self.said, self.said
        return code


@contextmanager
def running(log: Path, program: str, *arguments: object, **settings: object) -> Iterator[Running]:
    """Start `c360` or `dbt` at the root of the project; it does not outlive the block."""
    close_readers()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("C360_")}
    environment = inherited | {name: str(value) for name, value in settings.items()}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(BIN / program), *map(str, arguments)],
            cwd=PROJECT,
            env=environment | {"PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Running(process, log)
    finally:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for something that must come about."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def is_open_elsewhere(database: Path) -> bool:
    """Whether another process has the database open for writing."""
    if not database.exists():
        return False
    try:
        duckdb.connect(str(database), read_only=True).close()
    except duckdb.IOException:
        return True
    return False
