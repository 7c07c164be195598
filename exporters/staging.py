"""From marts to verified staging tables, in three stages that overlap.

While a table is loaded through the first connection, DuckDB sorts the next one and the second
connection verifies the one before.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

import duckdb

from exporters import drift, publish
from exporters.catalog import ExportTable
from exporters.duck import readable, refuse_broken_key
from exporters.fingerprint import Fingerprint
from exporters.marks import Mark
from exporters.memory import Memory
from exporters.plan import Plan, make_plan
from exporters.results import OnProgress, Progress
from exporters.second import SecondConnection
from exporters.session import Session
from exporters.transport import Marts


@dataclass(frozen=True)
class Prepared:
    """A mart that is ready to be sent; `seconds` is what that took."""

    plan: Plan
    contents: Fingerprint
    seconds: float

    @property
    def name(self) -> str:
        """The table's name."""
        return self.plan.table.name


def prepare(
    connection: duckdb.DuckDBPyConnection,
    table: ExportTable,
    memory: Memory,
    on_progress: OnProgress,
) -> Prepared:
    """Refuse what cannot be served, and compute what must arrive."""
    started = time.monotonic()
    on_progress(Progress("checking", table.name))
    with readable(table.name):
        plan = make_plan(connection, table)
        refuse_broken_key(connection, table)
        contents = memory.fingerprint(connection, plan)
    return Prepared(plan, contents, time.monotonic() - started)


class Staging:
    """Reads what is served and writes what will be, on two connections."""

    def __init__(self, session: Session, second: SecondConnection, on_progress: OnProgress) -> None:
        self._session = session
        self._second = second
        self._on_progress = on_progress

    def check(self, served: Sequence[Prepared]) -> dict[str, float]:
        """The served tables that nobody has changed, with the seconds it took to see that.

        Both connections read, each the next table, the largest first.
        """
        waiting = deque(sorted(served, key=lambda one: one.contents.rows, reverse=True))
        intact: dict[str, float] = {}

        def check_next(session: Session) -> None:
            while waiting:
                try:
                    one = waiting.popleft()
                except IndexError:  # the other connection took the last one
                    return
                started = time.monotonic()
                if drift.is_as_exported(session, one.plan, one.contents):
                    intact[one.name] = time.monotonic() - started

        for one in served:
            self._on_progress(Progress("verifying", one.name, 0, one.contents.rows))
        others = self._second.start(check_next) if len(served) > 1 else None
        check_next(self._session)
        if others:
            self._second.wait(others)
        for one in served:
            if one.name in intact:
                rows = one.contents.rows
                self._on_progress(Progress("unchanged", one.name, rows, rows))
        return intact

    def write(
        self,
        connection: duckdb.DuckDBPyConnection,
        changed: Sequence[Prepared],
        marks: Mapping[str, Mark],
    ) -> dict[str, float]:
        """Write and verify staging tables; return the seconds of each.

        Raises:
            ExportError: a table could not be written, or is not on the server as it is in DuckDB.
        """
        seconds: dict[str, float] = {}
        verifying: tuple[Prepared, Future[float]] | None = None
        with Marts(connection, [one.plan for one in changed]) as marts:
            for one in changed:
                started = time.monotonic()
                rows, mark = one.contents.rows, marks[one.name]
                arrived = publish.stage(
                    marts, self._session, one.plan, rows, mark, self._on_progress
                )
                seconds[one.name] = time.monotonic() - started
                if verifying:
                    self._finish(*verifying, seconds)
                self._on_progress(Progress("verifying", one.name, arrived, rows))
                verifying = one, self._second.start(partial(_verify, one=one, arrived=arrived))
        if verifying:
            self._finish(*verifying, seconds)
        return seconds

    def _finish(
        self, one: Prepared, verification: Future[float], seconds: dict[str, float]
    ) -> None:
        seconds[one.name] += self._second.wait(verification)
        rows = one.contents.rows
        self._on_progress(Progress("verified", one.name, rows, rows))


def _verify(session: Session, one: Prepared, arrived: int) -> float:
    """Verify a staged table; return the seconds that took."""
    started = time.monotonic()
    publish.verify(session, one.plan, one.contents, arrived)
    return time.monotonic() - started
