"""The operator's genre library and the identities: CSV files without days (SPEC 2.3, 2.4)."""

from __future__ import annotations

import pytest
from support import Workspace, lines, parquet

LIBRARY = "library/genres.csv"
IDENTITIES = "identities/crm.csv"


def test_a_library_keeps_the_keyword_and_its_normalised_form(workspace: Workspace) -> None:
    rows = ["Truye\u0302\u0300n  HÌNH,TV Channel", '"One, Piece",Animation', " ,Drama", "x,"]
    workspace.put(LIBRARY, lines(b"keyword,category", *(row.encode() for row in rows)))
    workspace.load()
    assert workspace.rows("library", "keyword, category, keyword_normalised") == [
        (2, "Truye\u0302\u0300n  HÌNH", "TV Channel", "truyền hình"),
        (3, "One, Piece", "Animation", "one, piece"),
        (4, " ", "Drama", None),
        (5, "x", "", "x"),
    ]
    assert workspace.query("select log_date from raw.files") == [(None,)]


def test_a_library_needs_keywords(workspace: Workspace) -> None:
    workspace.put(LIBRARY, b"title,category\nnaruto,Animation\n")
    (unreadable,) = workspace.load().unreadable
    assert "keyword" in (unreadable.problem or "")
    assert workspace.files() == {LIBRARY: ("unreadable", 1, 1)}


def test_bad_lines_of_a_library_are_quarantined_without_a_day(workspace: Workspace) -> None:
    workspace.put(LIBRARY, lines(b"keyword,category", b"naruto", b"a,b,c", b"one piece,Animation"))
    workspace.load()
    assert workspace.rows("library", "keyword") == [(4, "one piece")]
    assert workspace.quarantine() == [(2, "malformed", "naruto"), (3, "malformed", "a,b,c")]
    assert workspace.query("select distinct log_date from raw.quarantine") == [(None,)]


def test_identities_keep_every_identifier_as_text(workspace: Workspace) -> None:
    content = lines(
        b"contract,user_id,email,subscriber_id",
        b"BDH013139,00012345,A@Example.vn,84901234567",
        b",00099,, 7 ",
    )
    workspace.put(IDENTITIES, content)
    workspace.load()
    assert workspace.rows("identities", "contract, user_id, email, subscriber_id") == [
        (2, "BDH013139", "00012345", "A@Example.vn", "84901234567"),
        (3, "", "00099", "", " 7 "),
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"contract,user_id", ("1", "2", None, None)),
        (b"email,contract", ("2", None, "1", None)),
        (b"subscriber_id,email", (None, None, "2", "1")),
        (b"user_id,note,subscriber_id", (None, "1", None, "3")),
    ],
)
def test_two_identifiers_are_enough_in_any_order(
    workspace: Workspace, header: bytes, expected: tuple[str | None, ...]
) -> None:
    row = b",".join(str(position).encode() for position in range(1, header.count(b",") + 2))
    workspace.put(IDENTITIES, lines(header, row))
    workspace.load()
    columns = "contract, user_id, email, subscriber_id"
    assert workspace.rows("identities", columns) == [(2, *expected)]


@pytest.mark.parametrize("header", [b"contract", b"contract,note", b"a,b", b"Contract,User_id"])
def test_fewer_than_two_identifiers_link_nobody(workspace: Workspace, header: bytes) -> None:
    row = b",".join([b"x"] * (header.count(b",") + 1))
    workspace.put(IDENTITIES, lines(header, row))
    (unreadable,) = workspace.load().unreadable
    assert "subscriber_id" in (unreadable.problem or "")
    assert workspace.files() == {IDENTITIES: ("unreadable", 1, 1)}


def test_other_formats_there_are_no_logs_and_folders_are_followed(workspace: Workspace) -> None:
    workspace.put("library/2022/old.csv", b"keyword,category\na,Drama\n")
    workspace.put("library/genres.parquet", parquet([{"keyword": "a"}]))
    workspace.put("identities/crm.json", b"{}")
    workspace.load()
    assert workspace.files() == {"library/2022/old.csv": ("loaded", 1, 0)}
    assert workspace.skipped() == {
        "library/genres.parquet": "unknown extension",
        "identities/crm.json": "unknown extension",
    }
