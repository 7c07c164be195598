"""Content logs as CSV: one record a line, and no line that swallows the next (SPEC 2.1)."""

from __future__ import annotations

import pytest
from support import Workspace, lines, run_c360

PATH = "log_content/20220701.csv"
HEADER = b"Contract,Mac,TotalDuration,AppName"
COLUMNS = "document_id, contract, mac, total_duration, app_name"


def test_a_record_a_line_with_and_without_a_document_id(workspace: Workspace) -> None:
    workspace.put(PATH, lines(HEADER, b"A,M,72,VOD", b'"B, C","say ""m""",3600,KPlus'))
    workspace.put("log_content/20220702.csv", lines(HEADER + b",_id", b"A,M,72,VOD,x1"))
    workspace.load()
    assert workspace.content(COLUMNS) == [
        (2, None, "A", "M", "72", "VOD"),
        (3, None, "B, C", 'say "m"', "3600", "KPlus"),
        (2, "x1", "A", "M", "72", "VOD"),
    ]


def test_columns_stand_in_any_order_beside_others(workspace: Workspace) -> None:
    header = b"AppName, Profile ,TotalDuration,Contract"
    workspace.put(PATH, lines(header, b"VOD,kid,72,A"))
    workspace.load()
    assert workspace.content(COLUMNS) == [(2, None, "A", None, "72", "VOD")]


BAD = {
    "too few fields": b"A,M,72",
    "too many fields": b"A,M,72,VOD,x",
    "an open quote": b'"A,M,72,VOD',
    "a quote in the middle": b'"A"x,M,72,VOD',
    "Latin-1": b"Truy\xe8n,M,72,VOD",
    "the header's half": b"Contract,Mac",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_line_is_quarantined_and_its_neighbours_load(
    workspace: Workspace, bad: bytes
) -> None:
    workspace.put(PATH, lines(HEADER, b"A,M,1,VOD", bad, b"", b"B,M,2,VOD"))
    workspace.load()
    assert workspace.content() == [(2, "A"), (5, "B")]
    text = bad.decode("utf-8", "backslashreplace")
    assert workspace.quarantine() == [(3, "malformed", text)]
    assert workspace.files() == {PATH: ("loaded", 3, 1)}


def test_dirt_that_a_business_rule_judges_is_kept(workspace: Workspace) -> None:
    dirt = [b",M,72,VOD", b"0,M,-5,VOD", b"10.0.0.7,,abc,GAMES", b" A , ,12.5,"]
    workspace.put(PATH, lines(HEADER, *dirt))
    workspace.load()
    assert workspace.content("contract, mac, total_duration, app_name") == [
        (2, "", "M", "72", "VOD"),
        (3, "0", "M", "-5", "VOD"),
        (4, "10.0.0.7", "", "abc", "GAMES"),
        (5, " A ", " ", "12.5", ""),
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_field(
    workspace: Workspace,
) -> None:
    workspace.put(PATH, b"\xef\xbb\xbf" + b"\r\n".join([HEADER, b"A,M,72,VOD", b"", b"B,M,1,BHD"]))
    workspace.load()
    assert workspace.content("contract, app_name") == [(2, "A", "VOD"), (4, "B", "BHD")]


def test_blank_lines_before_the_header_count_as_lines(workspace: Workspace) -> None:
    workspace.put(PATH, lines(b"", b" ", HEADER, b"", b"A,M,72,VOD"))
    workspace.load()
    assert workspace.content() == [(5, "A")]


def test_a_header_alone_is_an_empty_log(workspace: Workspace) -> None:
    workspace.put(PATH, HEADER)
    workspace.load()
    assert workspace.files() == {PATH: ("loaded", 0, 0)}


def test_a_field_of_200_kilobytes_is_a_field(workspace: Workspace) -> None:
    """In a process of its own: a limit of Python's csv is one of the whole process."""
    workspace.put(PATH, lines(HEADER, b"A," + b"x" * 200_000 + b",72,VOD"))
    paths = ("--raw", workspace.raw, "--database", workspace.database)
    assert run_c360("load", *paths, folder=workspace.raw.parent).code == 0
    assert workspace.content("contract, length(mac)") == [(2, "A", 200_000)]


NOT_LOGS = {
    "empty": b"",
    "blank": b"\n\n",
    "no-header": b"A,M,72,VOD\n",
    "another-table": b"keyword,category\nnaruto,Animation\n",
    "a-column-short": b"Contract,Mac,AppName\nA,M,VOD\n",
    "semicolons": b"Contract;Mac;TotalDuration;AppName\nA;M;72;VOD\n",
    "not-utf8": b"Contract,Mac,TotalDuration,AppName\xff\nA,M,72,VOD\n",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}


@pytest.mark.parametrize("name", NOT_LOGS)
def test_a_csv_without_the_header_of_a_log_is_set_aside(workspace: Workspace, name: str) -> None:
    workspace.put(PATH, NOT_LOGS[name])
    (unreadable,) = workspace.load().unreadable
    assert "header" in (unreadable.problem or "")
    assert workspace.files() == {PATH: ("unreadable", 1, 1)}
    assert [(number, reason) for number, reason, _ in workspace.quarantine()] == [
        (0, "unreadable_file")
    ]
