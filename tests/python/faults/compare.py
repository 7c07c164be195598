"""What a disturbed run lost or doubled against an undisturbed one: differences of multisets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

# Columns that differ from load to load although the same was loaded.
LOADED_TABLES = ("log_content", "log_search", "library", "identities", "quarantine")
RAW_QUERIES = {
    name: f"select files.path, rows.* exclude (file_id) from {{}}.raw.{name} as rows "
    "left join {}.raw.files as files using (file_id)"
    for name in LOADED_TABLES
} | {
    "files": "select * exclude (file_id, load_id, loaded_at, modified_ns, changed_ns) "
    "from {}.raw.files",
    "skipped_paths": "select * exclude (load_id) from {}.raw.skipped_paths",
}
MARTS = "marts"


@dataclass(frozen=True)
class Difference:
    """Rows that are missing and rows that are too many."""

    lost: int = 0
    doubled: int = 0
    where: tuple[str, ...] = ()

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.lost + other.lost, self.doubled + other.doubled, self.where + other.where
        )

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled)

    def __str__(self) -> str:
        return f"{self.lost} rows lost, {self.doubled} too many in {', '.join(self.where)}"


SAME = Difference()


def raw_difference(expected: Path, actual: Path) -> Difference:
    """Schema `raw` of two databases, rows by the path of their file."""
    return _difference(expected, actual, RAW_QUERIES)


def kept_difference(before: Path, after: Path) -> Difference:
    """What a database has lost of the files that are in it as they were."""
    same = "(select path from expected.raw.files join actual.raw.files using (path, content_hash))"
    kept = {
        name: f"select * from ({query}) where path in {same}"
        for name, query in RAW_QUERIES.items()
        if name in LOADED_TABLES
    }
    return _difference(before, after, kept)


def mart_difference(expected: Path, actual: Path) -> Difference:
    """Schema `marts` of two databases."""
    names = sorted(table for schema, table in tables(expected) if schema == MARTS)
    return _difference(expected, actual, {name: f"from {{}}.{MARTS}.{name}" for name in names})


def row_difference(name: str, expected: Iterable[Any], actual: Iterable[Any]) -> Difference:
    """Rows that are at hand already."""
    wanted, found = Counter(expected), Counter(actual)
    return _named(name, (wanted - found).total(), (found - wanted).total())


def tables(database: Path) -> set[tuple[str, str]]:
    """Every table and view with its schema."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
    return set(rows)


def files_gone(before: Path, after: Path) -> list[str]:
    """Files that are known to one database and not to another: nothing but pruning removes one."""
    with duckdb.connect(str(before), read_only=True) as connection:
        known = connection.execute("select path from raw.files").fetchall()
    with duckdb.connect(str(after), read_only=True) as connection:
        left = connection.execute("select path from raw.files").fetchall()
    return [f"{path} is gone" for path in sorted({path for (path,) in set(known) - set(left)})]


def not_whole(database: Path) -> list[str]:
    """Files of which not all rows, or rows of which not the file, are in a database (SPEC 3)."""
    kept = " union all ".join(f"select file_id from raw.{name}" for name in LOADED_TABLES)
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            f"""
            with kept as (select file_id, count(*) as rows from ({kept}) group by file_id)
            select path, rows_read, coalesce(rows, 0)
            from raw.files full join kept using (file_id)
            where rows_read is distinct from coalesce(rows, 0)
            """
        ).fetchall()
    return [f"{path}: {rows} rows of {read} are there" for path, read, rows in rows]


def _difference(expected: Path, actual: Path, queries: dict[str, str]) -> Difference:
    found = SAME
    with duckdb.connect() as connection:
        for name, path in (("expected", expected), ("actual", actual)):
            quoted = str(path).replace("'", "''")
            connection.execute(f"attach '{quoted}' as {name} (read_only)")
        for name, query in queries.items():
            wanted, there = (query.replace("{}", side) for side in ("expected", "actual"))
            lost, doubled = (
                _count(connection, f"select count(*) from ({one} except all {other})")
                for one, other in (
                    (f"({wanted})", f"({there})"),
                    (f"({there})", f"({wanted})"),
                )
            )
            found += _named(name, lost, doubled)
    return found


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _named(name: str, lost: int, doubled: int) -> Difference:
    return Difference(lost, doubled, (name,) if lost or doubled else ())
