"""One person in schema `raw`: all their identifiers, and taking out what is known of them.

A person is an identifier and all that identities/ links with it, as the customers of the marts are
(models/marts/customer360); identifiers of a component too large to be one person stay apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from loaders.forgotten import (
    CODE_COLUMNS,
    IDENTIFIER_TYPES,
    MARKER,
    TYPED_COLUMNS,
    is_distinctive,
    normalised,
    remember,
    text_columns,
    word_of,
)
from loaders.landing import transaction
from loaders.sources import SOURCES

# Texts that stand for no identifier: the var identifier_placeholders (a test compares them).
PLACEHOLDERS = ("0", "null", "none", "unknown")

# The edges of a word, where nothing but a letter or digit belongs to it.
_EDGE = r"[^\p{L}\p{N}]"


@dataclass(frozen=True)
class Person:
    """Identifiers of one person, as (type, normalised value).

    Attributes:
        too_large: the identifier is linked with too many others to be one person; it is alone here.
    """

    identifiers: tuple[tuple[str, str], ...]
    too_large: bool = False

    def values(self, identifier_type: str) -> list[str]:
        """The identifiers of one type."""
        return [value for kind, value in self.identifiers if kind == identifier_type]

    def words(self) -> list[str]:
        """What is looked for in free text that only they can have written or caused."""
        return sorted({word_of(value) for _, value in self.identifiers if word_of(value)})

    def distinctive_words(self) -> list[str]:
        """Those that can mean nothing else in what others write."""
        return [word for word in self.words() if is_distinctive(word)]

    def emails(self) -> list[str]:
        """Those that mean the person even where an identifier of another type stands."""
        return [word for word in self.words() if "@" in word]

    def code_words(self) -> list[str]:
        """Those that cannot be a part of some number or id by chance."""
        return [word for word in self.distinctive_words() if not word.isdigit()]


def pattern(words: list[str]) -> str | None:
    """A regular expression of DuckDB for any of these words; None without words."""
    if not words:
        return None
    return f"(?i)(?:^|{_EDGE})(?:{'|'.join(map(re.escape, words))})(?:$|{_EDGE})"


def normalise_identifier(
    connection: duckdb.DuckDBPyConnection, identifier_type: str, identifier: str
) -> str:
    """An identifier as staging would have it."""
    query = f"select {normalised('$identifier', identifier_type)}"
    row = connection.execute(query, {"identifier": identifier}).fetchone()
    return str(row[0]) if row else ""


def find_person(
    connection: duckdb.DuckDBPyConnection,
    identifier_type: str,
    identifier: str,
    max_identifiers: int,
) -> Person:
    """Follow the links of raw.identities from one identifier.

    Args:
        identifier: normalised.
        max_identifiers: the var max_customer_identifiers; larger components are no person.
    """
    # Placeholders link nobody, as in stg_identities__links.
    columns = ", ".join(
        f"case when lower({value}) not in {('', *PLACEHOLDERS)} then {value} end as {kind}"
        for kind in IDENTIFIER_TYPES
        for value in [normalised(kind, kind)]
    )
    connection.execute(
        f"create or replace temp table links as select {columns} from raw.identities"
    )
    named = (identifier_type, identifier)
    known, latest = {named}, {named}
    try:
        while latest and len(known) <= max_identifiers:
            latest = _neighbours(connection, latest) - known
            known |= latest
    finally:
        connection.execute("drop table links")
    if len(known) > max_identifiers:
        return Person((named,), too_large=True)
    return Person(tuple(sorted(known)))


def _neighbours(
    connection: duckdb.DuckDBPyConnection, nodes: set[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Every identifier that stands in a row with one of these."""
    found: set[tuple[str, str]] = set()
    for kind in IDENTIFIER_TYPES:
        values = [value for node_kind, value in nodes if node_kind == kind]
        rows = connection.execute(
            f"select distinct {', '.join(IDENTIFIER_TYPES)} from links "
            f"where {kind} in (select unnest($values))",
            {"values": values},
        ).fetchall()
        found |= {
            (of, value)
            for row in rows
            for of, value in zip(IDENTIFIER_TYPES, row, strict=True)
            if value is not None
        }
    return found


def remove_person(connection: duckdb.DuckDBPyConnection, person: Person) -> dict[str, int]:
    """Take a person out of schema `raw` and remember to keep them out, in one transaction.

    Rows with their identifiers go, and rows of others that name them in free text. Lines in the
    quarantine stay, because they are counted, without their text.

    Returns:
        Rows that are gone by table; for `quarantine` lines whose text is gone.
    """
    with transaction(connection):
        removed = {name: _remove_rows(connection, person, name) for name in SOURCES}
        removed["quarantine"] = _redact(connection, person)
        remember(connection, person.identifiers)
    return {name: count for name, count in removed.items() if count}


def _remove_rows(connection: duckdb.DuckDBPyConnection, person: Person, table: str) -> int:
    condition, values = _condition(person, table)
    if not condition:
        return 0
    connection.execute(
        f"create or replace temp table doomed as "
        f"select file_id, line_number from raw.{table} where {condition}",
        values,
    )
    (count,) = connection.execute("select count(*) from doomed").fetchall()[0]
    if count:
        connection.execute(
            f"delete from raw.{table} as rows using doomed "
            "where rows.file_id = doomed.file_id and rows.line_number = doomed.line_number"
        )
        connection.execute(
            """
            update raw.files as files
            set rows_read = rows_read - gone.rows,
                rows_forgotten = coalesce(rows_forgotten, 0) + gone.rows
            from (select file_id, count(*) as rows from doomed group by file_id) as gone
            where files.file_id = gone.file_id
            """
        )
    connection.execute("drop table doomed")
    return int(count)


def _condition(person: Person, table: str) -> tuple[str, Mapping[str, object]]:
    """Which rows of a raw table are theirs or name them: SQL and its parameters."""
    conditions: list[str] = []
    parameters: dict[str, object] = {}
    for column in TYPED_COLUMNS[table]:
        if person.values(column):
            conditions.append(f"list_contains(${column}, {normalised(column, column)})")
            parameters[column] = person.values(column)
    codes = [field.column for field in SOURCES[table].all_fields if field.column in CODE_COLUMNS]
    for name, columns, words in (
        ("words", text_columns(table), person.distinctive_words()),
        ("codes", codes, person.code_words()),
        ("emails", TYPED_COLUMNS[table], person.emails()),
    ):
        if words and columns:
            conditions.append(f"regexp_matches(concat_ws(chr(10), {', '.join(columns)}), ${name})")
            parameters[name] = pattern(words)
    return " or ".join(conditions), parameters


def _redact(connection: duckdb.DuckDBPyConnection, person: Person) -> int:
    """Replace texts of lines and files that were rejected and name the person."""
    words = pattern(person.words())
    if words is None:
        return 0
    connection.execute(
        "update raw.quarantine set line = $marker where regexp_matches(line, $words)",
        {"marker": MARKER, "words": words},
    )
    (count,) = connection.fetchall()[0]
    connection.execute(
        "update raw.files set problem = $marker where regexp_matches(problem, $words)",
        {"marker": MARKER, "words": words},
    )
    # Both lists are made anew by later loads.
    connection.execute("delete from raw.skipped_paths where regexp_matches(path, ?)", [words])
    connection.execute("delete from raw.field_drift where regexp_matches(field, ?)", [words])
    return int(count)
