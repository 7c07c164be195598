"""The table customer360_export: when, from what, rows and checksums of every export (SPEC 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from exporters.identifiers import for_server
from exporters.marks import BOOKKEEPING, STAGING, Mark
from exporters.results import Status, program_version
from exporters.session import Session

# (name, type, comment); the key is (exported_at, table_name).
_COLUMNS = (
    ("exported_at", "datetime(6) not null", "when the export ran (UTC)"),
    ("run_id", "varchar(64) not null", "the run that exported"),
    ("table_name", "varchar(64) not null", "the table"),
    ("row_count", "bigint not null", "rows that it then had"),
    ("checksum", "varchar(64) not null", "SHA-256 over its checksums, equal to DuckDB's"),
    ("status", "varchar(16) not null", "published, unchanged (served as before) or dropped"),
    ("source", "varchar(1024) not null", "the DuckDB file it came from"),
    ("customer360_version", "varchar(64) not null", "the program that exported"),
)
_NAMES = ", ".join(for_server(name) for name, _, _ in _COLUMNS)
_DESCRIPTION = "One row for every export and table. Append-only."


@dataclass(frozen=True)
class Entry:
    """What happened to one table."""

    table: str
    rows: int
    checksum: str
    status: Status


@dataclass(frozen=True)
class Run:
    """This export: `at` is UTC without a zone."""

    run_id: str
    at: datetime
    source: str

    def mark(self, rows: int = 0, checksum: str = "", ddl: str = "") -> Mark:
        """The mark of a table that this run writes."""
        at = self.at.isoformat(timespec="microseconds")
        return Mark(self.run_id, at, rows, checksum, ddl)


def served_before(session: Session) -> set[str]:
    """The tables that the exports so far have left served; needs the bookkeeping table."""
    newest = session.rows(
        f"select table_name, status from {for_server(BOOKKEEPING)} as newest where exported_at = "
        f"(select max(exported_at) from {for_server(BOOKKEEPING)} as same "
        "where same.table_name = newest.table_name)"
    )
    return {name for name, status in newest if status != "dropped"}


def stage(session: Session, run: Run, entries: Sequence[Entry], *, keep_history: bool) -> None:
    """Build the next bookkeeping table: what it holds now and the rows of this export."""
    staging = BOOKKEEPING + STAGING
    session.execute(f"drop table if exists {for_server(staging)}")
    lines = ", ".join(f"{for_server(name)} {kind} comment %s" for name, kind, _ in _COLUMNS)
    session.execute(
        f"create table {for_server(staging)} ({lines}, primary key (exported_at, table_name)) "
        f"engine=InnoDB default character set utf8mb4 collate {session.server.collation} "
        "comment %s",
        (*(comment for _, _, comment in _COLUMNS), f"{_DESCRIPTION} {run.mark()}"),
    )
    if keep_history:
        session.execute(
            f"insert into {for_server(staging)} ({_NAMES}) "
            f"select {_NAMES} from {for_server(BOOKKEEPING)}"
        )
    _append(session, staging, run, entries)


def append(session: Session, run: Run, entries: Sequence[Entry]) -> None:
    """Add the rows of an export that changed nothing, in one statement."""
    _append(session, BOOKKEEPING, run, entries)


def _append(session: Session, table: str, run: Run, entries: Sequence[Entry]) -> None:
    row = f"({', '.join(['%s'] * len(_COLUMNS))})"
    values: list[object] = []
    for entry in entries:
        values += [run.at, run.run_id, entry.table, entry.rows, entry.checksum, entry.status]
        values += [run.source[:1024], program_version()[:64]]
    session.execute(
        f"insert into {for_server(table)} ({_NAMES}) values {', '.join([row] * len(entries))}",
        values,
    )
