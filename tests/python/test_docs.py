"""The README names every command, every setting and every mart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import yaml  # type: ignore[import-untyped]

from c360.cli import app
from c360.settings import PROJECT_DIR, VARIABLES

README = (PROJECT_DIR / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def yaml_files(folder: Path) -> Iterator[Path]:
    """The YAML files of the marts; what only they use lies in `intermediate`."""
    for location in sorted(folder.rglob("*.y*ml")):
        if "intermediate" not in location.relative_to(folder).parts:
            yield location


def mart_names() -> list[str]:
    """The tables that analysts see: a model's alias, else its name."""
    names: list[str] = []
    for location in yaml_files(PROJECT_DIR / "models" / "marts"):
        content: dict[str, Any] = yaml.safe_load(location.read_text(encoding="utf-8")) or {}
        for model in content.get("models", []):
            names.append(model.get("config", {}).get("alias") or model["name"])
    return sorted(names)


MARTS = mart_names()


def not_in_readme(*words: str) -> list[str]:
    """The words that do not stand in the README as words of their own."""
    return [
        word
        for word in words
        if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", README) is None
    ]


def test_there_are_commands_and_marts_to_look_for() -> None:
    assert {"sample", "load", "export", "run", "status"} <= set(COMMANDS)
    assert {"content_profiles", "search_behavior", "customer360", "keyword_genres"} <= set(MARTS)
    assert len(MARTS) == len(set(MARTS))


def test_the_readme_names_every_command() -> None:
    commands = [f"c360 {command}" for command in COMMANDS]
    assert not_in_readme("make run", "make test", *commands) == []


def test_the_readme_names_every_setting_and_no_other() -> None:
    assert not_in_readme(*VARIABLES) == []
    assert set(re.findall(r"C360_[A-Z_]+[A-Z]", README)) <= set(VARIABLES)


def test_the_readme_names_every_mart() -> None:
    assert not_in_readme(*MARTS) == []


def test_the_readme_carries_the_table_of_faults_as_measured() -> None:
    measured = (PROJECT_DIR / "benchmarks" / "results" / "faults.md").read_text(encoding="utf-8")
    lines = [line for line in measured.splitlines() if line.startswith(("Measured", "| "))]
    assert len(lines) > 30
    assert [line for line in lines if line not in README.splitlines()] == []
