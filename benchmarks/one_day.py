"""`make bench-day`: what one more day costs, against the full load and build of its month.

For each number of months: everything but the last day is loaded and built, then the last day is
added and loaded and built again, with all marts and data tests. The month alone, loaded and built
from nothing, is what it is compared with. Writes `benchmarks/results/one_day.json` and `.md`.
"""

from __future__ import annotations

import argparse
import calendar
import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.logs import files_of, warm
from benchmarks.measure import BIN, PROJECT, Measured, describe_machine, measure
from c360.sample import SampleOptions, write_sample
from loaders.discovery import log_date_of

RESULTS = PROJECT / "benchmarks" / "results"
LAST_MONTH = date(2022, 7, 1)


def main() -> None:
    """Measure what the arguments say and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.one_day", description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000, help="contracts of the month")
    parser.add_argument("--months", type=int, nargs="+", default=[1, 3], help="months loaded")
    parser.add_argument(
        "--work", type=Path, help="folder for the logs; kept (default: a temporary one)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as temporary:
        work = arguments.work or Path(temporary)
        months = months_until(LAST_MONTH, max(arguments.months))
        raw_dir = make_logs(work, arguments.customers, months)
        full = load_and_build(part(raw_dir, work, "month", LAST_MONTH, None), work / "month.duckdb")
        days = {
            count: add_a_day(raw_dir, work, months_until(LAST_MONTH, count)[0])
            for count in arguments.months
        }
        write_results(arguments.customers, full, days)


def months_until(last: date, count: int) -> tuple[date, ...]:
    """Some months, the last one included."""
    numbers = range(last.year * 12 + last.month - count, last.year * 12 + last.month)
    return tuple(date(number // 12, number % 12 + 1, 1) for number in numbers)


def make_logs(work: Path, customers: int, months: tuple[date, ...]) -> Path:
    """A sample of all sources, made once in a folder that is kept."""
    raw_dir = work / f"raw-{customers}-{len(months)}"
    if not raw_dir.exists():
        write_sample(SampleOptions(out=raw_dir, customers=customers, months=months, plain=True))
    return raw_dir


def part(raw_dir: Path, work: Path, name: str, first: date, before: date | None) -> Path:
    """A raw directory with some of the days of another one, as links."""
    folder = work / name
    for source in sorted(path for path in raw_dir.iterdir() if path.is_dir()):
        (folder / source.name).mkdir(parents=True, exist_ok=True)
        for entry in source.iterdir():
            day = log_date_of(f"{source.name}/{entry.name}/x" if entry.is_dir() else entry.name)
            link = folder / source.name / entry.name
            wanted = day is None or (day >= first and (before is None or day < before))
            if wanted and not link.is_symlink():
                link.symlink_to(entry.absolute())
    return folder


def add_a_day(raw_dir: Path, work: Path, first: date) -> Measured:
    """The cost of the last day where everything from `first` on is loaded and built."""
    last_day = LAST_MONTH.replace(day=calendar.monthrange(LAST_MONTH.year, LAST_MONTH.month)[1])
    name = f"from-{first:%Y%m}"
    database = work / f"{name}.duckdb"
    folder = part(raw_dir, work, name, first, last_day)
    load_and_build(folder, database)
    part(raw_dir, work, name, first, None)
    added = load_and_build(folder, database)
    database.unlink()
    return added


def load_and_build(raw_dir: Path, database: Path) -> Measured:
    """`c360 load` and `dbt build` with all data tests, as whole processes."""
    warm(files_of(raw_dir))
    environment = {"C360_DATABASE": str(database)}
    build = [str(BIN / "dbt"), "--quiet", "build", "--exclude-resource-type", "unit_test"]
    build += ["--target-path", str(database.with_suffix(".target"))]
    loaded = measure([str(BIN / "c360"), "load", "--raw", str(raw_dir)], environment)
    built = measure(build, environment)
    return Measured(
        loaded.wall_seconds + built.wall_seconds,
        loaded.cpu_seconds + built.cpu_seconds,
        max(loaded.peak_mib, built.peak_mib),
    )


def write_results(customers: int, full: Measured, days: dict[int, Measured]) -> None:
    """The ratio to the full month for each number of months, as JSON and Markdown."""
    result = {
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": describe_machine(),
        "customers": customers,
        "full_month": vars(full),
        "one_more_day": {str(count): vars(day) for count, day in days.items()},
        "ratios": {
            str(count): round(day.wall_seconds / full.wall_seconds, 3)
            for count, day in days.items()
        },
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "one_day.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    lines = [
        f"Measured {result['measured_at']} on {result['machine']}; one run, "
        f"{customers:,} contracts, all marts and data tests, whole processes, files in the cache.",
        "",
        "| step | seconds | ratio | peak MiB |",
        "|---|---|---|---|",
        f"| the full month, from nothing | {full.wall_seconds:.1f} | 1.00 | {full.peak_mib:,.0f} |",
    ]
    lines += [
        f"| one more day with {count} months loaded | {day.wall_seconds:.1f} "
        f"| {day.wall_seconds / full.wall_seconds:.2f} | {day.peak_mib:,.0f} |"
        for count, day in days.items()
    ]
    text = "\n".join(lines) + "\n"
    (RESULTS / "one_day.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
