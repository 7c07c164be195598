"""SIGKILL of loads and builds at random moments, then the same command again (SPEC 3)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from faults.compare import (
    Difference,
    files_gone,
    mart_difference,
    not_whole,
    raw_difference,
    tables,
)
from faults.killing import kill_many
from faults.outcome import Bench, Fault, Outcome
from faults.prepared import HALF_WRITTEN, LAST_DAY, SET_ASIDE, build, databases, halve, load, logs
from faults.processes import Command


def put(source: Path | None, database: Path) -> None:
    """Make a database what another one is, or nothing."""
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    if source:
        shutil.copy(source, database)


def log_of(database: Path) -> Path:
    """DuckDB's write-ahead log: it grows at each commit."""
    return database.with_name(f"{database.name}.wal")


def unknown_files(database: Path) -> list[str]:
    """What lies beside a database that nobody has open."""
    return [f"{path.name} was left behind" for path in database.parent.glob(f"{database.name}?*")]


@dataclass(frozen=True)
class LoadPlace:
    """A load into a new database, or of changed files into one that has the older logs."""

    folder: Path
    raw: Path
    before: Path | None
    expected: Path

    @property
    def database(self) -> Path:
        return self.folder / "c360.duckdb"

    @property
    def written(self) -> Path:
        return log_of(self.database)

    def prepare(self) -> None:
        put(self.before, self.database)

    def command(self) -> Command:
        return load(self.raw, self.database, self.folder)

    def after_kill(self) -> list[str]:
        if not self.database.exists():
            return [] if self.before is None else ["the database is gone"]
        try:
            missing = tables(self.expected) - tables(self.database)
            if missing and self.before is None:
                return []  # the load was killed while it made its tables
            problems = not_whole(self.database)
            return problems + (files_gone(self.before, self.database) if self.before else [])
        except duckdb.Error as error:
            return [f"the database cannot be read after the kill: {error}"]

    def after_rerun(self) -> tuple[list[str], Difference]:
        problems = not_whole(self.database) + unknown_files(self.database)
        problems += self.command().leftovers()
        if tables(self.database) != tables(self.expected):
            problems.append(f"other tables: {tables(self.database) ^ tables(self.expected)}")
        return problems, raw_difference(self.expected, self.database)


def kill_first_loads(bench: Bench) -> Outcome:
    """Nothing was there before."""
    raw, expected = logs().newer, bench.folder / "expected.duckdb"
    load(raw, expected, bench.folder / "undisturbed").run()
    return kill_many(bench, LoadPlace(bench.folder, raw, None, expected), SET_ASIDE)


def kill_later_loads(bench: Bench) -> Outcome:
    """Files are new, changed, touched, gone, or as they were."""
    before, expected = bench.folder / "before.duckdb", bench.folder / "expected.duckdb"
    raw = bench.folder / "raw"
    undisturbed = bench.folder / "undisturbed"
    shutil.copytree(logs().older, raw)
    load(raw, before, undisturbed).run()
    shutil.rmtree(raw)
    shutil.copytree(logs().newer, raw)
    gone, changed, *_ = sorted((raw / "log_search").rglob("*.parquet"))
    gone.unlink()
    shutil.copy(sorted((raw / "log_search").rglob(f"*{LAST_DAY}*/*.parquet"))[0], changed)
    halve(raw / HALF_WRITTEN.replace("04.json", "05.json"))
    put(before, expected)
    load(raw, expected, undisturbed).run()
    return kill_many(bench, LoadPlace(bench.folder, raw, before, expected), SET_ASIDE)


@dataclass(frozen=True)
class BuildPlace:
    """A build of loaded logs: on a new database, or on one built before a day was added."""

    folder: Path
    project: Path
    before: Path
    expected: Path

    @property
    def database(self) -> Path:
        return self.folder / "c360.duckdb"

    @property
    def written(self) -> Path:
        return log_of(self.database)

    def prepare(self) -> None:
        put(self.before, self.database)

    def command(self) -> Command:
        return build(self.project, self.database, self.folder)

    def after_kill(self) -> list[str]:
        try:
            return not_whole(self.database)
        except duckdb.Error as error:
            return [f"the database cannot be read after the kill: {error}"]

    def after_rerun(self) -> tuple[list[str], Difference]:
        problems = unknown_files(self.database) + self.command().leftovers()
        if tables(self.database) != tables(self.expected):
            problems.append(f"other tables: {tables(self.database) ^ tables(self.expected)}")
        difference = raw_difference(self.expected, self.database)
        return problems, difference + mart_difference(self.expected, self.database)


def kill_first_builds(bench: Bench) -> Outcome:
    """The logs are loaded, nothing is built."""
    prepared = databases()
    loaded = bench.folder / "loaded.duckdb"
    load(prepared.newer, loaded, bench.folder / "undisturbed").run()
    return _kill_builds(bench, loaded)


def kill_later_builds(bench: Bench) -> Outcome:
    """A day was added and another one changed since the last build."""
    return _kill_builds(bench, databases().newer_loaded)


def _kill_builds(bench: Bench, before: Path) -> Outcome:
    prepared = databases()
    project = bench.folder / "project"
    shutil.copytree(prepared.project, project)
    place = BuildPlace(bench.folder, project, before, prepared.newer_built)
    return kill_many(bench, place, 0, prepared.build_seconds)


FAULTS = (
    Fault("kill -9: first load", 80, 1, kill_first_loads),
    Fault("kill -9: load of changed files", 80, 1, kill_later_loads),
    Fault("kill -9: first build", 15, 0, kill_first_builds),
    Fault("kill -9: build after a new day", 25, 1, kill_later_builds),
)
