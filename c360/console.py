"""What the user sees while a step runs: a bar on a terminal, plain lines elsewhere (SPEC 1)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

# Elsewhere than on a terminal a long step says where it is at most this often (seconds).
PLAIN_LINE_SECONDS = 10.0

# Elsewhere than on a terminal tables must not be folded to the width of one.
PLAIN_WIDTH = 140

output = Console(highlight=False)
if not output.is_terminal:
    output.width = PLAIN_WIDTH
errors = Console(stderr=True, highlight=False)


class Step:
    """The progress of one long step."""

    def __init__(self, name: str, bar: Progress | None, task: TaskID | None) -> None:
        self._name = name
        self._bar = bar
        self._task = task
        self._last_line = time.monotonic()

    def update(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` parts are done, the last of them `what`."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, what=what)
            return
        now = time.monotonic()
        if now - self._last_line >= PLAIN_LINE_SECONDS:
            self._last_line = now
            say(f"{self._name}: {done} of {total} ({what})")

    def note(self, line: str) -> None:
        """A line that stays."""
        say(line)


@contextmanager
def step(name: str) -> Iterator[Step]:
    """Show a long step; ends with a line that says how long it took."""
    started = time.monotonic()
    if output.is_terminal:
        bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[what]}", style="dim", markup=False),
            console=output,
            transient=True,
        )
        with bar:
            yield Step(name, bar, bar.add_task(name, total=None, what=""))
    else:
        say(f"{name} ...")
        yield Step(name, None, None)
    say(f"{name}: done in {time.monotonic() - started:.1f} s")


def say(line: str) -> None:
    """A plain line; its text is never taken for markup."""
    output.print(Text(line), soft_wrap=True)


def complain(what: str, hint: str) -> None:
    """An error for the user: what happened and what to do."""
    errors.print(Text.assemble(("error: ", "bold red"), what), soft_wrap=True)
    errors.print(Text(hint), soft_wrap=True)


def show_table(title: str, columns: list[str], rows: list[list[object]]) -> None:
    """A table; numbers stand to the right, with thousands separated."""
    table = Table(title=title, title_justify="left", title_style="bold")
    numeric = [
        bool(rows) and all(isinstance(row[at], int | float | None) for row in rows)
        for at in range(len(columns))
    ]
    for name, right in zip(columns, numeric, strict=True):
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    output.print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
