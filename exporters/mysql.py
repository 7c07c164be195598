"""Marts to MySQL 8.0+ or MariaDB 10.6+, published as one verified set (SPEC section 8)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from c360.errors import ConfigurationError, ExportError
from exporters import bookkeeping, publish
from exporters.bookkeeping import Entry, Run
from exporters.catalog import ExportTable
from exporters.ddl import ddl_hash, has_primary_key
from exporters.duck import open_database, refuse_empty
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
from exporters.memory import Memory
from exporters.plan import Plan
from exporters.pseudonyms import pseudonymise
from exporters.results import ExportedTable, OnProgress, Progress, silent
from exporters.second import SecondConnection
from exporters.session import Session, connect
from exporters.staging import Prepared, Staging, prepare
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
        with Memory(database) as memory:
            prepared = [prepare(connection, table, memory, on_progress) for table in tables]
        return _Export(connection, session, run, on_progress).publish(prepared)


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

    def publish(self, prepared: Sequence[Prepared]) -> list[ExportedTable]:
        """Stage and verify what changed, then swap the set."""
        names = [one.name for one in prepared]
        marks = read_marks(self._session)
        before = bookkeeping.served_before(self._session) if marks.get(BOOKKEEPING) else set()
        retired = sorted(name for name in before - set(names) if marks.get(name))
        refuse_foreign_tables([*names, BOOKKEEPING, *retired], marks)
        publish.drop_tables(self._session, leftovers(marks))
        try:
            self._note_missing(before.intersection(names) - set(marks))
            exported = self._stage_changed(prepared, marks)
            exported += [ExportedTable(name, 0, 0.0, "dropped") for name in retired]
            self._make_visible(prepared, exported, marks)
        except BaseException:
            self._drop_staging([*names, BOOKKEEPING])
            raise
        return exported

    def _stage_changed(
        self, prepared: Sequence[Prepared], marks: dict[str, Mark | None]
    ) -> list[ExportedTable]:
        """Stage and verify the tables that are not served already as they are."""
        new = {one.name: self._mark(one) for one in prepared}
        same = [one for one in prepared if new[one.name].same_contents(marks.get(one.name))]
        with SecondConnection(self._session) as second:
            staging = Staging(self._session, second, self._on_progress)
            intact = staging.check(same)
            for one in same:
                if one.name not in intact:
                    note = f"{one.name} had been changed on the server; it is written again"
                    self._note(one.name, note)
            changed = [one for one in prepared if one.name not in intact]
            self._note_ways(changed)
            written = staging.write(self._connection, changed, new)
        return [
            ExportedTable(
                one.name,
                one.contents.rows,
                one.seconds + (intact | written)[one.name],
                "unchanged" if one.name in intact else "published",
            )
            for one in prepared
        ]

    def _mark(self, one: Prepared) -> Mark:
        ddl = ddl_hash(one.plan, self._session.server)
        return self._run.mark(one.contents.rows, one.contents.checksum, ddl)

    def _note_ways(self, changed: Sequence[Prepared]) -> None:
        """Say what makes writing slower, or a key weaker, than it could be."""
        if changed and not self._session.server.local_infile:
            self._note("", FASTER)
        for one in changed:
            if not has_primary_key(one.plan):
                self._note_long_key(one.plan)

    def _make_visible(
        self,
        prepared: Sequence[Prepared],
        exported: Sequence[ExportedTable],
        marks: dict[str, Mark | None],
    ) -> None:
        checksums = {one.name: one.contents.checksum for one in prepared}
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
