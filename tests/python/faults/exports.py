"""SIGKILL of exports at random moments: what is served is one whole set, old or new (SPEC 8)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import servers

from faults.compare import Difference, mart_difference, not_whole, raw_difference
from faults.killing import kill_many
from faults.kills import log_of, put, unknown_files
from faults.outcome import Bench, Fault, Outcome
from faults.prepared import SET_ASIDE, Prepared, copy_project, databases
from faults.processes import Command, c360
from faults.served import Files, Rows, Server, difference, mart_rows, version_of


def versions() -> dict[str, Rows]:
    """The marts of the older and of the newer logs."""
    prepared = databases()
    return {"older": mart_rows(prepared.older_built), "newer": mart_rows(prepared.newer_built)}


def export(prepared: Prepared, version: str, folder: Path, url: str | None) -> Command:
    """`c360 export` of one of the two databases."""
    database = prepared.older_built if version == "older" else prepared.newer_built
    secret = {"C360_MYSQL_URL": url} if url else {}
    environment = {"PYTHONPATH": str(prepared.project)} | secret
    options = ("--database", database, "--export-dir", folder / "export")
    return c360("export", *options, folder=folder, **environment)


@dataclass
class ExportPlace:
    """Exports of the older and the newer marts by turns: each replaces the other."""

    folder: Path
    server: servers.Database | None = None
    prepared: Prepared = field(default_factory=databases)
    versions: dict[str, Rows] = field(default_factory=versions)
    turn: int = 0

    def served(self) -> list[Files | Server]:
        places: list[Files | Server] = [Files(self.folder / "export")]
        return [*places, Server(self.server)] if self.server else places

    @property
    def written(self) -> None:
        return None

    @property
    def version(self) -> str:
        """What is exported now."""
        return ("older", "newer")[self.turn % 2]

    def prepare(self) -> None:
        """The set that is served is the other one: an undisturbed try has put it there."""
        if not self.turn:
            ended = export(self.prepared, "older", self.folder, self._url()).run()
            if ended.code:
                raise RuntimeError(f"the first export ended with {ended.output}")
        self.turn += 1

    def command(self) -> Command:
        return export(self.prepared, self.version, self.folder, self._url())

    def after_kill(self) -> list[str]:
        problems = []
        for place in self.served():
            try:
                if version_of(place.rows(), self.versions) is None:
                    problems.append(f"{type(place).__name__} are a mixture after the kill")
            except (OSError, ValueError) as error:
                problems.append(f"{type(place).__name__} are not whole after the kill: {error}")
        return problems

    def after_rerun(self) -> tuple[list[str], Difference]:
        problems = self.command().leftovers()
        total = Difference()
        for place in self.served():
            problems += place.leftovers()
            total += difference(self.versions[self.version], place.rows())
        return problems, total

    def _url(self) -> str | None:
        return self.server.url if self.server else None


def kill_exports_of_files(bench: Bench) -> Outcome:
    """Without a server."""
    return kill_many(bench, ExportPlace(bench.folder), 0)


def kill_exports_to_mysql(bench: Bench) -> Outcome:
    """Files first, then the server, by the faster way."""
    with servers.local_infile(bench.server, on=True), servers.empty_schema(bench.server) as schema:
        return kill_many(bench, ExportPlace(bench.folder, schema), 0)


def kill_exports_without_load_data(bench: Bench) -> Outcome:
    """The same on a server that does not take LOAD DATA LOCAL."""
    with servers.local_infile(bench.server, on=False), servers.empty_schema(bench.server) as schema:
        return kill_many(bench, ExportPlace(bench.folder, schema), 0)


@dataclass
class RunPlace:
    """`c360 run` after a day was added: load, build and export, killed anywhere."""

    folder: Path
    project: Path
    prepared: Prepared = field(default_factory=databases)
    versions: dict[str, Rows] = field(default_factory=versions)

    @property
    def database(self) -> Path:
        return self.folder / "c360.duckdb"

    @property
    def written(self) -> Path:
        return log_of(self.database)

    def prepare(self) -> None:
        put(self.prepared.older_built, self.database)
        shutil.rmtree(self.folder / "export", ignore_errors=True)
        shutil.copytree(self.folder / "exported", self.folder / "export", symlinks=True)

    def command(self) -> Command:
        options = ("--database", self.database, "--export-dir", self.folder / "export")
        environment = {"PYTHONPATH": str(self.project)}
        raw = ("--raw", self.prepared.newer)
        return c360("run", *raw, *options, folder=self.folder, **environment)

    def after_kill(self) -> list[str]:
        problems = not_whole(self.database)
        if version_of(Files(self.folder / "export").rows(), self.versions) is None:
            problems.append("the files are a mixture after the kill")
        return problems

    def after_rerun(self) -> tuple[list[str], Difference]:
        expected = self.prepared.newer_built
        files = Files(self.folder / "export")
        problems = unknown_files(self.database) + self.command().leftovers() + files.leftovers()
        total = raw_difference(expected, self.database) + mart_difference(expected, self.database)
        return problems, total + difference(self.versions["newer"], files.rows())


def kill_runs(bench: Bench) -> Outcome:
    """The whole of `c360 run`."""
    prepared = databases()
    project = bench.folder / "project"
    copy_project(project)
    shutil.copytree(prepared.project / "target", project / "target")
    undisturbed = bench.folder / "undisturbed"
    ended = export(prepared, "older", undisturbed, None).run()
    if ended.code:
        raise RuntimeError(f"the first export ended with {ended.output}")
    shutil.copytree(undisturbed / "export", bench.folder / "exported", symlinks=True)
    return kill_many(bench, RunPlace(bench.folder, project), SET_ASIDE)


FAULTS = (
    Fault("kill -9: export to files", 40, 0, kill_exports_of_files),
    Fault("kill -9: export to MySQL", 40, 1, kill_exports_to_mysql),
    Fault("kill -9: export to MySQL without LOAD DATA", 40, 0, kill_exports_without_load_data),
    Fault("kill -9: run after a new day", 10, 0, kill_runs),
)
