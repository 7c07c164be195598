"""Faults of an export to MySQL or MariaDB: what is served is one whole set, the old or the new.

Each try exports a new version of a small set, disturbs it, looks at what is served, and exports
again, which must give the new version and leave nothing else behind.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import export_process
import proxies
import pymysql
import readers
import servers
from export_marts import SERVED, VERSIONED, served_version, write_versioned

from c360.errors import ExportError
from exporters import publish, transport
from exporters.mysql import export_mysql
from exporters.plan import Plan, PlannedColumn
from exporters.session import LOCK_WAIT_SECONDS, Session
from exporters.url import ServerUrl
from faults.outcome import Bench, Fault, Outcome

# So many that an export takes about a second.
ROWS = 10_000
# For faults that need many swaps, not long ones.
FEW_ROWS = 2_000
SWAPS = 25
READS = 500_000
READS_OF_FEW_SWAPS = 6_000
# How much longer than a try of the swap a read may take on a busy machine.
MARGIN_SECONDS = 1.0


@dataclass
class Scene:
    """A served set, the marts of its next version, and how long an export takes undisturbed."""

    served: servers.Database
    marts: Path
    dice: random.Random
    rows: int
    version: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    rows_lost: int = 0
    rows_doubled: int = 0

    def next_version(self) -> int:
        """Write the marts of the next version."""
        write_versioned(self.marts, self.version + 1, self.rows)
        return self.version + 1

    def export(self, url: str, run: str = "again") -> str:
        """Export; the error in a few words, empty when done."""
        started = time.monotonic()
        try:
            export_mysql(self.marts, VERSIONED, url, f"run-{self.version + 1}-{run}")
        except ExportError as error:
            return str(error)
        self.seconds = self.seconds or time.monotonic() - started
        return ""

    def look(self, *allowed: int) -> str:
        """What is wrong with the served set, which must be one of these versions as a whole."""
        try:
            version = served_version(self.served, self.rows)
        except (AssertionError, pymysql.err.MySQLError) as error:
            return f"no whole set is served: {error!r}"
        return "" if version in allowed else f"version {version} is served, not one of {allowed}"

    def recover(self) -> str:
        """Export again: what is wrong after it. From then on the new version is the served one."""
        error = self.export(self.served.url)
        self.version += 1
        self._count()
        left = self.served.tables() ^ SERVED
        if error or left:
            return f"the export after it: {error or f'these tables are left or missing: {left}'}"
        return self.look(self.version)

    def _count(self) -> None:
        for table in VERSIONED:
            key = table.key[0]
            ((rows, keys),) = self.served.query(
                f"select count(*), count(distinct `{key}`) from `{table.name}`"
            )
            self.rows_lost += self.rows - keys
            self.rows_doubled += rows - keys


# Disturbs what happens in its block; gives the URL to export to.
Disturb = Callable[[Scene], AbstractContextManager[str]]


@contextlib.contextmanager
def scene(bench: Bench, server: ServerUrl, rows: int = ROWS) -> Iterator[Scene]:
    """A schema of its own with version 1 of the set."""
    with servers.empty_schema(server) as served:
        dice = random.Random(bench.seed)
        made = Scene(served, bench.folder / "marts.duckdb", dice, rows)
        made.next_version()
        if problem := made.recover():
            raise RuntimeError(f"an undisturbed export failed: {problem}")
        yield made


def disturb_each_try(bench: Bench, stage: Scene, disturb: Disturb) -> Outcome:
    """Disturb one export a try."""
    notes, stopped = [], 0
    for number in range(bench.tries):
        new = stage.next_version()
        with way(stage), disturb(stage) as url:
            error = stage.export(url, "disturbed")
        stopped += bool(error)
        # What was reported as done must be there; else it may be there or not.
        allowed = (stage.version, new) if error else (new,)
        problems = filter(None, (stage.look(*allowed), stage.recover()))
        if problem := "; ".join(problems):
            notes.append(f"try {number} of seed {bench.seed}: {problem} (after {error!r})")
    return outcome(bench, stage, notes, f"{stopped} of {bench.tries} exports were stopped")


def outcome(bench: Bench, stage: Scene, notes: list[str], remark: str = "") -> Outcome:
    """One note is one try that was not survived."""
    return Outcome(
        tries=bench.tries,
        survived=bench.tries - len(notes),
        rows_lost=stage.rows_lost,
        rows_doubled=stage.rows_doubled,
        notes=tuple(notes),
        remark=remark,
    )


def way(stage: Scene) -> AbstractContextManager[None]:
    """Send rows by LOAD DATA or by INSERT."""
    return servers.local_infile(stage.served.admin, on=stage.dice.random() < 0.5)


def server_killed(bench: Bench) -> Outcome:
    """The server is killed at a random moment and started again on the same data."""
    with servers.private_server(durable=True) as server:

        @contextlib.contextmanager
        def kill(stage: Scene) -> Iterator[str]:
            timer = threading.Timer(stage.dice.uniform(0, 1.1 * stage.seconds), server.kill)
            timer.start()
            try:
                yield stage.served.url
            finally:
                timer.join()  # at the latest just after the export
                server.start()

        with scene(bench, server.address) as stage:
            return disturb_each_try(bench, stage, kill)


def connection_killed(bench: Bench) -> Outcome:
    """An administrator ends the exporter's connection at a random moment."""

    @contextlib.contextmanager
    def kill(stage: Scene) -> Iterator[str]:
        moment = stage.dice.uniform(0, stage.seconds)
        timer = threading.Timer(moment, kill_exporter, (stage.served,))
        timer.start()
        try:
            yield stage.served.url
        finally:
            timer.join()

    with scene(bench, bench.server) as stage:
        return disturb_each_try(bench, stage, kill)


