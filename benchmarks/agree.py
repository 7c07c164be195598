"""Whether a contender has computed the project's marts, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

# Where a contender leaves a mart, as SQL with {out} and {mart}.
TABLES = "contender.main.{mart}"
PARQUET_FILES = "read_parquet('{out}/{mart}.parquet')"
PARQUET_FOLDERS = "read_parquet('{out}/{mart}/*.parquet')"
CSV_FOLDERS = "read_csv('{out}/{mart}/*.csv', header = true, all_varchar = true)"
MAX_SHOWN = 3


class DisagreementError(SystemExit):
    """A contender's marts are not the project's: its time means nothing, the benchmark ends."""


def require_equal(
    name: str, database: Path, out: Path, where: str, marts: Mapping[str, str], bare: str
) -> None:
    """Compare all columns of all rows, each as often as it occurs.

    Args:
        name: the contender's, for the error.
        database: the project's.
        out: where the contender's marts lie, in which form says `where`.
        marts: the project's table -> the contender's mart.
        bare: name of the DuckDB file in `out` when the marts are tables.

    Raises:
        DisagreementError: a mart is empty or differs; says how many rows and shows some.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as project (read_only)")
        if where == TABLES:
            connection.execute(f"attach '{out / bare}' as contender (read_only)")
        for table, mart in marts.items():
            theirs = where.format(out=out, mart=mart)
            compare(connection, name, f"project.{table}", theirs)


def compare(connection: duckdb.DuckDBPyConnection, name: str, ours: str, theirs: str) -> None:
    """One mart: theirs is read with the columns and types of ours."""
    described = connection.execute(f"describe {ours}").fetchall()
    columns = ", ".join(f'"{column}"' for column, *_ in described)
    casts = ", ".join(f'cast("{column}" as {kind}) as "{column}"' for column, kind, *_ in described)
    different = f"""
        (select 'only the project' as who, * from
            (select {columns} from {ours} except all select {casts} from {theirs}))
        union all
        (select 'only the contender' as who, * from
            (select {casts} from {theirs} except all select {columns} from {ours}))
    """
    rows = connection.execute(f"select count(*) from {ours}").fetchall()[0][0]
    differing = connection.execute(f"select count(*) from ({different})").fetchall()[0][0]
    if not rows:
        raise DisagreementError(f"{name} cannot be compared: {ours} is empty")
    if differing:
        shown = connection.execute(f"{different} order by 1, 2, 3 limit {MAX_SHOWN}").fetchall()
        examples = "\n".join(f"  {row}" for row in shown)
        raise DisagreementError(
            f"{name} disagrees with {ours} in {differing:,} rows, such as\n{examples}"
        )
