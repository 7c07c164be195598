"""Which paths are logs, and of which day (SPEC 2 and 3)."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import COMPRESS, DAY, Workspace, event, line, lines, parquet, record, searches

from c360.errors import ConfigurationError
from loaders.discovery import log_date_of
from loaders.sources import EXPECTED_LAYOUT

ONE = lines(line("a"))

EXTENSIONS = {
    f"{name}{suffix}": compress(ONE)
    for name in (".json", ".jsonl", ".ndjson")
    for suffix, compress in COMPRESS.items()
} | {".csv": b"Contract,TotalDuration,AppName\nA,1,VOD\n", ".parquet": parquet([record()])}


def test_every_known_extension_is_read_as_a_file_and_inside_the_folder_of_a_day(
    workspace: Workspace,
) -> None:
    for extension, content in EXTENSIONS.items():
        workspace.put(f"log_content/20220701{extension}", content)
        workspace.put(f"log_content/20220702/part-1{extension}", content)
    workspace.load()
    assert set(workspace.files().values()) == {("loaded", 1, 0)}
    assert workspace.query(
        "select log_date, count(*) from raw.log_content group by all order by all"
    ) == [(DAY, len(EXTENSIONS)), (date(2022, 7, 2), len(EXTENSIONS))]


LOG_DATES = {
    "log_content/20220701.json": DAY,
    "log_content/20220701.json.gz": DAY,
    "log_content/history-20220701-part-3.json": DAY,
    "log_content/20220701_20220702.json": DAY,
    "log_content/99999999_20220701.json": DAY,
    "log_content/20220701/part-00000-c000.parquet": DAY,
    "log_content/20220701/20220702.json": DAY,
    "log_content/20220702/20220701/a.json": DAY,
    "log_content/20220701/a/b.json": DAY,
    "log_content/20229999/20220701.json": DAY,
    "log_content/20240229.json": date(2024, 2, 29),
    "log_content/20230229.json": None,
    "log_content/20220732.json": None,
    "log_content/20221301.json": None,
    "log_content/20220700.json": None,
    "log_content/00000701.json": None,
    "log_content/2022-07-01.json": None,
    "log_content/202207011.json": None,
    "log_content/2022070.json": None,
    "log_content/history.json": None,
    "log_content/٢٠٢٢٠٧٠١.json": None,
}


@pytest.mark.parametrize("path", LOG_DATES)
def test_the_log_date_is_the_folder_of_a_day_or_else_eight_digits_of_the_name(path: str) -> None:
    assert log_date_of(path) == LOG_DATES[path]


@given(day=st.dates(), prefix=st.text("ab-_. "), suffix=st.text("ab-_. "))
def test_any_day_is_found_in_a_folder_and_in_a_name(day: date, prefix: str, suffix: str) -> None:
    digits = f"{day.year:04}{day.month:02}{day.day:02}"
    assert log_date_of(f"log_search/{digits}/{prefix}x{suffix}") == day
    assert log_date_of(f"log_search/{prefix}{digits}{suffix}") == day


@given(number=st.integers(0, 99_999_999))
def test_eight_digits_are_a_day_when_the_calendar_has_it(number: int) -> None:
    digits = f"{number:08}"
    try:
        expected = date.fromisoformat(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    except ValueError:
        expected = None
    assert log_date_of(f"log_content/{digits}.json") == expected


SKIPPED = {
    "log_content/20230229.json": "no valid date (YYYYMMDD) in its path",
    "log_content/20220732/part-0.json": "no valid date (YYYYMMDD) in its path",
    "log_content/history.json": "no valid date (YYYYMMDD) in its path",
    "log_content/20220701.txt": "unknown extension",
    "log_content/20220701.json.bak": "unknown extension",
    "log_content/20220701.csv.gz": "unknown extension",
    "log_content/20220703": "unknown extension",
    "log_content/20220701.json.crc": "unknown extension",
    "log_content/.20220701.json": "hidden or a marker file",
    "log_content/20220701/_SUCCESS": "hidden or a marker file",
    "log_content/20220701/.part-0.parquet.crc": "hidden or a marker file",
    "log_content/20220701/_metadata.parquet": "hidden or a marker file",
    "README.txt": "not the folder of a known source",
    "20220701.json": "not the folder of a known source",
}


def test_what_is_no_log_is_skipped_listed_and_not_counted(workspace: Workspace) -> None:
    for path in SKIPPED:
        workspace.put(path, ONE)
    workspace.put("log_content/20220702.json", ONE)
    workspace.put("log_contents/20220701.json", ONE)
    summary = workspace.load()
    expected = SKIPPED | {"log_contents": "not the folder of a known source"}
    assert workspace.skipped() == expected
    assert {path.path: path.reason for path in summary.skipped} == expected
    assert list(workspace.files()) == ["log_content/20220702.json"]
    assert workspace.quarantine() == []


@pytest.mark.parametrize("folder", ["_temporary/0", ".staging"])
def test_what_lies_in_a_hidden_folder_is_not_loaded(workspace: Workspace, folder: str) -> None:
    """Spark writes to `_temporary` and moves the files when they are whole."""
    workspace.put(f"log_search/20220701/{folder}/part-0.parquet", searches(event()))
    workspace.put("log_search/20220701/part-0.parquet", searches(event()))
    workspace.load()
    assert list(workspace.files()) == ["log_search/20220701/part-0.parquet"]


def test_links_are_followed_and_dangling_ones_are_skipped(workspace: Workspace) -> None:
    elsewhere = workspace.raw.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "log.json").write_bytes(ONE)
    workspace.put("log_content/20220701.json", ONE)
    folder = workspace.raw / "log_content"
    (folder / "20220702.json").symlink_to(elsewhere / "log.json")
    (folder / "20220703").symlink_to(elsewhere)
    (folder / "20220704.json").symlink_to(elsewhere / "missing.json")
    (folder / "20220705").symlink_to(elsewhere / "missing")
    workspace.load()
    assert sorted(workspace.files()) == [
        "log_content/20220701.json",
        "log_content/20220702.json",
        "log_content/20220703/log.json",
    ]
    assert workspace.skipped() == {
        "log_content/20220704.json": "not a file, or a link that leads nowhere",
        "log_content/20220705": "unknown extension",
    }


def test_a_folder_that_links_to_itself_is_walked_once(workspace: Workspace) -> None:
    workspace.put("log_content/20220701/a.json", ONE)
    day = workspace.raw / "log_content" / "20220701"
    (day / "again").symlink_to(day)
    (day / "up").symlink_to(workspace.raw / "log_content")
    workspace.load()
    assert list(workspace.files()) == ["log_content/20220701/a.json"]


@pytest.mark.parametrize("name", ["20220702.json", "20220702", "log_search"])
def test_a_link_that_leads_in_a_circle_is_skipped(workspace: Workspace, name: str) -> None:
    workspace.put("log_content/20220701.json", ONE)
    folder = workspace.raw if name == "log_search" else workspace.raw / "log_content"
    (folder / name).symlink_to(name)
    workspace.load()
    assert list(workspace.files()) == ["log_content/20220701.json"]
    assert len(workspace.skipped()) == 1


NAMES = [
    "2 spaces",
    "glob*?",
    "brackets[0-9]{a,b}",
    "quote'quote\"",
    "percent%20%s",
    "back\\slash",
    "phim truyện Việt",
    "dollar$path;--",
    "new\nline",
    "~home",
    "-dash",
    "a=b",
    "[red]markup[/red]",
]


@pytest.mark.parametrize("suffix", [".json", ".JSON", ".csv", ".parquet"])
def test_no_character_of_a_name_is_special(workspace: Workspace, suffix: str) -> None:
    good = EXTENSIONS[suffix.lower()]
    content = good if suffix == ".parquet" else good + b"no\n"
    for name in NAMES:
        workspace.put(f"log_content/20220701/{name}{suffix}", content)
    assert workspace.load().unreadable == ()
    bad = int(content != good)
    assert list(workspace.files().values()) == [("loaded", 1 + bad, bad)] * len(NAMES)


def test_no_character_of_a_folder_is_special(tmp_path: Path) -> None:
    raw = tmp_path / "a [b]*? 'c' \"d\" %s Việt {e}"
    raw.mkdir()
    workspace = Workspace(raw, tmp_path / "customer360.duckdb")
    workspace.put("log_content/20220701.json", lines(line(), b"no"))
    workspace.put("log_search/20220701.parquet", searches(event()))
    workspace.load()
    assert workspace.files() == {
        "log_content/20220701.json": ("loaded", 2, 1),
        "log_search/20220701.parquet": ("loaded", 1, 0),
    }


def test_a_pattern_in_a_name_does_not_read_its_neighbours(workspace: Workspace) -> None:
    workspace.put("log_content/20220701/*.json", lines(line("star")))
    workspace.put("log_content/20220701/a.json", lines(line("a")))
    workspace.load()
    assert workspace.content("document_id") == [(1, "star"), (1, "a")]


def test_a_name_that_is_no_utf8_is_skipped_and_shown_in_hexadecimal(workspace: Workspace) -> None:
    workspace.put("log_content/20220701.json", ONE)
    folder = os.fsencode(workspace.raw / "log_content")
    with open(folder + b"/20220702-\xff.json", "wb") as file:  # noqa: PTH123 (no Path of bytes)
        file.write(ONE)
    workspace.load()
    assert workspace.skipped() == {"log_content/20220702-\\udcff.json": "name is not UTF-8"}


def test_every_source_may_be_absent(workspace: Workspace) -> None:
    workspace.put("library/genres.csv", b"keyword,category\nnaruto,Animation\n")
    workspace.load()
    assert workspace.files() == {"library/genres.csv": ("loaded", 1, 0)}
    assert workspace.content() == []


@pytest.mark.parametrize("folder", ["log_content", "log_search/20220701", "logs", ""])
def test_a_directory_without_a_log_is_refused_and_nothing_is_made(
    workspace: Workspace, folder: str
) -> None:
    (workspace.raw / folder).mkdir(parents=True, exist_ok=True)
    with pytest.raises(ConfigurationError, match="holds no file") as caught:
        workspace.load()
    assert str(workspace.raw) in caught.value.what
    assert EXPECTED_LAYOUT in caught.value.hint
    assert not workspace.database.exists()
