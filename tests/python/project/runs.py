"""Running the project as a user does, and looking at what it built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
REAL = PROJECT.parent / "shared" / "real"
RUN_SECONDS = 600


@dataclass(frozen=True)
class Run:
    """A command that has ended."""

    code: int
    output: str


def run(command: list[str], **environment: str) -> Run:
    """Run a command at the root of the project, with settings of its own only."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("C360_")}
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=inherited | environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr)


def c360(*arguments: str, **environment: str) -> Run:
    """Run the command as a user does."""
    return run([str(BIN / "c360"), *arguments], **environment)


def dbt(*arguments: str, target: Path, **environment: str) -> Run:
    """Run dbt with its artefacts in a folder of its own."""
    paths = ["--target-path", str(target), "--log-path", str(target)]
    return run([str(BIN / "dbt"), "--no-use-colors", *arguments, *paths], **environment)


@dataclass(frozen=True)
class Built:
    """A raw directory, the database built from it, and dbt's artefacts."""

    raw_dir: Path
    database: Path
    target: Path
    load: Run
    build: Run

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer of a query on the database."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def mart(self, name: str) -> list[dict[str, object]]:
        """All rows of a mart, column -> value."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            cursor = connection.execute(f"select * from marts.{name}")
            columns = [column[0] for column in cursor.description]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def manifest(self) -> dict[str, Any]:
        """What dbt knows of the project."""
        text = (self.target / "manifest.json").read_text(encoding="utf-8")
        manifest: dict[str, Any] = json.loads(text)
        return manifest

    def results(self) -> list[dict[str, Any]]:
        """What became of each node of the last dbt command."""
        text = (self.target / "run_results.json").read_text(encoding="utf-8")
        results: list[dict[str, Any]] = json.loads(text)["results"]
        return results


def build(raw_dir: Path, folder: Path, *build_arguments: str) -> Built:
    """Load and build a raw directory in a folder."""
    database, target = folder / "c360.duckdb", folder / "target"
    settings = {"C360_RAW_DIR": str(raw_dir), "C360_DATABASE": str(database)}
    loaded = c360("load", **settings)
    built = dbt("build", *build_arguments, target=target, C360_DATABASE=str(database))
    return Built(raw_dir, database, target, loaded, built)