def kill_exporter(served: servers.Database) -> None:
    """End every connection of the account that exports."""
    for number, user, *_ in served.query("show processlist"):
        if user == served.address.user:
            with contextlib.suppress(pymysql.err.MySQLError):  # it has ended by itself
                served.query(f"kill {int(number)}")


def connection_cut(bench: Bench) -> Outcome:
    """The network drops the connection at a random byte, of either direction."""
    with scene(bench, bench.server) as stage:
        stage.next_version()
        whole = proxies.Cut()
        with proxies.proxy(stage.served.address, whole) as address:
            stage.export(servers.write_url(address))
        stage.version += 1

        @contextlib.contextmanager
        def cut(stage: Scene) -> Iterator[str]:
            # INSERT statements are longer than CSV: some limits are only reached by them.
            limit = stage.dice.randrange(whole.relayed)
            handle = proxies.Cut(limit, reset=stage.dice.random() < 0.5)
            with proxies.proxy(stage.served.address, handle) as address:
                yield servers.write_url(address)

        return disturb_each_try(bench, stage, cut)


def producer_dies(bench: Bench) -> Outcome:
    """DuckDB fails at a random row of a random table while its rows are sent."""
    sent, send_rows, csv_copy = transport._sent, transport.send_rows, transport.csv_copy

    @contextlib.contextmanager
    def die(stage: Scene) -> Iterator[str]:
        victim = stage.dice.choice(VERSIONED).name
        row = stage.dice.randrange(stage.rows)

        def broken(column: PlannedColumn) -> str:
            return f"case when rowid = {row} then error('disk on fire') else {sent(column)} end"

        def columns_of(plan: Plan) -> AbstractContextManager[object]:
            return mock.patch.object(transport, "_sent", broken if plan.table == table else sent)

        def dying_copy(plan: Plan) -> str:
            with columns_of(plan):
                return csv_copy(plan)

        def dying(marts: transport.Marts, session: Session, plan: Plan, *more: Any) -> int:
            with columns_of(plan):
                return send_rows(marts, session, plan, *more)

        table = next(one for one in VERSIONED if one.name == victim)
        # By LOAD DATA the next table is read while one is sent; by INSERT it is not.
        with (
            mock.patch.object(transport, "csv_copy", dying_copy),
            mock.patch.object(publish, "send_rows", dying),
        ):
            yield stage.served.url

    with scene(bench, bench.server) as stage:
        return disturb_each_try(bench, stage, die)


