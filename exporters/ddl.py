"""The statements that make a served table: explicit types, key, indexes, collation, comments.

The indexes are made after loading: the server then sorts each once, instead of looking up a place
for every row, which takes many times as long once an index outgrows the server's memory.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from exporters.identifiers import for_server
from exporters.plan import (
    BYTES_A_CHARACTER,
    FIXED_BYTES,
    INDEX_BYTES,
    Plan,
    PlannedColumn,
    index_bytes,
)
from exporters.session import Server

_COMMENT_CHARACTERS = 1024  # of a column; a table has 2048, half of them for our mark


@dataclass(frozen=True)
class Statement:
    """SQL with `%s` for each of `values`: the comments are values, not SQL."""

    sql: str
    values: tuple[str, ...]


def create_table(name: str, plan: Plan, server: Server, mark: str) -> Statement:
    """`create table` for `plan` with its primary key alone; `mark` ends the table's comment."""
    return _create_table(name, plan, server, mark, _primary_key(plan))


def add_indexes(name: str, plan: Plan) -> str:
    """`alter table` that adds the other indexes of `plan`; empty if there are none."""
    added = ", ".join(f"add {line}" for line in _indexes(plan))
    return f"alter table {for_server(name)} {added}" if added else ""


def _create_table(
    name: str, plan: Plan, server: Server, mark: str, keys: Sequence[str]
) -> Statement:
    lines = [f"  {_column(column)} comment %s" for column in plan.columns]
    lines += [f"  {line}" for line in keys]
    body = ",\n".join(lines)
    sql = (
        f"create table {for_server(name)} (\n{body}\n) engine=InnoDB row_format=dynamic "
        f"default character set utf8mb4 collate {server.collation} comment %s"
    )
    comments = [_comment(column.description) for column in plan.columns]
    return Statement(sql, (*comments, f"{_comment(plan.table.description)} {mark}".strip()))


def ddl_hash(plan: Plan, server: Server) -> str:
    """Changes when the served table would be defined in another way."""
    keys = [*_primary_key(plan), *_indexes(plan)]
    statement = _create_table(plan.table.name, plan, server, "", keys)
    return hashlib.sha256("\0".join((statement.sql, *statement.values)).encode()).hexdigest()[:16]


def has_primary_key(plan: Plan) -> bool:
    """Whether the key fits into MySQL's longest index; if not, an index of prefixes serves it."""
    return _index_bytes([plan.column(name) for name in plan.table.key]) <= INDEX_BYTES


def _column(column: PlannedColumn) -> str:
    null = "not null" if column.in_key else "null"
    return f"{for_server(column.name)} {column.server_type} {null}"


def _comment(description: str) -> str:
    # The servers keep comments in three-byte UTF-8, which has no emoji.
    return re.sub(r"[^\u0000-\uffff]", "\ufffd", description)[:_COMMENT_CHARACTERS]


def _primary_key(plan: Plan) -> list[str]:
    key = [plan.column(name) for name in plan.table.key]
    return [f"primary key ({_names(key)})"] if has_primary_key(plan) else []


def _indexes(plan: Plan) -> list[str]:
    """Every index but the primary key."""
    key = [plan.column(name) for name in plan.table.key]
    lines = [] if has_primary_key(plan) else [f"key `key_prefix` ({_prefixes(key)})"]
    for number, index in enumerate(plan.table.indexes, start=1):
        columns = [plan.column(name) for name in index]
        # The number keeps long names apart after cutting them to the 64 characters of MySQL.
        name = f"ix{number}_{'_'.join(index)}"[:64]
        lines.append(f"key {for_server(name)} ({_prefixes(columns)})")
    return lines


def _names(columns: list[PlannedColumn]) -> str:
    return ", ".join(for_server(column.name) for column in columns)


def _prefixes(columns: list[PlannedColumn]) -> str:
    """The columns of an index, each text cut to a prefix if they do not fit as a whole."""
    if _index_bytes(columns) <= INDEX_BYTES:
        return _names(columns)
    texts = [column for column in columns if column.kind == "text"]
    room = INDEX_BYTES - FIXED_BYTES * (len(columns) - len(texts))
    share = room // (BYTES_A_CHARACTER * len(texts))
    parts = []
    for column in columns:
        whole = column.kind != "text" or (column.length is not None and column.length <= share)
        parts.append(for_server(column.name) + ("" if whole else f"({share})"))
    return ", ".join(parts)


def _index_bytes(columns: list[PlannedColumn]) -> int:
    return index_bytes([(column.kind, column.length) for column in columns])
