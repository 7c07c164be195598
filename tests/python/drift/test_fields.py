"""What counts as drift of a file's fields, and what is shown of it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from support import line

from loaders import drift
from loaders.drift import DriftSummary, FieldDrift, describe, of_columns, of_header, of_lines
from loaders.sources import IDENTITIES, LIBRARY, LOG_CONTENT, LOG_SEARCH

SEARCH_COLUMNS = {field.name: "VARCHAR" for field in LOG_SEARCH.fields} | {
    "userPlansMap": "VARCHAR[]"
}
FLAT = {"Contract": "VARCHAR", "Mac": "VARCHAR", "TotalDuration": "BIGINT", "AppName": "VARCHAR"}


def renamed(content: bytes, old: str, new: str) -> bytes:
    return content.replace(f'"{old}"'.encode(), f'"{new}"'.encode())


def test_a_clean_file_has_none() -> None:
    assert of_lines(LOG_CONTENT, [line(), line(TotalDuration="3600"), line(Mac=None)]) == ()
    assert of_header(LOG_CONTENT, ["Contract", "Mac", "TotalDuration", "AppName"]) == ()
    assert of_header(LOG_CONTENT, ["_id", *FLAT]) == ()
    assert of_columns(LOG_CONTENT, FLAT) == ()
    assert of_columns(LOG_CONTENT, {"_id": "VARCHAR", "_source": "STRUCT(...)"}, FLAT) == ()
    assert of_columns(LOG_SEARCH, SEARCH_COLUMNS) == ()
    assert of_header(LIBRARY, ["category", "keyword"]) == ()
    assert of_header(IDENTITIES, ["email", "contract"]) == ()


def test_a_renamed_field_is_missing_and_new() -> None:
    found = of_lines(LOG_CONTENT, [renamed(line(), "Contract", "contract_id")] * 3)
    assert found == (
        FieldDrift("_source.Contract", "missing"),
        FieldDrift("_source.contract_id", "new", "text"),
    )


def test_a_field_in_one_record_is_not_missing_and_one_in_one_record_is_new() -> None:
    lines = [renamed(line(), "Contract", "contract_id"), line(), b'{"_id":"a","_source":{}}']
    assert of_lines(LOG_CONTENT, lines) == (FieldDrift("_source.contract_id", "new", "text"),)


def test_the_envelope_of_elasticsearch_is_known_and_what_stands_beside_it_is_new() -> None:
    document = json.loads(line()) | {"sort": [0], "_routing": None}
    assert of_lines(LOG_CONTENT, [json.dumps(document).encode()]) == (
        FieldDrift("sort", "new", "list"),
        FieldDrift("_routing", "new", None),
    )


def test_a_renamed_source_object_is_seen_although_every_line_is_malformed() -> None:
    assert of_lines(LOG_CONTENT, [renamed(line(), "_source", "doc")]) == (
        FieldDrift("_source", "missing"),
        FieldDrift("doc", "new", "object"),
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "boolean"), ([72], "list"), ({"s": 72}, "object")],
)
def test_a_field_whose_values_are_mostly_of_another_kind_is_retyped(
    value: object, kind: str
) -> None:
    strange, usual = line(TotalDuration=value), line(TotalDuration=None)
    expected = (FieldDrift("_source.TotalDuration", "retyped", kind),)
    assert of_lines(LOG_CONTENT, [strange, usual, usual]) == expected
    assert of_lines(LOG_CONTENT, [strange, line(), line()]) == ()


def test_a_contract_as_a_number_is_retyped() -> None:
    found = of_lines(LOG_CONTENT, [line(Contract=13139)])
    assert found == (FieldDrift("_source.Contract", "retyped", "number"),)


def test_lines_that_are_no_objects_say_nothing() -> None:
    assert of_lines(LOG_CONTENT, [b"no", b"[1]", b"\xff", b"[" * 99_999, b"1" * 9_999]) == ()
    assert of_lines(LOG_CONTENT, [b'{"_id":"a","_source":"x"}']) == (
        FieldDrift("_source", "retyped", "text"),
    )


def test_only_the_beginning_of_a_file_is_looked_at() -> None:
    new = renamed(line(), "Mac", "mac")
    usual = [line()] * drift.SAMPLED_LINES
    assert of_lines(LOG_CONTENT, [*usual, new]) == ()
    assert of_lines(LOG_CONTENT, [*usual[1:], new]) != ()
    assert of_lines(LOG_CONTENT, [line(Contract="x" * drift.SAMPLED_BYTES), new]) == ()


def test_parquet_types_are_kinds() -> None:
    types = SEARCH_COLUMNS | {
        "user_id": "BIGINT",
        "datetime": "TIMESTAMP WITH TIME ZONE",
        "userPlansMap": "VARCHAR",
        "action": '"NULL"',
        "score": "DECIMAL(18,3)",
        "tags": "VARCHAR[]",
        "place": "STRUCT(x DOUBLE)",
    }
    assert set(of_columns(LOG_SEARCH, types)) == {
        FieldDrift("user_id", "retyped", "number"),
        FieldDrift("datetime", "retyped", "timestamp with time zone"),
        FieldDrift("userPlansMap", "retyped", "text"),
        FieldDrift("score", "new", "number"),
        FieldDrift("tags", "new", "list"),
        FieldDrift("place", "new", "object"),
    }


def test_a_column_that_is_gone_is_missing() -> None:
    del (columns := dict(SEARCH_COLUMNS))["user_id"]
    assert of_columns(LOG_SEARCH, columns) == (FieldDrift("user_id", "missing"),)
    inner = {name: kind for name, kind in FLAT.items() if name != "Mac"}
    outer = {"_id": "VARCHAR", "_source": "STRUCT(...)", "sort": "INTEGER[]"}
    assert of_columns(LOG_CONTENT, outer, inner) == (
        FieldDrift("sort", "new", "list"),
        FieldDrift("_source.Mac", "missing"),
    )
    assert of_header(LIBRARY, ["keyword", "genre"]) == (
        FieldDrift("category", "missing"),
        FieldDrift("genre", "new"),
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Thể loại", "Thể loại"),
        ("", "(blank)"),
        ("a\x1b[31mb\n", "a\\x1b[31mb\\n"),
        ("\u202etxt", "\\u202etxt"),
        ("\ud800", "\\ud800"),
        ("x" * 64, "x" * 64),
        ("x" * 65, "x" * 63 + "…"),
        ("\n" * 64, "\\n" * 31 + "\\…"),
    ],
)
def test_names_are_shown_short_and_harmless(name: str, shown: str) -> None:
    assert drift.printable(name) == shown
    document = {"_id": "a", "_source": {"Contract": 1, name: "x"}}
    found = of_lines(LOG_CONTENT, [json.dumps(document).encode()])
    assert [one.field for one in found if one.problem == "new"] == [f"_source.{shown}"]


def test_a_flood_of_names_is_cut_and_the_frequent_ones_are_kept() -> None:
    lines = [line(**{f"n{number}": 1, "usual": 1}) for number in range(100)]
    found = of_lines(LOG_CONTENT, lines)
    assert len(found) == drift.MAX_NEW_FIELDS + 1
    assert found[0] == FieldDrift("_source.usual", "new", "number")
    assert found[-1] == FieldDrift("_source.(more names)", "new")


def test_each_problem_has_a_sentence() -> None:
    day = date(2022, 7, 5)
    new = DriftSummary("log_content", "_source.X", "new", "text", day, day, 3, True)
    assert describe(new) == (
        "log_content: new field _source.X since 2022-07-05 (3 files); not loaded"
    )
    gone = DriftSummary("library", "category", "missing", None, None, None, 1, True)
    assert describe(gone) == "library: field category is missing (1 file); was it renamed?"
    changed = DriftSummary(
        "log_content", "_source.TotalDuration", "retyped", "boolean", day, day, 1, True
    )
    assert describe(changed) == (
        "log_content: field _source.TotalDuration is boolean, not number or text, "
        "since 2022-07-05 (1 file)"
    )
