"""`make bench-scaling`: time and memory as logs grow, by size of a month and by months loaded.

Each point loads and builds logs of its own size from nothing; its logs are removed after it. Points
can be measured in parts: one that is measured again takes the place of the old one in
`scaling.json`, from which the table and the plot are made anew.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.logs import JULY, files_of, make_content_logs, months_until, warm
from benchmarks.options import folder_of_results, parser_of, workplace
from benchmarks.project import CONTENT_MARTS, Node, Project, together
from benchmarks.results import (
    Target,
    as_json,
    header,
    number,
    table,
    targets_as_json,
    targets_table,
    write,
)
from c360.sample.shares import HEADLINE_CONTRACTS

NAME = "scaling"
SHARES = (0.01, 0.1, 0.5, 1.0, 2.0)
MONTHS = (1, 2, 3, 6, 9, 12)
MONTHS_SHARE = 0.1
MAX_TIME_OF_DOUBLE = 2.3
MAX_PEAK_MIB = 4096
MOST_NODES = 20
HEAD = (
    "contracts",
    "months",
    "MB",
    "load",
    "content marts",
    "load + content marts",
    "the rest",
    "peak MiB",
    "database MB",
    "date",
)
Point = dict[str, Any]
Key = tuple[int, int]


def main() -> None:
    """Measure the points that the arguments name, write each with all points known so far."""
    parser = parser_of("benchmarks.scaling", __doc__)
    parser.add_argument(
        "--shares", type=float, nargs="*", default=SHARES, help="of the headline month, one month"
    )
    parser.add_argument(
        "--months", type=int, nargs="*", default=MONTHS, help="numbers of months loaded"
    )
    parser.add_argument(
        "--months-share",
        type=float,
        default=MONTHS_SHARE,
        help="size of each of these months; 1 is the headline's",
    )
    parser.add_argument(
        "--contracts", type=int, default=HEADLINE_CONTRACTS, help="contracts of the headline month"
    )
    options = parser.parse_args()
    out = folder_of_results(parser, options, ("contracts",))
    # A dict, as one month of the months' size may be among the shares.
    wanted = dict.fromkeys(
        [
            *((round(share * options.contracts), 1) for share in options.shares),
            *((round(options.months_share * options.contracts), count) for count in options.months),
        ]
    )
    with workplace(options) as work:
        for contracts, months in wanted:
            point = measure_point(work, contracts, months)
            points = merged(known_points(out / f"{NAME}.json"), point)
            result = as_result(points, options.contracts)
            write(out, NAME, result, as_text(result), options.bench_python)


def measure_point(work: Path, contracts: int, months: int) -> Point:
    """Load and build logs of one size; they are removed afterwards."""
    print(f"{contracts:,} contracts, {months} months", flush=True)
    project = Project(work)
    project.clean()
    raw_dir = make_content_logs(work, contracts, months_until(JULY, months), dirt=True)
    try:
        size = warm(files_of(raw_dir))
        load = project.load(raw_dir)
    finally:
        shutil.rmtree(raw_dir)
    content = project.build(CONTENT_MARTS, exclude=("unit_test", "test"))
    rest = project.build()
    database_bytes = project.database.stat().st_size
    project.clean()
    return {
        "contracts": contracts,
        "months": months,
        "log_bytes": size,
        "database_bytes": database_bytes,
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "load": as_json(load),
        "build": as_json(content.whole),
        "rest": as_json(rest.whole),
        "whole": as_json(together(load, content.whole)),
        "peak_mib": round(max(one.peak_mib for one in (load, content.whole, rest.whole)), 1),
        "seconds_by_node": seconds_by_node([*content.nodes, *rest.nodes]),
    }


def seconds_by_node(nodes: Iterable[Node]) -> dict[str, float]:
    """Seconds of each model and test; of one that two builds have met, the larger."""
    seconds: dict[str, float] = {}
    for node in nodes:
        name = f"{node.kind} {node.name}"
        seconds[name] = max(seconds.get(name, 0.0), round(node.seconds, 3))
    return dict(sorted(seconds.items(), key=lambda item: (-item[1], item[0])))


def known_points(file: Path) -> list[Point]:
    """The points measured before."""
    if not file.exists():
        return []
    points: list[Point] = json.loads(file.read_text(encoding="utf-8"))["points"]
    return points


def merged(points: Iterable[Point], new: Point) -> list[Point]:
    """All points by months and size, the new one in place of an old one of its size."""
    by_key = {key_of(point): point for point in [*points, new]}
    return [by_key[key] for key in sorted(by_key)]


def key_of(point: Mapping[str, Any]) -> Key:
    """What tells points apart: months, then contracts of each."""
    return point["months"], point["contracts"]


def as_result(points: Sequence[Point], headline: int) -> dict[str, Any]:
    """The result as it is written."""
    return header(
        headline_contracts=headline,
        points=list(points),
        targets=targets_as_json(targets_of(points, headline)),
        plot=plot_of(points),
    )


def targets_of(points: Iterable[Point], headline: int) -> list[Target]:
    """What the headline month and twice the headline month must reach, where measured."""
    by_key = {key_of(point): point for point in points}
    once, twice = by_key.get((1, headline)), by_key.get((1, 2 * headline))
    targets = [
        Target(f"peak memory at {name}, MiB", point["peak_mib"], at_most=MAX_PEAK_MIB)
        for name, point in (("100%", once), ("200%", twice))
        if point
    ]
    if once and twice:
        ratio = twice["whole"]["wall_seconds"] / once["whole"]["wall_seconds"]
        what = "load + build at 200%: times as long as at 100%"
        targets.append(Target(what, ratio, at_most=MAX_TIME_OF_DOUBLE))
    return targets


def plot_of(points: Sequence[Point]) -> dict[str, Any]:
    """Seconds and memory, by size of one month and by months of one size."""
    by_size = [point for point in points if point["months"] == 1]
    sizes = {point["contracts"] for point in points if point["months"] > 1}
    panels = []
    if by_size:
        x = [point["contracts"] / 1e6 for point in by_size]
        panels += panels_of(by_size, x, "million contracts, one month", "by size of the month")
    for size in sorted(sizes):
        by_months = [point for point in points if point["contracts"] == size]
        x = [point["months"] for point in by_months]
        panels += panels_of(by_months, x, f"months of {size:,} contracts", "by months loaded")
    return {"kind": "lines", "title": "From nothing to all marts", "panels": panels}


def panels_of(
    points: Sequence[Point], x: Sequence[float], x_name: str, title: str
) -> list[dict[str, Any]]:
    """A panel with seconds and one with memory."""
    steps = {"load": "load", "content marts": "build", "other marts, data tests": "rest"}
    seconds = [
        {"name": name, "x": x, "y": [point[step]["wall_seconds"] for point in points]}
        for name, step in steps.items()
    ]
    peak = [{"name": "peak of all steps", "x": x, "y": [point["peak_mib"] for point in points]}]
    return [
        {"title": f"seconds {title}", "x": x_name, "y": "seconds", "lines": seconds},
        {"title": f"memory {title}", "x": x_name, "y": "MiB", "lines": peak},
    ]


def as_text(result: Mapping[str, Any]) -> str:
    """The result as Markdown: the points, the targets, the slowest nodes at each point."""
    points = result["points"]
    about = (
        f"Measured on {result['machine']}; content logs with dirt, from nothing, one run a point, "
        "whole processes. Content marts: built without data tests, as against the contenders; then "
        "everything else with all data tests.\n"
    )
    largest = sorted(points, key=lambda point: -point["log_bytes"])
    names = list(largest[0]["seconds_by_node"])[:MOST_NODES]
    columns = [f"{point['contracts']:,} × {point['months']}" for point in points]
    nodes = [
        (name, *(number(point["seconds_by_node"].get(name), 2) for point in points))
        for name in names
    ]
    return "\n".join(
        [
            about,
            table(HEAD, [point_row(point) for point in points]),
            targets_table(result["targets"]),
            "Seconds of the nodes that take longest at the largest point, contracts × months:\n",
            table(("node", *columns), nodes),
        ]
    )


def point_row(point: Mapping[str, Any]) -> Sequence[str]:
    """One line of the table of points."""
    return (
        f"{point['contracts']:,}",
        str(point["months"]),
        number(point["log_bytes"] / 1e6, 0),
        *(number(point[step]["wall_seconds"]) for step in ("load", "build", "whole", "rest")),
        number(point["peak_mib"], 0),
        number(point["database_bytes"] / 1e6, 0),
        point["measured_at"],
    )


if __name__ == "__main__":
    main()
