"""DuckDB's reader and ours come to the same rows and the same rejected lines.

Which of the two reads a file depends on its other lines, so a line must not depend on it. Known and
accepted: DuckDB takes a comma before a closing bracket, and writes 1e3 as 1000.0 and 1.50 as 1.5.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support import COMPRESS, DAY, line, lines, record

from loaders.discovery import RawFile
from loaders.readers import readers_for
from loaders.readers.base import TryNextReader
from loaders.schema import ensure_raw_schema
from loaders.sources import COMPRESSIONS, LOG_CONTENT

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
TRAILING_COMMA = re.compile(rb",\s*[}\]]")


class Read(NamedTuple):
    """What a reader made of a file."""

    records: list[tuple[Any, ...]]
    rows_read: int
    rejected: list[tuple[int, str | bytes, str]]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the raw tables."""
    with duckdb.connect() as connection:
        ensure_raw_schema(connection)
        yield connection


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the file lies."""
    return tmp_path_factory.mktemp("agree")


def read_both(
    connection: duckdb.DuckDBPyConnection, folder: Path, content: bytes, suffix: str = ""
) -> tuple[Read | None, Read]:
    """A file by DuckDB and by us; None when DuckDB's readers leave it to ours.

    A compressed file has two readers with DuckDB, which agree where both take it.
    """
    location = folder / f"20220701.json{suffix}"
    location.write_bytes(COMPRESS[suffix](content))
    file = RawFile(LOG_CONTENT, location.name, location, DAY, "json_lines", COMPRESSIONS[suffix])
    results: list[Read | None] = []
    for reader in readers_for(file):
        connection.execute("begin transaction")
        try:
            landed = reader(connection, file, 1)
            rows = connection.execute("from raw.log_content order by line_number").fetchall()
            bad = landed.rejected
            rejected = [
                (number, text, bad.reason)
                for number, text in zip(bad.numbers, bad.lines, strict=True)
            ]
            results.append(Read(rows, landed.rows_read, rejected))
        except TryNextReader:
            results.append(None)
        finally:
            connection.execute("rollback")
    *fast, slow = results
    assert slow is not None
    taken = [read for read in fast if read is not None]
    if len(taken) > 1:
        assert_same(*taken)
    return (taken[0] if taken else None), slow


def plain(value: object) -> object:
    """A value, with the ways to write a number, and to escape a text in a list, made one."""
    if isinstance(value, str) and NUMBER.fullmatch(value) and math.isfinite(float(value)):
        return float(value)
    if isinstance(value, str) and value.startswith(("[", "{")):
        with suppress(ValueError, RecursionError):
            return json.loads(value, object_pairs_hook=tuple)  # names in order, twice if so
    return value


def assert_same(fast: Read, slow: Read) -> None:
    """The same records, rows read and rejected lines."""
    assert [tuple(map(plain, row)) for row in fast.records] == [
        tuple(map(plain, row)) for row in slow.records
    ]
    assert fast.rejected == slow.rejected
    assert fast.rows_read == slow.rows_read == len(slow.records) + len(slow.rejected)


def duration(token: bytes) -> bytes:
    """A line with some bytes as the duration."""
    return line(TotalDuration=72).replace(b"72", token)


def other(token: bytes) -> bytes:
    """A line with some bytes as a field that nobody reads."""
    return line(Other=72720).replace(b"72720", token)


TOKENS = [
    *(b"0", b"-1", b"7", b"1.5", b"0.1", b"1e3", b"1E-2", b"-0", b"18446744073709551616"),
    *(b"9" * 40, b"1e400", b"01", b"+1", b".5", b"1.", b"0x10", b"1_000", b"", b"'7'"),
    *(b"true", b"false", b"null", b"True", b"None", b"NaN", b"Infinity"),
    *(b'"7"', b'" 7 "', b'""', b'"\\u0037"', b'"\\n"', b'"\\/"', b'"\\u00"', b'"\\q"', b'"\x01"'),
    *(b"[]", b"{}", b"[1,2]", b'["x",null,true]', b'{"b":"x","a":1}', b"[1"),
    *(
        b'"\\u0000"',
        b'"\\ud83c\\udfac"',
        b'"\\ud83c"',
        b'["\\ud83c"]',
        b'"\xff"',
        b'"\xed\xa0\x80"',
    ),
    *(b"/* 7 */ 7", b"7 7", b'7,"TotalDuration":8', b"\t7\t", b'"' + b"x" * 70_000 + b'"'),
    b"[" * 200 + b"]" * 200,
]
WHOLE_LINES = [
    *(b"{}", b"[]", b"{", b"}", b"[", b"1", b"x", b"null", b"\x00", b"\x0b", b"\x0c", b"\xa0"),
    *(line() + end for end in (b" ", b"\t", b"\r", b"\x00", b",", b"x", b"}")),
    *(start + line() for start in (b" ", b"\t", b"\xef\xbb\xbf", b"\xc2\xa0", b"//", b",", b"x ")),
    *(line() + line(), line() + b" " + line(), line() + b"," + line(), line() + b"\r" + line()),
    *(b'{"_source":{}}', b'{"_source":[]}', b'{"_source":null}', b'{"_source":"{}"}'),
    *(b'{"_source":{},"_source":{"Mac":"m"}}', b'{"_source":{"Mac":"m"},"_source":{}}'),
    *(b'{"_id":"a","_id":"b","_source":{"Mac":"m"}}', b'{"_SOURCE":{"Mac":"m"}}'),
    *(b'{"\\u005fsource":{"Mac":"m"}}', b'{"_source":{"MAC":"m","mac":"m","Mac":"M"}}'),
]


@pytest.mark.parametrize("put", [duration, other])
@pytest.mark.parametrize("token", TOKENS, ids=lambda token: repr(token[:20])[2:-1])
def test_the_readers_agree_on_a_value(
    connection: duckdb.DuckDBPyConnection, folder: Path, put: Any, token: bytes
) -> None:
    fast, slow = read_both(connection, folder, lines(line("a"), put(token), line("b")))
    if fast is not None:
        assert_same(fast, slow)


@pytest.mark.parametrize("content", WHOLE_LINES, ids=lambda content: repr(content[-30:])[2:-1])
def test_the_readers_agree_on_a_line(
    connection: duckdb.DuckDBPyConnection, folder: Path, content: bytes
) -> None:
    fast, slow = read_both(connection, folder, lines(line("a"), content, line("b")))
    if fast is not None:
        assert_same(fast, slow)


# Generated files

TEXTS = st.text(max_size=8)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(0.001, 1e6).map(lambda number: round(number, 3))
    | TEXTS
    | st.lists(TEXTS | st.none() | st.booleans(), max_size=3)
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A document with some of its fields, in any order, beside others."""
    fields = draw(st.dictionaries(st.sampled_from([*record(), "Other", "contract"]), VALUES))
    document = {"_id": draw(VALUES), "_source": fields, "_score": 0}
    names = draw(st.permutations(sorted(document)))
    kept = names[: draw(st.integers(1, 3))]
    is_ascii = draw(st.booleans())
    return json.dumps({name: document[name] for name in kept}, ensure_ascii=is_ascii).encode()


