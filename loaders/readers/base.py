"""What every reader shares: its result, and a path that DuckDB takes literally."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

GLOB_CHARACTERS = frozenset("*?[]{}")


@dataclass(frozen=True)
class RejectedLine:
    """A line that is not a record, kept as text (SPEC 3)."""

    line_number: int
    reason: str
    line: str


@dataclass(frozen=True)
class Landed:
    """What one file gave: `rows_read` counts the rejected ones too."""

    rows_read: int
    rejected: list[RejectedLine] = field(default_factory=list)


class TryNextReader(Exception):
    """This reader cannot read the file, another one may; nothing of it is kept."""


@contextmanager
def literal_path(path: Path) -> Iterator[str]:
    """A name for the file that DuckDB does not take for a pattern."""
    if not GLOB_CHARACTERS.intersection(str(path)):
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="c360-") as folder:
        link = Path(folder) / "file"
        link.symlink_to(path.absolute())
        yield str(link)
