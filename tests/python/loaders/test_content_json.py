"""Content logs as JSON lines: every dirt of SPEC 2.1 and 3, and what becomes of it in raw."""

from __future__ import annotations

import pytest
from support import DAY, Workspace, line, lines

PATH = "log_content/20220701.json"

NOT_RECORDS = {
    "a truncated line": line()[:40],
    "a line cut before its last brace": line()[:-1],
    "no JSON": b"Contract=BDH013139",
    "an array": b"[" + line() + b"]",
    "an array of nothing": b"[]",
    "an opening bracket": b"[",
    "a number": b"72",
    "a string": b'"BDH013139"',
    "null": b"null",
    "an object without _source": b'{"_id":"AX1","Contract":"BDH013139"}',
    "an empty object": b"{}",
    "a null _source": b'{"_id":"AX1","_source":null}',
    "a text as _source": b'{"_id":"AX1","_source":"Contract"}',
    "a list as _source": b'{"_id":"AX1","_source":[{"Contract":"BDH013139"}]}',
    "two objects": line() + line(),
    "an object and a comma": line() + b",",
    "an object and something else": line() + b" # seen",
    "an old Mac line end": line() + b"\r" + line(),
    "single quotes": b"{'_source':{'Contract':'BDH013139'}}",
    "a tab inside a text": line(Contract="BDH?013139").replace(b"?", b"\t"),
    "an unknown escape": line(Contract="?").replace(b"?", b"\\x41"),
    "a NUL byte": line() + b"\x00",
    "half a surrogate pair": line(Contract="?").replace(b"?", b"\\ud83d"),
    "half a surrogate pair in the id": line("?").replace(b"?", b"\\ude00"),
    "a byte order mark inside the file": b"\xef\xbb\xbf" + line(),
}
NOT_UTF8 = {
    "Latin-1": line(Contract="?").replace(b"?", b"Truy\xe8n"),
    "an overlong NUL": line(Contract="?").replace(b"?", b"\xc0\x80"),
    "a surrogate as three bytes": line(Contract="?").replace(b"?", b"\xed\xa0\x80"),
    "a byte after the object": line() + b"\xff",
    "a bad byte in a field that nobody reads": line(Other="?").replace(b"?", b"\xff"),
}


@pytest.mark.parametrize("bad", [NOT_RECORDS["a number"], NOT_RECORDS["an array"], b"x" * 70_000])
def test_a_file_of_one_bad_line_loads_as_one_rejected_row(workspace: Workspace, bad: bytes) -> None:
    workspace.put(PATH, bad)
    workspace.load()
    assert workspace.content() == []
    assert workspace.quarantine() == [(1, "malformed", bad.decode())]


# Every value that a business rule will judge arrives as text: the loader rejects none of them.
JUDGED_LATER: dict[str, tuple[dict[str, object], tuple[str | None, ...]]] = {
    "contract null": ({"Contract": None}, (None, "E4AB8927BC01", "72", "VOD")),
    "contract blank": ({"Contract": ""}, ("", "E4AB8927BC01", "72", "VOD")),
    "contract 0": ({"Contract": "0"}, ("0", "E4AB8927BC01", "72", "VOD")),
    "contract a number": ({"Contract": 13139}, ("13139", "E4AB8927BC01", "72", "VOD")),
    "contract an address": ({"Contract": "10.0.0.7"}, ("10.0.0.7", "E4AB8927BC01", "72", "VOD")),
    "contract with spaces": ({"Contract": " A 1 "}, (" A 1 ", "E4AB8927BC01", "72", "VOD")),
    "contract a list": ({"Contract": ["A", "B"]}, ('["A","B"]', "E4AB8927BC01", "72", "VOD")),
    "duration negative": ({"TotalDuration": -5}, ("BDH013139", "E4AB8927BC01", "-5", "VOD")),
    "duration null": ({"TotalDuration": None}, ("BDH013139", "E4AB8927BC01", None, "VOD")),
    "duration text": ({"TotalDuration": "3600"}, ("BDH013139", "E4AB8927BC01", "3600", "VOD")),
    "duration words": ({"TotalDuration": "abc"}, ("BDH013139", "E4AB8927BC01", "abc", "VOD")),
    "duration half": ({"TotalDuration": 12.5}, ("BDH013139", "E4AB8927BC01", "12.5", "VOD")),
    "duration true": ({"TotalDuration": True}, ("BDH013139", "E4AB8927BC01", "true", "VOD")),
    "duration a day and more": (
        {"TotalDuration": 86_401},
        ("BDH013139", "E4AB8927BC01", "86401", "VOD"),
    ),
    "duration beyond 64 bits": (
        {"TotalDuration": 10**30},
        ("BDH013139", "E4AB8927BC01", str(10**30), "VOD"),
    ),
    "app unknown": ({"AppName": "GAMES"}, ("BDH013139", "E4AB8927BC01", "72", "GAMES")),
    "app in other case": ({"AppName": "KPlus"}, ("BDH013139", "E4AB8927BC01", "72", "KPlus")),
    "app null": ({"AppName": None}, ("BDH013139", "E4AB8927BC01", "72", None)),
    "mac blank": ({"Mac": ""}, ("BDH013139", "", "72", "VOD")),
    "an extra field": ({"Profile": {"kid": True}}, ("BDH013139", "E4AB8927BC01", "72", "VOD")),
    "accents and emoji": ({"Contract": "Truyền 🎬"}, ("Truyền 🎬", "E4AB8927BC01", "72", "VOD")),
}


