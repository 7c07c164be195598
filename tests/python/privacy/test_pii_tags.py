"""Columns with personal data say so in the YAML; what is exported untagged is known to be harmless.

`meta: {pii: KIND}` decides what C360_PSEUDONYMIZE_KEY replaces (docs/privacy.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]

from c360.settings import PROJECT_DIR
from exporters.catalog import PII_KINDS
from loaders.schema import ensure_raw_schema

# The end of a column's name -> kinds of personal data it may hold. Counts end in an s.
NAMES: dict[str, set[str]] = {
    "contract": {"contract"},
    "user_id": {"user_id"},
    "email": {"email"},
    "subscriber_id": {"subscriber_id"},
    "identifier|node|neighbour": {"identifier"},
    "customer_id": {"pseudonym"},
    "component": {"pseudonym", "identifier"},
    "mac|mac_address|device_id": {"device"},
    "ip|ip_address": {"ip"},
    "phone|phone_number|msisdn|address|full_name": {"identifier"},
    "keyword|keyword_normalised|keyword_folded|most_search": {"search_text"},
    "line": {"raw_text"},
}
# Texts that are exported as they are: labels, names of genres, apps, plans and sources.
HARMLESS = {
    *("active", "behavior_change", "clinginess", "content_type", "explain_changed", "genre"),
    *("identifier_type", "iqr_type", "most_watch", "outcome", "plans", "platform"),
    *("previous_genre", "source", "sources", "taste"),
}
# Their keywords are an editor's, not what somebody typed.
LEXICONS = {"ignored_keywords", "keyword_genres"}


@dataclass(frozen=True)
class Described:
    """A column of a model, seed or source table in a YAML file."""

    of: str
    name: str
    data_type: str
    pii: str
    exported: bool = False


def described(folder: Path) -> list[Described]:
    files = sorted([*folder.glob("models/**/*.y*ml"), *folder.glob("seeds/**/*.y*ml")])
    found: list[Described] = []
    for path in files:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for node in nodes(content):
            found += columns_of(node)
    return found


def nodes(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from content.get("models") or []
    yield from content.get("seeds") or []
    for source in content.get("sources") or []:
        yield from source["tables"]


def meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (node.get("config") or {}).get("meta") or node.get("meta") or {}
    return found


def columns_of(node: Mapping[str, Any]) -> list[Described]:
    return [
        Described(
            node["name"],
            column["name"],
            column.get("data_type", ""),
            meta(column).get("pii", ""),
            "export" in meta(node),
        )
        for column in node.get("columns") or []
    ]


def kinds_of(name: str) -> set[str] | None:
    """What a column of this name has to be tagged as; None for anything."""
    for ending, kinds in NAMES.items():
        if re.search(f"(^|_)({ending})$", name):
            return kinds
    return None


def wrongly_tagged(columns: list[Described]) -> list[str]:
    wrong = []
    for column in columns:
        needed = None if column.of in LEXICONS else kinds_of(column.name)
        known = column.pii == "" or column.pii in PII_KINDS
        if not known or (needed is not None and column.pii not in needed):
            wrong.append(f"{column.of}.{column.name}: {column.pii or 'no tag'}")
    return wrong


def unexplained_texts(columns: list[Described]) -> list[str]:
    return [
        f"{column.of}.{column.name}"
        for column in columns
        if column.exported
        and column.data_type in ("string", "varchar", "text", "")
        and not column.pii
        and column.name not in HARMLESS
    ]


COLUMNS = described(PROJECT_DIR)


def test_there_are_columns_to_look_at() -> None:
    assert len(COLUMNS) > 150
    assert {column.of for column in COLUMNS} >= {
        *("files", "quarantine", "log_content", "log_search", "identities"),
        *("stg_log_search__events", "customer360", "search_behavior", "keyword_genres"),
    }
    assert {column.pii for column in COLUMNS} == (PII_KINDS | {""}) - {"ip"}


def test_every_column_with_such_a_name_is_tagged() -> None:
    assert wrongly_tagged(COLUMNS) == []


def test_every_exported_text_is_tagged_or_known_to_be_harmless() -> None:
    assert unexplained_texts(COLUMNS) == []
    exported = {column.name for column in COLUMNS if column.exported and not column.pii}
    assert exported >= HARMLESS


def test_the_columns_of_schema_raw_are_listed_and_tagged() -> None:
    tagged = {(column.of, column.name) for column in COLUMNS if column.pii}
    with duckdb.connect() as connection:
        ensure_raw_schema(connection)
        raw = connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'raw'"
        ).fetchall()
    needed = {(table, name) for table, name in raw if kinds_of(name)}
    assert len(needed) > 10
    assert needed - tagged == set()


@pytest.mark.parametrize(
    ("name", "pii"),
    [
        ("contract", ""),
        ("billing_email", ""),
        ("previous_most_search", "identifier"),
        ("client_ip", ""),
        ("genre", "secret"),
    ],
)
def test_a_missing_or_wrong_tag_is_noticed(name: str, pii: str) -> None:
    assert wrongly_tagged([Described("any", name, "string", pii)])


def test_counts_of_identifiers_are_no_identifiers() -> None:
    counts = [Described("any", name, "bigint", "") for name in ("contracts", "emails", "keywords")]
    assert wrongly_tagged(counts) == []


def test_an_untagged_exported_text_is_noticed() -> None:
    node = {
        "name": "any",
        "config": {"meta": {"export": {"key": ["note"]}}},
        "columns": [{"name": "note", "data_type": "string"}, {"name": "genre"}],
    }
    assert unexplained_texts(columns_of(node)) == ["any.note"]
