"""What an export reports while it runs and when it ends; the same for both exports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

Status = Literal["published", "unchanged", "dropped"]
Stage = Literal[
    "checking",
    "writing",
    "verifying",
    "verified",
    "unchanged",
    "publishing",
    "published",
    "cleaning",
    "note",
]


@dataclass(frozen=True)
class ExportedTable:
    """One table of an export that ended well.

    `rows` are served rows (0 for a dropped table), `seconds` wall time spent on this table, and
    `status` says whether it was written (`published`), was served already as it is
    (`unchanged`) or is no longer declared (`dropped`).
    """

    name: str
    rows: int
    seconds: float
    status: Status


@dataclass(frozen=True)
class Progress:
    """One step of an export: `rows` of `total` are done; `note` is a line for the user.

    `table` is empty for the steps that concern the set as a whole.
    """

    stage: Stage
    table: str = ""
    rows: int = 0
    total: int = 0
    note: str = ""


OnProgress = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Report nothing."""


def program_version() -> str:
    """The version of customer360 that exports."""
    try:
        return version("customer360")
    except PackageNotFoundError:
        return "unknown"
