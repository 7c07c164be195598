"""The DuckDB file: opened for writing by one process, with errors that say who holds it."""

from __future__ import annotations

import re
from pathlib import Path

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


def connect(
    database: Path, *, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Open the database for writing; it is made when it is missing.

    Args:
        threads: DuckDB's threads; None = one a core.
        memory_limit: DuckDB's limit, such as `3GB`; None = DuckDB's default.

    Raises:
        DatabaseBusyError: another process has it open.
        LoadError: it cannot be opened or made.
    """
    config: dict[str, str | bool | int | float | list[str]] = {}
    if threads:
        config["threads"] = threads
    if memory_limit:
        config["memory_limit"] = memory_limit
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(config=config | NO_EXTENSIONS)
        path = str(database.absolute()).replace("'", "''")
        connection.execute(f"attach '{path}' as {CATALOG} (row_group_size {ROW_GROUP_ROWS})")
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
        DatabaseBusyError: another process is writing to it.
        LoadError: it is missing or cannot be opened.
    """
    if not database.exists():
        raise LoadError(
            f"there is no database {database}",
            hint="Load logs first (c360 load), or name another database with --database.",
        )
    try:
        return duckdb.connect(str(database), read_only=True, config=NO_EXTENSIONS)
    except duckdb.Error as error:
        raise explain(error, database) from error


def explain(error: Exception, database: Path) -> CustomerError:
    """A DuckDB or system error as one that says what to do."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "lock on file" in text:
        held = re.search(r"held in ([^(]+)\(PID ([0-9]+)\)", str(error))
        holder = f"process {held.group(2)} ({held.group(1).strip()})" if held else "another process"
        return DatabaseBusyError(
            f"{database} is open in {holder}",
            hint="Wait until it is done or close it, then run the same command again.",
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


def concerns_the_machine(error: Exception) -> bool:
    """Whether a failed read says something of memory or disk and nothing of the file read."""
    return isinstance(error, duckdb.OutOfMemoryException) or is_disk_full(error)


def is_disk_full(error: Exception) -> bool:
    """Whether an error of DuckDB or the system says that there is no room left."""
    text = str(error).lower()
    return "no space left" in text or "could not write" in text
