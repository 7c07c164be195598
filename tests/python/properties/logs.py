"""Any logs, as rows of days and not yet as files; with every kind of dirt that SPEC 2 and 3 name.

Alphabets are small, so that duplicates, ties, runs of typing and linked customers come about.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st
from support import event

# Both sides of two ends of months, and a month with a gap before it.
DAYS = [
    date(2022, 4, 30),
    date(2022, 5, 31),
    date(2022, 6, 1),
    date(2022, 6, 15),
    date(2022, 6, 30),
    date(2022, 7, 1),
    date(2022, 7, 2),
]


def nfd(text: str) -> str:
    """With decomposed accents."""
    return unicodedata.normalize("NFD", text)


# Content

MALFORMED = [b"no", b"\xff\xfe", b"[]", b"null", b"{}", b'{"_source":5}', b'{"_id":"a"', b'"']
"""Lines that are no record, neither of JSON nor (for want of a comma) of CSV."""


@dataclass(frozen=True)
class Record:
    """A row of log_content: what JSON has for each field."""

    document_id: object = None
    contract: object = "A"
    mac: object = "M1"
    duration: object = 60
    app: object = "CHANNEL"
    sparse: bool = False
    """Whether fields without a value are left out, and unknown ones are there."""


ContentRow = Record | bytes
"""A record, or a line that is none."""

FLAWS: list[dict[str, Any]] = [
    *({"contract": text} for text in (None, "", "  ", "0", "NULL", "none", " Unknown ")),
    *({"contract": text} for text in ("10.0.0.7", "192.168.1.255", "2001:db8::1", "::1")),
    *({"contract": text} for text in (" A", "B ", "\tA", "1.2.3.999", "12:30", "Truyền", 7)),
    *({"duration": value} for value in (None, "abc", "12.5", 12.5, True, "", "1e3", -1, "-5")),
    *({"duration": value} for value in ("60", " 7 ", "+5", "-0", "007", 86_400, 86_401, 10**20)),
    *({"app": text} for text in (None, "", "NETFLIX", "K PLUS", "0")),
    *({"app": text} for text in (" kplus ", "KPlus", "vod_res", "Sport\t")),
    *({"mac": text} for text in (None, "", " ", " M1 ", "m1")),
    *({"document_id": value} for value in ("", " ", 7, "7", " a", "A")),
]
GOOD_CONTRACTS = ["A", "B", "C", "BDH1"]
APPS = ["CHANNEL", "KPLUS", "VOD", "BHD_RES", "SPORT", "CHILD", "RELAX"]

records = st.builds(
    lambda document_id, contract, mac, duration, app, sparse, flaw: Record(
        **{
            "document_id": document_id,
            "contract": contract,
            "mac": mac,
            "duration": duration,
            "app": app,
            "sparse": sparse,
        }
        | flaw
    ),
    st.sampled_from([None, None, "a", "b", "c", "d", "e", "f"]),
    st.sampled_from(GOOD_CONTRACTS),
    st.sampled_from(["M1", "M2", "M3"]),
    st.sampled_from([0, 1, 60, 60, 120, 3600]),
    st.sampled_from(APPS),
    st.booleans(),
    st.sampled_from([{}] * len(FLAWS) + FLAWS),
)
content_rows: st.SearchStrategy[ContentRow] = st.one_of(*[records] * 6, st.sampled_from(MALFORMED))

# Search

TIMES = [
    time(0, 0, 0),
    time(0, 0, 50),
    time(0, 1, 30),
    time(9, 30, 0),
    time(12, 0, 0),
    time(12, 2, 0),
    time(12, 4, 0),
    time(12, 6, 1),
    time(12, 8, 1),
    time(23, 58, 0),
    time(23, 59, 40),
    time(23, 59, 59),
]
DIGITS = {"persian": "۰۱۲۳۴۵۶۷۸۹", "arabic": "٠١٢٣٤٥٦٧٨٩"}
CLOCKS = [
    *["plain"] * 12,
    "bare fraction",
    "no fraction",
    "buddhist",
    "reiwa",
    "persian",
    "arabic",
    "vietnamese clock",
    "english clock",
    "one-digit hour",
    "wrong clock",
    "no time",
    "no text",
]


def clock_text(clock: str, at: datetime) -> str | None:
    """A moment as a device writes it (SPEC 2.2)."""
    plain = f"{at:%Y-%m-%d %H:%M:%S}"
    half_day = f"{at:%Y-%m-%d} {(at.hour + 11) % 12 + 1}:{at:%M:%S}.123"
    return {
        "plain": f"{plain}.000",
        "bare fraction": f"{plain}.79",
        "no fraction": plain,
        "buddhist": f"{at.year + 543}{plain[4:]}.5",
        "reiwa": f"{at.year - 2018:04}{plain[4:]}.5",
        "persian": plain.translate(str.maketrans("0123456789", DIGITS["persian"])),
        "arabic": plain.translate(str.maketrans("0123456789", DIGITS["arabic"])),
        "vietnamese clock": f"{half_day} {'SA' if at.hour < 12 else 'CH'}",
        "english clock": f"{half_day} {'am' if at.hour < 12 else 'pm'}",
        "one-digit hour": f"{at:%Y-%m-%d} {at.hour}:{at:%M:%S}.1",
        "wrong clock": f"2018-01-01{plain[10:]}",
        "no time": "yesterday",
        "no text": None,
    }[clock]


TITLES = [
    *("na", "nar", "naruto", "NARUTO", " Naruto  ", "ＮＡ"),
    *("vẻ đ", "vẻ đẹp", nfd("vẻ đẹp"), "ve dep", "vẻ đẹp đích thực", "VE DEP DICH THUC"),
    *("yêu tinh", nfd("Yêu Tinh"), "yêu\ttinh", "siêu nhân", "sieu nhan", "siêu\u200b nhân"),
    *("zzz", "vtv3", "12345678"),
]
NO_TITLES = [
    *("a", " ", "\u200b", None, "https://x.vn", "WWW.x", "10.0.0.7", "0912 345-678", "123456789"),
    *("Tìm kiếm bằng giọng nói", nfd("tìm kiếm"), "null"),
]
KEYWORDS: list[str | None] = [*TITLES, *TITLES, *NO_TITLES]
PLANS: list[list[str | None] | None] = [
    None,
    [],
    [None],
    ["Kênh Gia Đình:giftcode"],
    ["Kênh Gia Đình:cash", "K+"],
    ["a:b:c", " a:b :d"],
    [":free", ""],
    ["a\nb:c", "\u00a0K+\x1f:cash"],
]
PLAIN = event(platform="smarttv", userPlansMap=None)
ODD_EVENTS: list[dict[str, Any]] = [
    *({"user_id": text} for text in (None, None, "", " ", " 1", "01")),
    *({"category": text} for text in (None, "", "quit", "quit", "ENTER", "enter ")),
    *({"platform": text} for text in (None, "", " ios ", "IOS")),
    *({"eventID": text} for text in (None, "", "  ")),
    *({"networkType": text} for text in ("WIFI", None)),
]


def search_event(day: date, values: tuple[Any, ...]) -> dict[str, Any]:
    """A row of log_search on a log date."""
    event_id, user, keyword, platform, plans, at, days_off, clock, oddity = values
    moment = datetime.combine(day, at) + timedelta(days=days_off)
    columns = {
        "eventID": event_id,
        "user_id": user,
        "keyword": keyword,
        "platform": platform,
        "userPlansMap": plans,
        "datetime": clock_text(clock, moment),
    }
    row: dict[str, Any] = PLAIN | columns | oddity
    return row


event_values = st.tuples(
    st.sampled_from([None, "e1", "e2", "e3", "e4", "e5", "e6", "e7"]),
    st.sampled_from(["1", "2", "001"]),
    st.sampled_from(KEYWORDS),
    st.sampled_from(["smarttv", "ios", "android"]),
    st.sampled_from(PLANS),
    st.sampled_from(TIMES),
    st.sampled_from([*[0] * 10, -1, 1, 1, -2, 2]),
    st.sampled_from(CLOCKS),
    st.sampled_from([*[{}] * 2 * len(ODD_EVENTS), *ODD_EVENTS]),
)

TURNS_OF_MONTHS = [(date(2022, 5, 31), date(2022, 6, 1)), (date(2022, 6, 30), date(2022, 7, 1))]


def typing_across(before: date, after: date) -> dict[date, dict[str, Any]]:
    """One search, typed before and after midnight (SPEC 5: it belongs to the day it begins on)."""
    moments = {before: time(23, 59, 40), after: time(0, 1, 30)}
    return {
        day: event(
            eventID=f"night {day}",
            user_id="1",
            keyword="yêu tinh" if day == after else "yêu",
            datetime=clock_text("plain", datetime.combine(day, at)),
        )
        for day, at in moments.items()
    }


# Identities and library

IDENTITY_COLUMNS = ("contract", "user_id", "email", "subscriber_id")
Link = tuple[str | None, ...]
links: st.SearchStrategy[Link] = st.tuples(
    st.sampled_from([None, None, *GOOD_CONTRACTS, " A ", "Z", "0"]),
    st.sampled_from([None, None, "1", "2", "001", "9", "NULL "]),
    st.sampled_from([None, "x@example.com", "y@example.com", " X@Example.com", "Unknown"]),
    st.sampled_from([None, None, "s1", "s2", "", "none"]),
)
MAX_MERGED = 20
"""Identifiers of the largest component that is one customer (SPEC 6)."""
hub_sizes = st.sampled_from([0, 0, 0, MAX_MERGED - 2, MAX_MERGED - 1, MAX_MERGED, 30])


def hub(contract: str, size: int) -> list[Link]:
    """Rows that link one contract with so many addresses."""
    return [(contract, None, f"hub{number}@example.com", None) for number in range(size)]


Decision = tuple[str, str]
"""A keyword and its genre, as the operator's library has them."""
library_rows: st.SearchStrategy[Decision] = st.tuples(
    st.sampled_from(["na", "Naruto", "NARUTO ", nfd("yêu tinh"), "vẻ đẹp", "ve dep", "zzz", " "]),
    st.sampled_from(["Drama", "Action", " Music ", "Unknown", "Nonsense", ""]),
)