def path_of(name: str) -> str:
    """Each fault has a file of its own."""
    return f"log_content/20220701/{name}.json"


@pytest.fixture(scope="module")
def loaded(shared: Workspace) -> Workspace:
    """A file for each fault, with a good line on either side of it."""
    for name, bad in (NOT_RECORDS | NOT_UTF8).items():
        shared.put(path_of(name), lines(line("a"), bad, line("b")))
    for name, (changes, _) in JUDGED_LATER.items():
        shared.put(path_of(name), lines(line("a", **changes)))
    shared.load()
    return shared


@pytest.mark.parametrize("name", NOT_RECORDS)
def test_a_line_that_is_no_record_is_kept_as_text_and_its_neighbours_load(
    loaded: Workspace, name: str
) -> None:
    path = path_of(name)
    assert loaded.quarantine(path) == [(2, "malformed", NOT_RECORDS[name].decode())]
    assert loaded.content("document_id", path) == [(1, "a"), (3, "b")]
    assert loaded.files()[path] == ("loaded", 3, 1)


@pytest.mark.parametrize("name", NOT_UTF8)
def test_bytes_that_are_no_utf8_are_quarantined_in_hexadecimal(
    loaded: Workspace, name: str
) -> None:
    path = path_of(name)
    text = NOT_UTF8[name].decode("utf-8", "backslashreplace")
    assert loaded.quarantine(path) == [(2, "malformed", text)]
    assert loaded.content("document_id", path) == [(1, "a"), (3, "b")]
    assert loaded.files()[path] == ("loaded", 3, 1)


@pytest.mark.parametrize("name", JUDGED_LATER)
def test_dirt_that_a_business_rule_judges_arrives_as_the_text_it_was(
    loaded: Workspace, name: str
) -> None:
    path = path_of(name)
    columns = "contract, mac, total_duration, app_name"
    assert loaded.content(columns, path) == [(1, *JUDGED_LATER[name][1])]
    assert loaded.files()[path] == ("loaded", 1, 0)


def test_fields_that_are_missing_are_null_and_the_row_is_kept(workspace: Workspace) -> None:
    workspace.put(
        PATH, lines(b'{"_source":{}}', b'{"_source":{"Mac":"M"}}', b'{"_source":{"x":1}}')
    )
    workspace.load()
    assert workspace.content("document_id, contract, mac, total_duration, app_name") == [
        (1, None, None, None, None, None),
        (2, None, None, "M", None, None),
        (3, None, None, None, None, None),
    ]
    assert workspace.files() == {PATH: ("loaded", 3, 0)}


