"""Who has been forgotten (`c360 forget`), and how they are kept out of later loads.

`raw.forgotten` holds hashes under a salt of this database, never an identifier. Each identifier
has up to three rows, told apart by their type: its own type, `word` for finding it in free text,
and `customer_id` for the id that the marts would give it alone.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from loaders.readers.base import Landed, as_texts
from loaders.sources import SOURCES

IDENTIFIER_TYPES = ("contract", "user_id", "email", "subscriber_id")
WORD = "word"
CUSTOMER_ID = "customer_id"
MARKER = "[a forgotten person was named here]"

# Columns that hold identifiers of the type they are named after.
TYPED_COLUMNS: dict[str, tuple[str, ...]] = {
    name: tuple(field.column for field in source.fields if field.column in IDENTIFIER_TYPES)
    for name, source in SOURCES.items()
}
# Ids, times and numbers of the rows themselves: not free text, and digits in them are no user's.
CODE_COLUMNS = frozenset({"document_id", "mac", "total_duration", "event_id", "event_datetime"})

# White space: what `str.strip` removes.
_SPACE = r"[\s\p{Z}\x0b\x1c-\x1f\x85]"
# A word of free text is a run of letters and digits; an identifier may be several with what
# stands between them, as in an email address.
_RUN = re.compile(r"[^\W_]+")
LONGEST_RUNS = 8
# Shorter ones and those without a digit are words that other people use too.
DISTINCTIVE_CHARACTERS = 6


def normalised(expression: str, identifier_type: str) -> str:
    """SQL that gives an identifier as staging does: trimmed, an email in lower case (SPEC 6).

    The same as the macro trim_whitespace; a test compares them.
    """
    trimmed = (
        f"case when regexp_full_match({expression}, '[A-Za-z0-9_-]*') then {expression} "
        f"else regexp_replace({expression}, '^{_SPACE}+|{_SPACE}+$', '', 'g') end"
    )
    return f"lower({trimmed})" if identifier_type == "email" else trimmed


def word_of(identifier: str) -> str:
    """What of an identifier is looked for in free text: lower case, without signs at its ends."""
    folded = identifier.lower()
    runs = list(_RUN.finditer(folded))
    return folded[runs[0].start() : runs[-1].end()] if runs else ""


def is_distinctive(word: str) -> bool:
    """Whether a word in somebody's search can only mean the identifier.

    `boruto` may be a user's name and is what others search for; `boruto99` is not.
    """
    digits = any(character.isdigit() for character in word)
    return "@" in word or (digits and len(word) >= DISTINCTIVE_CHARACTERS)


def words_in(text: str) -> Iterator[str]:
    """Everything in a text that could be an identifier's word, of up to `LONGEST_RUNS` runs."""
    folded = text.lower()
    runs = list(_RUN.finditer(folded))
    for first, start in enumerate(runs):
        for last in runs[first : first + LONGEST_RUNS]:
            yield folded[start.start() : last.end()]


def salted_hash(salt: str, identifier_type: str, identifier: str) -> str:
    """What is remembered of an identifier."""
    return hashlib.sha256(f"{salt}{identifier_type}:{identifier}".encode()).hexdigest()


def salted_hash_sql(expression: str, identifier_type: str) -> str:
    """The same in SQL; the parameter `$salt` holds the salt."""
    return f"sha256($salt || '{identifier_type}:' || {expression})"


