"""The bare scripts on logs small enough to count by hand, and the comparison of marts."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from support import line, lines

from benchmarks import agree
from benchmarks.agree import DisagreementError, require_equal
from benchmarks.contenders import definitions
from benchmarks.contenders.reading import read_all
from benchmarks.measure import PROJECT

JULY = date(2022, 7, 1)


def run_bare(raw_dir: Path, out: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.contenders.bare_duckdb", str(raw_dir), str(out)]
    subprocess.run(command, cwd=PROJECT, check=True)


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "raw" / "log_content"
    folder.mkdir(parents=True)
    watched = [
        line("1", Contract="A", Mac="M1", TotalDuration=100, AppName="CHANNEL"),
        line("2", Contract="A", Mac="M2", TotalDuration=100, AppName="KPlus"),
        line("3", Contract="A", Mac="M1", TotalDuration=200, AppName="VOD"),
        line("4", Contract="B", Mac="M3", TotalDuration=0, AppName="CHILD"),
        line("5", Contract="0", Mac="M3", TotalDuration=50, AppName="CHILD"),
        line("6", Contract="B", Mac="M3", TotalDuration=90_000, AppName="CHILD"),
        line("7", Contract="B", Mac="M3", TotalDuration=50, AppName="UNKNOWN"),
    ]
    (folder / "20220701.json").write_bytes(lines(*watched))
    (folder / "20220702.json").write_bytes(lines(*watched[:1]))
    (folder / "notes.json").write_bytes(b"not a log")
    return folder.parent


def test_the_bare_script_keeps_rows_and_computes_the_marts(raw_dir: Path, tmp_path: Path) -> None:
    run_bare(raw_dir, tmp_path / "out")
    with duckdb.connect(str(tmp_path / "out" / "bare.duckdb"), read_only=True) as connection:
        raw = connection.execute("select count(document_id) from raw_content").fetchall()
        profiles = connection.execute("from content_profiles order by contract").fetchall()
        daily = connection.execute("from content_daily order by 1, 2").fetchall()
        tastes = connection.execute("from taste_summary order by 2").fetchall()
    assert raw == [(8,)]
    tv, films, kids = "Truyền Hình", "Phim Truyện", "Thiếu Nhi"
    seconds = {"A": (300, 200, None, None, None, 500), "B": (None, None, None, 0, None, 0)}
    assert profiles == [
        ("A", JULY, *seconds["A"], tv, f"{films}-{tv}", "upper", 2, "Low", "medium", 2),
        ("B", JULY, *seconds["B"], kids, kids, "lower", 1, "Low", "low", 1),
    ]
    assert daily == [
        (JULY, "kids", 1, 1, 1, 0),
        (JULY, "movie", 1, 1, 1, 200),
        (JULY, "tv", 1, 2, 2, 200),
        (date(2022, 7, 2), "tv", 1, 1, 1, 100),
    ]
    assert tastes == [
        (JULY, "Phim Truyện-Truyền Hình", "Low", 1),
        (JULY, "Thiếu Nhi", "Low", 1),
    ]


def test_reading_reads_every_byte_of_the_days(raw_dir: Path) -> None:
    files = definitions.content_files(raw_dir)
    assert [file.name for file in files] == ["20220701.json", "20220702.json"]
    assert read_all(files) == sum(file.stat().st_size for file in files)


def test_definitions_are_those_of_the_project() -> None:
    # Numbers that the contenders hold as constants stand in dbt_project.yml for the project.
    vars_of_project = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8")
    for line_of_yaml in (
        f"max_record_seconds: {definitions.MAX_SECONDS}",
        f"active_high_days: {definitions.ACTIVE_HIGH_DAYS}",
        f"clinginess_low_days: {definitions.CLINGINESS_LOW_DAYS}",
        f"clinginess_high_days: {definitions.CLINGINESS_HIGH_DAYS}",
    ):
        assert f"\n  {line_of_yaml}\n" in vars_of_project
    assert [one.code for one in definitions.taste_order()] == [
        "relax",
        "movie",
        "sport",
        "kids",
        "tv",
    ]


def marts(tmp_path: Path, theirs: str, ours: str = "(1, 'a'), (1, 'a'), (2, null)") -> None:
    """Compare two small marts, the contender's as CSV."""
    database = tmp_path / "project.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema marts")
        values = f"(values {ours}) as t (n, word)" if ours else "(select 1 n, 'a' word limit 0)"
        connection.execute(f"create table marts.m as from {values}")
    folder = tmp_path / "out" / "m"
    folder.mkdir(parents=True)
    (folder / "part-0.csv").write_text(f"word,n\n{theirs}", encoding="utf-8")
    out = tmp_path / "out"
    require_equal("Spark", database, out, agree.CSV_FOLDERS, {"marts.m": "m"}, "")


def test_equal_marts_agree_in_any_order(tmp_path: Path) -> None:
    marts(tmp_path, "a,1\n,2\na,1\n")


@pytest.mark.parametrize(
    "theirs", ["a,1\n,2\n", "a,1\na,1\n,2\n,2\n", "a,1\na,1\nb,2\n", "a,1\na,1\n,3\n"]
)
def test_a_row_more_or_less_or_other_is_a_disagreement(tmp_path: Path, theirs: str) -> None:
    with pytest.raises(DisagreementError, match=r"Spark disagrees with project\.marts\.m in "):
        marts(tmp_path, theirs)


def test_an_empty_mart_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DisagreementError, match="is empty"):
        marts(tmp_path, "", ours="")
