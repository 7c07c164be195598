"""Search logs: every row is kept as it was, with what is derived from it beside it (SPEC 2.2)."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import DAY, SEARCH_SCHEMA, Workspace, event, parquet, searches

from c360.errors import LoadError
from loaders import landing, readers
from loaders.event_times import parse_event_time
from loaders.readers import search_parquet

PATH = "log_search/20220701.parquet"


def test_all_columns_are_kept_as_the_text_they_were(workspace: Workspace) -> None:
    workspace.put(PATH, searches(event()))
    workspace.load()
    columns = (
        "event_id, event_datetime, user_id, keyword, category, proxy_isp, platform, "
        "network_type, action, user_plans, rows.log_date"
    )
    assert workspace.rows("log_search", columns) == [
        (
            1,
            "e1",
            "2022-07-01 20:25:09.79",
            "00012345",
            "Naruto",
            "enter",
            "vnpt",
            "smarttv",
            "wifi",
            "search",
            ["Kênh Gia Đình:giftcode"],
            DAY,
        )
    ]


def test_rows_that_a_business_rule_rejects_are_kept(workspace: Workspace) -> None:
    dirt = [
        event(user_id=None),
        event(user_id=""),
        event(keyword=None),
        event(keyword=" "),
        event(category="quit"),
        event(category=None),
        event(networkType="WIFI"),
        event(platform=None, userPlansMap=None),
        event(userPlansMap=[]),
        event(userPlansMap=["A:b", None]),
        event(),
        event(),
        dict.fromkeys(event()),
    ]
    workspace.put(PATH, searches(*dirt))
    workspace.load()
    columns = "event_id, user_id, keyword, category, platform, network_type, user_plans"
    assert workspace.rows("log_search", columns) == [
        (
            number,
            row["eventID"],
            row["user_id"],
            row["keyword"],
            row["category"],
            row["platform"],
            row["networkType"],
            row["userPlansMap"],
        )
        for number, row in enumerate(dirt, 1)
    ]
    assert workspace.files() == {PATH: ("loaded", len(dirt), 0)}


KEYWORDS = {
    "upper case": ("NARUTO", "naruto", "naruto"),
    "composed accents": ("Truy\u1ec1n H\u00ecnh", "truyền hình", "truyen hinh"),
    "decomposed accents": ("Truye\u0302\u0300n Hi\u0300nh", "truyền hình", "truyen hinh"),
    "d with stroke": ("Đất Rừng", "đất rừng", "dat rung"),
    "spaces": ("  one \t\n piece  ", "one piece", "one piece"),
    "an invisible mark": ("one\u200bpie\u200dce\ufeff", "onepiece", "onepiece"),
    "a wide space": ("one\u3000piece\u00a0", "one piece", "one piece"),
    "blank": (" \t ", None, None),
    "invisible": ("\u200b\u200e", None, None),
    "nothing": ("", None, None),
    "null": (None, None, None),
}


@pytest.mark.parametrize("name", KEYWORDS)
def test_keywords_are_normalised_and_folded_beside_the_original(
    workspace: Workspace, name: str
) -> None:
    keyword, normalised, folded = KEYWORDS[name]
    workspace.put(PATH, searches(event(keyword=keyword)))
    workspace.load()
    columns = "keyword, keyword_normalised, keyword_folded"
    assert workspace.rows("log_search", columns) == [(1, keyword, normalised, folded)]


TIMES = {
    "plain": ("2022-07-01 20:25:09", datetime(2022, 7, 1, 20, 25, 9), "ok"),
    "a fraction": ("2022-07-01 20:25:09.79", datetime(2022, 7, 1, 20, 25, 9), "ok"),
    "Buddhist era": ("2565-07-01 08:00:00.78", datetime(2022, 7, 1, 8), "corrected"),
    "Reiwa": ("0004-07-01 08:00:00", datetime(2022, 7, 1, 8), "corrected"),
    "Persian digits": ("۲۰۲۲-۰۷-۰۱ ۰۸:۰۹:۱۰", datetime(2022, 7, 1, 8, 9, 10), "corrected"),
    "Arabic digits": ("٢٠٢٢-٠٧-٠١ ٠٨:٠٩:١٠", datetime(2022, 7, 1, 8, 9, 10), "corrected"),
    "afternoon": ("2022-07-01 8:25:09 CH", datetime(2022, 7, 1, 20, 25, 9), "corrected"),
    "morning": ("2022-07-01 12:25:09 SA", datetime(2022, 7, 1, 0, 25, 9), "corrected"),
    "the day before": ("2022-06-30 23:59:59", datetime(2022, 6, 30, 23, 59, 59), "ok"),
    "two days before": ("2022-06-29 23:59:59", None, "clock_off"),
    "years off": ("2015-01-01 00:00:00", None, "clock_off"),
    "no time": ("yesterday", None, "unreadable"),
    "null": (None, None, "unreadable"),
}


def test_event_times_are_read_beside_the_original(workspace: Workspace) -> None:
    workspace.put(PATH, searches(*(event(datetime=text) for text, _, _ in TIMES.values())))
    workspace.load()
    columns = "event_datetime, event_time, event_time_quality"
    expected = [(number, *time) for number, time in enumerate(TIMES.values(), 1)]
    assert workspace.rows("log_search", columns) == expected


# Times around the plain form, which DuckDB reads, and around the edges of its every part.
NEARLY_PLAIN = st.from_regex(
    r"(20[0-9]{2}|1999|2100|2565|0004)-(0[0-9]|1[0-3]|2)-([0-3][0-9]|2)[ T]"
    r"([0-2][0-9]|9):[0-6][0-9]:[0-6][0-9](\.[0-9]{0,3})?( ?CH)?[ \u0660]?",
    fullmatch=True,
)
AROUND_THE_DAY = st.sampled_from(["2022-06-29", "2022-06-30", "2022-07-01", "2022-07-02"]).flatmap(
    lambda day: st.times().map(lambda time: f"{day} {time.replace(microsecond=0)}")
)


@given(st.lists(NEARLY_PLAIN | AROUND_THE_DAY, min_size=20, max_size=40))
def test_plain_times_are_read_by_duckdb_as_by_python(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "raw", Path(folder) / "c360.duckdb")
        workspace.put(PATH, searches(*(event(datetime=text) for text in texts)))
        workspace.load()
        found = workspace.rows("log_search", "event_datetime, event_time, event_time_quality")
    assert found == [
        (number, text, *parse_event_time(text, DAY)) for number, text in enumerate(texts, 1)
    ]


def test_the_parts_of_a_day_lie_in_a_folder(workspace: Workspace) -> None:
    workspace.put("log_search/20220701/part-00000-c000.snappy.parquet", searches(event()))
    workspace.put("log_search/20220701/part-00001-c000.snappy.parquet", searches(event(), event()))
    workspace.put("log_search/20220701/_SUCCESS", b"")
    workspace.put("log_search/20220701/.part-00000-c000.snappy.parquet.crc", b"crc")
    workspace.load()
    assert sorted(workspace.files().values()) == [("loaded", 1, 0), ("loaded", 2, 0)]
    assert workspace.query("select distinct log_date from raw.log_search") == [(DAY,)]


def test_columns_that_are_missing_are_null_so_that_the_reasons_show_it(
    workspace: Workspace,
) -> None:
    workspace.put(PATH, parquet([{"eventID": "e1", "search_word": "naruto"}]))
    workspace.load()
    columns = "event_id, keyword, user_plans, event_time_quality"
    assert workspace.rows("log_search", columns) == [(1, "e1", None, None, "unreadable")]


def test_other_types_become_text_and_identifiers_stay_what_they_were(workspace: Workspace) -> None:
    row = {"eventID": 1, "user_id": 12345.0, "keyword": "naruto", "userPlansMap": "Kênh:gift"}
    workspace.put(PATH, parquet([row]))
    workspace.load()
    columns = "event_id, user_id, keyword, user_plans"
    assert workspace.rows("log_search", columns) == [(1, "1", "12345", "naruto", ["Kênh:gift"])]


def test_an_empty_table_is_an_empty_log(workspace: Workspace) -> None:
    workspace.put(PATH, parquet([], SEARCH_SCHEMA))
    workspace.load()
    assert workspace.files() == {PATH: ("loaded", 0, 0)}


WHOLE = searches(*(event(eventID=f"e{number}") for number in range(200)))
NOT_PARQUET = {
    "zero bytes": b"",
    "garbage": b"not a Parquet file at all",
    "truncated": WHOLE[: len(WHOLE) // 2],
    "a broken page": WHOLE[:40] + bytes(200) + WHOLE[240:],
    "another table": parquet([{"Contract": "A", "TotalDuration": 1, "AppName": "VOD"}]),
}


@pytest.mark.parametrize("name", NOT_PARQUET)
def test_what_is_no_search_log_is_set_aside(workspace: Workspace, name: str) -> None:
    workspace.put(PATH, NOT_PARQUET[name])
    workspace.put("log_search/20220702.parquet", searches(event()))
    assert [file.path for file in workspace.load().unreadable] == [PATH]
    assert workspace.files() == {
        PATH: ("unreadable", 1, 1),
        "log_search/20220702.parquet": ("loaded", 1, 0),
    }
    assert [reason for _, reason, _ in workspace.quarantine()] == ["unreadable_file"]


def test_search_logs_of_another_format_are_no_logs(workspace: Workspace) -> None:
    workspace.put(PATH, searches(event()))
    workspace.put("log_search/20220702.json", b"{}")
    workspace.load()
    assert workspace.skipped() == {"log_search/20220702.json": "unknown extension"}


def test_a_folder_named_like_a_column_changes_no_value(workspace: Workspace) -> None:
    """DuckDB reads `platform=ios` in a path as a column unless it is told not to."""
    workspace.put("log_search/platform=ios/20220701.parquet", searches(event()))
    workspace.load()
    assert workspace.rows("log_search", "platform") == [(1, "smarttv")]


def put_many(workspace: Workspace, others: dict[str, bytes]) -> None:
    """A file an hour of two days, each with rows of its own, and some others among them."""
    for number in range(48):
        day, hour = divmod(number, 24)
        times = [f"2022-07-{1 + day:02d} 20:25:09", f"0{hour % 10}:15 CH", "", None]
        rows = [
            event(eventID=f"{number}-{row}", datetime=at, keyword=f"Phim {row}")
            for row, at in enumerate(times)
        ]
        name = f"log_search/2022070{1 + day}/part-{hour:02d}.parquet"
        workspace.put(name, others.get(name, searches(*rows)))


STRANGERS = {
    "none": b"",
    "a broken one": WHOLE[: len(WHOLE) // 2],
    "numbers for texts": parquet([event(user_id=12345.0, keyword=72)]),
    "a column less": parquet([{"datetime": "x", "user_id": "1", "keyword": "a", "category": "b"}]),
    "a column of our name": parquet([event(c360_path_of_file="x", file_row_number=7)]),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_small_files_give_together_what_they_give_alone(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    others = {"log_search/20220702/part-05.parquet": STRANGERS[name]} if STRANGERS[name] else {}
    read: list[int] = []
    land = search_parquet.land_search_parquets

    def counting(connection: Any, files: Any) -> Any:
        read.append(len(files))
        return land(connection, files)

    for module in (readers, search_parquet):
        monkeypatch.setattr(module, "land_search_parquets", counting)
    found = []
    for most in (64, 1):
        monkeypatch.setattr(landing, "PARCEL_FILES", most)
        workspace = Workspace.make(tmp_path_factory.mktemp("together"))
        put_many(workspace, others)
        workspace.load(threads=1)
        found.append(
            workspace.query(
                "select files.path, events.* exclude file_id from raw.log_search as events "
                "join raw.files as files using (file_id) order by all"
            )
            + workspace.query(
                "select path, problem is null, rows_read, rows_rejected from raw.files order by all"
            )
            + workspace.query(
                "select path, field, drift.problem, kind from raw.field_drift as drift "
                "join raw.files using (file_id) order by all"
            )
        )
    assert max(read) > 1
    assert found[0] == found[1]
    assert len(found[0]) > 48 * 4


def test_a_row_whose_file_is_not_found_ends_the_load(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = search_parquet._register_files

    def elsewhere(connection: Any, files: Any, paths: list[str]) -> None:
        register(connection, files, [f"{path}?" for path in paths])

    monkeypatch.setattr(search_parquet, "_register_files", elsewhere)
    workspace.put(PATH, searches(event()))
    with pytest.raises(LoadError, match="NOT NULL"):
        workspace.load()