# No vertical tab or form feed: the two readers differ on them, and a test above says so.
BYTES = st.sampled_from([bytes([byte]) for byte in range(256) if byte not in (0x0B, 0x0C)])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A line with a part cut out, doubled or replaced."""
    content = draw(documents())
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + 20)))
    middle = draw(st.sampled_from([b"", content[start:end] * 2]) | BYTES)
    return (content[:start] + middle + content[end:]).replace(b"\n", b" ")


LINES = (
    documents()
    | damaged()
    | st.binary(max_size=12).map(lambda raw: re.sub(rb"[\n\x0b\x0c]", b" ", raw))
    | st.sampled_from([b"", b" ", b"\t", *WHOLE_LINES[:8]])
)


@settings(max_examples=120)
@given(
    contents=st.lists(LINES, max_size=12),
    end=st.sampled_from([b"\n", b"\r\n"]),
    is_ended=st.booleans(),
    suffix=st.sampled_from(sorted(COMPRESS)),
)
@example(contents=[b"", line(), b"", b"", b"x"] * 40, end=b"\n", is_ended=False, suffix=".zst")
def test_the_readers_agree_on_generated_files(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    contents: list[bytes],
    end: bytes,
    is_ended: bool,
    suffix: str,
) -> None:
    content = end.join(contents) + (end if is_ended else b"")
    assume(not TRAILING_COMMA.search(content))
    fast, slow = read_both(connection, folder, content, suffix)
    text = content.removeprefix(b"\xef\xbb\xbf")
    assert slow.rows_read == sum(bool(part.strip()) for part in text.split(b"\n"))
    if fast is not None:
        assert_same(fast, slow)