@dataclass(frozen=True)
class Forgotten:
    """The hashes of everybody who is forgotten, by identifier type."""

    salt: str
    hashes: dict[str, frozenset[str]]

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> Forgotten:
        """What the database remembers; needs its schema `raw`."""
        salts = connection.execute("select salt from raw.forgotten_salt").fetchall()
        rows = connection.execute(
            "select identifier_type, list(identifier_hash) from raw.forgotten group by all"
        ).fetchall()
        return cls(salts[0][0] if salts else "", {kind: frozenset(found) for kind, found in rows})

    def names(self, text: str, *, distinctive: bool, sign: str = "") -> bool:
        """Whether a text names somebody who is forgotten.

        Args:
            distinctive: look only for words that can mean nothing else.
            sign: look only for words that match this expression.
        """
        known = self.hashes.get(WORD, frozenset())
        return bool(known) and any(
            salted_hash(self.salt, WORD, word) in known
            for word in words_in(text)
            if (not distinctive or is_distinctive(word)) and re.search(sign, word)
        )

    def keep_out(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: str,
        file_id: int,
        landed: Landed,
    ) -> tuple[Landed, int]:
        """Remove the rows of forgotten persons from what a file has just given.

        Runs in the transaction of the file, so that nobody sees them.

        Returns:
            What the file gave without them, and how many rows were removed.
        """
        if not self.hashes:
            return landed, 0
        removed = sum(
            self._remove_identifiers(connection, source, file_id, column)
            for column in TYPED_COLUMNS[source]
        )
        removed += self._remove_words(connection, source, file_id, text_columns(source), "[0-9@]")
        # An email address is one wherever it stands; other identifiers mean what their type says.
        others = tuple(column for column in TYPED_COLUMNS[source] if column != "email")
        removed += self._remove_words(connection, source, file_id, others, "@")
        lines = [
            MARKER if self.names(line, distinctive=False) else line
            for line in as_texts(landed.rejected.lines).to_pylist()
        ]
        rejected = replace(landed.rejected, lines=lines)
        return replace(landed, rows_read=landed.rows_read - removed, rejected=rejected), removed

    def _remove_identifiers(
        self, connection: duckdb.DuckDBPyConnection, source: str, file_id: int, column: str
    ) -> int:
        if column not in self.hashes:
            return 0
        # Each value is hashed once, however many rows it has.
        rows = connection.execute(
            f"""
            with given as (select distinct {column} from raw.{source} where file_id = $file_id)
            select {column} from given
            where {salted_hash_sql(normalised(column, column), column)} in (
                select identifier_hash from raw.forgotten where identifier_type = $type
            )
            """,
            {"file_id": file_id, "salt": self.salt, "type": column},
        ).fetchall()
        return _delete(connection, source, file_id, (column,), [value for (value,) in rows])

    def _remove_words(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: str,
        file_id: int,
        columns: tuple[str, ...],
        sign: str,
    ) -> int:
        """Remove rows with a text that names somebody by a word with one of these signs."""
        if WORD not in self.hashes or not columns:
            return 0
        rows = connection.execute(
            f"""
            with given as (
                select distinct unnest([{", ".join(columns)}]) as text
                from raw.{source} where file_id = $file_id
            )
            select text from given where regexp_matches(text, $sign)
            """,
            {"file_id": file_id, "sign": sign},
        ).fetchall()
        named = [text for (text,) in rows if self.names(text, distinctive=True, sign=sign)]
        return _delete(connection, source, file_id, columns, named)


def text_columns(source: str) -> tuple[str, ...]:
    """Free text of a raw table: not identifiers, and not `CODE_COLUMNS`. A list is its text."""
    return tuple(
        f"cast({field.column} as varchar)" if field.column == "user_plans" else field.column
        for field in SOURCES[source].all_fields
        if field.column not in IDENTIFIER_TYPES and field.column not in CODE_COLUMNS
    )


def remember(connection: duckdb.DuckDBPyConnection, identifiers: Sequence[tuple[str, str]]) -> None:
    """Note that these (type, normalised identifier) are forgotten; the caller commits."""
    salt = Forgotten.read(connection).salt
    if not salt:
        salt = secrets.token_hex(32)
        connection.execute("insert into raw.forgotten_salt values (?)", [salt])
    facts = {(kind, value) for kind, value in identifiers}
    facts |= {(WORD, word_of(value)) for _, value in identifiers if word_of(value)}
    facts |= {(CUSTOMER_ID, customer_id(kind, value)) for kind, value in identifiers}
    hashes = sorted((kind, salted_hash(salt, kind, value)) for kind, value in facts)
    connection.executemany(
        """
        insert into raw.forgotten
        select $type, $hash, $now
        where not exists (
            from raw.forgotten where identifier_type = $type and identifier_hash = $hash
        )
        """,
        [
            {"type": kind, "hash": digest, "now": datetime.now(UTC).replace(tzinfo=None)}
            for kind, digest in hashes
        ],
    )


def customer_id(identifier_type: str, identifier: str) -> str:
    """The id that customer_identifiers gives a customer whose smallest identifier this is."""
    return hashlib.md5(
        f"{identifier_type}:{identifier}".encode(), usedforsecurity=False
    ).hexdigest()


def _delete(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    file_id: int,
    columns: tuple[str, ...],
    values: list[str],
) -> int:
    """Delete a file's rows with one of these values in one of these columns; returns how many."""
    if not values:
        return 0
    connection.register("unwanted", pa.table({"value": pa.array(values, pa.string())}))
    anywhere = " or ".join(f"{column} in (select value from unwanted)" for column in columns)
    connection.execute(f"delete from raw.{source} where file_id = ? and ({anywhere})", [file_id])
    (count,) = connection.fetchall()[0]
    connection.unregister("unwanted")
    return int(count)
