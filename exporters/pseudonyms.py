"""Exported identifiers as keyed hashes (docs/privacy.md): HMAC-SHA256, 64 hexadecimal digits.

DuckDB computes them. It has no HMAC, but SHA-256 of bytes and RFC 2104 say how to make one. The
key reaches it as two values, never as SQL, and is forgotten before anything is exported.

Marts with identifiers are copied once into a database in memory with the pseudonyms in their
place: everything that an export reads (checks, measures, checksums, files, the stream to the
server) then reads the copy, through any connection, without hashing again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import duckdb

from c360.errors import ExportError
from exporters.catalog import IDENTIFIERS, ExportTable
from exporters.duck import describe, readable, source_of
from exporters.identifiers import for_duckdb

CATALOG = "pseudonymised"
_BLOCK_BYTES = 64  # of SHA-256
_INNER, _OUTER = 0x36, 0x5C
# Null stays null, because every function here gives null for it.
_HMAC = (
    "sha256(getvariable('c360_outer') || "
    "unhex(sha256(getvariable('c360_inner') || encode({column}))))"
)


def pseudonymise(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[ExportTable], key: str | None
) -> list[ExportTable]:
    """The tables to export, those with identifiers as copies that hold pseudonyms.

    Args:
        connection: an export's connection to the database; it keeps the copies until it closes.
        tables: what to export; the `pii` of their columns says what is an identifier.
        key: the secret; None = the tables as they are.

    Raises:
        ExportError: a mart cannot be read, or an identifier is not a text.
    """
    if key is None:
        return list(tables)
    # Not on disk: a killed export leaves nothing. What memory cannot hold, DuckDB spills.
    connection.execute(f"attach ':memory:' as {for_duckdb(CATALOG)} (read_write, compress)")
    inner, outer = padded_keys(key)
    connection.execute("set variable c360_inner = ?", [inner])
    connection.execute("set variable c360_outer = ?", [outer])
    try:
        return [_copy(connection, table) for table in tables]
    finally:
        connection.execute("reset variable c360_inner")
        connection.execute("reset variable c360_outer")


def padded_keys(key: str) -> tuple[bytes, bytes]:
    """The key as HMAC puts it before the text and before the inner hash (RFC 2104)."""
    secret = key.encode()
    if len(secret) > _BLOCK_BYTES:
        secret = hashlib.sha256(secret).digest()
    block = secret.ljust(_BLOCK_BYTES, b"\0")
    return bytes(byte ^ _INNER for byte in block), bytes(byte ^ _OUTER for byte in block)


def _copy(connection: duckdb.DuckDBPyConnection, table: ExportTable) -> ExportTable:
    types = {column.name: column.data_type for column in describe(connection, table)}
    names = [column.name for column in table.columns if column.pii in IDENTIFIERS]
    if not names:
        return table
    for name in names:
        if name not in types:
            raise ExportError(
                f"The mart {table.name} has no column {name}, which is declared as an identifier; "
                "nothing was written.",
                hint="Give it the name that the model's YAML has and run dbt build.",
            )
        if types[name] != "VARCHAR":
            raise ExportError(
                f"The identifier {name} of mart {table.name} is a {types[name]}, not a text; "
                "nothing was written.",
                hint="Cast it to a string in the model and run dbt build.",
            )
    copy = replace(table, catalog=CATALOG)
    hashed = ", ".join(
        f"{_HMAC.format(column=for_duckdb(name))} as {for_duckdb(name)}" for name in names
    )
    with readable(table.name):
        connection.execute(
            f"create schema if not exists {for_duckdb(CATALOG)}.{for_duckdb(table.schema)}"
        )
        connection.execute(
            f"create table {source_of(copy)} as select * replace ({hashed}) from {source_of(table)}"
        )
    return copy