def exports_at_once(bench: Bench) -> Outcome:
    """Three processes export at the same time: one after the other, or with a clear error."""
    with scene(bench, bench.server, FEW_ROWS) as stage:
        notes = []
        for number in range(bench.tries):
            new = stage.next_version()
            runs = [f"run-{new}-{letter}" for letter in "abc"]
            processes = [
                export_process.start_export(stage.marts, stage.served, run) for run in runs
            ]
            errors = [process.communicate()[1] for process in processes]
            done = [run for run, error in zip(runs, errors, strict=True) if not error]
            unclear = [error for error in errors if error and "Another export to" not in error]
            history = stage.served.read(
                "select run_id, count(*) from customer360_export where run_id like %s "
                "group by run_id order by run_id",
                (f"run-{new}-%",),
            )
            whole = [(run, len(VERSIONED)) for run in done]
            problem = stage.look(new) or stage.recover()
            if unclear or not done or history != whole or problem:
                notes.append(
                    f"try {number} of seed {bench.seed}: {unclear}, {history} for {done}, {problem}"
                )
        return outcome(bench, stage, notes)


def readers_during_swaps(bench: Bench) -> Outcome:
    """Each try is a swap under readers: no missing table, no mixed set, no error."""
    reads = READS if bench.tries >= SWAPS else READS_OF_FEW_SWAPS
    with (
        scene(bench, bench.server, FEW_ROWS) as stage,
        readers.reading(stage.served, FEW_ROWS, bench.seed) as seen,
    ):
        failed = set()
        for number in range(1, bench.tries + 1):
            seen.swap.value = number
            stage.next_version()
            if problem := stage.recover():
                failed.add((number, problem))
            while seen.reads < reads * number / bench.tries:
                time.sleep(0.05)
        failed |= set(seen.complaints)
        remark = f"{seen.reads:,} reads, the slowest {seen.slowest:.2f} s"
    by_swap = {swap: f"swap {swap} of seed {bench.seed}: {what}" for swap, what in failed}
    return outcome(bench, stage, list(by_swap.values()), remark)


def old_transactions(bench: Bench) -> Outcome:
    """Readers keep transactions open on served tables: others wait no longer than one try."""
    notes, longest = [], 0.0
    with scene(bench, bench.server, FEW_ROWS) as stage:
        for number in range(bench.tries):
            # The second reader goes on when the first has ended; every other time for ever.
            ends = number % 2 == 0
            new = stage.next_version()
            with (
                readers.reading(stage.served, FEW_ROWS, bench.seed) as seen,
                open_transactions(stage.served, ends=ends),
            ):
                error = stage.export(stage.served.url, "delayed")
                problem = stage.look(new if ends else stage.version)
            if seen.slowest > LOCK_WAIT_SECONDS + MARGIN_SECONDS:
                problem += f"; a read took {seen.slowest:.1f} s"
            if bool(error) == ends or seen.complaints:
                problem += f"; {error!r}, {list(seen.complaints)}"
            longest = max(longest, seen.slowest)
            if problem := (problem + stage.recover()):
                notes.append(f"try {number} of seed {bench.seed}: {problem}")
        return outcome(bench, stage, notes, f"the longest read took {longest:.2f} s")


@contextlib.contextmanager
def open_transactions(served: servers.Database, *, ends: bool) -> Iterator[None]:
    """Two old transactions: on one table for 4 s, on another for 9 s or until the block ends."""
    with (
        contextlib.closing(served.connect()) as first,
        contextlib.closing(served.connect()) as second,
    ):
        for connection, table in ((first, "apples"), (second, "plums")):
            with connection.cursor() as cursor:
                cursor.execute("start transaction")
                cursor.execute(f"select count(*) from {table}")
        timers = [threading.Timer(4, first.rollback)]
        timers += [threading.Timer(9, second.rollback)] if ends else []
        for timer in timers:
            timer.start()
        try:
            yield
        finally:
            for timer in timers:
                timer.join()


FAULTS: tuple[Fault, ...] = (
    Fault("kill -9: MySQL server during an export", 20, 1, server_killed),
    Fault("MySQL: connection killed", 30, 2, connection_killed),
    Fault("MySQL: connection cut at any byte", 20, 1, connection_cut),
    Fault("MySQL: DuckDB fails while rows are sent", 20, 2, producer_dies),
    Fault("MySQL: three exports at once", 10, 1, exports_at_once),
    Fault("MySQL: readers during swaps", SWAPS, 3, readers_during_swaps),
    Fault("MySQL: readers with old transactions", 4, 1, old_transactions),
)
