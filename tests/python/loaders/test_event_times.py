"""Event times as devices write them (SPEC 5, Event time)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle.event_times import event_time
from support import DAY

from loaders.event_times import parse_event_time

ERAS = {"gregorian": 0, "buddhist": 543, "reiwa": -2018}
DIGITS = {"ascii": "0", "arabic": "٠", "persian": "۰", "thai": "๐", "devanagari": "०", "wide": "０"}
MARKS = [("SA", "CH"), ("AM", "PM"), ("am", "pm"), ("Sa", "Ch")]


@dataclass(frozen=True)
class Written:
    """A time as a device writes it, and what it means."""

    text: str
    at: datetime
    is_plain: bool


@st.composite
def written(draw: st.DrawFn) -> Written:
    """Any time from 2019 to 2117, in any era, script and clock."""
    at = draw(st.datetimes(datetime(2019, 1, 1), datetime(2117, 12, 31))).replace(microsecond=0)
    era = draw(st.sampled_from(sorted(ERAS)))
    if era == "buddhist" and at.year > 2057:
        era = "gregorian"  # the Buddhist year 2601 is not recognised as one
    script = draw(st.sampled_from(sorted(DIGITS)))
    marks = draw(st.none() | st.sampled_from(MARKS))
    hour = at.hour if marks is None else at.hour % 12 or 12
    width = draw(st.sampled_from([1, 2]))
    separator = draw(st.sampled_from([" ", "T", "  "]))
    fraction = draw(st.sampled_from(["", ".7", ".79", ".123456789", "."]))
    mark = "" if marks is None else draw(st.sampled_from(["", " "])) + marks[at.hour >= 12]
    text = (
        f"{at.year + ERAS[era]:04}-{at.month:02}-{at.day:02}{separator}"
        f"{hour:0{width}}:{at.minute:02}:{at.second:02}{fraction}{mark}"
    )
    zero = ord(DIGITS[script])
    text = text.translate({ord("0") + digit: chr(zero + digit) for digit in range(10)})
    return Written(text, at, is_plain=(era, script, marks) == ("gregorian", "ascii", None))


@given(written(), st.integers(-1, 1))
def test_a_time_is_read_back_from_any_era_script_and_clock(time: Written, days: int) -> None:
    log_date = time.at.date() + timedelta(days=days)
    quality = "ok" if time.is_plain else "corrected"
    assert parse_event_time(time.text, log_date) == (time.at, quality)


@given(written(), st.integers(2, 1000), st.sampled_from([-1, 1]))
def test_more_than_a_day_from_the_log_date_is_a_wrong_clock(
    time: Written, days: int, sign: int
) -> None:
    log_date = time.at.date() + timedelta(days=sign * days)
    assert parse_event_time(time.text, log_date) == (None, "clock_off")


@given(written(), st.dates())
def test_the_oracle_reads_the_same(time: Written, log_date: date) -> None:
    assert parse_event_time(time.text, log_date) == event_time(time.text, log_date)


@given(st.text() | st.text("0123456789-: .TSACHPM٠۲"), st.dates())
def test_no_text_stops_the_loader(text: str, log_date: date) -> None:
    at, quality = parse_event_time(text, log_date)
    assert (at is None) == (quality in ("clock_off", "unreadable"))


EXAMPLES = {
    "2022-07-01 20:25:09.79": (datetime(2022, 7, 1, 20, 25, 9), "ok"),
    " 2022-07-01 20:25:09 ": (datetime(2022, 7, 1, 20, 25, 9), "ok"),
    "2022-07-01 8:13:10.537 CH": (datetime(2022, 7, 1, 20, 13, 10), "corrected"),
    "2022-07-01 8:13:10.537 ch": (datetime(2022, 7, 1, 20, 13, 10), "corrected"),
    "2022-07-01 12:00:00 SA": (datetime(2022, 7, 1, 0, 0, 0), "corrected"),
    "2022-07-01 12:00:00 PM": (datetime(2022, 7, 1, 12, 0, 0), "corrected"),
    "2022-07-01 11:59:59 AM": (datetime(2022, 7, 1, 11, 59, 59), "corrected"),
    "2565-07-01 20:25:09": (datetime(2022, 7, 1, 20, 25, 9), "corrected"),
    "0004-07-01 20:25:09": (datetime(2022, 7, 1, 20, 25, 9), "corrected"),
    "۲۰۲۲-۰۷-۰۱ ۲۰:۲۵:۰۹": (datetime(2022, 7, 1, 20, 25, 9), "corrected"),
    "٢٥٦٥-٠٧-٠١ ٠٨:٢٥:٠٩ PM": (datetime(2022, 7, 1, 20, 25, 9), "corrected"),
    "2022-07-02 23:59:59": (datetime(2022, 7, 2, 23, 59, 59), "ok"),
    "2022-07-03 00:00:00": (None, "clock_off"),
    "2022-06-29 23:59:59": (None, "clock_off"),
    "1970-01-01 00:00:00": (None, "clock_off"),
    "0099-07-01 00:00:00": (None, "clock_off"),
    "0100-07-01 00:00:00": (None, "clock_off"),
    "2499-07-01 00:00:00": (None, "clock_off"),
    "2601-07-01 00:00:00": (None, "clock_off"),
    "9999-12-31 23:59:59": (None, "clock_off"),
    "0000-07-01 00:00:00": (None, "unreadable"),
    "2022-02-30 00:00:00": (None, "unreadable"),
    "2565-02-29 00:00:00": (None, "unreadable"),
    "2022-07-01 24:00:00": (None, "unreadable"),
    "2022-07-01 20:60:00": (None, "unreadable"),
    "2022-07-01 20:25:60": (None, "unreadable"),
    "2022-07-01 13:00:00 PM": (None, "unreadable"),
    "2022-07-01": (None, "unreadable"),
    "20:25:09": (None, "unreadable"),
    "1656678309": (None, "unreadable"),
    "yesterday": (None, "unreadable"),
    "": (None, "unreadable"),
    "null": (None, "unreadable"),
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_times_on_the_log_date_of_2022_07_01(text: str) -> None:
    assert parse_event_time(text, DAY) == EXAMPLES[text]


def test_no_time_is_unreadable() -> None:
    assert parse_event_time(None, DAY) == (None, "unreadable")


def test_a_leap_day_is_one_of_the_year_that_is_meant() -> None:
    leap_day = date(2024, 2, 29)
    assert parse_event_time("2567-02-29 01:02:03", leap_day).quality == "corrected"
    assert parse_event_time("0006-02-29 01:02:03", leap_day).quality == "corrected"
