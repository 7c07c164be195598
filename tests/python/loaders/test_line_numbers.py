"""Line numbers are those of an editor: blank lines, line ends, long lines and many of them."""

from __future__ import annotations

import pytest
from support import COMPRESS, Workspace, line, lines

from loaders import readers
from loaders.readers.base import Landed

PATH = "log_content/20220701.json"


@pytest.fixture
def fast_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail when DuckDB's reader leaves a file to the slow one, which would hide a wrong number."""

    def refuse(*_: object) -> Landed:
        raise AssertionError("the file was read slowly")

    monkeypatch.setattr(readers, "land_json_lines_slowly", refuse)


def with_blanks(runs: int, blank: bytes = b"") -> tuple[bytes, list[int], list[int]]:
    """A file in which a run of 1 to 3 blank lines follows each record.

    Returns:
        The file, the numbers of its good lines and those of its bad ones.
    """
    contents: list[bytes] = []
    good: list[int] = []
    bad: list[int] = []
    for run in range(runs):
        is_bad = run % 5 == 4
        contents.append(b"no %d" % run if is_bad else line(run))
        (bad if is_bad else good).append(len(contents))
        contents += [blank] * (run % 3 + 1)
    return lines(*contents), good, bad


@pytest.mark.usefixtures("fast_only")
@pytest.mark.parametrize("blank", [b"", b"  \t ", b"\r"], ids=["empty", "spaces", "CRLF"])
@pytest.mark.parametrize("runs", [1, 2, 31, 32, 33, 200])
def test_blank_lines_are_no_rows_but_count_as_lines(
    workspace: Workspace, runs: int, blank: bytes
) -> None:
    content, good, bad = with_blanks(runs, blank)
    workspace.put(PATH, content)
    workspace.load()
    assert [number for (number, *_) in workspace.content()] == good
    assert [number for (number, *_) in workspace.quarantine()] == bad
    assert workspace.files() == {PATH: ("loaded", runs, len(bad))}


@pytest.mark.usefixtures("fast_only")
@pytest.mark.parametrize("runs", [5, 50])
@pytest.mark.parametrize("suffix", COMPRESS)
def test_blank_lines_count_in_compressed_files_too(
    workspace: Workspace, suffix: str, runs: int
) -> None:
    content, good, bad = with_blanks(runs)
    workspace.put(PATH + suffix, COMPRESS[suffix](b"\n\n" + content))
    workspace.load()
    assert [number for (number, *_) in workspace.content()] == [number + 2 for number in good]
    assert [number for (number, *_) in workspace.quarantine()] == [number + 2 for number in bad]


@pytest.mark.parametrize("content", [b"", b"\n", b"\n \n\t\r\n", b"\xef\xbb\xbf\n"])
def test_a_file_without_a_row_is_loaded_and_empty(workspace: Workspace, content: bytes) -> None:
    workspace.put(PATH, content)
    summary = workspace.load()
    assert summary.unreadable == ()
    assert workspace.files() == {PATH: ("loaded", 0, 0)}


def test_windows_line_ends_are_no_part_of_a_line(workspace: Workspace) -> None:
    workspace.put(PATH, b"\r\n".join([line("a"), b"no", b"", line("b"), b"cut"]))
    workspace.load()
    assert workspace.content("document_id") == [(1, "a"), (4, "b")]
    assert workspace.quarantine() == [(2, "malformed", "no"), (5, "malformed", "cut")]


@pytest.mark.parametrize("last", [line("b"), line("b")[:-1], b"x"], ids=["whole", "cut", "short"])
def test_the_last_line_counts_without_an_end(workspace: Workspace, last: bytes) -> None:
    workspace.put(PATH, line("a") + b"\n" + last)
    workspace.load()
    assert workspace.files()[PATH] == ("loaded", 2, int(last != line("b")))


@pytest.mark.usefixtures("fast_only")
@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_line_of_20_megabytes_is_one_row(workspace: Workspace, suffix: str) -> None:
    long = line("long", Other="x" * 20_000_000)
    bad = b"{" + b"y" * 20_000_000
    workspace.put(PATH + suffix, COMPRESS[suffix](lines(line("a"), long, bad, line("b"))))
    workspace.load()
    assert workspace.content("document_id") == [(1, "a"), (2, "long"), (4, "b")]
    assert workspace.query("select line_number, length(line) from raw.quarantine") == [
        (3, len(bad))
    ]


@pytest.mark.usefixtures("fast_only")
@pytest.mark.parametrize("suffix", COMPRESS)
def test_numbers_hold_in_a_file_of_many_blocks_and_buffers(
    workspace: Workspace, suffix: str
) -> None:
    """40 MB: more than DuckDB reads at once, and many blocks of our own."""
    padding = "x" * 10_000
    contents = [line(number, Other=padding) for number in range(1, 4001)]
    bad = [7, 1500, 1501, 2999, 3999]
    blank = [3, 1502, 3000]
    for number in bad:
        contents[number - 1] = b"no %d" % number
    for number in blank:
        contents[number - 1] = b""
    workspace.put(PATH + suffix, COMPRESS[suffix](lines(*contents)))
    workspace.load()
    assert workspace.quarantine() == [(number, "malformed", f"no {number}") for number in bad]
    wrong = workspace.query(
        "select count(*) from raw.log_content where line_number <> document_id::bigint"
    )
    assert wrong == [(0,)]
    assert workspace.files() == {PATH + suffix: ("loaded", 3997, 5)}
