"""The mark in the comment of every table of ours: whose it is and what it holds.

It travels with the table through a rename, proves that a table may be replaced or dropped, and
tells whether what is served is already what would be exported.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

from c360.errors import ExportError
from exporters.session import Session

STAGING = "__stg"
REPLACED = "__old"
BOOKKEEPING = "customer360_export"
_MARK = re.compile(r"\[customer360 (\{[^\]]*\})\]$")


@dataclass(frozen=True)
class Mark:
    """What a table holds: `at` is UTC, `ddl` a hash of its definition."""

    run_id: str
    at: str
    rows: int
    checksum: str
    ddl: str

    def __str__(self) -> str:
        return f"[customer360 {json.dumps(asdict(self))}]"

    def same_contents(self, other: Mark | None) -> bool:
        """Whether both stand for the same rows in the same definition."""
        return other is not None and (self.rows, self.checksum, self.ddl) == (
            other.rows,
            other.checksum,
            other.ddl,
        )


def read_marks(session: Session) -> dict[str, Mark | None]:
    """Every table and view of the schema, with its mark if it is ours."""
    found = session.rows(
        "select table_name, table_comment from information_schema.tables where table_schema = %s",
        (session.url.schema,),
    )
    return {name: _parse(comment) for name, comment in found}


def refuse_foreign_tables(names: list[str], marks: dict[str, Mark | None]) -> None:
    """Stop if a table that is not ours has a name that the export needs."""
    needed = (f"{name}{suffix}" for name in names for suffix in ("", STAGING, REPLACED))
    for name in needed:
        if name in marks and marks[name] is None:
            raise ExportError(
                f"The schema holds a table {name} that was not made by this export; "
                "nothing was changed.",
                hint="Rename or drop it, or choose another schema in C360_MYSQL_URL.",
            )


def leftovers(marks: dict[str, Mark | None]) -> list[str]:
    """Tables that an export which was killed left behind."""
    return [
        name
        for name, mark in marks.items()
        if mark is not None and name.endswith((STAGING, REPLACED))
    ]


def _parse(comment: str) -> Mark | None:
    found = _MARK.search(comment or "")
    if not found:
        return None
    try:
        return Mark(**json.loads(found[1]))
    except (ValueError, TypeError):
        return None
