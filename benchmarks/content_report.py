"""What the content benchmark has found: targets, medians and ratios, tables, the plot."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.contenders.definitions import memory_limit
from benchmarks.contenders.spark_session import spark_memory
from benchmarks.content import (
    BARE,
    CONTENDERS,
    POLARS,
    PROJECT_NAME,
    SPARK_BEST,
    SPARK_USUAL,
    STEPS,
    Benchmark,
)
from benchmarks.logs import files_of
from benchmarks.measure import Measured
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


def targets_of(median: Mapping[str, Measured]) -> list[Target]:
    """What the project must reach, against those contenders that were measured."""
    project = median[PROJECT_NAME]
    floors = {SPARK_USUAL.name: 6.0, SPARK_BEST.name: 4.0, POLARS.name: 1.0}
    targets = [
        Target(
            f"{name}: times as long as {PROJECT_NAME}",
            median[name].wall_seconds / project.wall_seconds,
            at_least=bound,
        )
        for name, bound in floors.items()
        if name in median
    ]
    if BARE.name in median:
        what = f"{PROJECT_NAME}: times as long as the {BARE.name}"
        ratio = project.wall_seconds / median[BARE.name].wall_seconds
        targets.append(Target(what, ratio, at_most=1.25))
    what = "peak memory of load and build, MiB"
    return [*targets, Target(what, project.peak_mib, at_most=4096)]


def as_result(
    found: Benchmark,
    raw_dir: Path,
    customers: int,
    runs: int,
    dirt: bool,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Medians, ratios to the project, targets, nodes and the plot."""
    median = {name: middle(times) for name, times in found.times.items()}
    project = median[PROJECT_NAME].wall_seconds
    files = files_of(raw_dir)
    keeps = {PROJECT_NAME: "raw rows with ids, files, reasons"}
    keeps |= {one.name: one.keeps for one in CONTENDERS}
    return header(
        contracts=customers,
        memory_limit=memory_limit(),
        versions=versions,
        logs={
            "dirt": dirt,
            "files": len(files),
            "bytes": sum(file.stat().st_size for file in files),
        },
        runs=runs,
        contenders={
            name: as_json(one)
            | {"keeps": keeps[name], "ratio": round(one.wall_seconds / project, 3)}
            for name, one in median.items()
            if name not in STEPS
        },
        steps={name: as_json(one) for name, one in median.items() if name in STEPS},
        all_seconds={
            name: [round(one.wall_seconds, 3) for one in times]
            for name, times in found.times.items()
        },
        targets=targets_as_json(targets_of(median)),
        nodes=[vars(node) for node in found.nodes],
        plot=plot_of(median, customers),
    )


def versions_of(bench_python: Path) -> dict[str, str]:
    """What the contenders run on."""
    code = "from importlib.metadata import version; print(version('pyspark'), version('polars'))"
    command = [str(bench_python), "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    pyspark, polars = said.stdout.split()
    return {"PySpark": pyspark, "its heap": spark_memory(), "Polars": polars}


def plot_of(median: Mapping[str, Measured], customers: int) -> dict[str, Any]:
    """A bar for each contender, the project's first."""
    names = [PROJECT_NAME, *(one.name for one in CONTENDERS if one.name in median)]
    bars = [{"name": name, "value": round(median[name].wall_seconds, 2)} for name in names]
    title = f"One month of {customers:,} contracts, from JSON to the content marts"
    return {
        "kind": "bars",
        "title": title,
        "unit": "seconds, whole processes",
        "coloured": [PROJECT_NAME],
        "bars": bars,
    }


def as_text(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    logs = result["logs"]
    kind = "with dirt" if logs["dirt"] else "clean, marts compared equal"
    about = (
        f"Measured {result['measured_at']} on {result['machine']}; one month of "
        f"{result['contracts']:,} contracts, {logs['files']} JSON files, "
        f"{logs['bytes'] / 1e6:,.0f} MB, {kind}; medians of {result['runs']} runs by turns, "
        f"whole processes, the largest peak. DuckDB may use {result['memory_limit']}, "
        + ", ".join(f"{name} {version}" for name, version in result["versions"].items())
        + ". Ratio: to this project. Own memory: without mapped files.\n"
    )
    return "\n".join(
        [
            about,
            table(
                ("contender", "keeps", "seconds", "ratio", "CPU seconds", "peak MiB", "own MiB"),
                contender_rows(result["contenders"]),
            ),
            table(
                ("step of this project", "seconds", "CPU seconds", "peak MiB"),
                step_rows(result["steps"]),
            ),
            targets_table(result["targets"]),
            table(("kind", "node of the build", "seconds"), node_rows(result["nodes"])),
        ]
    )


def contender_rows(contenders: Mapping[str, Mapping[str, Any]]) -> list[Sequence[str]]:
    """Lines of the table of contenders."""
    return [
        (
            name,
            one["keeps"],
            number(one["wall_seconds"]),
            number(one["ratio"], 2),
            number(one["cpu_seconds"]),
            number(one["peak_mib"], 0),
            number(one["peak_own_mib"], 0),
        )
        for name, one in contenders.items()
    ]


def step_rows(steps: Mapping[str, Mapping[str, float]]) -> list[Sequence[str]]:
    """Lines of the table of steps."""
    return [
        (
            name,
            number(one["wall_seconds"]),
            number(one["cpu_seconds"]),
            number(one["peak_mib"], 0),
        )
        for name, one in steps.items()
    ]


def node_rows(nodes: Sequence[Mapping[str, Any]], most: int = 12) -> list[Sequence[str]]:
    """Lines of the table of nodes: the slowest."""
    return [(one["kind"], one["name"], number(one["seconds"], 2)) for one in nodes[:most]]
