"""This project as the benchmarks run it: its commands as whole processes, and dbt's own times."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import BIN, Measured, measure

DATABASE = "project.duckdb"
CONTENT_MARTS = ("content_profiles", "content_daily", "taste_summary")
SEARCH_MARTS = (
    "search_profiles",
    "search_behavior",
    "search_trending",
    "genre_transitions",
    "search_keyword_genres",
)


@dataclass(frozen=True)
class Node:
    """What one node of a build cost: seconds of dbt's own clock."""

    kind: str
    name: str
    seconds: float


@dataclass(frozen=True)
class Built:
    """A build: the whole process, and its nodes by dbt's own clock."""

    whole: Measured
    nodes: list[Node]
    models_span: float

    def seconds_of(self, *kinds: str) -> float:
        """Seconds of all nodes of some kinds, one after another."""
        return sum(node.seconds for node in self.nodes if node.kind in kinds)


@dataclass(frozen=True)
class Project:
    """The project's commands on a database of their own in a work folder."""

    work: Path

    @property
    def database(self) -> Path:
        """The same path in each run: dbt parses again when it changes."""
        return self.work / DATABASE

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the caller's that would export elsewhere or change what is exported."""
        return {
            "C360_DATABASE": str(self.database.absolute()),
            "C360_MYSQL_URL": "",
            "C360_PSEUDONYMIZE_KEY": "",
        }

    def clean(self) -> None:
        """Start from nothing; dbt's parse cache stays, as it does where the project is used."""
        remove_database(self.database)

    def load(self, raw_dir: Path) -> Measured:
        """`c360 load`."""
        return measure([str(BIN / "c360"), "load", "--raw", str(raw_dir)], self.environment)

    def build(self, select: Sequence[str] = (), exclude: Sequence[str] = ("unit_test",)) -> Built:
        """`dbt build` of some models with what they need, or of everything."""
        target = self.work / "target"
        command = [str(BIN / "dbt"), "--quiet", "build"]
        command += ["--target-path", str(target.absolute())]
        command += ["--log-path", str((self.work / "logs").absolute())]
        if exclude:
            command += ["--exclude-resource-type", *exclude]
        if select:
            command += ["--select", *(f"+{name}" for name in select)]
        whole = measure(command, self.environment)
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
        return Built(whole, node_times(results), span_of(results, "model"))

    def export(self) -> Measured:
        """`c360 export`, to files."""
        # What is to be exported stands in the manifest in target/, which builds here leave alone.
        measure([str(BIN / "dbt"), "--quiet", "parse"], self.environment)
        folder = self.work / "export"
        command = [str(BIN / "c360"), "export", "--export-dir", str(folder)]
        return measure(command, self.environment)


def remove_database(database: Path) -> None:
    """Remove a DuckDB file and what DuckDB keeps beside it."""
    for file in (database, database.with_name(f"{database.name}.wal")):
        file.unlink(missing_ok=True)


def node_times(results: dict[str, Any]) -> list[Node]:
    """The nodes of a build that ran, the slowest first, from `run_results.json`."""
    nodes = [
        Node(kind, name, seconds)
        for result in results["results"]
        for kind, _, name in [result["unique_id"].split(".")[:3]]
        if (seconds := result["execution_time"]) > 0
    ]
    return sorted(nodes, key=lambda node: (-node.seconds, node.name))


def span_of(results: dict[str, Any], kind: str) -> float:
    """Seconds from the start of the first node of a kind to the end of the last one."""
    times = [
        datetime.fromisoformat(timing[edge])
        for result in results["results"]
        if result["unique_id"].startswith(f"{kind}.")
        for timing in result["timing"]
        if timing["name"] == "execute"
        for edge in ("started_at", "completed_at")
    ]
    return (max(times) - min(times)).total_seconds() if times else 0.0


def together(*steps: Measured) -> Measured:
    """Steps one after another: times add up, the largest peak counts."""
    return Measured(
        sum(step.wall_seconds for step in steps),
        sum(step.cpu_seconds for step in steps),
        max(step.peak_mib for step in steps),
        max(step.peak_own_mib for step in steps),
    )
