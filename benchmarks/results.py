"""Results as JSON, as a Markdown table and as a plot, and the targets they are held against."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import PROJECT, Measured, describe_machine

RESULTS = PROJECT / "benchmarks" / "results"
BENCH_PYTHON = PROJECT / ".venv-bench" / "bin" / "python"
Row = Sequence[str]


@dataclass(frozen=True)
class Target:
    """What a number must reach: at least or at most a bound."""

    what: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is reached."""
        if self.at_least is not None and self.value < self.at_least:
            return False
        return self.at_most is None or self.value <= self.at_most

    @property
    def bound(self) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:,g}"
        return f"at most {self.at_most:,g}"


def middle(runs: Sequence[Measured]) -> Measured:
    """Medians of times over some runs, the largest of the peaks."""
    return Measured(
        median(one.wall_seconds for one in runs),
        median(one.cpu_seconds for one in runs),
        max(one.peak_mib for one in runs),
        max(one.peak_own_mib for one in runs),
    )


def header(**facts: Any) -> dict[str, Any]:
    """What every result begins with: when and where it was measured, and on what."""
    return {
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": describe_machine(),
        **facts,
    }


def as_json(one: Measured) -> dict[str, float]:
    """A measurement with as many digits as it has meaning."""
    return {name: round(value, 3) for name, value in vars(one).items()}


def targets_as_json(targets: Iterable[Target]) -> list[dict[str, Any]]:
    """Targets with their values and whether they hold."""
    return [
        {"what": one.what, "value": round(one.value, 3), "bound": one.bound, "holds": one.holds}
        for one in targets
    ]


def targets_table(targets: Sequence[dict[str, Any]]) -> str:
    """The same as a Markdown table."""
    rows = [
        (one["what"], f"{one['value']:,.2f}", one["bound"], "yes" if one["holds"] else "**no**")
        for one in targets
    ]
    return table(("target", "measured", "bound", "holds"), rows)


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines]) + "\n"


def number(value: float | None, digits: int = 1) -> str:
    """A number for a table; what was not measured stays blank."""
    return f"{value:,.{digits}f}" if value else ""


def require_tools(bench_python: Path) -> None:
    """Stop before anything is measured when the contenders could not run.

    Raises:
        SystemExit: says what to install.
    """
    if not bench_python.exists():
        raise SystemExit(f"{bench_python} is missing: `make .venv-bench/.done` sets it up.")


def write(out: Path, name: str, result: dict[str, Any], text: str, bench_python: Path) -> None:
    """Write NAME.json, NAME.md and, of the result's `plot`, NAME.svg; print the text.

    Raises:
        SystemExit: the plot could not be drawn; the other two files are written.
    """
    out.mkdir(parents=True, exist_ok=True)
    data = out / f"{name}.json"
    data.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    picture = f"\n![{result['plot']['title']}]({name}.svg)\n"
    (out / f"{name}.md").write_text(text + picture, encoding="utf-8")
    print(text)
    command = [str(bench_python), "-m", "benchmarks.plot", str(data), str(out / f"{name}.svg")]
    drawn = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if drawn.returncode:
        raise SystemExit(f"{data} is written, but its plot is not:\n{drawn.stderr[-2000:]}")
