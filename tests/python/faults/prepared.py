"""Logs, databases and a copy of the project that several faults start from; made once a process.

`older` are the logs of a month without its last day and with one day half written; `newer` are the
logs of the whole month. The copy keeps a long run apart from changes to the project meanwhile.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from c360.sample import SampleOptions, write_sample
from faults.processes import BIN, Command, Ended, c360

PROJECT = Path(__file__).resolve().parents[3]
COPIED = ("c360", "loaders", "exporters", "models", "macros", "seeds", "tests")
COPIED_FILES = ("dbt_project.yml", "profiles.yml")
CUSTOMERS = 1500
MONTH = date(2022, 6, 1)
LAST_DAY = "20220630"
HALF_WRITTEN = "log_content/20220604.json"
# The sample holds one file that cannot be read, so that a whole run ends with this code.
SET_ASIDE = 3


@dataclass(frozen=True)
class Prepared:
    """Everything that is the same for every try.

    Attributes:
        project: a copy of the project.
        older: raw logs, and `newer` the same with more.
        older_built: a database with the older logs, loaded and built.
        newer_loaded: that database after a load of the newer logs, not built again.
        newer_built: a new database with the newer logs, loaded and built at once.
        build_seconds: what that build took.
    """

    folder: Path
    build_seconds: float = 0.0

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def older(self) -> Path:
        return self.folder / "older"

    @property
    def newer(self) -> Path:
        return self.folder / "newer"

    @property
    def older_built(self) -> Path:
        return self.folder / "older.duckdb"

    @property
    def newer_loaded(self) -> Path:
        return self.folder / "newer_loaded.duckdb"

    @property
    def newer_built(self) -> Path:
        return self.folder / "newer_built.duckdb"


@functools.cache
def logs() -> Prepared:
    """The raw logs alone; databases come with `databases`."""
    folder = Path(tempfile.mkdtemp(prefix="c360-faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    prepared = Prepared(folder)
    write_sample(
        SampleOptions(out=prepared.newer, customers=CUSTOMERS, months=(MONTH,), unreadable=True)
    )
    shutil.copytree(prepared.newer, prepared.older)
    for path in prepared.older.rglob(f"*{LAST_DAY}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    halve(prepared.older / HALF_WRITTEN)
    return prepared


@functools.cache
def databases() -> Prepared:
    """The logs, the databases and the copy of the project."""
    prepared = logs()
    copy_project(prepared.project)
    work = prepared.folder / "work"
    succeed(load(prepared.older, prepared.older_built, work).run())
    succeed(build(prepared.project, prepared.older_built, work).run(), 0)
    shutil.copy(prepared.older_built, prepared.newer_loaded)
    succeed(load(prepared.newer, prepared.newer_loaded, work).run())
    succeed(load(prepared.newer, prepared.newer_built, work).run())
    built = succeed(build(prepared.project, prepared.newer_built, work).run(), 0)
    return replace(prepared, build_seconds=built.seconds)


def halve(file: Path) -> None:
    """Leave the first half of a file's lines."""
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[: len(lines) // 2]))


def copy_project(target: Path) -> None:
    """What a run of the project needs."""
    for name in COPIED:
        ignore = shutil.ignore_patterns("__pycache__", "python")
        shutil.copytree(PROJECT / name, target / name, ignore=ignore)
    for name in COPIED_FILES:
        shutil.copy(PROJECT / name, target / name)


def load(raw: Path, database: Path, folder: Path) -> Command:
    """`c360 load`."""
    return c360("load", "--raw", raw, "--database", database, folder=folder)


def build(project: Path, database: Path, folder: Path, **environment: str) -> Command:
    """`dbt build` of a copy of the project; its tests write nothing and are left out."""
    arguments = ("--quiet", "--no-use-colors", "build")
    excluded = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    places = ("--project-dir", project, "--profiles-dir", project)
    artefacts = ("--target-path", project / "target", "--log-path", project / "logs")
    return Command(
        (str(BIN / "dbt"), *arguments, *excluded, *map(str, (*places, *artefacts))),
        folder,
        {"PYTHONPATH": str(project), "C360_DATABASE": str(database)} | environment,
    )


def succeed(ended: Ended, code: int = SET_ASIDE) -> Ended:
    """An undisturbed run, which must end with this code."""
    if ended.code != code:
        raise RuntimeError(f"an undisturbed run ended with {ended.code}: {ended.output[-3000:]}")
    return ended
