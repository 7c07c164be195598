"""`raw.files`: which file contributed what, identified by its path and content (SPEC section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from loaders.discovery import RawFile, SkippedPath
from loaders.drift import FieldDrift
from loaders.readers.base import RejectedLines, as_texts

LOADED = "loaded"
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class FileState:
    """What tells a file apart from an earlier version of itself without reading it."""

    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> FileState:
        """The state of a file now."""
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@dataclass(frozen=True)
class Entry:
    """One row of `raw.files`; `log_date` is None for sources without days.

    `rows_forgotten` is set for a file that is being landed; nobody needs it of those before.
    """

    file_id: int
    source: str
    path: str
    log_date: date | None
    status: str
    problem: str | None
    content_hash: str
    state: FileState
    rows_read: int
    rows_rejected: int
    is_sample: bool
    rows_forgotten: int = 0


def read_manifest(connection: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    """Every file that contributes, by path."""
    rows = connection.execute(
        """
        select file_id, source, path, log_date, status, problem, content_hash,
            bytes, modified_ns, changed_ns, rows_read, rows_rejected, is_sample
        from raw.files
        """
    ).fetchall()
    return {
        path: Entry(
            file_id=file_id,
            source=source,
            path=path,
            log_date=log_date,
            status=status,
            problem=problem,
            content_hash=content_hash,
            state=FileState(*state),
            rows_read=rows_read,
            rows_rejected=rows_rejected,
            is_sample=is_sample,
        )
        for (
            file_id,
            source,
            path,
            log_date,
            status,
            problem,
            content_hash,
            *state,
            rows_read,
            rows_rejected,
            is_sample,
        ) in rows
    }


def next_file_id(connection: duckdb.DuckDBPyConnection) -> int:
    """A number that no file has had: ids are not used again while their file is known."""
    row = connection.execute("select coalesce(max(file_id), 0) + 1 from raw.files").fetchone()
    return int(row[0]) if row else 1


def write_entry(
    connection: duckdb.DuckDBPyConnection, entry: Entry, file: RawFile, load_id: str, now: datetime
) -> None:
    """Add a file; the caller has removed what it had contributed before."""
    connection.execute(
        """
        insert into raw.files (
            file_id, source, path, log_date, file_format, status, problem, content_hash,
            bytes, modified_ns, changed_ns, rows_read, rows_rejected, is_sample, load_id, loaded_at,
            rows_forgotten
        )
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            entry.file_id,
            entry.source,
            entry.path,
            entry.log_date,
            file.file_format,
            entry.status,
            entry.problem,
            entry.content_hash,
            entry.state.size,
            entry.state.modified_ns,
            entry.state.changed_ns,
            entry.rows_read,
            entry.rows_rejected,
            entry.is_sample,
            load_id,
            now,
            entry.rows_forgotten,
        ],
    )


def write_rejected(
    connection: duckdb.DuckDBPyConnection, entry: Entry, rejected: RejectedLines
) -> None:
    """Keep the lines that are no records."""
    lines = pa.table(
        {
            "line_number": pa.array(rejected.numbers, pa.int64()),
            "line": as_texts(rejected.lines),
        }
    )
    connection.register("rejected_lines", lines)
    connection.execute(
        """
        insert into raw.quarantine (file_id, source, log_date, line_number, reason, line)
        select ?, ?, ?, line_number, ?, line from rejected_lines
        """,
        [entry.file_id, entry.source, entry.log_date, rejected.reason],
    )
    connection.unregister("rejected_lines")


def write_drift(
    connection: duckdb.DuckDBPyConnection, entry: Entry, drift: tuple[FieldDrift, ...]
) -> None:
    """Keep what is not as expected in a file's fields; there are few of them."""
    connection.executemany(
        "insert into raw.field_drift (file_id, source, field, problem, kind) "
        "values (?, ?, ?, ?, ?)",
        [[entry.file_id, entry.source, found.field, found.problem, found.kind] for found in drift],
    )


def remove(connection: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Take out everything a file has contributed."""
    for name in (entry.source, "quarantine", "field_drift", "files"):
        connection.execute(f"delete from raw.{name} where file_id = ?", [entry.file_id])


def update_state(connection: duckdb.DuckDBPyConnection, file_id: int, state: FileState) -> None:
    """Note that a file was touched but holds what it held."""
    connection.execute(
        "update raw.files set bytes = ?, modified_ns = ?, changed_ns = ? where file_id = ?",
        [state.size, state.modified_ns, state.changed_ns, file_id],
    )


def write_skipped(
    connection: duckdb.DuckDBPyConnection, skipped: tuple[SkippedPath, ...], load_id: str
) -> None:
    """Replace the list of paths that are not logs."""
    connection.execute("delete from raw.skipped_paths")
    if skipped:
        connection.executemany(
            "insert into raw.skipped_paths values (?, ?, ?)",
            [[path.path, path.reason, load_id] for path in skipped],
        )
