"""Commands in processes of their own: run to the end, or killed at a moment."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BIN = Path(sys.executable).parent
# A command that has not ended after this long hangs.
LONGEST_SECONDS = 900.0
# A commit that takes milliseconds must not be missed.
POLL_SECONDS = 0.0005


@dataclass(frozen=True)
class Command:
    """A command with a working directory and a directory for temporary files of its own.

    Attributes:
        folder: both lie in it, and so does its output.
        environment: variables beside those of this process, whose own settings are left out.
        file_bytes: no file may grow larger, as on a full disk.
    """

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    file_bytes: int | None = None

    @property
    def temporary(self) -> Path:
        """Where it puts its temporary files."""
        return self.folder / "tmp"

    @property
    def cwd(self) -> Path:
        """Where it runs."""
        return self.folder / "cwd"

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a process group of its own."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.cwd.mkdir(parents=True, exist_ok=True)
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("C360")}
        with (self.folder / "output").open("wb") as output:
            return subprocess.Popen(
                self.arguments,
                cwd=self.cwd,
                env=inherited | {"TMPDIR": str(self.temporary)} | dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=self._limit_files,
            )

    def run(self) -> Ended:
        """Run it to its end."""
        started = time.monotonic()
        process = self.start()
        hanging = threading.Timer(LONGEST_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        hanging.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # whoever interrupts this process does not reach that one's group
            _kill(process)
            raise
        finally:
            hanging.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        return Ended(
            process.returncode,
            (self.folder / "output").read_text(encoding="utf-8", errors="replace"),
            time.monotonic() - started,
            usage.ru_maxrss / 1024,
        )

    def kill_after(self, seconds: float) -> bool:
        """Kill it with SIGKILL; False when it had ended before."""
        process = self.start()
        try:
            time.sleep(seconds)
            return process.poll() is None
        finally:
            _kill(process)

    def kill_at_write(self, file: Path, number: int, delay: float) -> int:
        """Kill it with SIGKILL some seconds after a file was written to for the nth time.

        Returns:
            How often it was written to; less than `number` when the command had ended before.
        """
        process = self.start()
        writes, size = 0, _size(file)
        try:
            while process.poll() is None:
                if size != (size := _size(file)):
                    writes += 1
                    if writes == number:
                        time.sleep(delay)
                        return writes if process.poll() is None else writes - 1
                time.sleep(POLL_SECONDS)
            return writes
        finally:
            _kill(process)

    def leftovers(self) -> list[str]:
        """What it left in its working directory and among the temporary files."""
        return [
            f"{folder.name}/{path.relative_to(folder)} was left behind"
            for folder in (self.temporary, self.cwd)
            for path in sorted(folder.rglob("*"))
        ]

    def _limit_files(self) -> None:
        if self.file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_bytes, self.file_bytes))


@dataclass(frozen=True)
class Ended:
    """How a command ended; its peak resident memory in MiB."""

    code: int
    output: str
    seconds: float
    peak_mib: float

    def problems(self, *codes: int) -> list[str]:
        """That it ended with another code, or with a traceback."""
        found = []
        if self.code not in codes:
            found.append(f"exit code {self.code}: {self.output.strip()[-300:]!r}")
        if "Traceback" in self.output:
            found.append(f"a traceback: {self.output.strip()[-300:]!r}")
        return found


def c360(*arguments: object, folder: Path, **environment: str) -> Command:
    """The project's command."""
    return Command((str(BIN / "c360"), *map(str, arguments)), folder, environment)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
