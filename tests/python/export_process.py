"""An export in a process of its own, which can kill itself at a chosen step.

    python export_process.py DATABASE TARGET RUN_ID [STAGE[:TABLE]]

TARGET is a directory, or `-` for the server that the variable EXPORT_URL names. At the first
progress report of STAGE (and TABLE) the process kills itself with SIGKILL: no clean-up, no
goodbye to the server. The tests start it with `start_export`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import servers
from export_marts import VERSIONED

from c360.errors import CustomerError
from exporters.embedded import export_embedded
from exporters.mysql import export_mysql
from exporters.results import Progress


def main() -> int:
    """Export the versioned marts; 0 when done, 1 with the error on standard error."""
    database, target, run_id, *rest = sys.argv[1:]
    stage, _, table = (rest[0] if rest else "").partition(":")

    def watch(progress: Progress) -> None:
        if progress.stage == stage and progress.table.startswith(table):
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        if target == "-":
            export_mysql(Path(database), VERSIONED, os.environ["EXPORT_URL"], run_id, watch)
        else:
            export_embedded(Path(database), VERSIONED, Path(target), run_id, watch)
    except CustomerError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def start_export(
    database: Path, target: Path | servers.Database, *more: str
) -> subprocess.Popen[str]:
    """Start `export_process.py` with a run id and, if it is to be killed, a stage."""
    here = Path(__file__).parent
    where = "-" if isinstance(target, servers.Database) else str(target)
    paths = [str(here), str(here.parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    if isinstance(target, servers.Database):
        environment["EXPORT_URL"] = target.url
    return subprocess.Popen(
        [sys.executable, str(here / "export_process.py"), str(database), where, *more],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def python(code: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a piece of Python in a process of its own; kill it at the end."""
    process = subprocess.Popen([sys.executable, "-c", code, *arguments])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(path: Path, seconds: float = 10) -> None:
    """Wait until a file exists."""
    give_up = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < give_up, f"{path} did not appear"
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
