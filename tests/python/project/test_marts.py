"""The marts equal an independent computation of the SPEC in plain Python (tests/python/oracle)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from oracle import compare, compute_marts
from project.runs import Built

KEYS = {
    "content_daily": ("log_date", "content_type"),
    "content_profiles": ("contract", "month"),
    "customer360": ("customer_id",),
    "customer360_monthly": ("customer_id", "month"),
    "customer_identifiers": ("identifier_type", "identifier"),
    "genre_transitions": ("month", "previous_genre", "genre"),
    "identity_conflicts": ("identifier_type", "identifier"),
    "keyword_genres": ("keyword",),
    "load_quality": ("source", "log_date", "outcome"),
    "search_behavior": ("user_id", "month"),
    "search_profiles": ("user_id", "month"),
    "search_trending": ("month", "rank"),
    "taste_summary": ("month", "taste", "active"),
}


@cache
def expected(raw_dir: Path) -> dict[str, list[dict[str, object]]]:
    return compute_marts(raw_dir)


def test_the_load_says_what_was_set_aside(sample: Built) -> None:
    assert sample.load.code == 3, sample.load.output
    assert "set aside: log_content/" in sample.load.output


def test_everything_is_built_and_every_test_passes(sample: Built) -> None:
    assert sample.build.code == 0, sample.build.output[-4000:]
    kinds = [result["unique_id"].split(".")[0] for result in sample.results()]
    assert kinds.count("unit_test") >= 60
    assert kinds.count("test") >= 70
    assert kinds.count("model") >= 29
    assert {result["status"] for result in sample.results()} <= {"success", "pass", "no-op"}


@pytest.mark.parametrize("mart", KEYS)
def test_mart_of_the_sample_equals_the_oracle(sample: Built, mart: str) -> None:
    rows = expected(sample.raw_dir)[mart]
    assert rows, "a test without rows tests nothing"
    assert set(rows[0]) <= set(sample.mart(mart)[0])
    assert compare(rows, sample.mart(mart), KEYS[mart]) == []


@pytest.mark.parametrize("mart", KEYS)
def test_mart_of_the_real_day_equals_the_oracle(real: Built, mart: str) -> None:
    assert real.build.code == 0, real.build.output[-4000:]
    assert compare(expected(real.raw_dir)[mart], real.mart(mart), KEYS[mart]) == []


def test_sources_that_are_missing_leave_empty_marts(real: Built) -> None:
    assert real.load.code == 0
    assert real.mart("content_profiles") == []
    assert len(real.mart("search_trending")) == 10
    assert len(real.mart("customer360")) == len(real.mart("search_profiles"))
    read = real.rows("select sum(rows_read)::bigint from raw.files")
    assert read == real.rows("select sum(rows)::bigint from marts.load_quality")


def test_the_comparison_sees_a_wrong_number(sample: Built) -> None:
    rows = sample.mart("content_profiles")
    rows[0] = rows[0] | {"total_seconds": -1}
    found = compare(expected(sample.raw_dir)["content_profiles"], rows, KEYS["content_profiles"])
    assert len(found) == 1


def test_every_rejected_line_is_kept_with_its_place(sample: Built) -> None:
    rejected = {
        (row["path"], row["line_number"] or 0, row["reason"])
        for row in expected(sample.raw_dir)["rejected_rows"]
        if row["reason"] != "accepted"
    }
    kept = sample.rows(
        """
        select files.path, rejects.line_number, rejects.reason
        from (
            from staging.stg_log_content__rejects
            union all
            from staging.stg_log_search__rejects
        ) as rejects
        join raw.files using (file_id)
        """
    )
    assert len(kept) == len(set(kept)) == len(rejected)
    assert set(kept) == rejected


def test_rejected_lines_of_text_files_stand_at_their_line(sample: Built) -> None:
    malformed = sample.rows(
        """
        select files.path, quarantine.line_number, quarantine.line
        from raw.quarantine join raw.files using (file_id)
        where reason = 'malformed' and path like '%.json'
        """
    )
    assert len(malformed) > 100
    for path, number, text in malformed:
        line = (sample.raw_dir / path).read_bytes().split(b"\n")[number - 1].rstrip(b"\r")
        assert line.decode("utf-8", "backslashreplace") == text


def test_about_69_percent_change_their_top_genre_between_months(sample: Built) -> None:
    ((changed, both),) = sample.rows(
        """
        select count(*) filter (where behavior_change = 'Changed'), count(*)
        from marts.search_behavior where behavior_change in ('Changed', 'Unchanged')
        """
    )
    assert 0.6 < changed / both < 0.78
