"""Staging, verification and the one rename that makes a whole set visible (SPEC section 8)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from c360.errors import ExportError
from exporters import fingerprint
from exporters.ddl import add_indexes, create_table
from exporters.fingerprint import Fingerprint
from exporters.identifiers import for_server
from exporters.marks import REPLACED, STAGING, Mark
from exporters.plan import Plan
from exporters.results import OnProgress, Progress
from exporters.server_errors import INTERRUPTED, LOCK_WAIT_TIMEOUT, ServerError
from exporters.session import Session, watchdog
from exporters.transport import Marts, send_rows

LOCK_SECONDS = 10
# Pauses between tries of the swap; during a try, readers wait behind it (LOCK_WAIT_SECONDS).
SWAP_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 0.0)


@contextmanager
def exclusive(session: Session) -> Iterator[None]:
    """Hold the export lock of the schema; the server frees it when the connection ends."""
    name = f"c360:{session.url.schema}"[:64]  # MySQL allows 64 characters
    (taken,) = session.row("select get_lock(%s, %s)", (name, LOCK_SECONDS))
    if taken != 1:
        (holder,) = session.row("select is_used_lock(%s)", (name,))
        raise ExportError(
            f"Another export to {session.url} is running: {_describe(session, holder)} holds the "
            "lock.",
            hint="Wait until it has ended and export again; to an administrator, SHOW PROCESSLIST "
            "shows what it does.",
        )
    yield


def _describe(session: Session, connection_id: int | None) -> str:
    """A connection of the server by its number and, as far as we may see, its user and host."""
    for number, user, host, *_ in session.rows("show processlist"):
        if number == connection_id:
            return f"the server's connection {number} ({user} from {host})"
    return f"the server's connection {connection_id}"


def stage(
    marts: Marts,
    session: Session,
    plan: Plan,
    total: int,
    mark: Mark,
    on_progress: OnProgress,
) -> int:
    """Write a mart of `total` rows into its staging table; return how many rows arrived."""
    name = plan.table.name
    staging = name + STAGING
    drop_tables(session, [staging])
    create = create_table(staging, plan, session.server, str(mark))
    session.execute(create.sql, create.values, doing=f"Making the table {staging}")
    on_progress(Progress("writing", name, 0, total))
    arrived = send_rows(
        marts,
        session,
        plan,
        staging,
        lambda rows: on_progress(Progress("writing", name, min(rows, total), total)),
    )
    if indexes := add_indexes(staging, plan):
        session.execute(indexes, doing=f"Making the indexes of {staging}")
    return arrived


def verify(session: Session, plan: Plan, expected: Fingerprint, arrived: int) -> None:
    """Prove that a staged mart arrived as it is: rows, every column and every row."""
    row = session.row(fingerprint.server_query(plan.table.name + STAGING, plan.columns))
    difference = expected.differences(fingerprint.read(row, plan.columns))
    if arrived != expected.rows or difference:
        raise ExportError(
            f"{plan.table.name} did not arrive as it is in DuckDB "
            f"({difference or f'{arrived} rows'} differ); "
            "the set that was served before is still served.",
            hint="Export again; if it happens again, look into the server's error log.",
        )


def swap(session: Session, new: Sequence[str], retired: Sequence[str], live: Iterable[str]) -> None:
    """Let the staged tables `new` take their places and `retired` leave theirs, all at once.

    Readers with an open transaction on a table can keep the swap waiting, and every new reader
    waits behind it: so each try is ended after a few seconds.
    """
    steps = []
    for name in (*new, *retired):
        if name in live:
            steps.append(f"{for_server(name)} to {for_server(name + REPLACED)}")
        if name in new:
            steps.append(f"{for_server(name + STAGING)} to {for_server(name)}")
    statement = f"rename table {', '.join(steps)}"
    with watchdog(session) as dog:
        for pause in SWAP_PAUSES_SECONDS:
            try:
                with dog.limiting():
                    session.execute(statement, doing="Swapping the tables in")
                return
            except ServerError as error:
                _refuse_unknown_end(session, error)
                if error.code not in (LOCK_WAIT_TIMEOUT, INTERRUPTED):
                    raise
            time.sleep(pause)
    raise ExportError(
        f"The tables on {session.url} could not be swapped: a reader has kept one of them in an "
        "open transaction. The set that was served before is still served.",
        hint="End that transaction (SHOW PROCESSLIST shows sleeping sessions) and export again.",
    )


def _refuse_unknown_end(session: Session, error: ServerError) -> None:
    if error.connection_ended:
        raise ExportError(
            f"The connection to {session.url} ended during the swap: either the new set is served "
            "or the one before, each as a whole.",
            hint="Export again: it finds out, and does what is left to do.",
        ) from error


def drop_tables(session: Session, names: Iterable[str]) -> None:
    """Drop tables of ours that nobody reads any more."""
    for name in names:
        session.execute(f"drop table if exists {for_server(name)}", doing=f"Dropping {name}")
