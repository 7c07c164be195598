"""Content logs as Parquet, flat or nested (SPEC 2.1)."""

from __future__ import annotations

import pyarrow as pa
import pytest
from support import Workspace, line, lines, parquet, record

PATH = "log_content/20220701.parquet"
COLUMNS = "document_id, contract, mac, total_duration, app_name"
ROWS: list[dict[str, object]] = [
    {"_id": f"x{number}"} | record(Contract=f"C{number}") for number in range(200)
]
FLAT = parquet(ROWS)


def test_flat_columns_are_read(workspace: Workspace) -> None:
    workspace.put(PATH, parquet([record() | {"_id": "x1", "Profile": 1}, record(Contract=None)]))
    workspace.load()
    assert workspace.content(COLUMNS) == [
        (1, "x1", "BDH013139", "E4AB8927BC01", "72", "VOD"),
        (2, None, None, "E4AB8927BC01", "72", "VOD"),
    ]


def test_nested_columns_are_read(workspace: Workspace) -> None:
    workspace.put(PATH, parquet([{"_id": "x1", "_index": "history", "_source": record()}]))
    workspace.load()
    assert workspace.content(COLUMNS) == [(1, "x1", "BDH013139", "E4AB8927BC01", "72", "VOD")]


def test_columns_that_are_not_needed_may_be_missing(workspace: Workspace) -> None:
    short = {"Contract": "A", "TotalDuration": 72, "AppName": "VOD"}
    workspace.put(PATH, parquet([short]))
    workspace.put("log_content/20220702.parquet", parquet([{"_source": short}]))
    workspace.load()
    assert workspace.content(COLUMNS) == [(1, None, "A", None, "72", "VOD")] * 2


def test_a_null_source_is_a_malformed_row(workspace: Workspace) -> None:
    sources = {"a": record(), "b": None, "c": record()}
    workspace.put(PATH, parquet([{"_id": key, "_source": of} for key, of in sources.items()]))
    workspace.load()
    assert workspace.content("document_id") == [(1, "a"), (3, "c")]
    ((number, reason, text),) = workspace.quarantine()
    assert (number, reason) == (2, "malformed")
    assert '"b"' in text
    assert workspace.files() == {PATH: ("loaded", 3, 1)}


DURATIONS: dict[str, tuple[pa.DataType, list[object], list[str | None]]] = {
    "whole numbers": (pa.int64(), [72, -5, None], ["72", "-5", None]),
    "small whole numbers": (pa.int16(), [72, 0, None], ["72", "0", None]),
    "floating point": (pa.float64(), [72.0, 12.5, None], ["72", "12.5", None]),
    "not a number": (pa.float64(), [float("nan"), float("inf"), 1.0], ["nan", "inf", "1"]),
    "text": (pa.string(), ["3600", "abc", ""], ["3600", "abc", ""]),
    "true and false": (pa.bool_(), [True, False, None], ["true", "false", None]),
}


@pytest.mark.parametrize("name", DURATIONS)
def test_durations_of_any_type_become_text(workspace: Workspace, name: str) -> None:
    kind, values, expected = DURATIONS[name]
    fields = [("Contract", pa.string()), ("TotalDuration", kind), ("AppName", pa.string())]
    rows = [{"Contract": "A", "TotalDuration": value, "AppName": "VOD"} for value in values]
    workspace.put(PATH, parquet(rows, pa.schema(fields)))
    workspace.load()
    assert [text for _, text in workspace.content("total_duration")] == expected


def test_an_empty_table_is_an_empty_log(workspace: Workspace) -> None:
    schema = pa.schema([(name, pa.string()) for name in record()])
    workspace.put(PATH, parquet([], schema))
    workspace.load()
    assert workspace.files() == {PATH: ("loaded", 0, 0)}


NOT_PARQUET = {
    "zero bytes": b"",
    "garbage": b"PAR1" + bytes(100) + b"PAR1",
    "text": lines(line()),
    "truncated": FLAT[: len(FLAT) // 2],
    "without its end": FLAT[:-4],
    "without its start": FLAT[100:],
    "a broken page": FLAT[:40] + bytes(200) + FLAT[240:],
    "another table": parquet([{"keyword": "naruto"}]),
    "a required column short": parquet([{"Contract": "A", "AppName": "VOD"}]),
    "a nested column short": parquet([{"_source": {"Contract": "A", "AppName": "VOD"}}]),
    "a text as _source": parquet([{"_id": "a", "_source": "{}"}]),
}


@pytest.mark.parametrize("name", NOT_PARQUET)
def test_what_is_no_parquet_file_of_this_source_is_set_aside(
    workspace: Workspace, name: str
) -> None:
    workspace.put(PATH, NOT_PARQUET[name])
    workspace.put("log_content/20220702.parquet", FLAT)
    (unreadable,) = workspace.load().unreadable
    assert unreadable.path == PATH
    assert workspace.files() == {
        PATH: ("unreadable", 1, 1),
        "log_content/20220702.parquet": ("loaded", 200, 0),
    }
    ((number, reason, text),) = workspace.quarantine()
    assert (number, reason) == (0, "unreadable_file")
    assert str(workspace.raw) not in text


def test_a_folder_named_like_a_column_changes_no_value(workspace: Workspace) -> None:
    """DuckDB reads `Contract=X` in a path as a column unless it is told not to."""
    workspace.put("log_content/Contract=X/20220701.parquet", parquet([record(Contract="A")]))
    workspace.put("log_content/Contract=X/20220702.json", lines(line("a", Contract="A")))
    workspace.load()
    assert workspace.content() == [(1, "A"), (1, "A")]


def binary(row: dict[str, object]) -> bytes:
    """One row whose texts are bytes, as older Hive and Impala write them."""
    texts = {
        name: text.encode() if isinstance(text, str) else text
        for name, text in row.items()
        if name != "TotalDuration"
    }
    schema = pa.schema([(name, pa.binary()) for name in texts])
    return parquet(
        [texts | {"TotalDuration": 72}], schema.append(pa.field("TotalDuration", "int64"))
    )


def test_bytes_are_read_as_the_texts_they_are(workspace: Workspace) -> None:
    workspace.put(PATH, binary(record(Contract="Tập 1")))
    workspace.load()
    assert workspace.content("contract, total_duration") == [(1, "Tập 1", "72")]
    assert workspace.query("from raw.field_drift where problem = 'retyped'") == []


def test_bytes_that_are_no_text_make_the_file_unreadable(workspace: Workspace) -> None:
    row: dict[str, object] = record() | {"Contract": b"\xff"}
    workspace.put(PATH, binary(row))
    (file,) = workspace.load().unreadable
    assert "UTF" in str(file.problem)
