"""One month of content logs to the content marts: this project and its contenders, by turns."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.agree import (
    CSV_FOLDERS,
    PARQUET_FILES,
    PARQUET_FOLDERS,
    TABLES,
    require_equal,
)
from benchmarks.contenders.bare_duckdb import DATABASE
from benchmarks.logs import JULY, files_of, make_content_logs, warm
from benchmarks.measure import BIN, CommandFailedError, Measured, measure
from benchmarks.project import CONTENT_MARTS, Node, Project, together

PROJECT_NAME = "this project, load + build"
CHECKED_CONTRACTS = 2_000
STEPS = (
    "load",
    "build",
    "models alone",
    "the other marts, all data tests",
    "export to files",
)


@dataclass(frozen=True)
class Contender:
    """What the project is compared with.

    Attributes:
        module: in `benchmarks.contenders`.
        keeps: what of the records is kept besides the marts, in words.
        marts: where the marts lie after it; None when it computes none.
        own_environment: runs in `.venv-bench` instead of the project's environment.
        reads_dirt: comes through logs with malformed lines.
    """

    name: str
    module: str
    keeps: str
    marts: str | None
    own_environment: bool = False
    reads_dirt: bool = True


BARE = Contender("bare DuckDB script", "bare_duckdb", "raw rows with ids", TABLES)
POLARS = Contender("Polars, streaming", "polars_streaming", "nothing", PARQUET_FILES, True, False)
SPARK_BEST = Contender(
    "PySpark, at its best", "pyspark_best", "nothing", PARQUET_FOLDERS, True, True
)
SPARK_USUAL = Contender("PySpark, usual shape", "pyspark_usual", "nothing", CSV_FOLDERS, True, True)
READING = Contender("reading the bytes alone", "reading", "nothing", None)
CONTENDERS = (BARE, POLARS, SPARK_BEST, SPARK_USUAL, READING)


@dataclass(frozen=True)
class Benchmark:
    """What one run of the benchmark has found: by name, the measurements of each round."""

    times: Mapping[str, list[Measured]]
    nodes: list[Node]


def chosen(modules: Collection[str], dirt: bool) -> list[Contender]:
    """The contenders of these modules that can read such logs."""
    return [one for one in CONTENDERS if one.module in modules and (one.reads_dirt or not dirt)]


def run(
    work: Path,
    logs: Path,
    customers: int,
    runs: int,
    dirt: bool,
    contenders: Sequence[Contender],
    bench_python: Path,
) -> tuple[Benchmark, Path]:
    """Check on a small month, then measure by turns; returns what was found, and on which logs.

    Args:
        work: folder for what is removed afterwards.
        logs: folder for the logs.

    Raises:
        CommandFailedError: a contender has failed; names it.
        DisagreementError: a contender's marts are not the project's.
    """
    small = make_content_logs(work, CHECKED_CONTRACTS, (JULY,), dirt=False)
    one_round(work, small, contenders, bench_python, compared=True, whole=False)
    raw_dir = make_content_logs(logs, customers, (JULY,), dirt)
    rounds = [
        one_round(work, raw_dir, contenders, bench_python, compared=not dirt, whole=True)
        for _ in range(runs)
    ]
    times = {name: [one.times[name][0] for one in rounds] for name in rounds[0].times}
    return Benchmark(times, rounds[-1].nodes), raw_dir


def one_round(
    work: Path,
    raw_dir: Path,
    contenders: Iterable[Contender],
    bench_python: Path,
    *,
    compared: bool,
    whole: bool,
) -> Benchmark:
    """The project, then each contender; each starts from nothing, with the files in the cache.

    Args:
        compared: the contenders' marts must equal the project's.
        whole: measure the rest of the project too, which no contender computes.
    """
    files = files_of(raw_dir)
    project = Project(work)
    project.clean()
    warm(files)
    print(f"{raw_dir.name}: {PROJECT_NAME}", flush=True)
    load = project.load(raw_dir)
    built = project.build(CONTENT_MARTS, exclude=("unit_test", "test"))
    times = {
        PROJECT_NAME: [together(load, built.whole)],
        "load": [load],
        "build": [built.whole],
        "models alone": [Measured(built.models_span)],
    }
    for contender in contenders:
        warm(files)
        print(f"{raw_dir.name}: {contender.name}", flush=True)
        times[contender.name] = [run_contender(contender, work, raw_dir, bench_python)]
        if compared and contender.marts:
            marts = {f"marts.{mart}": mart for mart in CONTENT_MARTS}
            out = work / contender.module
            require_equal(contender.name, project.database, out, contender.marts, marts, DATABASE)
        shutil.rmtree(work / contender.module, ignore_errors=True)
    if whole:
        print(f"{raw_dir.name}: the other marts, export", flush=True)
        times["the other marts, all data tests"] = [project.build().whole]
        times["export to files"] = [project.export()]
    return Benchmark(times, built.nodes)


def run_contender(contender: Contender, work: Path, raw_dir: Path, bench_python: Path) -> Measured:
    """A contender as a whole process; its marts stay in a folder with its module's name."""
    python = bench_python if contender.own_environment else BIN / "python"
    module = f"benchmarks.contenders.{contender.module}"
    out = work / contender.module
    shutil.rmtree(out, ignore_errors=True)
    try:
        return measure([str(python.absolute()), "-m", module, str(raw_dir), str(out)])
    except CommandFailedError as error:
        raise CommandFailedError(f"{contender.name} has failed: {error}") from error
