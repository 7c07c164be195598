"""The proof of `c360 forget`: a search for a person in every table and every exported file."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from exporters.file_set import SETS
from exporters.identifiers import for_server
from exporters.marks import leftovers, read_marks
from exporters.session import connect
from exporters.url import parse_url
from loaders.database import connect_read_only, quoted
from loaders.forgotten import (
    CODE_COLUMNS,
    CUSTOMER_ID,
    IDENTIFIER_TYPES,
    Forgotten,
    customer_id,
    normalised,
    salted_hash_sql,
)
from loaders.person import Person, pattern
from loaders.sources import SOURCES

# What the marts derive from identifiers alone.
DERIVED_COLUMNS = ("customer_id", "component", "node", "neighbour")
QUARANTINE_LINES = ("raw.quarantine", "line")
# Numbers of loads and of processes, and the record of an export with its counts: as CODE_COLUMNS.
NUMBERED_COLUMNS = CODE_COLUMNS | {"load_id", "filename", "content"}
# Eight digits of a path are a date, not a user.
PATH = "path"


@dataclass(frozen=True)
class Found:
    """Where a search looked and where it found something."""

    searched: int
    holding: tuple[str, ...]


class Search:
    """Looks for one person, and for everybody remembered, in relations of one connection.

    Identifiers are compared as the marts compare them; in free text whole words are searched.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, person: Person, key: str | None
    ) -> None:
        self._connection = connection
        self._salt = Forgotten.read(connection).salt
        exact = exact_forms(person, key)
        self._values: dict[str, object] = {
            "exact": exact + [f"{kind}:{value}" for kind, value in person.identifiers],
            **{kind: person.values(kind) for kind in IDENTIFIER_TYPES},
            "words": pattern(person.distinctive_words() + exact),
            "codes": pattern(person.code_words() + exact),
            "emails": pattern(person.emails() + exact),
            "lines": pattern(person.words()),
            "records": pattern(person.code_words() + exact + fields_of_records(person)),
        }

    def rows_in(self, relation: str, columns: dict[str, str], name: str, **files: str) -> int:
        """How many rows of a relation hold the person, or somebody who is remembered.

        Args:
            relation: SQL of the relation, with parameters for `files`.
            columns: column -> type of its texts; lists are searched as text.
            name: what the relation is called.
        """
        texts = {
            column: quoted(column) if kind == "VARCHAR" else f"cast({quoted(column)} as varchar)"
            for column, kind in columns.items()
        }
        conditions = [*self._equal(texts), *self._named(texts, name)]
        found = self._count(relation, " or ".join(conditions), files) if conditions else 0
        for value, kind, condition in _hashed(texts):
            # Each value is hashed once, however many rows it has.
            values = f"(select distinct {value} as value from {relation} where {condition})"
            found += self._count(
                values,
                f"{salted_hash_sql('value', kind)} in "
                f"(select identifier_hash from raw.forgotten where identifier_type = '{kind}')",
                files,
            )
        return found

    def _equal(self, texts: dict[str, str]) -> Iterator[str]:
        for column, text in texts.items():
            if column in IDENTIFIER_TYPES:
                yield f"list_contains(${column}, {normalised(text, column)})"
            if column in IDENTIFIER_TYPES or column in DERIVED_COLUMNS:
                yield f"list_contains($exact, {text})"
        if "identifier" in texts and "identifier_type" in texts:
            yield f"list_contains($exact, {texts['identifier']})"
            yield f"list_contains($exact, identifier_type || ':' || {texts['identifier']})"

    def _named(self, texts: dict[str, str], name: str) -> Iterator[str]:
        by_pattern: dict[str, list[str]] = {}
        for column, text in texts.items():
            by_pattern.setdefault(_pattern_for(name, column), []).append(
                f"regexp_replace({text}, '[0-9]{{8}}', '', 'g')" if column == PATH else text
            )
        for words, found in by_pattern.items():
            if self._values[words]:
                yield f"regexp_matches(concat_ws(chr(10), {', '.join(found)}), ${words})"

    def _count(self, relation: str, condition: str, files: dict[str, str]) -> int:
        query = f"select count(*) from {relation} where {condition}"
        values = self._values | {"salt": self._salt}
        used = {name: values[name] for name in re.findall(r"\$(\w+)", query) if name in values}
        row = self._connection.execute(query, used | files).fetchone()
        return int(row[0]) if row else 0


