"""Whether a served table is still what was exported: others may have changed it on the server."""

from __future__ import annotations

import re

from exporters import fingerprint
from exporters.fingerprint import Fingerprint
from exporters.plan import Plan, PlannedColumn
from exporters.session import Session

# MariaDB and older MySQL show a width that means nothing.
_WIDTH = re.compile(r"^(int|bigint)\(\d+\)")


def is_as_exported(session: Session, plan: Plan, contents: Fingerprint) -> bool:
    """Whether the columns of the served table and every value in it are those of the export."""
    name = plan.table.name
    if _served_columns(session, name) != [_column(c, session) for c in plan.columns]:
        return False
    rows, row_hash = session.row(fingerprint.server_rows_query(name, plan.columns))
    return (int(rows), str(row_hash)) == (contents.rows, contents.row_hash)


def _served_columns(session: Session, table: str) -> list[tuple[str, str, str, str | None]]:
    """Name, type, whether it may be null, and collation of each column, in order."""
    found = session.rows(
        "select column_name, column_type, is_nullable, collation_name "
        "from information_schema.columns where table_schema = %s and table_name = %s "
        "order by ordinal_position",
        (session.url.schema, table),
    )
    return [
        (name, _WIDTH.sub(r"\1", kind), null, collation) for name, kind, null, collation in found
    ]


def _column(column: PlannedColumn, session: Session) -> tuple[str, str, str, str | None]:
    """The same as the export defines it."""
    kind = "tinyint(1)" if column.kind == "boolean" else column.server_type.lower()
    collation = session.server.collation if column.kind == "text" else None
    return column.name, kind, "NO" if column.in_key else "YES", collation
