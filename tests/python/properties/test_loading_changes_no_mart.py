"""How logs come is no matter: split, order, format, reloads and detours never change a mart."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from support import Workspace, lines

from .builds import build_at_once, differences
from .layouts import Files, json_line, layouts
from .logs import Logs, Record, logs
from .models import CompiledProject
from .runs import few

Detour = Callable[[Workspace, str], None]
"""Something that happens to a directory that is loaded, and is undone: after it all is as before.

It gets the path of one file.
"""

ALWAYS, NOTHING = "library/zz.csv", b"keyword,category\n"
"""A file that is always there: a directory without any file is not loaded."""
VISITOR = lines(*[json_line(Record(contract="VISITOR", duration=at)) for at in range(30)])


def reload_it(workspace: Workspace, path: str) -> None:
    """Load again."""
    workspace.load()


def touch(workspace: Workspace, path: str) -> None:
    """A file is as old as the first of January 1970."""
    os.utime(workspace.raw / path, (1, 1))
    workspace.load()


def replace_and_put_back(workspace: Workspace, path: str) -> None:
    """A file holds something else for a while."""
    content = (workspace.raw / path).read_bytes()
    workspace.put(path, content[: len(content) // 2])
    workspace.load()
    workspace.put(path, content)
    workspace.load()


def remove_and_put_back(workspace: Workspace, path: str) -> None:
    """A file is gone, pruned, and there again."""
    content = (workspace.raw / path).read_bytes()
    (workspace.raw / path).unlink()
    workspace.load(prune=True)
    workspace.put(path, content)
    workspace.load()


def visit(workspace: Workspace, path: str) -> None:
    """Another day, and more rows of this one, come and are pruned."""
    visitors = ["log_content/20220715.json", "log_content/20220601/zzz.json"]
    for visitor in visitors:
        workspace.put(visitor, VISITOR)
    workspace.load()
    for visitor in visitors:
        (workspace.raw / visitor).unlink()
    workspace.load(prune=True)


DETOURS: list[Detour] = [reload_it, touch, replace_and_put_back, remove_and_put_back, visit]


@dataclass(frozen=True)
class Course:
    """How files come.

    Attributes:
        order: all paths.
        loads: how often is loaded while they come.
        detours: each with a number that picks the file.
        vanishing: how many files are gone in the end without having been pruned: they keep what
            they had contributed (SPEC 3).
    """

    order: Sequence[str]
    loads: int
    detours: Sequence[tuple[Detour, int]]
    vanishing: int


@st.composite
def courses(draw: st.DrawFn, files: Files) -> Course:
    """Any course."""
    return Course(
        order=draw(st.permutations(sorted(files))),
        loads=draw(st.integers(1, 3)),
        detours=draw(st.lists(st.tuples(st.sampled_from(DETOURS), st.integers(0, 99)), max_size=3)),
        vanishing=draw(st.sampled_from([0, 0, 1, 5])),
    )


def follow(course: Course, workspace: Workspace, files: Files) -> None:
    """Load files as they come."""
    workspace.put(ALWAYS, NOTHING)
    for number in range(course.loads):
        for path in course.order[number :: course.loads]:
            workspace.put(path, files[path])
        workspace.load()
    for detour, number in course.detours:
        detour(workspace, course.order[number % len(course.order)])
    for path in course.order[: course.vanishing]:
        (workspace.raw / path).unlink()
    if course.vanishing:
        workspace.load()


@few(8)
@given(data=st.data(), any_logs=logs())
def test_no_layout_order_or_detour_changes_a_mart(
    project: CompiledProject, data: st.DataObject, any_logs: Logs
) -> None:
    files = data.draw(layouts(any_logs))
    others = data.draw(layouts(any_logs))
    course = data.draw(courses(others))
    with tempfile.TemporaryDirectory() as folder:
        workspace = project.workspace(Path(folder))
        follow(course, workspace, others)
        built = project.build(workspace.database)
    assert differences(build_at_once(project, files), built) == []