def _hashed(texts: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Values whose hashes are remembered: SQL, identifier type, and which rows have them."""
    for column, text in texts.items():
        if column in IDENTIFIER_TYPES:
            yield normalised(text, column), column, "true"
        elif column in (CUSTOMER_ID, "component"):
            yield text, CUSTOMER_ID, "true"
        elif column == "identifier" and "identifier_type" in texts:
            for kind in IDENTIFIER_TYPES:
                yield text, kind, f"identifier_type = '{kind}'"


def _pattern_for(name: str, column: str) -> str:
    """Which words mean the person in a column."""
    if (name, column) == QUARANTINE_LINES:
        return "lines"
    if column == "line":
        return "records"
    if column in IDENTIFIER_TYPES or column == "identifier":
        return "emails"
    return "codes" if column in NUMBERED_COLUMNS else "words"


def fields_of_records(person: Person) -> list[str]:
    """Their identifiers as JSON records have them: digits alone could be a duration there."""
    return [
        f'"{field.name}":"{value}"'
        for source in SOURCES.values()
        for field in source.fields
        for value in person.values(field.column)
    ]


def exact_forms(person: Person, key: str | None) -> list[str]:
    """What stands for the person wherever it appears: ids of the marts, and pseudonyms of all."""
    derived = [customer_id(kind, value) for kind, value in person.identifiers]
    if key is None:
        return derived
    plain = derived + [value for _, value in person.identifiers]
    return derived + [hmac.digest(key.encode(), text.encode(), "sha256").hex() for text in plain]


def search_database(database: Path, person: Person, key: str | None) -> Found:
    """Look into every text of every table in every schema of the database."""
    connection = connect_read_only(database)
    try:
        search = Search(connection, person, key)
        tables = _tables(connection)
        holding = [
            name
            for name, (relation, columns) in tables.items()
            if search.rows_in(relation, columns, name)
        ]
        return Found(len(tables), tuple(holding))
    finally:
        connection.close()


def search_files(database: Path, export_dir: Path, person: Person, key: str | None) -> Found:
    """Look into every file of every set that lies in the export directory."""
    files = sorted(path for path in (export_dir / SETS).rglob("*") if path.is_file())
    connection = connect_read_only(database)
    try:
        search = Search(connection, person, key)
        holding = []
        for path in files:
            if path.suffix == ".parquet":
                relation = "read_parquet($path)"
            elif path.suffix == ".csv":
                relation = (
                    "read_csv($path, header = true, all_varchar = true, "
                    "delim = ',', quote = '\"', escape = '\"')"
                )
            else:
                relation = "read_text($path)"
            described = connection.execute(
                f"select column_name, column_type from (describe from {relation})",
                {"path": str(path)},
            ).fetchall()
            columns = {name: kind for name, kind in described if "VARCHAR" in kind}
            if search.rows_in(relation, columns, path.name, path=str(path)):
                holding.append(str(path.relative_to(export_dir)))
        return Found(len(files), tuple(holding))
    finally:
        connection.close()


def search_server(url: str, person: Person, key: str | None) -> Found:
    """Look for the identifiers in every table that exports have made on a server.

    What else these tables hold was compared with DuckDB's marts when they were written.
    """
    values = exact_forms(person, key) + [value for _, value in person.identifiers]
    with connect(parse_url(url)) as session:
        marks = read_marks(session)
        ours = [name for name, mark in marks.items() if mark is not None]
        holding = list(leftovers(marks))
        for table in ours:
            columns = session.rows(
                "select column_name from information_schema.columns "
                "where table_schema = %s and table_name = %s and column_name in %s",
                (
                    session.url.schema,
                    table,
                    (*IDENTIFIER_TYPES, *DERIVED_COLUMNS, "identifier"),
                ),
            )
            for (column,) in columns:
                (count,) = session.row(
                    f"select count(*) from {for_server(table)} where {for_server(column)} in %s",
                    (tuple(_values_of(column, person, values)),),
                )
                if count:
                    holding.append(table)
        return Found(len(ours), tuple(sorted(set(holding))))


def _values_of(column: str, person: Person, values: list[str]) -> list[str]:
    """In a column of one type another person's identifier of another type may look the same."""
    if column not in IDENTIFIER_TYPES:
        return values
    others = {value for kind, value in person.identifiers if kind != column}
    return [value for value in values if value not in others or value in person.values(column)]


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, dict[str, str]]]:
    """Every table with its columns of text: name -> (SQL, column -> type)."""
    rows = connection.execute(
        """
        select schema_name, table_name, column_name, data_type
        from duckdb_tables() as tables
        left join duckdb_columns() as columns using (database_name, schema_name, table_name)
        where not tables.internal and database_name = current_database()
        order by all
        """
    ).fetchall()
    tables: dict[str, tuple[str, dict[str, str]]] = {}
    for schema, table, column, data_type in rows:
        relation = f"{quoted(schema)}.{quoted(table)}"
        columns = tables.setdefault(f"{schema}.{table}", (relation, {}))[1]
        if "VARCHAR" in data_type or data_type in ("JSON", "BLOB"):
            columns[column] = data_type
    return tables
