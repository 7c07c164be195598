"""Marts to MySQL 8.0+ or MariaDB 10.6+, published as one verified set (SPEC section 8)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from c360.errors import ConfigurationError, ExportError
from exporters import bookkeeping, drift, fingerprint, publish
from exporters.bookkeeping import Entry, Run
from exporters.catalog import ExportTable
from exporters.ddl import ddl_hash, has_primary_key
from exporters.duck import one_row, open_database, readable, refuse_broken_key, refuse_empty
from exporters.fingerprint import Fingerprint
from exporters.identifiers import require_run_id
from exporters.marks import (
    BOOKKEEPING,
    REPLACED,
    STAGING,
    Mark,
    leftovers,
    read_marks,
    refuse_foreign_tables,
)
from exporters.plan import Plan, make_plan
from exporters.pseudonyms import pseudonymise
from exporters.results import ExportedTable, OnProgress, Progress, silent
from exporters.session import Session, connect
from exporters.transport import FASTER
from exporters.url import parse_url


def export_mysql(
    database: Path,
    tables: Sequence[ExportTable],
    url: str,
    run_id: str,
    on_progress: OnProgress = silent,
    pseudonymize_key: str | None = None,
) -> list[ExportedTable]:
    """Serve every table from MySQL or MariaDB; swap in what changed, all at once.

    Args:
        database: the DuckDB file with the marts.
        tables: what to export, as `read_catalog` gives it.
        url: `mysql://user:password@host:3306/schema`, see `exporters.url`.
        run_id: stands in `customer360_export` and in the comments of the tables.
        on_progress: called at every step.
        pseudonymize_key: identifiers are served as HMACs under this secret; None = as they are.

    Returns:
        One entry a declared table, then one a table that is no longer declared and was dropped.

    Raises:
        ConfigurationError: the URL or a declaration is wrong.
        ExportError: the export stopped; the set served before is still served.
        DatabaseBusyError: another process has the database open for writing.
    """
    refuse_empty(tables)
    require_run_id(run_id)
    server_url = parse_url(url)
    for table in tables:
        if table.name == BOOKKEEPING or table.name.endswith((STAGING, REPLACED)):
            raise ConfigurationError(
                f"A model cannot be exported as {table.name}.",
                hint=f"The export itself uses {BOOKKEEPING} and names with {STAGING}, {REPLACED}.",
            )
    run = Run(run_id, datetime.now(UTC).replace(tzinfo=None), str(database))
    with (
        open_database(database) as connection,
        connect(server_url, create_schema=True) as session,
        publish.exclusive(session),
    ):
        tables = pseudonymise(connection, tables, pseudonymize_key)
        prepared = [_prepare(connection, table, on_progress) for table in tables]
        return _Export(connection, session, run, on_progress).publish(prepared)


@dataclass(frozen=True)
class _Prepared:
    """A mart that is ready to be sent; `seconds` is what that took."""

    plan: Plan
    contents: Fingerprint
    seconds: float


def _prepare(
    connection: duckdb.DuckDBPyConnection, table: ExportTable, on_progress: OnProgress
) -> _Prepared:
    started = time.monotonic()
    on_progress(Progress("checking", table.name))
    with readable(table.name):
        plan = make_plan(connection, table)
        refuse_broken_key(connection, table)
        row = one_row(connection, fingerprint.duckdb_query(plan.source, plan.columns))
        contents = fingerprint.read(row, plan.columns)
    return _Prepared(plan, contents, time.monotonic() - started)


class _Export:
    """One export within its lock."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        session: Session,
        run: Run,
        on_progress: OnProgress,
    ) -> None:
        self._connection = connection
        self._session = session
        self._run = run
        self._on_progress = on_progress
        self._noted = False

    def publish(self, prepared: Sequence[_Prepared]) -> list[ExportedTable]:
        """Stage and verify what changed, then swap the set."""
        names = [one.plan.table.name for one in prepared]
        marks = read_marks(self._session)
        before = bookkeeping.served_before(self._session) if marks.get(BOOKKEEPING) else set()
        retired = sorted(name for name in before - set(names) if marks.get(name))
        refuse_foreign_tables([*names, BOOKKEEPING, *retired], marks)
        publish.drop_tables(self._session, leftovers(marks))
        try:
            self._note_missing(before.intersection(names) - set(marks))
            exported = [self._stage_changed(one, marks) for one in prepared]
            exported += [ExportedTable(name, 0, 0.0, "dropped") for name in retired]
            self._make_visible(prepared, exported, marks)
        except BaseException:
            self._drop_staging([*names, BOOKKEEPING])
            raise
        return exported

    def _stage_changed(self, one: _Prepared, marks: dict[str, Mark | None]) -> ExportedTable:
        plan, contents = one.plan, one.contents
        name = plan.table.name
        started = time.monotonic() - one.seconds
        ddl = ddl_hash(plan, self._session.server)
        mark = self._run.mark(contents.rows, contents.checksum, ddl)
        if mark.same_contents(marks.get(name)):
            self._on_progress(Progress("verifying", name, 0, contents.rows))
            if drift.is_as_exported(self._session, plan, contents):
                self._on_progress(Progress("unchanged", name, contents.rows, contents.rows))
                return ExportedTable(name, contents.rows, time.monotonic() - started, "unchanged")
            self._note(name, f"{name} had been changed on the server; it is written again")
        if not self._session.server.local_infile and not self._noted:
            self._note("", FASTER)
            self._noted = True
        if not has_primary_key(plan):
            self._note_long_key(plan)
        publish.stage_and_verify(
            self._connection, self._session, plan, contents, mark, self._on_progress
        )
        return ExportedTable(name, contents.rows, time.monotonic() - started, "published")

    def _make_visible(
        self,
        prepared: Sequence[_Prepared],
        exported: Sequence[ExportedTable],
        marks: dict[str, Mark | None],
    ) -> None:
        checksums = {one.plan.table.name: one.contents.checksum for one in prepared}
        entries = [
            Entry(table.name, table.rows, checksums.get(table.name, ""), table.status)
            for table in exported
        ]
        new = [table.name for table in exported if table.status == "published"]
        retired = [table.name for table in exported if table.status == "dropped"]
        if not new and not retired and BOOKKEEPING in marks:
            bookkeeping.append(self._session, self._run, entries)
            return
        bookkeeping.stage(self._session, self._run, entries, keep_history=BOOKKEEPING in marks)
        new.append(BOOKKEEPING)
        self._on_progress(Progress("publishing"))
        publish.swap(self._session, new, retired, marks)
        self._on_progress(Progress("published"))
        with contextlib.suppress(ExportError):  # the next export drops what is left
            publish.drop_tables(self._session, [name + REPLACED for name in (*new, *retired)])
        self._on_progress(Progress("cleaning"))

    def _note_missing(self, names: set[str]) -> None:
        for name in sorted(names):
            self._note(name, f"{name} was missing on the server; it is written again")

    def _note_long_key(self, plan: Plan) -> None:
        note = (
            f"{plan.table.name}: a key value is too long for MySQL's index; the table gets an "
            "index on the beginning of the key instead of a primary key."
        )
        self._note(plan.table.name, note)

    def _note(self, table: str, note: str) -> None:
        self._on_progress(Progress("note", table, note=note))

    def _drop_staging(self, names: Sequence[str]) -> None:
        with contextlib.suppress(ExportError):  # the next export drops what is left
            publish.drop_tables(self._session, [name + STAGING for name in names])
