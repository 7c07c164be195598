"""What one fault is and what became of its tries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exporters.url import ServerUrl


@dataclass(frozen=True)
class Outcome:
    """The tries of one fault.

    Attributes:
        tries: how often the fault was injected.
        survived: tries after which what was promised held.
        rows_lost: rows that an undisturbed run has and the disturbed one has not.
        rows_doubled: rows that the disturbed run has more often than an undisturbed one.
        notes: one line for each try that was not survived; it names its seed.
        remark: how the fault was made, or what was measured; printed below the table.
    """

    tries: int
    survived: int
    rows_lost: int = 0
    rows_doubled: int = 0
    notes: tuple[str, ...] = ()
    remark: str = ""

    @property
    def passed(self) -> bool:
        """Whether every try was survived and no row lost or doubled."""
        return self.survived == self.tries > 0 and not self.rows_lost and not self.rows_doubled


@dataclass(frozen=True)
class Bench:
    """What a fault is tried with.

    Attributes:
        folder: an empty folder of the fault's own.
        tries: how often to inject it.
        seed: decides every random choice; printed with the results.
        server: a MySQL or MariaDB server that the fault must leave as it was.
    """

    folder: Path
    tries: int
    seed: int
    server: ServerUrl


@dataclass(frozen=True)
class Fault:
    """One fault: `full` tries in `make faults`, `few` in `make test` (0: too slow for it)."""

    name: str
    full: int
    few: int
    inject: Callable[[Bench], Outcome]
