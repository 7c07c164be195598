"""The database written anew, so that no deleted row can be read from its file.

DuckDB marks what is deleted as free and writes over it some day. A copy holds only what is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from loaders.database import CATALOG, ROW_GROUP_ROWS, connect, explain


def compact(
    database: Path, *, threads: int | None = None, memory_limit: str | None = None
) -> tuple[int, int]:
    """Replace the database's file with a copy, in one step; a killed copy changes nothing.

    Needs room for the copy. The old file stays locked until the new one is in its place.

    Returns:
        Bytes before and after.

    Raises:
        DatabaseBusyError: another process has it open.
        LoadError: the copy could not be written; the database is as it was.
    """
    database = database.resolve()  # a link to it stays one
    copy = database.with_name(f".{database.name}.copy")
    before = database.stat().st_size
    try:
        _discard(copy)
        with connect(database, threads=threads, memory_limit=memory_limit) as connection:
            connection.execute("checkpoint")  # from here on it has no log beside it
            with _for_the_owner_alone():
                connection.execute(
                    f"attach {_literal(copy)} as fresh (row_group_size {ROW_GROUP_ROWS})"
                )
            connection.execute(f"copy from database {CATALOG} to fresh")
            connection.execute("detach fresh")
            copy.chmod(database.stat().st_mode)
            _sync(copy)
            copy.replace(database)
            _sync(database.parent)
    except (duckdb.Error, OSError) as error:
        _discard(copy)
        raise explain(error, database) from error
    return before, database.stat().st_size


@contextmanager
def _for_the_owner_alone() -> Iterator[None]:
    """New files may be read by nobody else, until they get the mode of what they replace."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _discard(copy: Path) -> None:
    for path in (copy, copy.with_name(f"{copy.name}.wal")):
        path.unlink(missing_ok=True)


def _literal(path: Path) -> str:
    """ATTACH takes no parameter: a path as an SQL string."""
    return "'" + str(path.absolute()).replace("'", "''") + "'"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
