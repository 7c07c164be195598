"""Compressed content logs: whole ones are read to the end, others are set aside as one row."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from support import Workspace, gz, line, lines, zstd

from loaders.load import LoadSummary

WHOLE = lines(*(line(number) for number in range(1, 501)))
GZIP = gzip.compress(WHOLE)
ZSTD = zstd(WHOLE)
SKIPPABLE_FRAME = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"

UNREADABLE = {
    "truncated.json.gz": GZIP[: len(GZIP) // 2],
    "without-its-trailer.json.gz": GZIP[:-8],
    "without-a-byte.json.gz": GZIP[:-1],
    "wrong-checksum.json.gz": GZIP[:-8] + bytes(4) + GZIP[-4:],
    "wrong-length.json.gz": GZIP[:-4] + b"\xff\xff\xff\x7f",
    "flipped-byte.json.gz": GZIP[:200] + bytes([GZIP[200] ^ 0xFF]) + GZIP[201:],
    "empty.json.gz": b"",
    "plain.json.gz": WHOLE,
    "zstd.json.gz": ZSTD,
    "half-a-header.json.gz": GZIP[:5],
    "second-member-cut.json.gz": GZIP + GZIP[:40],
    "then-something-else.json.gz": GZIP + b"something else",
    "truncated.json.zst": ZSTD[: len(ZSTD) // 2],
    "without-a-byte.json.zst": ZSTD[:-1],
    "empty.json.zst": b"",
    "plain.json.zst": WHOLE,
    "gzip.json.zst": GZIP,
    "half-a-magic-number.json.zst": ZSTD[:2],
    "second-frame-cut.json.zst": ZSTD + ZSTD[:-3],
    "then-something-else.json.zst": ZSTD + b"something else",
}
FIRST, SECOND = WHOLE[:20_000], WHOLE[20_000:]  # a line lies across the seam
READABLE = {
    "one-member.json.gz": GZIP,
    "members.json.gz": gz(FIRST) + gz(SECOND),
    "an-empty-member.json.gz": gz(FIRST) + gz(b"") + gz(SECOND),
    "padding.jsonl.gz": GZIP + bytes(512),
    "one-frame.json.zst": ZSTD,
    "frames.ndjson.zst": zstd(FIRST) + zstd(SECOND),
    "an-empty-frame.json.zst": zstd(FIRST) + zstd(b"") + zstd(SECOND),
    "pzstd.json.zst": SKIPPABLE_FRAME + zstd(FIRST) + SKIPPABLE_FRAME + zstd(SECOND),
}


def path_of(name: str) -> str:
    """The files of one day."""
    return f"log_content/20220701/{name}"


@pytest.fixture(scope="module")
def summary(shared: Workspace) -> LoadSummary:
    """All of them in one load."""
    for name, content in (UNREADABLE | READABLE).items():
        shared.put(path_of(name), content)
    return shared.load()


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_not_whole_is_set_aside_as_one_rejected_row(
    shared: Workspace, summary: LoadSummary, name: str
) -> None:
    path = path_of(name)
    assert shared.files()[path] == ("unreadable", 1, 1)
    assert shared.content(path=path) == []
    ((number, reason, text),) = shared.quarantine(path)
    assert (number, reason) == (0, "unreadable_file")
    (reported,) = [file for file in summary.unreadable if file.path == path]
    assert reported.problem
    assert reported.problem == text
    assert str(shared.raw) not in text


@pytest.mark.parametrize("name", READABLE)
def test_a_file_of_several_members_or_frames_is_read_to_its_end(
    shared: Workspace, summary: LoadSummary, name: str
) -> None:
    path = path_of(name)
    assert shared.files()[path] == ("loaded", 500, 0)
    ids = [(number, identifier) for number, identifier in shared.content("document_id", path)]
    assert ids == [(number, str(number)) for number in range(1, 501)]


def test_nothing_is_unreadable_beside_what_should_be(summary: LoadSummary) -> None:
    assert {file.path for file in summary.unreadable} == set(map(path_of, UNREADABLE))


@pytest.mark.parametrize("compress", [gz, zstd])
@pytest.mark.parametrize("members", [2, 5])
def test_bad_lines_are_found_again_across_members(
    workspace: Workspace, compress: Callable[[bytes], bytes], members: int
) -> None:
    """Three megabytes, so that a bad line lies in a later block than the first."""
    contents = [line(number, Other="x" * 1000) for number in range(1, 3001)]
    bad = [2, 1400, 2999]
    for number in bad:
        contents[number - 1] = b"no %d" % number
    whole = lines(*contents)
    step = len(whole) // members + 1
    suffix = ".gz" if compress is gz else ".zst"
    pieces = [compress(whole[start : start + step]) for start in range(0, len(whole), step)]
    workspace.put("log_content/20220701.json" + suffix, b"".join(pieces))
    workspace.load()
    assert workspace.quarantine() == [(number, "malformed", f"no {number}") for number in bad]


def test_a_compressed_file_of_nothing_is_loaded_and_empty(workspace: Workspace) -> None:
    workspace.put("log_content/20220701.json.gz", gz(b""))
    workspace.put("log_content/20220702.json.zst", zstd(b""))
    assert workspace.load().unreadable == ()
    assert set(workspace.files().values()) == {("loaded", 0, 0)}


def test_a_file_with_bad_lines_before_it_breaks_off_leaves_no_row_behind(
    workspace: Workspace,
) -> None:
    workspace.put("log_content/20220701.json.gz", gz(lines(line("a"), b"no") * 50_000)[:-8])
    workspace.load()
    assert workspace.content() == []
    assert [reason for _, reason, _ in workspace.quarantine()] == ["unreadable_file"]
