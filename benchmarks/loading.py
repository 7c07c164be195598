"""What safety costs a load: hashing, counting, looking for drift and quarantining, as ratios.

The same insert of the same clean files is timed with all of it and without any of it, by turns in
one process; then the load of a file with bad lines against the load of the clean one. Writes
`benchmarks/results/loading.json` and `.md`. Usage: python -m benchmarks.loading
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.measure import PROJECT, describe_machine
from c360.sample import SampleOptions, write_sample
from loaders.database import connect, cursor
from loaders.discovery import RawFile
from loaders.landing import transaction
from loaders.load import LoadOptions, find_raw_files, load
from loaders.readers.json_lines import _insert_with_duckdb
from loaders.schema import ensure_raw_schema

RESULTS = PROJECT / "benchmarks" / "results"
MAX_CLEAN_RATIO = 1.25  # a safe load against the bare insert
MAX_BAD_RATIO = 3.0  # a file with bad lines against a clean one
BAD_SHARES = (0.01, 0.5, 1.0)


@dataclass(frozen=True)
class Comparison:
    """Two loads, timed by turns: medians in seconds."""

    name: str
    seconds: float
    against: float
    at_most: float

    @property
    def ratio(self) -> float:
        """How many times as long the first takes."""
        return self.seconds / self.against


def main() -> None:
    """Measure what the arguments say and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000, help="contracts of the month")
    parser.add_argument("--runs", type=int, default=5, help="runs of each load")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as temporary:
        work = Path(temporary)
        plain = make_clean_logs(work, arguments.customers)
        packed = make_packed_logs(plain, work)
        comparisons = [
            compare("clean files", safe(plain), bare(plain), arguments.runs, MAX_CLEAN_RATIO),
            compare("clean .gz files", safe(packed), bare(packed), arguments.runs, MAX_CLEAN_RATIO),
        ]
        clean, spoiled = make_spoiled_logs(plain, work)
        comparisons += [
            compare(
                f"one file, {share:.0%} of its lines bad",
                safe(raw_dir),
                safe(clean),
                arguments.runs,
                MAX_BAD_RATIO,
            )
            for share, raw_dir in spoiled.items()
        ]
        write_results(comparisons, arguments.runs, find_raw_files(plain).files)


def make_clean_logs(work: Path, customers: int) -> Path:
    """A month of clean content logs as plain JSON lines, without other sources."""
    made = work / "made"
    options = SampleOptions(
        out=made, customers=customers, months=(date(2022, 7, 1),), dirt=False, plain=True
    )
    write_sample(options)
    raw_dir = work / "plain"
    raw_dir.mkdir()
    (made / "log_content").rename(raw_dir / "log_content")
    return raw_dir


def make_packed_logs(plain: Path, work: Path) -> Path:
    """The same files as .gz."""
    folder = work / "packed" / "log_content"
    folder.mkdir(parents=True)
    for file in find_raw_files(plain).files:
        with file.absolute.open("rb") as source:
            packed = folder / f"{file.absolute.name}.gz"
            with gzip.open(packed, "wb", compresslevel=6) as target:
                shutil.copyfileobj(source, target)
    return folder.parent


def make_spoiled_logs(plain: Path, work: Path) -> tuple[Path, dict[float, Path]]:
    """One clean file ten times as long as a day's, and copies of it with bad lines."""
    days = find_raw_files(plain).files[:10]
    lines = b"".join(day.absolute.read_bytes() for day in days).splitlines(keepends=True)
    spoiled: dict[float, Path] = {}
    for share in (0.0, *BAD_SHARES):
        folder = work / f"bad-{share}" / "log_content"
        folder.mkdir(parents=True)
        every = round(1 / share) if share else len(lines) + 1
        content = b"".join(
            spoil(line, number // every) if number % every == 0 else line
            for number, line in enumerate(lines, start=1)
        )
        (folder / "20220701.json").write_bytes(content)
        spoiled[share] = folder.parent
    return spoiled.pop(0.0), spoiled


def spoil(line: bytes, number: int) -> bytes:
    """A bad line: by turns cut off, and whole but for one mark near its end."""
    if number % 2:
        return line[: len(line) // 2] + b"\n"
    return b";".join(line.rsplit(b":", 1))


def safe(raw_dir: Path) -> Callable[[Path], None]:
    """The load as it is."""

    def run(database: Path) -> None:
        load(LoadOptions(raw_dir, database))

    return run


def bare(raw_dir: Path) -> Callable[[Path], None]:
    """The same insert by as many threads: nothing hashed, counted, noted or looked at again."""

    def run(database: Path) -> None:
        connection = connect(database)
        ensure_raw_schema(connection)

        def insert(file_id: int, file: RawFile) -> None:
            own = cursor(connection)
            with transaction(own):
                _insert_with_duckdb(own, file, file_id, str(file.absolute), file.compression)
            own.close()

        files = find_raw_files(raw_dir).files
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            list(pool.map(insert, range(len(files)), files))
        connection.close()

    return run


def compare(
    name: str,
    first: Callable[[Path], None],
    second: Callable[[Path], None],
    runs: int,
    at_most: float,
) -> Comparison:
    """Time two loads by turns, each into a new database, after one round that does not count."""
    times: dict[Callable[[Path], None], list[float]] = {first: [], second: []}
    rows: set[int] = set()
    for _ in range(runs + 1):
        for contender in (first, second):
            with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder:
                database = Path(folder) / "bench.duckdb"
                started = time.monotonic()
                contender(database)
                times[contender].append(time.monotonic() - started)
                rows.add(rows_of(database))
    if at_most == MAX_CLEAN_RATIO and len(rows) != 1:
        raise SystemExit(f"{name}: the loads disagree on the rows: {rows}")
    seconds, against = (median(times[contender][1:]) for contender in (first, second))
    compared = Comparison(name, seconds, against, at_most)
    print(table_row(compared))
    return compared


def rows_of(database: Path) -> int:
    """Rows that a load has kept as records."""
    with duckdb.connect(str(database), read_only=True) as connection:
        row = connection.execute("select count(*) from raw.log_content").fetchone()
    return int(row[0]) if row else 0


def write_results(comparisons: list[Comparison], runs: int, files: tuple[RawFile, ...]) -> None:
    """Medians and ratios as JSON and as a Markdown table."""
    size = sum(file.absolute.stat().st_size for file in files)
    result = {
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": describe_machine(),
        "logs": {"files": len(files), "bytes": size},
        "runs": runs,
        "comparisons": [
            vars(one) | {"ratio": round(one.ratio, 3), "holds": one.ratio <= one.at_most}
            for one in comparisons
        ],
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "loading.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    lines = [
        f"Measured {result['measured_at']} on {result['machine']}; medians of {runs} runs, "
        f"{len(files)} clean files, {size / 1e6:,.0f} MB. Against: the same insert without "
        "hashing, counting and quarantining; for bad lines, the same load of a clean file.",
        "",
        "| load | seconds | against | ratio | at most |",
        "|---|---|---|---|---|",
        *(table_row(one) for one in comparisons),
    ]
    (RESULTS / "loading.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def table_row(one: Comparison) -> str:
    """One line of the Markdown table."""
    return (
        f"| {one.name} | {one.seconds:.2f} | {one.against:.2f} | {one.ratio:.2f} "
        f"| {one.at_most:.2f} |"
    )


if __name__ == "__main__":
    main()
