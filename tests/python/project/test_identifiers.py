"""What is no identifier: Python that follows staging says the same as the project's SQL."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]
from oracle.text import PLACEHOLDERS as ORACLE_PLACEHOLDERS
from project.runs import PROJECT

from loaders.forgotten import IDENTIFIER_TYPES, normalised
from loaders.person import PLACEHOLDERS, find_person


@pytest.fixture
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with identities alone."""
    columns = ", ".join(f"{kind} varchar" for kind in IDENTIFIER_TYPES)
    with duckdb.connect() as connection:
        connection.execute(f"create schema raw; create table raw.identities ({columns})")
        yield connection


def test_placeholders_are_those_of_the_project() -> None:
    text = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8")
    listed = yaml.safe_load(text)["vars"]["identifier_placeholders"]
    assert sorted(listed) == sorted(PLACEHOLDERS) == sorted(ORACLE_PLACEHOLDERS)


@pytest.mark.parametrize("kind", IDENTIFIER_TYPES)
@pytest.mark.parametrize("constant", ["0", " NULL ", "None", "unknown", ""])
def test_placeholders_link_nobody(raw: duckdb.DuckDBPyConnection, kind: str, constant: str) -> None:
    others = [other for other in IDENTIFIER_TYPES if other != kind]
    for person in ("1", "2"):
        values = {kind: constant} | {other: f"{other}{person}" for other in others}
        raw.execute("insert into raw.identities by name select unnest($row)", {"row": values})
    found = find_person(raw, others[0], f"{others[0]}1", 20)
    assert set(found.identifiers) == {(other, f"{other}1") for other in others}


def test_white_space_is_what_python_takes_for_it(raw: duckdb.DuckDBPyConnection) -> None:
    """A test of tests/python/privacy holds `normalised` against the macro trim_whitespace."""
    surrogates = range(0xD800, 0xE000)
    characters = [chr(at) for at in range(1, sys.maxunicode + 1) if at not in surrogates]
    rows = raw.execute(
        f"select c from (select unnest($characters) as c, c || 'x' || c as text) "
        f"where {normalised('c', 'contract')} = '' or {normalised('text', 'contract')} = 'x'",
        {"characters": characters},
    ).fetchall()
    assert {row[0] for row in rows} == {c for c in characters if not c.strip()}
