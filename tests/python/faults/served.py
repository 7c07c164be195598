"""What is exported at this moment: whole or not, and of which database."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pymysql
import servers

from exporters.embedded import MANIFEST
from exporters.file_set import CURRENT, SETS
from exporters.marks import BOOKKEEPING, REPLACED, STAGING
from faults.compare import MARTS, Difference, row_difference, tables

Rows = dict[str, Counter[tuple[Any, ...]]]
# What an export directory holds beside the links to the files of the set.
OWN_NAMES = {CURRENT, SETS, ".lock"}
TABLE_DEFINITION_CHANGED = 1412


def mart_rows(database: Path) -> Rows:
    """Every mart, its rows as a server gives them."""
    names = sorted(table for schema, table in tables(database) if schema == MARTS)
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            name: _rows(connection.execute(f"from {MARTS}.{name}").fetchall()) for name in names
        }


def difference(expected: Rows, found: Rows) -> Difference:
    """Rows of the first that the second lacks, and the other way round."""
    nothing: Counter[tuple[Any, ...]] = Counter()
    total = Difference()
    for name in sorted(expected.keys() | found.keys()):
        sides = (side.get(name, nothing).elements() for side in (expected, found))
        total += row_difference(name, *sides)
    return total


def version_of(found: Rows, versions: Mapping[str, Rows]) -> str | None:
    """Which version is served; None when it is none of them, wholly."""
    return next((name for name, rows in versions.items() if rows == found), None)


@dataclass(frozen=True)
class Files:
    """An export directory."""

    folder: Path

    def rows(self) -> Rows:
        """Every exported table, read from its Parquet file.

        Raises:
            ValueError: a file of the set is missing or is not what its record says.
        """
        found: Rows = {}
        record = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        for table in record["tables"]:
            for file in table["files"]:
                content = (self.folder / file["name"]).read_bytes()
                if hashlib.sha256(content).hexdigest() != file["sha256"]:
                    raise ValueError(f"{file['name']} is not what {MANIFEST} says")
            path = str(self.folder / f"{table['name']}.parquet")
            found[table["name"]] = _rows(duckdb.execute("from read_parquet(?)", [path]).fetchall())
        return found

    def leftovers(self) -> list[str]:
        """What does not belong to the published set."""
        record = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        known = {file["name"] for table in record["tables"] for file in table["files"]}
        strange = {path.name for path in self.folder.iterdir()} - known - OWN_NAMES - {MANIFEST}
        sets = [path.name for path in (self.folder / SETS).iterdir()]
        found = [f"{name} was left behind" for name in sorted(strange)]
        return found + ([f"{len(sets)} sets are kept: {sets}"] if len(sets) != 1 else [])


@dataclass(frozen=True)
class Server:
    """A schema on a server."""

    schema: servers.Database

    def rows(self) -> Rows:
        """Every served table, as one moment has them."""
        for _ in range(20):
            try:
                return self._snapshot()
            except pymysql.err.OperationalError as error:
                # The server may still be ending the last statement of an export that is dead.
                if error.args[0] != TABLE_DEFINITION_CHANGED:
                    raise
        raise ValueError("the served tables do not stand still")

    def _snapshot(self) -> Rows:
        with self.schema.connect() as connection, connection.cursor() as cursor:
            cursor.execute("start transaction with consistent snapshot, read only")
            cursor.execute("show tables")
            names = [name for (name,) in cursor.fetchall() if _is_served(name)]
            found: Rows = {}
            for name in names:
                cursor.execute(f"select * from `{name}`")
                found[name] = _rows(cursor.fetchall())
            return found

    def leftovers(self) -> list[str]:
        """Staged or replaced tables, and a lock that is held."""
        lock = f"c360:{self.schema.address.schema}"[:64]
        ((holder,),) = self.schema.query("select is_used_lock(%s)", (lock,))
        found = [f"connection {holder} holds the lock"] if holder else []
        return found + [
            f"the table {name} was left behind"
            for name in sorted(self.schema.tables())
            if name.endswith((STAGING, REPLACED))
        ]


def _is_served(name: str) -> bool:
    return name != BOOKKEEPING and not name.endswith((STAGING, REPLACED))


def _rows(rows: Iterable[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(map(_plain, row)) for row in rows)


def _plain(value: Any) -> Any:
    """A server's booleans are numbers."""
    return int(value) if isinstance(value, bool) else value
