"""What data tests found, in lines for the user.

Only tests with `explain: true` in their meta show the rows they found: the rows of other tests may
hold personal data.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from c360.errors import CustomerError
from loaders.database import connect_read_only

MAX_ROWS_SHOWN = 5
# The columns that say where; the others say what.
PLACE = ("source", "log_date")


def explains(node: Any) -> bool:
    """Whether what a node of dbt found may be shown."""
    return bool(node.node.config.meta.get("explain"))


def explanations(database: Path, node: Any) -> list[str]:
    """The first rows that a test of this build found, one line each; none if it does not explain.

    Args:
        node: dbt's result of the test; dbt has closed the database.
    """
    if not explains(node):
        return []
    try:
        connection = connect_read_only(database)
    except CustomerError:  # the test has failed either way
        return []
    try:
        lines = found_by(connection, f"(\n{node.node.compiled_code}\n)")
    except duckdb.Error:
        return []
    finally:
        connection.close()
    if len(lines) > MAX_ROWS_SHOWN:
        lines[MAX_ROWS_SHOWN:] = [f"and {len(lines) - MAX_ROWS_SHOWN} more"]
    return lines


def found_by(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    """Every row of a test's query, or of the table that keeps what it found, one line each."""
    cursor = connection.execute(f"select * from {relation} order by all")
    columns = [column[0] for column in cursor.description]
    return [describe(columns, row) for row in cursor.fetchall()]


def describe(columns: Sequence[str], row: Sequence[object]) -> str:
    """`log_content 2022-07-05: reason unknown_app, reason share 6.0%`."""
    cells = dict(zip(columns, row, strict=True))
    place = " ".join(str(cells[name]) for name in PLACE if name in cells)
    details = [
        f"{name.replace('_', ' ')} {_shown(name, value)}"
        for name, value in cells.items()
        if name not in PLACE
    ]
    return f"{place}: {', '.join(details)}" if place else ", ".join(details)


def _shown(name: str, value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    if name.endswith("_share"):
        return f"{100 * value:.2f}%"
    return f"{value:,.0f}"