def test_field_names_are_taken_to_the_letter(workspace: Workspace) -> None:
    workspace.put(PATH, lines(b'{"_source":{"contract":"c","CONTRACT":"C","Mac":"M"}}'))
    workspace.load()
    assert workspace.content("contract, mac") == [(1, None, "M")]


def test_half_a_surrogate_pair_in_a_field_that_nobody_reads_costs_no_row(
    workspace: Workspace,
) -> None:
    """It is JSON, and nothing that cannot be stored has to be."""
    workspace.put(PATH, lines(line("a"), line("b", Other="?").replace(b"?", b"\\ud83d"), b"no"))
    workspace.load()
    assert workspace.content("document_id") == [(1, "a"), (2, "b")]
    assert workspace.quarantine() == [(3, "malformed", "no")]


def test_of_a_field_that_stands_twice_the_first_counts(workspace: Workspace) -> None:
    workspace.put(PATH, lines(b'{"_source":{"Contract":"A","Contract":"B"}}'))
    workspace.load()
    assert workspace.content() == [(1, "A")]


def test_the_same_document_twice_is_kept_twice_for_dbt_to_judge(workspace: Workspace) -> None:
    workspace.put(PATH, lines(line("a"), line("a")))
    workspace.load()
    assert workspace.content("document_id") == [(1, "a"), (2, "a")]


def test_every_row_carries_the_log_date_of_its_path(workspace: Workspace) -> None:
    workspace.put(PATH, lines(line("a"), b"no"))
    workspace.load()
    assert workspace.content("rows.log_date") == [(1, DAY)]
    assert workspace.query("select source, log_date from raw.quarantine") == [("log_content", DAY)]
    assert workspace.query("select log_date from raw.files") == [(DAY,)]


def test_a_json_array_in_place_of_lines_is_rejected_line_by_line(workspace: Workspace) -> None:
    array = lines(b"[", b"  " + line("a") + b",", b"  " + line("b") + b",", b"  " + line("c"), b"]")
    workspace.put(PATH, array)
    workspace.load()
    assert workspace.content("document_id") == [(4, "c")]
    assert [(number, reason) for number, reason, _ in workspace.quarantine()] == [
        (1, "malformed"),
        (2, "malformed"),
        (3, "malformed"),
        (5, "malformed"),
    ]
    assert workspace.files() == {PATH: ("loaded", 5, 4)}


def test_a_json_array_on_one_line_is_one_rejected_row(workspace: Workspace) -> None:
    workspace.put(PATH, b"[" + line("a") + b"," + line("b") + b"]")
    workspace.load()
    assert workspace.files() == {PATH: ("loaded", 1, 1)}


def test_a_pretty_printed_document_is_rejected_line_by_line(workspace: Workspace) -> None:
    workspace.put(PATH, b'{\n  "_source": {\n    "Contract": "A"\n  }\n}\n')
    workspace.load()
    assert workspace.content() == []
    assert workspace.files() == {PATH: ("loaded", 5, 5)}


def test_utf16_is_rejected_and_not_guessed(workspace: Workspace) -> None:
    workspace.put(PATH, lines(line("a"), line("b")).decode().encode("utf-16"))
    workspace.load()
    assert workspace.content() == []
    status, read, rejected = workspace.files()[PATH]
    assert status == "loaded"
    assert read == rejected == 3  # the byte after the last line end is a line


def test_a_byte_order_mark_at_the_start_is_no_part_of_the_first_line(workspace: Workspace) -> None:
    workspace.put(PATH, b"\xef\xbb\xbf" + lines(line("a"), b"no", line("b")))
    workspace.load()
    assert workspace.content("document_id") == [(1, "a"), (3, "b")]
    assert workspace.quarantine() == [(2, "malformed", "no")]


def test_nested_values_are_kept_as_the_json_they_were(workspace: Workspace) -> None:
    nested = line("a", Contract={"b": 1, "a": [2.5, True, None, "x"]})
    workspace.put(PATH, lines(nested))
    workspace.put("log_content/20220702.json", b"\xef\xbb\xbf" + lines(nested))  # read in Python
    workspace.load()
    expected = '{"b":1,"a":[2.5,true,null,"x"]}'
    assert workspace.content() == [(1, expected), (1, expected)]
