"""The DuckDB file: opened for writing by one process, with errors that say who holds it."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import duckdb

from c360.errors import CustomerError, DatabaseBusyError, LoadError

CATALOG = "c360"
# Everything that is needed is built in; nothing is fetched because of what a file looks like.
NO_EXTENSIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
# Rows that are stored together. DuckDB writes whole groups straight to the file and the rest of a
# transaction twice, through its log; smaller groups compress less (docs/decisions/0004).
ROW_GROUP_ROWS = 16_384
# How long whoever writes, or only reads, waits for another process to close the database.
WRITER_WAIT_SECONDS = 10.0
READER_WAIT_SECONDS = 2.0
RETRY_SECONDS = 0.2
# Programs whose first argument says what they do.
PROGRAMS = ("c360", "dbt")
BUSY_HINT = (
    "Wait until it is done or close it, then run the same command again. "
    "Dashboards can read the exported files meanwhile: they are never locked."
)

T = TypeVar("T")
_log = logging.getLogger("c360")


def connect(
    database: Path, *, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Open the database for writing; it is made when it is missing.

    Args:
        threads: DuckDB's threads; None = one a core.
        memory_limit: DuckDB's limit, such as `3GB`; None = DuckDB's default.

    Raises:
        DatabaseBusyError: another process still has it open after WRITER_WAIT_SECONDS.
        LoadError: it cannot be opened or made.
    """
    config: dict[str, str | bool | int | float | list[str]] = {}
    if threads:
        config["threads"] = threads
    if memory_limit:
        config["memory_limit"] = memory_limit
    path = str(database.absolute()).replace("'", "''")
    attach = f"attach '{path}' as {CATALOG} (row_group_size {ROW_GROUP_ROWS})"
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(config=config | NO_EXTENSIONS)
        busy = _opened_elsewhere(database)
        _patiently(lambda: connection.execute(attach), WRITER_WAIT_SECONDS, busy)
        connection.execute(f"use {CATALOG}")
        return connection
    except (duckdb.Error, OSError) as error:
        raise explain(error, database) from error


def cursor(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A second connection to what `connect` has opened."""
    duplicate = connection.cursor()
    duplicate.execute(f"use {CATALOG}")
    return duplicate


def connect_read_only(database: Path) -> duckdb.DuckDBPyConnection:
    """Open an existing database to read; other readers may have it open too.

    Raises:
        DatabaseBusyError: another process still writes to it after READER_WAIT_SECONDS.
        LoadError: it is missing or cannot be opened.
    """
    if not database.exists():
        raise LoadError(
            f"there is no database {database}",
            hint="Load logs first (c360 load), or name another database with --database.",
        )
    try:
        return _patiently(
            lambda: duckdb.connect(str(database), read_only=True, config=NO_EXTENSIONS),
            READER_WAIT_SECONDS,
            _opened_elsewhere(database),
        )
    except duckdb.Error as error:
        raise explain(error, database) from error


def wait_until_free(database: Path) -> None:
    """Wait until nobody else has the database open, for a program that opens it by itself.

    Raises:
        DatabaseBusyError: another process still has it open after WRITER_WAIT_SECONDS.
        LoadError: it cannot be opened.
    """
    if database.is_file():
        connect(database).close()


@contextmanager
def one_run_at_a_time(database: Path) -> Iterator[None]:
    """Hold the right to run all steps on a database; it ends with the process, however that ends.

    Between two steps nobody has the database open, and both runs would share dbt's files.

    Raises:
        DatabaseBusyError: another run still works on it after WRITER_WAIT_SECONDS.
        LoadError: the folder of the database cannot be written.
    """
    lock = database.with_name(f".{database.name}.run")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise explain(error, database) from error

    def take() -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def busy(error: Exception) -> str | None:
        if not isinstance(error, BlockingIOError):
            return None
        holder = os.pread(descriptor, 32, 0).decode(errors="replace") or "unknown"
        return f"another c360 run, process {holder}, works on {database}"

    try:
        _patiently(take, WRITER_WAIT_SECONDS, busy)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _patiently(
    attempt: Callable[[], T], seconds: float, busy: Callable[[Exception], str | None]
) -> T:
    """What the first attempt gives that is not in another process's way.

    Args:
        busy: who is in the way, by the error of an attempt; None when it has another cause.

    Raises:
        DatabaseBusyError: somebody still is after so many seconds.
    """
    give_up = time.monotonic() + seconds
    said = False
    while True:
        try:
            return attempt()
        except (duckdb.Error, OSError) as error:
            what = busy(error)
            if what is None:
                raise
            if time.monotonic() >= give_up:
                raise DatabaseBusyError(what, hint=BUSY_HINT) from error
        if not said:
            # On stderr, unless whoever uses this module has told `logging` otherwise.
            _log.warning("%s; waiting for at most %d seconds", what, seconds)
            said = True
        time.sleep(RETRY_SECONDS)


def _opened_elsewhere(database: Path) -> Callable[[Exception], str | None]:
    """Who has the database open, by DuckDB's error."""

    def busy(error: Exception) -> str | None:
        if "lock on file" not in str(error):
            return None
        return f"{database} is open in {_holder(error)}"

    return busy


def _holder(error: Exception) -> str:
    """Who has the file open, as far as the system tells."""
    held = re.search(r"held in ([^(]+)\(PID ([0-9]+)\)", str(error))
    if held is None:
        return "another process"
    return f"process {held.group(2)} ({_command(held.group(2)) or Path(held.group(1)).name})"


def _command(number: str) -> str | None:
    """The script or module that a process runs, such as `c360 load`; never its other arguments.

    They may hold a password. None where the system does not tell.
    """
    try:
        words = Path(f"/proc/{number}/cmdline").read_text(encoding="utf-8").split("\0")
    except (OSError, UnicodeDecodeError):
        return None
    script = next((word for word in words[1:] if word and not word.startswith("-")), "")
    if not Path(words[0]).name.startswith("python") or not re.fullmatch(r"[\w./-]+", script):
        return None
    name = Path(script).name
    command = words[words.index(script) + 1]
    return f"{name} {command}" if name in PROGRAMS and command.isalpha() else name


def explain(error: Exception, database: Path) -> CustomerError:
    """A DuckDB or system error as one that says what to do."""
    text = first_line(error)
    if busy := _opened_elsewhere(database)(error):
        return DatabaseBusyError(busy, hint=BUSY_HINT)
    if isinstance(error, duckdb.ConnectionException):
        return DatabaseBusyError(
            f"{database} is still open for writing in this process",
            hint="Close that connection, then do the same again.",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return LoadError(
            f"DuckDB had too little memory ({text})",
            hint="Give it more memory (C360_MEMORY_LIMIT) or fewer threads (C360_THREADS).",
        )
    if is_disk_full(error):
        return LoadError(
            f"the disk of {database} is full ({text})",
            hint="Make room and run the same command again; whole files are kept, none is half in.",
        )
    return LoadError(
        f"{database}: {text}",
        hint="Check that it is a DuckDB file this version can open and that it may be written.",
    )


def first_line(error: Exception) -> str:
    """The first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def quoted(name: str) -> str:
    """The name of a table or column as an SQL identifier of DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def concerns_the_machine(error: Exception) -> bool:
    """Whether a failed read says something of memory or disk and nothing of the file read."""
    return isinstance(error, duckdb.OutOfMemoryException) or is_disk_full(error)


def is_disk_full(error: Exception) -> bool:
    """Whether an error of DuckDB or the system says that there is no room left."""
    text = str(error).lower()
    return "no space left" in text or "could not write" in text