# All of them

BROKEN_CONTENT = ["cut.json.gz", "empty.json.zst", "junk.parquet", "header.csv", "other.parquet"]
BROKEN_SEARCH = ["junk.parquet", "other.parquet", "empty.parquet"]


@dataclass(frozen=True)
class Logs:
    """What a raw directory says; rows of a day stand in the order of their files.

    Attributes:
        broken: source, log date and kind of each file that cannot be read.
    """

    content: dict[date, list[ContentRow]] = field(default_factory=dict)
    search: dict[date, list[dict[str, Any]]] = field(default_factory=dict)
    library: list[Decision] = field(default_factory=list)
    identities: list[Link] = field(default_factory=list)
    broken: list[tuple[str, date, str]] = field(default_factory=list)


@st.composite
def logs(
    draw: st.DrawFn, min_days: int = 1, max_days: int = 4, min_rows: int = 0, max_rows: int = 9
) -> Logs:
    """Any logs of some days, with so many rows a day."""
    some_days = st.lists(st.sampled_from(DAYS), min_size=min_days, max_size=max_days, unique=True)
    content = {
        day: draw(st.lists(content_rows, min_size=min_rows, max_size=max_rows))
        for day in sorted(draw(some_days))
    }
    events = st.lists(event_values, min_size=min_rows, max_size=max_rows)
    search = {
        day: [search_event(day, values) for values in draw(events)]
        for day in sorted(draw(some_days))
    }
    # Enough days in one month to be active and to cling.
    for number in range(draw(st.sampled_from([0, 0, 0, 10, 11, 14, 15, 16]))):
        day = date(2022, 6, 1) + timedelta(days=number)
        content.setdefault(day, []).append(Record(contract="A", duration=1))
    for before, after in draw(st.sampled_from([[], [], TURNS_OF_MONTHS[:1], TURNS_OF_MONTHS])):
        for day, row in typing_across(before, after).items():
            search.setdefault(day, []).append(row)
    size = draw(hub_sizes)
    broken = st.one_of(
        st.tuples(st.just("log_content"), st.sampled_from(DAYS), st.sampled_from(BROKEN_CONTENT)),
        st.tuples(st.just("log_search"), st.sampled_from(DAYS), st.sampled_from(BROKEN_SEARCH)),
    )
    return Logs(
        content=content,
        search=search,
        library=draw(st.lists(library_rows, max_size=8)),
        identities=draw(st.lists(links, max_size=6)) + hub("A", size),
        broken=draw(st.lists(broken, max_size=2, unique=True)),
    )
