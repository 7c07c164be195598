"""A database that is built again and again holds what one built at once from all logs holds.

`dbt run` builds only the days and months whose inputs have changed (docs/decisions/0010); after
each step its marts are held against all models run from nothing on the same raw directory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from project.runs import PROJECT
from support import Workspace, close_readers, lines, searches

from .builds import build_at_once, differences
from .layouts import Files, broken_file, csv_line, json_line
from .logs import IDENTITY_COLUMNS, Logs, logs
from .models import CompiledProject
from .runs import FACTOR, few

# `make test` has one example: it must not be a poor one.
MIN_ROWS = 40
JUNE = 6


def plain_files(some_logs: Logs) -> Files:
    """One file a day and source; what has not changed is the same bytes."""
    files = Files()
    for day, rows in some_logs.content.items():
        files[f"log_content/{day:%Y%m%d}.json"] = lines(*map(json_line, rows))
    for day, events in some_logs.search.items():
        files[f"log_search/{day:%Y%m%d}.parquet"] = searches(*events)
    for source, day, kind in some_logs.broken:
        files[f"{source}/{day:%Y%m%d}/broken-{kind}"] = broken_file(kind)
    library = [("keyword", "category"), *some_logs.library]
    files["library/own.csv"] = lines(*map(csv_line, library))
    identities = [IDENTITY_COLUMNS, *some_logs.identities]
    files["identities/own.csv"] = lines(*map(csv_line, identities))
    return files


# Steps: what becomes of the logs, and others from which what is new comes


def more_days(now: Logs, other: Logs) -> Logs:
    """Days come that were not there, of any month."""
    content, search = other.content | now.content, other.search | now.search
    return replace(now, content=content, search=search)


def changed_days(now: Logs, other: Logs) -> Logs:
    """Some days hold something else."""
    content = now.content | {d: rows for d, rows in other.content.items() if d in now.content}
    search = now.search | {d: rows for d, rows in other.search.items() if d in now.search}
    return replace(now, content=content, search=search)


def fewer_days(now: Logs, other: Logs) -> Logs:
    """A day of each log is pruned."""
    content, search = dict(sorted(now.content.items())[1:]), dict(sorted(now.search.items())[1:])
    return replace(now, content=content, search=search)


def fewer_months(now: Logs, other: Logs) -> Logs:
    """June is pruned."""
    content = {day: rows for day, rows in now.content.items() if day.month != JUNE}
    search = {day: rows for day, rows in now.search.items() if day.month != JUNE}
    return replace(now, content=content, search=search)


def other_people(now: Logs, other: Logs) -> Logs:
    """Identifiers of old customers are linked, or no more."""
    return replace(now, identities=other.identities)


def other_genres(now: Logs, other: Logs) -> Logs:
    """The operator decides anew."""
    return replace(now, library=other.library)


def other_broken_files(now: Logs, other: Logs) -> Logs:
    """Files come that cannot be read, others go."""
    return replace(now, broken=other.broken)


def nothing(now: Logs, other: Logs) -> Logs:
    """Nothing changes."""
    return now


STEPS = [
    more_days,
    changed_days,
    fewer_days,
    fewer_months,
    other_people,
    other_genres,
    other_broken_files,
    nothing,
]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Logs]]:
    """Logs as they change, each with what has been done to them since the build before."""
    some_logs = logs(min_days=3, max_days=5, min_rows=3, max_rows=8)
    now, *others = [draw(some_logs) for _ in range(4)]
    history = [("first", now)]
    steps = draw(st.permutations(STEPS))
    at_once = draw(st.integers(1, 3)) if FACTOR > 1 else 2  # dbt takes seconds for each build
    for number in range(0, len(steps), at_once):
        for step in steps[number : number + at_once]:
            now = step(now, others[number % len(others)])
        names = " and ".join(step.__name__ for step in steps[number : number + at_once])
        history.append((names, now))
    return history


def is_rich(history: list[tuple[str, Logs]]) -> bool:
    """Whether there is much to go wrong."""
    _, first = history[0]
    rows = sum(map(len, first.content.values())) + sum(map(len, first.search.values()))
    return rows >= MIN_ROWS


# Builds


@contextmanager
def dbt_in(folder: Path, database: Path) -> Iterator[dbtRunner]:
    """dbt inside this process, at one database and with its artefacts in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("C360_DATABASE", str(database))
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        patch.setenv("DBT_LOG_PATH", str(folder / "target"))
        yield dbtRunner()


def run_models(dbt: dbtRunner) -> None:
    """`dbt run`, as `c360 run` starts it, without tests."""
    close_readers()
    place = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    result = dbt.invoke(["--quiet", "run", *place])
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    assert result.success, result


def put(workspace: Workspace, files: Files) -> None:
    """Make the raw directory hold these files and no others; leave the same ones alone."""
    present = {
        path.relative_to(workspace.raw).as_posix()
        for path in workspace.raw.rglob("*")
        if path.is_file()
    }
    for path in present - files.keys():
        (workspace.raw / path).unlink()
    for path, content in files.items():
        if path not in present or (workspace.raw / path).read_bytes() != content:
            workspace.put(path, content)


@settings(few(1), phases=[Phase.explicit, Phase.generate])
@given(history=histories())
def test_incremental_builds_equal_a_full_one(
    project: CompiledProject, history: list[tuple[str, Logs]]
) -> None:
    assume(is_rich(history))
    with tempfile.TemporaryDirectory() as folder:
        workspace = project.workspace(Path(folder))
        with dbt_in(Path(folder), workspace.database) as dbt:
            for name, now in history:
                files = plain_files(now)
                put(workspace, files)
                workspace.load(prune=True)
                run_models(dbt)
                incremental = project.read(workspace.database)
                assert differences(build_at_once(project, files), incremental) == [], name
