"""Two months of search logs from Parquet to the search marts: this project and a bare script."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.agree import TABLES, require_equal
from benchmarks.contenders.bare_search import DATABASE
from benchmarks.contenders.definitions import memory_limit
from benchmarks.content import Contender, run_contender
from benchmarks.content_report import node_rows, step_rows
from benchmarks.logs import files_of, make_search_logs, warm
from benchmarks.measure import Measured
from benchmarks.project import SEARCH_MARTS, Node, Project, together
from benchmarks.results import (
    Target,
    as_json,
    header,
    middle,
    number,
    table,
    targets_as_json,
    targets_table,
)

PROJECT_NAME = "this project, load + build"
BARE = Contender("bare DuckDB script", "bare_search", "accepted events with ids", TABLES)
CHECKED_ROWS_A_DAY = 500
MARTS = {
    "marts.search_profiles": "search_profiles",
    "marts.search_behavior": "search_behavior",
    "marts.search_trending": "search_trending",
    "marts.genre_transitions": "genre_transitions",
    "marts.keyword_genres": "keyword_genres",
}
MAX_RATIO = 1.5
Times = dict[str, Measured]


def run(work: Path, logs: Path, rows_a_day: int, runs: int, bench_python: Path) -> dict[str, Any]:
    """Check, measure by turns, and return the result as it is written."""
    small = make_search_logs(work, CHECKED_ROWS_A_DAY, dirt=False)
    one_round(work, small, bench_python)
    raw_dir = make_search_logs(logs, rows_a_day, dirt=False)
    rounds = [one_round(work, raw_dir, bench_python) for _ in range(runs)]
    median = {name: middle([times[name] for times, _ in rounds]) for name in rounds[0][0]}
    ratio = median[PROJECT_NAME].wall_seconds / median[BARE.name].wall_seconds
    what = f"{PROJECT_NAME}: times as long as the {BARE.name}"
    files = files_of(raw_dir)
    return header(
        rows_a_day=rows_a_day,
        memory_limit=memory_limit(),
        logs={"files": len(files), "bytes": sum(file.stat().st_size for file in files)},
        runs=runs,
        steps={name: as_json(one) for name, one in median.items()},
        targets=targets_as_json([Target(what, ratio, at_most=MAX_RATIO)]),
        nodes=[vars(node) for node in rounds[-1][1]],
        plot=plot_of(median, rows_a_day),
    )


def one_round(work: Path, raw_dir: Path, bench_python: Path) -> tuple[Times, list[Node]]:
    """The project, then the script, and whether their marts are equal."""
    files = files_of(raw_dir)
    project = Project(work)
    project.clean()
    warm(files)
    print(f"{raw_dir.name}: {PROJECT_NAME}", flush=True)
    load = project.load(raw_dir)
    built = project.build(SEARCH_MARTS, exclude=("unit_test", "test"))
    warm(files)
    print(f"{raw_dir.name}: {BARE.name}", flush=True)
    bare = run_contender(BARE, work, raw_dir, bench_python)
    require_equal(BARE.name, project.database, work / BARE.module, TABLES, MARTS, DATABASE)
    shutil.rmtree(work / BARE.module)
    times = {
        PROJECT_NAME: together(load, built.whole),
        "load": load,
        "build": built.whole,
        "models alone": Measured(built.models_span),
        BARE.name: bare,
    }
    return times, built.nodes


def plot_of(median: Mapping[str, Measured], rows_a_day: int) -> dict[str, Any]:
    """A bar for each step, the project's whole first."""
    bars = [{"name": name, "value": round(one.wall_seconds, 2)} for name, one in median.items()]
    title = f"Two months of {rows_a_day:,} search rows a day, from Parquet to the search marts"
    return {
        "kind": "bars",
        "title": title,
        "unit": "seconds, whole processes",
        "coloured": [PROJECT_NAME, BARE.name],
        "bars": bars,
    }


def as_text(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    logs = result["logs"]
    about = (
        f"Measured {result['measured_at']} on {result['machine']}; two months of "
        f"{result['rows_a_day']:,} search rows a day, {logs['files']} Parquet files, "
        f"{number(logs['bytes'] / 1e6)} MB, clean, marts compared equal; medians of "
        f"{result['runs']} runs by turns, whole processes, the largest peak.\n"
    )
    return "\n".join(
        [
            about,
            table(("step", "seconds", "CPU seconds", "peak MiB"), step_rows(result["steps"])),
            targets_table(result["targets"]),
            table(("kind", "node of the build", "seconds"), node_rows(result["nodes"])),
        ]
    )
