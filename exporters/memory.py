"""Fingerprints of marts that have been computed before, in a file beside the database.

A fingerprint takes a SHA-256 of every row. DuckDB's own hash of all rows takes a tenth of that, and
the same hash under the same version of DuckDB stands for the same contents. So the file only says
what would be computed again: what is on a server is never taken from it. Without the file, or with
a damaged one, everything is computed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from exporters import fingerprint
from exporters.duck import one_row
from exporters.fingerprint import Fingerprint
from exporters.identifiers import for_duckdb
from exporters.plan import Plan


def memory_file(database: Path) -> Path:
    """Where the fingerprints of a database's marts are remembered."""
    return database.with_name(f".{database.name}.fingerprints")


class Memory:
    """The known fingerprints of a database's marts, written back when the block ends.

    It keeps those of one export: what is not asked for is forgotten.
    """

    def __init__(self, database: Path) -> None:
        self._path = memory_file(database)
        self._known: dict[str, Any] = {}
        self._used: dict[str, Any] = {}

    def __enter__(self) -> Memory:
        self._known = _read(self._path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not kind and self._used != self._known:
            _write(self._path, self._used)

    def fingerprint(self, connection: duckdb.DuckDBPyConnection, plan: Plan) -> Fingerprint:
        """The mart's fingerprint, computed if its contents are not the known ones."""
        name, contents = plan.table.name, _contents(connection, plan)
        known = self._known.get(name, {})
        if known.get("contents") == contents:
            self._used[name] = known
            found = known["fingerprint"]
            columns = tuple((column, count, total) for column, count, total in found["columns"])
            return Fingerprint(found["rows"], found["row_hash"], columns)
        row = one_row(connection, fingerprint.duckdb_query(plan.source, plan.columns))
        computed = fingerprint.read(row, plan.columns)
        self._used[name] = {
            "contents": contents,
            "fingerprint": asdict(computed) | {"columns": list(map(list, computed.columns))},
        }
        return computed


def _contents(connection: duckdb.DuckDBPyConnection, plan: Plan) -> str:
    """What tells these contents from others: a hash of all rows, columns, and how it is made."""
    names = ", ".join(for_duckdb(column.name) for column in plan.columns)
    # Twice: hashing the columns alone mixes the last of them too little for a sum.
    rows = one_row(
        connection,
        f"select count(*), cast(sum(hash(hash({names}))) as varchar) from {plan.source}",
    )
    kinds = [(column.name, column.kind) for column in plan.columns]
    queries = fingerprint.duckdb_query("", plan.columns)
    how = hashlib.sha256(json.dumps([kinds, queries]).encode()).hexdigest()
    return f"{duckdb.__version__} {how} {rows[0]} {rows[1]}"


def _read(path: Path) -> dict[str, Any]:
    try:
        digest, _, text = path.read_text(encoding="utf-8").partition("\n")
        if digest == _digest(text):
            known: dict[str, Any] = json.loads(text)
            return known
    except (OSError, ValueError):
        pass
    return {}


def _write(path: Path, known: dict[str, Any]) -> None:
    text = json.dumps(known, indent=1)
    # Where it cannot be written, the next export computes again.
    with contextlib.suppress(OSError):
        draft = path.with_name(path.name + ".new")
        draft.write_text(f"{_digest(text)}\n{text}", encoding="utf-8")
        draft.replace(path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
