"""`make bench-mysql`: the export to MySQL or MariaDB against a bare LOAD DATA of the same CSV.

All steps run by turns, each in a process of its own, on one server: a private one, or the one that
C360_TEST_MYSQL_URL names. The bare tables and the loaded ones must hold what DuckDB holds before a
time counts. Writes `mysql_export.json` and `.md` to `benchmarks/results/`, or where `--out` says.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from benchmarks import mysql_steps
from benchmarks.measure import BIN, PROJECT, describe_machine, measure
from c360.sample import SampleOptions, headline_options, write_sample
from exporters import fingerprint
from exporters.catalog import ExportTable, read_catalog
from exporters.duck import one_row, open_database
from exporters.identifiers import for_duckdb
from exporters.memory import memory_file
from exporters.plan import make_plan
from exporters.session import connect
from exporters.url import ServerUrl

sys.path.append(str(PROJECT / "tests" / "python"))
import servers

RESULTS = PROJECT / "benchmarks" / "results"
SETTLE_SECONDS = 60
RESIZE_SECONDS = 3
# Makes InnoDB write its changed pages at once, and how many of them may be left.
WRITE_ALL = {
    "innodb_io_capacity_max": 20_000,
    "innodb_io_capacity": 20_000,
    "innodb_max_dirty_pages_pct": 0,
}
FEW_PAGES = 50
BARE, SORTED, LOADING, EXPORT, UNCHANGED, CHANGED = (
    "bare LOAD DATA",
    "bare LOAD DATA, indexes after it",
    "loading part of the export",
    "whole verified export",
    "export of unchanged data",
    "export with 1 % of the rows changed",
)
# The lowest or highest ratio of two rates that is aimed at, and which two.
TARGETS = {
    LOADING: ("at least", 0.90, BARE),
    EXPORT: ("at least", 0.60, BARE),
    UNCHANGED: ("at most", 0.20, EXPORT),
}


@dataclass(frozen=True)
class Step:
    """One measured step: seconds of the work itself, peak memory of its process in MiB."""

    seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Marts:
    """What is exported: a database, the same with 1 % of the rows changed, and their size."""

    tables: tuple[ExportTable, ...]
    database: Path
    changed: Path
    rows: int
    csv_bytes: int


def main() -> None:
    """Measure what the arguments say and write the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mysql_export", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--customers", type=int, default=200_000, help="contracts of the month")
    parser.add_argument("--headline", action="store_true", help="1,920,546 contracts")
    parser.add_argument("--runs", type=int, default=3, help="runs of each step")
    parser.add_argument("--database", type=Path, help="a built database, instead of a sample")
    parser.add_argument("--manifest", type=Path, help="its dbt manifest")
    parser.add_argument(
        "--buffer-pool-mib", type=int, default=1024, help="of the server while it is measured"
    )
    parser.add_argument("--work", type=Path, help="folder that is kept (default: a temporary one)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    arguments = parser.parse_args()
    if (arguments.database is None) != (arguments.manifest is None):
        parser.error("--database and --manifest belong together")
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as temporary:
        work = arguments.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        if arguments.database:
            database, manifest = arguments.database, arguments.manifest
        else:
            database, manifest = build(work, arguments.customers, headline=arguments.headline)
        marts = prepare(database, read_catalog(manifest), work)
        with (
            servers.server() as server,
            servers.local_infile(server, on=True),
            buffer_pool(server, arguments.buffer_pool_mib << 20),
        ):
            rounds = [one_round(marts, server, work) for _ in range(arguments.runs)]
            ((version,),) = servers.run(server, None, "select version()")
        name = f"{version}, buffer pool {arguments.buffer_pool_mib} MiB"
        write_results(arguments.out, marts, rounds, name)


def build(work: Path, customers: int, *, headline: bool) -> tuple[Path, Path]:
    """A month of logs, loaded and built once in a folder that is kept: database and manifest."""
    raw_dir = work / ("headline" if headline else f"raw-{customers}")
    database = raw_dir.with_suffix(".duckdb")
    manifest = database.with_suffix(".target") / "manifest.json"
    if not database.exists():
        month = (date(2022, 7, 1),)
        options = SampleOptions(out=raw_dir, customers=customers, months=month, plain=True)
        write_sample(headline_options(raw_dir) if headline else options)
        environment = {"C360_DATABASE": str(database)}
        measure([str(BIN / "c360"), "load", "--raw", str(raw_dir)], environment)
        dbt = [str(BIN / "dbt"), "--quiet", "build", "--target-path", str(manifest.parent)]
        dbt += ["--exclude-resource-type", "unit_test", "test"]
        measure(dbt, environment)
    return database, manifest


def prepare(database: Path, tables: Sequence[ExportTable], work: Path) -> Marts:
    """Copy the marts alone, once as they are and once with 1 % of each one's rows changed."""
    copies = work / "as_built.duckdb", work / "one_percent.duckdb"
    for copy in copies:
        for file in (copy, memory_file(copy)):
            file.unlink(missing_ok=True)
        with duckdb.connect(str(copy)) as connection:
            connection.execute(f"attach '{database}' as built (read_only)")
            for table in tables:
                connection.execute(f"create schema if not exists {for_duckdb(table.schema)}")
                connection.execute(_copy(table, changed=copy is copies[1]))
    with open_database(copies[0]) as connection:
        plans = [make_plan(connection, table) for table in tables]
        rows = sum(one_row(connection, f"select count(*) from {plan.source}")[0] for plan in plans)
    (work / "tables").write_bytes(pickle.dumps(list(tables)))
    return Marts(tuple(tables), *copies, rows, mysql_steps.write_csv(copies[0], tables))


def _copy(table: ExportTable, *, changed: bool) -> str:
    source = f"{for_duckdb(table.schema)}.{for_duckdb(table.name)}"
    others = [column.name for column in table.columns if column.name not in table.key]
    replaced = ""
    if changed and others:
        key = ", ".join(for_duckdb(name) for name in table.key)
        column = for_duckdb(others[-1])
        value = f"if(hash({key}) % 100 = 0, null, {column}) as {column}"
        replaced = f" replace ({value})"
    return f"create table {source} as select *{replaced} from built.{source}"


def one_round(marts: Marts, server: ServerUrl, work: Path) -> dict[str, Step]:
    """Every step once, each into a schema of its own; what arrived is compared with DuckDB."""
    steps: dict[str, Step] = {}
    for name, step in ((BARE, "bare"), (SORTED, "bare-sorted"), (LOADING, "loading")):
        with fresh_schema(server, "c360_bench") as url:
            steps[name] = run_step(step, marts.database, url, work)
            refuse_difference(marts, url)
    with fresh_schema(server, "c360_bench") as url:
        for database in (marts.database, marts.changed):
            memory_file(database).unlink(missing_ok=True)
        steps[EXPORT] = run_step("export", marts.database, url, work)
        refuse_difference(marts, url)
        steps[UNCHANGED] = run_step("export", marts.database, url, work)
        steps[CHANGED] = run_step("export", marts.changed, url, work)
    return steps


def run_step(step: str, database: Path, url: ServerUrl, work: Path) -> Step:
    """One step in a process of its own, on a server that has nothing else to do."""
    settle(url)
    seconds = work / "seconds"
    command = [str(BIN / "python"), "-m", "benchmarks.mysql_steps", step, str(database)]
    command += ["--tables", str(work / "tables"), "--seconds", str(seconds)]
    measured = measure(command, {"C360_MYSQL_URL": servers.write_url(url)})
    return Step(float(seconds.read_text(encoding="utf-8")), measured.peak_mib)


@contextmanager
def fresh_schema(server: ServerUrl, schema: str) -> Iterator[ServerUrl]:
    """An empty schema, dropped at the end."""
    servers.run(server, None, f"drop database if exists `{schema}`")
    servers.run(server, None, f"create database `{schema}` character set utf8mb4")
    try:
        yield replace(server, schema=schema)
    finally:
        servers.run(server, None, f"drop database if exists `{schema}`")


@contextmanager
def buffer_pool(server: ServerUrl, size: int) -> Iterator[None]:
    """Give the server this much memory for tables, in bytes, while the block runs.

    With the 128 MiB that servers start with, a bare LOAD DATA waits for the disk at every row once
    an index has outgrown them; the export does not, and would look better than it is.
    """
    ((before,),) = servers.run(server, None, "select @@global.innodb_buffer_pool_size")
    servers.run(server, None, "set global innodb_buffer_pool_size = %s", (size,))
    try:
        time.sleep(RESIZE_SECONDS)
        yield
    finally:
        servers.run(server, None, "set global innodb_buffer_pool_size = %s", (before,))


def settle(server: ServerUrl) -> None:
    """Wait until the server has written what the step before left in its memory, or a minute."""
    dirty = "show global status like 'Innodb_buffer_pool_pages_dirty'"
    names = ", ".join(f"@@global.{name}" for name in WRITE_ALL)
    (before,) = servers.run(server, None, f"select {names}")
    _set_global(server, WRITE_ALL)
    try:
        give_up = time.monotonic() + SETTLE_SECONDS
        while int(servers.run(server, None, dirty)[0][1]) > FEW_PAGES:
            if time.monotonic() > give_up:
                break
            time.sleep(0.1)
    finally:
        # The limit of the capacity last: it may not be less than the capacity.
        _set_global(server, dict(reversed(list(zip(WRITE_ALL, before, strict=True)))))


def _set_global(server: ServerUrl, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        servers.run(server, None, f"set global {name} = %s", (value,))


def refuse_difference(marts: Marts, url: ServerUrl) -> None:
    """Stop if the server does not hold what DuckDB does: its time would mean nothing."""
    with open_database(marts.database) as connection, connect(url) as session:
        for table in marts.tables:
            plan = make_plan(connection, table)
            expected = one_row(connection, fingerprint.duckdb_query(plan.source, plan.columns))
            found = session.row(fingerprint.server_rows_query(table.name, plan.columns))
            if (int(found[0]), str(found[1])) != (int(expected[0]), str(expected[1])):
                raise SystemExit(f"{table.name} on the server is not what DuckDB holds")


def summary(marts: Marts, rounds: Sequence[dict[str, Step]], version: str) -> dict[str, Any]:
    """Medians, rates and ratios, and whether each target holds."""
    middle = {name: median(one[name].seconds for one in rounds) for name in rounds[0]}
    targets = []
    for name, (kind, limit, against) in TARGETS.items():
        # Of rates for "at least", of seconds for "at most"; each within its own round.
        pairs = [(one[against].seconds, one[name].seconds) for one in rounds]
        ratios = [a / b if kind == "at least" else b / a for a, b in pairs]
        ratio = median(ratios)
        holds = ratio >= limit if kind == "at least" else ratio <= limit
        targets.append(
            {"step": name, "against": against, "aim": f"{kind} {limit:.2f}"}
            | {"ratio": round(ratio, 3), "holds": holds}
        )
    return {
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": describe_machine(),
        "server": version,
        "tables": len(marts.tables),
        "rows": marts.rows,
        "csv_bytes": marts.csv_bytes,
        "runs": [{name: asdict(step) for name, step in one.items()} for one in rounds],
        "steps": {
            name: {
                "seconds": round(seconds, 2),
                "rows_per_second": round(marts.rows / seconds),
                "rate_against_bare": round(middle[BARE] / seconds, 2),
                "rate_against_bare_sorted": round(middle[SORTED] / seconds, 2),
                "peak_mib": round(max(one[name].peak_mib for one in rounds)),
            }
            for name, seconds in middle.items()
        },
        "targets": targets,
    }


def markdown(result: dict[str, Any]) -> str:
    """The summary as text and two tables."""
    lines = [
        f"Measured {result['measured_at']} on {result['machine']}; server {result['server']}; "
        f"medians of {len(result['runs'])} runs; {result['tables']} tables, "
        f"{result['rows']:,} rows, {result['csv_bytes'] / 1e6:,.0f} MB as CSV.",
        "",
        "| step | seconds | rows a second | rate against bare | against indexes after it "
        "| peak MiB |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {step['seconds']:.1f} | {step['rows_per_second']:,} "
        f"| {step['rate_against_bare']:.2f} | {step['rate_against_bare_sorted']:.2f} "
        f"| {step['peak_mib']:,} |"
        for name, step in result["steps"].items()
    ]
    lines += ["", "| aim | measured | holds |", "|---|---|---|"]
    lines += [
        f"| {one['step']}: {one['aim']} of the {one['against']} | {one['ratio']:.2f} "
        f"| {'yes' if one['holds'] else 'no'} |"
        for one in result["targets"]
    ]
    return "\n".join(lines) + "\n"


def write_results(out: Path, marts: Marts, rounds: Sequence[dict[str, Step]], version: str) -> None:
    """Write the summary as JSON and Markdown, and show it."""
    result = summary(marts, rounds, version)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2) + "\n"
    (out / "mysql_export.json").write_text(text, encoding="utf-8")
    (out / "mysql_export.md").write_text(markdown(result), encoding="utf-8")
    print(markdown(result))


if __name__ == "__main__":
    main()
