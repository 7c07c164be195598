"""What `dbt build` takes besides its models: without logs, and on a small sample."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.project import Built, Project
from benchmarks.results import Target, header, number, table, targets_as_json, targets_table
from c360.sample import SampleOptions, write_sample

MAX_RATIO = 1.5
# What is left out of the build, and how that is called.
VARIANTS: dict[str, tuple[str, ...]] = {
    "dbt build": (),
    "without unit tests, as `c360 run`": ("unit_test",),
    "models and seeds alone": ("unit_test", "test"),
}
EMPTY, SAMPLE = "empty project", "small sample"


@dataclass(frozen=True)
class Start:
    """One kind of build: seconds of the whole process and of its nodes, medians."""

    database: str
    variant: str
    first: float
    whole: float
    models: float
    nodes: float
    count: int

    @property
    def ratio(self) -> float:
        """The whole against the models' own times."""
        return self.whole / self.models


def run(work: Path, customers: int, runs: int) -> dict[str, Any]:
    """Measure both databases and return the result as it is written."""
    project = Project(work)
    project.clean()
    raw_dir = work / "sample"
    write_sample(SampleOptions(out=raw_dir, customers=customers))
    project.load(raw_dir)
    loaded = work / "loaded.duckdb"
    project.database.rename(loaded)
    starts = [
        measure_start(project, name, database, variant, runs)
        for name, database in ((EMPTY, None), (SAMPLE, loaded))
        for variant in VARIANTS
    ]
    targets = [
        Target(
            f"{one.database}, {one.variant}: the whole against its models' own times",
            one.ratio,
            at_most=MAX_RATIO,
        )
        for one in starts
    ]
    return header(
        sample_customers=customers,
        runs=runs,
        starts=[vars(one) | {"ratio": round(one.ratio, 3)} for one in starts],
        targets=targets_as_json(targets),
        plot=plot_of(starts),
    )


def measure_start(
    project: Project, name: str, database: Path | None, variant: str, runs: int
) -> Start:
    """Builds on a fresh database: the first without dbt's parse cache, the others with it."""
    print(f"{name}: {variant}", flush=True)
    shutil.rmtree(project.work / "target", ignore_errors=True)
    builds = [fresh_build(project, database, variant) for _ in range(runs + 1)]
    first, again = builds[0], builds[1:]
    return Start(
        name,
        variant,
        first.whole.wall_seconds,
        median(one.whole.wall_seconds for one in again),
        median(one.seconds_of("model") for one in again),
        median(sum(node.seconds for node in one.nodes) for one in again),
        len(again[-1].nodes),
    )


def fresh_build(project: Project, database: Path | None, variant: str) -> Built:
    """One build on a copy of a database, or on none."""
    project.clean()
    if database is not None:
        shutil.copyfile(database, project.database)
    return project.build(exclude=VARIANTS[variant])


def plot_of(starts: Sequence[Start]) -> dict[str, Any]:
    """Whole and models' own seconds side by side."""
    bars = [
        {
            "name": f"{one.database}: {one.variant}",
            "value": round(one.whole, 2),
            "part": round(one.models, 2),
        }
        for one in starts
    ]
    return {
        "kind": "bars",
        "title": "dbt build on a database that is not built yet",
        "unit": "seconds, whole process",
        "part": "its models' own times, added up",
        "coloured": [],
        "bars": bars,
    }


def as_text(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    about = (
        f"Measured {result['measured_at']} on {result['machine']}; a sample of "
        f"{result['sample_customers']:,} customers, two months; medians of {result['runs']} runs "
        "after a first one without dbt's parse cache, each on a database that is not built yet. "
        "Models and nodes: their own times added up, though some run at the same time.\n"
    )
    rows = [
        (
            one["database"],
            one["variant"],
            number(one["first"]),
            number(one["whole"]),
            number(one["models"], 2),
            number(one["nodes"], 2),
            number(one["count"], 0),
            number(one["ratio"], 2),
        )
        for one in result["starts"]
    ]
    head = ("database", "what", "first", "whole", "models", "all nodes", "nodes", "whole / models")
    return "\n".join([about, table(head, rows), targets_table(result["targets"])])
