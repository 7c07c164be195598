"""Cases of every definition, worked out by hand from the SPEC."""

import gzip
import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped, unused-ignore]
import pyarrow.parquet as pq  # type: ignore[import-untyped, unused-ignore]
import pytest
import zstandard

from oracle import Settings, compare, compute_marts
from oracle.event_times import event_time
from oracle.settings import Row
from oracle.text import fold, is_ip_address, is_not_a_query, normalise

APRIL, MAY, JUNE, JULY = (date(2022, month, 1) for month in (4, 5, 6, 7))

SEEDS = {
    "content_types": """content_type,label,position
tv,Truyền Hình,1
movie,Phim Truyện,2
sport,Thể Thao,3
kids,Thiếu Nhi,4
relax,Giải Trí,5
""",
    "app_types": """app_name,content_type
CHANNEL,tv
KPLUS,tv
VOD,movie
SPORT,sport
CHILD,kids
RELAX,relax
""",
    "genres": "genre\nAction\nDrama\nC Drama\nOther\nUnknown\n",
    "ignored_keywords": "keyword,reason\ntìm kiếm bằng giọng nói,voice button\n",
    "keyword_genres": "keyword,genre\nnaruto,Action\none piece,Action\nnu hon,Drama\n",
}


class World:
    """A raw directory to fill, and the marts that follow from it."""

    def __init__(self, folder: Path) -> None:
        self.raw = folder / "raw"
        self.seeds = folder / "seeds"
        self.seeds.mkdir()
        for name, text in SEEDS.items():
            (self.seeds / f"{name}.csv").write_text(text, encoding="utf-8")

    def write(self, path: str, data: bytes | str) -> None:
        """A file of the raw directory."""
        file = self.raw / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)

    def write_parquet(self, path: str, rows: list[dict[str, object]]) -> None:
        """A Parquet file of the raw directory."""
        (self.raw / path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), self.raw / path)

    def marts(self, settings: Settings | None = None) -> dict[str, list[Row]]:
        """All marts."""
        return compute_marts(self.raw, settings, self.seeds)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty raw directory and the seeds."""
    return World(tmp_path)


def document(
    contract: object = "C1",
    seconds: object = 60,
    app: object = "CHANNEL",
    mac: object = "M1",
    document_id: object = None,
) -> str:
    """One line of log_content."""
    source = {"Contract": contract, "Mac": mac, "TotalDuration": seconds, "AppName": app}
    return json.dumps({"_id": document_id, "_source": source}) + "\n"


def query(
    keyword: str | None,
    time: str | None = "2022-07-01 10:00:00.0",
    user: str | None = "U1",
    event_id: str | None = None,
    category: str | None = "enter",
    platform: str | None = "android",
    plans: list[str] | None = None,
) -> dict[str, object]:
    """One row of log_search."""
    return {
        "eventID": event_id,
        "datetime": time,
        "user_id": user,
        "keyword": keyword,
        "category": category,
        "platform": platform,
        "userPlansMap": [] if plans is None else plans,
    }


def reasons(world: World) -> list[tuple[object, object]]:
    """(line number, reason) of every row that was read."""
    return [(row["line_number"], row["reason"]) for row in world.marts()["rejected_rows"]]


def only(rows: list[Row]) -> Row:
    """The only row."""
    assert len(rows) == 1, rows
    return rows[0]


def values(rows: Iterable[Row], *columns: str) -> list[tuple[object, ...]]:
    """Some columns of the rows."""
    return [tuple(row[column] for column in columns) for row in rows]


# Files


def test_nothing_at_all(world: World) -> None:
    assert all(rows == [] for rows in world.marts().values())


@pytest.mark.parametrize(
    ("path", "log_date"),
    [
        ("20220401.json", date(2022, 4, 1)),
        ("20220401.jsonl", date(2022, 4, 1)),
        ("20220401.ndjson", date(2022, 4, 1)),
        ("part-20220402.json", date(2022, 4, 2)),
        ("20220402-part-0001.json", date(2022, 4, 2)),
        ("20220403/part-0.json", date(2022, 4, 3)),
        ("20220403/deep/part-0.json", date(2022, 4, 3)),
        ("20220403/99999999.json", date(2022, 4, 3)),
        ("20220230.json", None),
        ("202204011.json", None),
        ("log.json", None),
        ("20220401.txt", None),
        ("20220401.json.bz2", None),
        (".20220401.json", None),
        ("_20220401.json", None),
        ("20220401/_temporary/20220401.json", None),
        ("20220401.json.crc", None),
    ],
)
def test_log_date_of_a_path(world: World, path: str, log_date: date | None) -> None:
    world.write(f"log_content/{path}", document())
    expected = [] if log_date is None else [("log_content", log_date, "accepted", 1)]
    quality = world.marts()["load_quality"]
    assert values(quality, "source", "log_date", "outcome", "rows") == expected


def test_lines_of_a_json_file(world: World) -> None:
    lines = [
        b"\xef\xbb\xbf" + document().encode(),
        b"\n",
        b"  \r\n",
        b"[1]\n",
        b'{"_source": null}\n',
        b'{"_id": "x"}\n',
        b'{"_source": {"Contract": "\xff"}}\n',
        b'{"_source": {"Contract": "\\ud800"}}\n',
        b'{"_source": {"Contract": NaN}}\n',
        document().replace("}}\n", "}, 'x'}\n").encode(),
        document().replace("\n", "\r\n").encode(),
        document()[:-5].encode(),
    ]
    world.write("log_content/20220401.json", b"".join(lines))
    assert reasons(world) == [
        (1, "accepted"),
        *[(line, "malformed") for line in range(4, 9)],
        (9, "invalid_duration"),
        (10, "malformed"),
        (11, "accepted"),
        (12, "malformed"),
    ]


def test_compressed_files(world: World) -> None:
    line = document().encode()
    packed = zstandard.compress(line)
    world.write("log_content/20220401.json.gz", gzip.compress(line) + gzip.compress(line))
    world.write("log_content/20220402.json.zst", packed + packed)
    world.write("log_content/20220403.json.gz", gzip.compress(line)[:-4])
    world.write("log_content/20220404.json.zst", packed[:-4])
    world.write("log_content/20220405.json.zst", packed + packed[:-4])
    world.write("log_content/20220406.json.gz", line)
    world.write("log_content/20220407.json", b"")
    world.write("log_content/20220408.json.gz", gzip.compress(b""))
    assert values(world.marts()["load_quality"], "log_date", "outcome", "rows") == [
        (date(2022, 4, 1), "accepted", 2),
        (date(2022, 4, 2), "accepted", 2),
        *[(date(2022, 4, day), "unreadable_file", 1) for day in (3, 4, 5, 6)],
    ]


def test_csv(world: World) -> None:
    text = (
        "\ufeffContract,Mac,TotalDuration,AppName,_id,more\n"
        '"C,1",M1,60,CHANNEL,a,x\n'
        "\n"
        "C1,M1,60,CHANNEL,a\n"
        'C1,"open,60,CHANNEL,b,x\n'
        "C1,M1,60,CHANNEL,a,x\n"
        "C1,M1,60,CHANNEL,c,x\n"
        ",,,,,\n"
    )
    world.write("log_content/20220401.csv", text)
    assert reasons(world) == [
        (2, "accepted"),
        (4, "malformed"),
        (5, "malformed"),
        (6, "duplicate"),
        (7, "accepted"),
        (8, "missing_contract"),
    ]
    contracts = values(world.marts()["content_profiles"], "contract")
    assert contracts == [("C,1",), ("C1",)]


@pytest.mark.parametrize("data", [b"", b"Contract,Mac,AppName\n", b"\xff\n"])
def test_unreadable_csv(world: World, data: bytes) -> None:
    world.write("log_content/20220401.csv", data)
    assert reasons(world) == [(None, "unreadable_file")]


def test_parquet(world: World) -> None:
    flat = {"Contract": "C1", "Mac": "M1", "TotalDuration": 60, "AppName": "VOD"}
    world.write_parquet("log_content/20220401.parquet", [flat, flat | {"TotalDuration": None}])
    world.write_parquet("log_content/20220402.parquet", [{"_source": flat}, {"_source": None}])
    world.write_parquet("log_content/20220403.parquet", [flat | {"TotalDuration": 60.0}])
    world.write("log_content/20220404.parquet", b"")
    world.write_parquet("log_content/20220405.parquet", [{"Contract": "C1"}])
    world.write("log_search/20220405.parquet", b"PAR1")
    assert reasons(world) == [
        (1, "accepted"),
        (2, "invalid_duration"),
        (1, "accepted"),
        (2, "malformed"),
        (1, "invalid_duration"),
        (None, "unreadable_file"),
        (None, "unreadable_file"),
        (None, "unreadable_file"),
    ]


# Reasons of content


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (document(), "accepted"),
        (document(contract=None), "missing_contract"),
        (document(contract="  "), "missing_contract"),
        (document(contract="0"), "missing_contract"),
        (document(contract=0), "missing_contract"),
        (document(contract=" Null "), "missing_contract"),
        (document(contract="NONE"), "missing_contract"),
        (document(contract="unknown"), "missing_contract"),
        (document(contract="00"), "accepted"),
        (document(contract=" 192.168.1.10 "), "invalid_contract"),
        (document(contract="256.1.1.1"), "accepted"),
        (document(contract="fe80::1"), "invalid_contract"),
        (document(seconds=None), "invalid_duration"),
        (document(seconds=-1), "invalid_duration"),
        (document(seconds=12.5), "invalid_duration"),
        (document(seconds=3600.0), "invalid_duration"),
        (document().replace("60", "1e3"), "invalid_duration"),
        (document(seconds=True), "invalid_duration"),
        (document(seconds="abc"), "invalid_duration"),
        (document(seconds="٣"), "invalid_duration"),
        (document(seconds=[60]), "invalid_duration"),
        (document(seconds=" 3600 "), "accepted"),
        (document(seconds="+3600"), "accepted"),
        (document(seconds=0), "accepted"),
        (document(seconds=86_400), "accepted"),
        (document(seconds=86_401), "implausible_duration"),
        (document(seconds="9" * 5000), "implausible_duration"),
        (document(app="XYZ"), "unknown_app"),
        (document(app=None), "unknown_app"),
        (document(app=" KPlus "), "accepted"),
        (document(contract="0", seconds=-1, app="XYZ"), "missing_contract"),
        (document(contract="1.1.1.1", seconds=-1), "invalid_contract"),
        (document(seconds=-1, app="XYZ"), "invalid_duration"),
        (document(seconds=90_000, app="XYZ"), "implausible_duration"),
    ],
)
def test_content_reason(world: World, line: str, reason: str) -> None:
    world.write("log_content/20220401.json", line)
    assert reasons(world) == [(1, reason)]


def test_content_duplicates(world: World) -> None:
    world.write(
        "log_content/20220401.json",
        document(document_id="a", seconds=-1)  # rejected: its id is still free
        + document(document_id="a")
        + document(document_id="a")
        + document(document_id="a", seconds=-1)  # the earlier reason
        + document(document_id=None)
        + document(document_id=None)
        + document(document_id=" ")
        + document(document_id=" "),
    )
    world.write("log_content/20220401b.json", document(document_id="a"))
    world.write("log_content/20220402.json", document(document_id="a"))
    assert [reason for _, reason in reasons(world)] == [
        "invalid_duration",
        "accepted",
        "duplicate",
        "invalid_duration",
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "duplicate",
        "accepted",
    ]


# Content marts


def test_content_profile(world: World) -> None:
    world.write(
        "log_content/20220401.json",
        document(seconds=100, app="CHANNEL", mac="M1")
        + document(seconds=50, app="VOD", mac=" M1 ")
        + document(seconds=50, app="VOD", mac="M2")
        + document(seconds=0, app="RELAX", mac=" ")
        + document(seconds=-5, app="SPORT", mac="M9"),
    )
    world.write("log_content/20220430.json", document(seconds=1, app="CHILD", mac=None))
    world.write("log_content/20220501.json", document(seconds=7, app="SPORT", mac=None))
    april, may = world.marts()["content_profiles"]
    assert april == {
        "contract": "C1",
        "month": APRIL,
        "tv_seconds": 100,
        "movie_seconds": 100,
        "sport_seconds": None,
        "kids_seconds": 1,
        "relax_seconds": 0,
        "total_seconds": 201,
        "most_watch": "Truyền Hình",  # a tie with Phim Truyện
        "taste": "Giải Trí-Phim Truyện-Thiếu Nhi-Truyền Hình",
        "iqr_type": "middle",
        "activeness": 2,
        "active": "Low",
        "clinginess": "medium",
        "devices": 2,
    }
    assert (may["month"], may["sport_seconds"], may["devices"]) == (MAY, 7, 0)


def test_most_watch_needs_a_record(world: World) -> None:
    world.write("log_content/20220401.json", document(seconds=0, app="RELAX"))
    profile = only(world.marts()["content_profiles"])
    assert (profile["most_watch"], profile["tv_seconds"]) == ("Giải Trí", None)


def test_quartiles_are_interpolated(world: World) -> None:
    # Totals 10, 20, 30, 50: q1 = 10 + 0.75 * 10 = 17.5, q3 = 30 + 0.25 * 20 = 35
    totals = {"A": 10, "B": 20, "C": 30, "D": 50}
    world.write(
        "log_content/20220401.json",
        "".join(document(contract=contract, seconds=total) for contract, total in totals.items()),
    )
    assert values(world.marts()["content_profiles"], "contract", "iqr_type") == [
        ("A", "lower"),
        ("B", "middle"),
        ("C", "middle"),
        ("D", "upper"),
    ]


def test_a_total_on_a_quartile_is_middle(world: World) -> None:
    # Totals 1, 2, 3, 4, 5: q1 = 2 and q3 = 4 exactly
    world.write(
        "log_content/20220401.json",
        "".join(document(contract=f"C{total}", seconds=total) for total in range(1, 6)),
    )
    types = [row["iqr_type"] for row in world.marts()["content_profiles"]]
    assert types == ["lower", "middle", "middle", "middle", "upper"]


@pytest.mark.parametrize(
    ("days", "active", "of_lower", "of_middle"),
    [
        (10, "Low", "low", "medium"),
        (11, "Low", "low", "high"),
        (14, "Low", "low", "high"),
        (15, "High", "low", "high"),
        (16, "High", "medium", "high"),
    ],
)
def test_active_and_clinginess(
    world: World, days: int, active: str, of_lower: str, of_middle: str
) -> None:
    # B and C have the same total every day, A one second less: A is below q1, nobody above q3
    for day in range(1, days + 1):
        lines = [
            document(contract=contract, seconds=seconds)
            for contract, seconds in (("A", 9), ("B", 10), ("C", 10))
        ]
        world.write(f"log_content/202204{day:02}.json", "".join(lines * 2))
    marts = world.marts()
    columns = ("iqr_type", "activeness", "active", "clinginess")
    assert values(marts["content_profiles"], *columns) == [
        ("lower", days, active, of_lower),
        ("middle", days, active, of_middle),
        ("middle", days, active, of_middle),
    ]
    assert marts["taste_summary"] == [
        {"month": APRIL, "taste": "Truyền Hình", "active": active, "contracts": 3}
    ]


def test_content_daily(world: World) -> None:
    world.write(
        "log_content/20220401.json",
        document("C1", 10, "CHANNEL", "M1")
        + document("C2", 20, "KPLUS", "M1")
        + document("C2", 30, "KPLUS", "")
        + document("C2", 5, "VOD", "M2"),
    )
    columns = ("log_date", "content_type", "contracts", "devices", "records", "seconds")
    assert values(world.marts()["content_daily"], *columns) == [
        (APRIL, "movie", 1, 1, 1, 5),
        (APRIL, "tv", 2, 1, 3, 60),
    ]


# Keywords


@pytest.mark.parametrize(
    ("keyword", "normalised", "folded"),
    [
        ("  NARUTO ", "naruto", "naruto"),
        ("Ve\u0302\u0300  ĐẸP", "về đẹp", "ve dep"),
        ("a\tb\nc\r\nd\u00a0\u3000e", "a b c d e", "a b c d e"),
        ("na\u200bru\u0007to\ufeff", "naruto", "naruto"),
        ("\u200b \t", "", ""),
        (None, "", ""),
        ("đường Đi", "đường đi", "duong di"),
        ("한국", "한국", "한국"),
    ],
)
def test_keyword(keyword: str | None, normalised: str, folded: str) -> None:
    assert normalise(keyword) == normalised
    assert fold(normalised) == folded


@pytest.mark.parametrize(
    "keyword",
    [
        "a",
        "http://x",
        "https://x",
        "www.x",
        "1.2.3.4",
        "255.255.255.255",
        "123 456 789",
        "+84 (90) 1234-567",
        "tìm kiếm bằng giọng nói",
    ],
)
def test_not_a_query(keyword: str) -> None:
    assert is_not_a_query(keyword, {"tìm kiếm bằng giọng nói"})


@pytest.mark.parametrize(
    "keyword", ["ab", "http", "wwww", "1.2.3", "1.2.3.256", "12345678", "1 2 3 4 5 6 7 8", "sctv9"]
)
def test_a_query(keyword: str) -> None:
    assert not is_not_a_query(keyword, set())


def test_ip_addresses() -> None:
    assert is_ip_address("010.001.000.255")
    assert is_ip_address("2001:db8::1")
    assert not is_ip_address("1.2.3.0001")
    assert not is_ip_address("1.2.3.4.5")
    assert not is_ip_address("a:b")


# Event times


@pytest.mark.parametrize(
    ("text", "clock", "quality"),
    [
        ("2022-07-01 20:25:09.79", "20:25:09", "ok"),
        ("2022-07-01T20:25:09", "20:25:09", "ok"),
        ("2022-07-01 8:14:58.310", "08:14:58", "ok"),
        ("2565-07-01 20:25:09", "20:25:09", "corrected"),
        ("0004-07-01 20:25:09", "20:25:09", "corrected"),
        ("۲۰۲۲-۰۷-۰۱ ۰۹:۴۸:۲۴.۷۲۴", "09:48:24", "corrected"),
        ("٢٠٢٢-٠٧-٠١ ٠٩:٤٨:٢٤", "09:48:24", "corrected"),
        ("2022-07-01 8:13:10.537 CH", "20:13:10", "corrected"),
        ("2022-07-01 8:13:10.537 ch", "20:13:10", "corrected"),
        ("2022-07-01 8:13:10.537 SA", "08:13:10", "corrected"),
        ("2022-07-01 12:13:10 SA", "00:13:10", "corrected"),
        ("2022-07-01 12:13:10 am", "00:13:10", "corrected"),
        ("2022-07-01 12:13:10 CH", "12:13:10", "corrected"),
        ("2022-07-01 12:13:10 PM", "12:13:10", "corrected"),
        ("2022-07-01 13:13:10 PM", None, "unreadable"),
        ("2022-07-01 24:00:00", None, "unreadable"),
        ("2022-07-01 10:00:60", None, "unreadable"),
        ("2022-06-31 10:00:00", None, "unreadable"),
        ("2022-07-01", None, "unreadable"),
        ("", None, "unreadable"),
        (None, None, "unreadable"),
        ("2022-07-03 00:00:00", None, "clock_off"),
        ("2021-12-24 14:50:56.1256", None, "clock_off"),
        ("0100-07-01 10:00:00", None, "clock_off"),
        ("2499-07-01 10:00:00", None, "clock_off"),
    ],
)
def test_event_time(text: str | None, clock: str | None, quality: str) -> None:
    expected = None if clock is None else datetime.fromisoformat(f"2022-07-01 {clock}")
    assert event_time(text, JULY) == (expected, quality)


def test_event_time_of_a_neighbour_day() -> None:
    after = datetime(2022, 7, 2, 23, 59, 59)
    assert event_time("2022-07-02 23:59:59", JULY) == (after, "ok")
    assert event_time("2022-06-30 00:00:00", JULY) == (datetime(2022, 6, 30), "ok")
    assert event_time("2022-06-29 23:59:59", JULY) == (None, "clock_off")


def test_leap_days_count_after_the_era() -> None:
    leap_day = date(2024, 2, 29)
    expected = datetime(2024, 2, 29, 10), "corrected"
    assert event_time("2567-02-29 10:00:00", leap_day) == expected
    assert event_time("0006-02-29 10:00:00", leap_day) == expected


# Reasons of search


def test_search_reasons(world: World) -> None:
    cases = [
        (query("naruto", category="quit", event_id="a"), "out_of_scope"),
        (query("naruto", event_id="a"), "accepted"),
        (query("naruto", event_id="a"), "duplicate"),
        (query(None, category="quit", user=None, event_id="a"), "duplicate"),
        (query(None, category=None, user=None), "out_of_scope"),
        (query(None, user=None), "missing_user"),
        (query("naruto", user="  "), "missing_user"),
        (query(None), "missing_keyword"),
        (query("\u200b \n"), "missing_keyword"),
        (query("x"), "not_a_query"),
        (query("Tìm Kiếm  bằng giọng nói"), "not_a_query"),
        (query("naruto"), "accepted"),
        (query("naruto"), "accepted"),
    ]
    world.write_parquet("log_search/20220701/part-0.parquet", [row for row, _ in cases])
    world.write_parquet("log_search/20220702.parquet", [query("naruto", event_id="a")])
    world.write("log_search/20220701/_SUCCESS", "")
    world.write("log_search/20220701/.part-0.parquet.crc", "x")
    assert reasons(world) == [
        *[(position, reason) for position, (_, reason) in enumerate(cases, 1)],
        (1, "accepted"),
    ]


# Searches


def searches(world: World, rows: list[dict[str, object]]) -> Row:
    """The only search profile that follows from the rows of 2022-07-01."""
    world.write_parquet("log_search/20220701.parquet", rows)
    return only(world.marts()["search_profiles"])


def test_typing_is_one_search(world: World) -> None:
    profile = searches(
        world,
        [
            query("VE D", "2022-07-01 10:00:00"),
            query("ve dep", "2022-07-01 10:02:00"),  # exactly 120 s
            query("vẻ đẹp đích thực", "2022-07-01 10:02:01"),
            query("ve dep dich thuc", "2022-07-01 10:02:02"),  # equal when folded, the later
            query("ve", "2022-07-01 10:02:03"),  # a prefix the other way round
        ],
    )
    assert profile == {
        "user_id": "U1",
        "month": JULY,
        "search_events": 5,
        "searches": 1,
        "keywords": 1,
        "most_search": "ve dep dich thuc",
        "most_search_count": 1,
        "genre": "Unknown",
        "platform": "android",
        "plans": None,
        "last_searched_at": datetime(2022, 7, 1, 10, 2, 3),
    }


def test_a_pause_or_another_word_starts_a_search(world: World) -> None:
    profile = searches(
        world,
        [
            query("naruto", "2022-07-01 10:00:00"),
            query("naruto", "2022-07-01 10:02:01"),  # 121 s
            query("one piece", "2022-07-01 10:02:02"),
            query("naruto", "2022-07-01 10:02:03"),  # one piece came between
        ],
    )
    assert (profile["searches"], profile["keywords"]) == (4, 2)
    assert (profile["most_search"], profile["most_search_count"]) == ("naruto", 3)
    assert profile["genre"] == "Action"


def test_order_of_equal_times(world: World) -> None:
    # By event id: "ab", "abc" (one run, "abc"), "xy"; null ids last: "xyz" joins "xy"
    time = "2022-07-01 10:00:00"
    profile = searches(
        world,
        [
            query("xyz", time, event_id=None),
            query("xy", time, event_id="3"),
            query("abc", time, event_id="2"),
            query("ab", time, event_id="1"),
        ],
    )
    assert (profile["searches"], profile["keywords"]) == (2, 2)
    assert profile["most_search"] == "abc"  # both end at the same time: alphabetical


def test_rows_without_a_time(world: World) -> None:
    profile = searches(
        world,
        [
            query("naruto", "1970-01-01 10:00:00"),
            query("naruto", None),
            query("bleach", "2018-01-01 10:00:00"),
        ],
    )
    assert (profile["searches"], profile["keywords"], profile["search_events"]) == (2, 2, 3)
    assert profile["most_search"] == "bleach"  # nobody has a time: alphabetical
    assert profile["last_searched_at"] is None


def test_ties_of_most_search(world: World) -> None:
    profile = searches(
        world,
        [
            query("aaa", None),
            query("zzz", "2022-07-01 10:00:00"),
            query("bbb", "2022-07-01 11:00:00"),
            query("ccc", "2022-07-01 09:00:00"),
            query("zzz", "2022-07-01 10:01:00"),  # the same search goes on
        ],
    )
    assert profile["most_search"] == "bbb"


def test_a_tie_goes_by_the_end_of_the_search(world: World) -> None:
    profile = searches(
        world,
        [
            query("aaa", "2022-07-01 10:00:00", event_id="1"),
            query("bbb", "2022-07-01 10:00:00", event_id="2"),  # begins when aaa ends
            query("bbb", "2022-07-01 10:01:00", event_id="3"),
            query("aaa", "2022-07-01 09:00:00"),
            query("bbb", "2022-07-01 08:00:00"),
        ],
    )
    assert (profile["most_search"], profile["most_search_count"]) == ("bbb", 2)


def test_a_search_belongs_to_the_month_of_its_first_row(world: World) -> None:
    world.write_parquet("log_search/20220630.parquet", [query("nar", "2022-06-30 23:59:30")])
    world.write_parquet("log_search/20220701.parquet", [query("naruto", "2022-07-01 00:00:10")])
    june, july = world.marts()["search_profiles"]
    assert (june["searches"], june["most_search"], june["genre"]) == (1, "naruto", "Action")
    assert july == {
        "user_id": "U1",
        "month": JULY,
        "search_events": 1,
        "searches": 0,
        "keywords": 0,
        "most_search": None,
        "most_search_count": 0,
        "genre": "Unknown",
        "platform": "android",
        "plans": None,
        "last_searched_at": datetime(2022, 7, 1, 0, 0, 10),
    }
    assert values(
        world.marts()["customer360"], "search_month", "most_search", "last_seen_date"
    ) == [(JUNE, "naruto", date(2022, 7, 1))]


def test_platform_and_plans(world: World) -> None:
    profile = searches(
        world,
        [
            query("aa", platform="ios", plans=["Kênh Gia Đình:giftcode", "K+:direct"]),
            query("bb", platform="android", plans=["K+:promotion", " a:b : c ", "free", ":x"]),
            query("cc", platform=None),
            query("dd", platform=" "),
            query("ee", platform=None),
        ],
    )
    assert profile["platform"] == "android"  # a tie: alphabetical
    assert profile["plans"] == "K+ | Kênh Gia Đình | a:b | free"


def test_user_ids_are_text(world: World) -> None:
    world.write_parquet("log_search/20220701.parquet", [query("aa", user=" 0012 "), query("aa")])
    assert values(world.marts()["search_profiles"], "user_id") == [("0012",), ("U1",)]


# From month to month


def test_search_behavior_and_transitions(world: World) -> None:
    june = {"A": "naruto", "B": "naruto", "C": "naruto", "D": "zzz", "E": "naruto"}
    july = {"A": "nu hon", "B": "one piece", "C": "zzz", "D": "zzz", "F": "naruto"}
    for day, keywords in (("20220615", june), ("20220701", july)):
        rows = [query(keyword, user=user, time=None) for user, keyword in keywords.items()]
        world.write_parquet(f"log_search/{day}.parquet", rows)
    world.write_parquet("log_search/20220901.parquet", [query("naruto", user="A", time=None)])
    marts = world.marts()
    columns = ("user_id", "month", "previous_genre", "genre", "behavior_change", "explain_changed")
    assert values(marts["search_behavior"], *columns) == [
        ("A", JULY, "Action", "Drama", "Changed", "Action>Drama"),
        ("B", JULY, "Action", "Action", "Unchanged", "Unchanged"),
        ("C", JULY, "Action", "Unknown", "Unknown", "Unknown"),
        ("D", JULY, "Unknown", "Unknown", "Unknown", "Unknown"),
        ("E", JULY, "Action", None, "Lapsed", "Lapsed"),
        ("F", JULY, None, "Action", "New", "New"),
    ]
    first = marts["search_behavior"][0]
    assert (first["previous_month"], first["previous_most_search"]) == (JUNE, "naruto")
    assert first["most_search"] == "nu hon"
    columns = ("month", "previous_month", "previous_genre", "genre", "users", "share")
    assert values(marts["genre_transitions"], *columns) == [
        (JULY, JUNE, "Action", "Action", 1, 0.25),
        (JULY, JUNE, "Action", "Drama", 1, 0.25),
        (JULY, JUNE, "Action", "Unknown", 1, 0.25),
        (JULY, JUNE, "Unknown", "Unknown", 1, 0.25),
    ]
    changes = {row["customer_id"]: row["behavior_change"] for row in marts["customer360"]}
    assert changes[customer("user_id:A")] is None  # nobody searched in August
    assert changes[customer("user_id:B")] == "Unchanged"
    assert changes[customer("user_id:E")] is None  # June is E's latest month
    assert changes[customer("user_id:F")] == "New"


def test_search_trending(world: World) -> None:
    words = [f"k{number:02}" for number in range(12)]
    world.write_parquet(
        "log_search/20220601.parquet",
        [query(word, user="A", time=None) for word in words],  # k00 ... k09 are the ten
    )
    world.write_parquet(
        "log_search/20220701.parquet",
        [
            query("k01", "2022-07-01 10:00:00", "A"),
            query("k01", "2022-07-01 11:00:00", "A"),
            query("k11", "2022-07-01 12:00:00", "A"),
            query("k09", "2022-07-01 10:00:00", "B"),
            query("k09", "2022-07-01 10:00:00", "C"),
            query("k08", "2022-07-01 12:00:00", "B"),
            query("k08", "2022-07-01 12:00:00", "C"),
            query("naruto", "2022-07-01 10:00:00", "D"),
        ],
    )
    trending = world.marts()["search_trending"]
    assert [row["keyword"] for row in trending if row["month"] == JUNE] == words[:10]
    columns = ("rank", "keyword", "genre", "searches", "users", "previous_rank")
    assert values((row for row in trending if row["month"] == JULY), *columns) == [
        (1, "k08", "Unknown", 2, 2, 9),
        (2, "k09", "Unknown", 2, 2, 10),
        (3, "k01", "Unknown", 2, 1, 2),
        (4, "k11", "Unknown", 1, 1, None),
        (5, "naruto", "Action", 1, 1, None),
    ]


def test_keyword_genres(world: World) -> None:
    world.write("library/b.csv", "keyword,category\nnaruto,Drama\nbleach,Other\n")
    world.write(
        "library/a.csv",
        "\ufeffkeyword,category\nBLEACH ,Nonsense\n  Bleach,C Drama\nbleach,Action\nx\n"
        "one piece,Unknown\n",
    )
    world.write("library/c.csv", b"\xff")
    words = ["NARUTO", "one piece", "bleach", "zzz", "naruto"]
    world.write_parquet("log_search/20220701.parquet", [query(word) for word in words])
    assert values(world.marts()["keyword_genres"], "keyword", "genre", "source", "confidence") == [
        ("bleach", "C Drama", "library", 1.0),
        ("naruto", "Drama", "library", 1.0),
        ("one piece", "Action", "lexicon", 1.0),
        ("zzz", "Unknown", "none", 0.0),
    ]


# Customer 360


def customer(smallest: str) -> str:
    """The customer of a component by its smallest `type:value`."""
    return hashlib.md5(smallest.encode(), usedforsecurity=False).hexdigest()


def test_identity(world: World) -> None:
    world.write(
        "identities/crm.csv",
        "contract,user_id,email\nC1,U1,\n , U1 ,An@Example.com\nC2,,an@example.COM \nC9,,\n,,\n",
    )
    world.write("identities/bills.csv", "subscriber_id,contract\nS1,C3\n")
    world.write("identities/odd.csv", "contract,name\nC7,An\n")
    world.write("log_content/20220401.json", document("C1") + document("C4") + document("0"))
    world.write_parquet("log_search/20220701.parquet", [query("aa", user="U1")])
    marts = world.marts()
    an = customer("contract:C1")
    assert values(
        marts["customer_identifiers"], "identifier_type", "identifier", "customer_id"
    ) == [
        ("contract", "C1", an),
        ("contract", "C2", an),
        ("contract", "C3", customer("contract:C3")),
        ("contract", "C4", customer("contract:C4")),
        ("contract", "C9", customer("contract:C9")),
        ("email", "an@example.com", an),
        ("subscriber_id", "S1", customer("contract:C3")),
        ("user_id", "U1", an),
    ]
    customers = {row["customer_id"]: row for row in marts["customer360"]}
    counts = ("contracts", "user_ids", "emails", "subscriber_ids", "sources")
    assert values([customers[an]], *counts) == [(2, 1, 1, 0, "identities,log_content,log_search")]
    lonely = customers[customer("contract:C9")]
    assert values([lonely], *counts) == [(1, 0, 0, 0, "identities")]
    assert values([lonely], "content_month", "search_month", "first_seen_date", "searches") == [
        (None, None, None, None)
    ]
    assert customers[customer("contract:C4")]["sources"] == "log_content"


def test_placeholders_are_no_identifiers(world: World) -> None:
    world.write(
        "identities/crm.csv",
        "contract,user_id,email\nC1, NULL ,a@b.c\nC2,null,unknown\n0,U1,Unknown\nNone,0,0\n",
    )
    an = customer("contract:C1")
    marts = world.marts()
    assert values(
        marts["customer_identifiers"], "identifier_type", "identifier", "customer_id"
    ) == [
        ("contract", "C1", an),
        ("contract", "C2", customer("contract:C2")),
        ("email", "a@b.c", an),
        ("user_id", "U1", customer("user_id:U1")),
    ]


@pytest.mark.parametrize(("members", "merged"), [(20, True), (21, False)])
def test_big_components(world: World, members: int, merged: bool) -> None:
    links = [f"C1,U{number:02}" for number in range(1, members)]
    world.write("identities/crm.csv", "\n".join(["contract,user_id", *links]))
    world.write_parquet("log_search/20220701.parquet", [query("aa", user="U01")])
    marts = world.marts()
    assert len(marts["customer_identifiers"]) == members
    if merged:
        assert marts["identity_conflicts"] == []
        row = only(marts["customer360"])
        assert (row["customer_id"], row["contracts"], row["user_ids"]) == (
            customer("contract:C1"),
            1,
            19,
        )
        return
    assert len(marts["customer360"]) == 21
    assert marts["identity_conflicts"][0] == {
        "component": customer("contract:C1"),
        "identifier_type": "contract",
        "identifier": "C1",
        "size": 21,
    }
    assert {row["component"] for row in marts["identity_conflicts"]} == {customer("contract:C1")}
    assert [row["customer_id"] for row in marts["customer_identifiers"]] == [
        customer("contract:C1"),
        *[customer(f"user_id:U{number:02}") for number in range(1, 21)],
    ]
    sources = {row["customer_id"]: row["sources"] for row in marts["customer360"]}
    assert sources[customer("user_id:U01")] == "identities,log_search"
    assert sources[customer("user_id:U02")] == "identities"


def test_a_customer_with_several_contracts_and_users(world: World) -> None:
    world.write("identities/crm.csv", "contract,user_id\nC1,U1\nC2,U1\nC2,U2\n")
    world.write(
        "log_content/20220401.json",
        document("C1", 30, "CHANNEL", "M1")
        + document("C2", 20, "VOD", "M1")
        + document("C3", 10, "VOD", "M3")
        + document("C4", 45, "VOD", "M4"),
    )
    world.write("log_content/20220402.json", document("C2", 15, "VOD", "M2"))
    # Totals 30, 35, 10, 45: q1 = 25, q3 = 37.5; C1 and C2 together have 65
    world.write_parquet("log_search/20220630.parquet", [query("naruto", None, "U2")])
    world.write_parquet(
        "log_search/20220701.parquet",
        [
            query("nu", "2022-07-01 10:00:00", "U1", platform="ios", plans=["B:x"]),
            query("nu hon", "2022-07-01 10:00:01", "U2", platform="web", plans=["A:x"]),
            query("nu hon", "2022-07-01 10:00:02", "U1", platform="ios"),
        ],
    )
    marts = world.marts()
    month = {
        "tv_seconds": 30,
        "movie_seconds": 35,
        "sport_seconds": None,
        "kids_seconds": None,
        "relax_seconds": None,
        "total_seconds": 65,
        "most_watch": "Phim Truyện",
        "taste": "Phim Truyện-Truyền Hình",
        "iqr_type": "upper",
        "activeness": 2,
        "active": "Low",
        "clinginess": "medium",
        "devices": 2,
    }
    search: Row = {
        "searches": 2,  # one per user: runs stay apart
        "most_search": "nu hon",
        "genre": "Drama",
        "behavior_change": "Changed",
        "explain_changed": "Action>Drama",
        "platform": "ios",
        "plans": "A | B",
    }
    me = customer("contract:C1")
    assert [row for row in marts["customer360"] if row["customer_id"] == me] == [
        {
            "customer_id": me,
            "contracts": 2,
            "user_ids": 2,
            "emails": 0,
            "subscriber_ids": 0,
            "content_month": APRIL,
            **month,
            "search_month": JULY,
            **search,
            "first_seen_date": date(2022, 4, 1),
            "last_seen_date": date(2022, 7, 1),
            "sources": "identities,log_content,log_search",
        }
    ]
    monthly = [row for row in marts["customer360_monthly"] if row["customer_id"] == me]
    assert [row["month"] for row in monthly] == [APRIL, JUNE, JULY]
    assert monthly[0] == {
        "customer_id": me,
        "month": APRIL,
        **month,
        **dict.fromkeys(search),
        "first_seen_date": date(2022, 4, 1),
        "last_seen_date": date(2022, 4, 2),
        "sources": "log_content",
    }
    assert monthly[2] == {
        "customer_id": me,
        "month": JULY,
        **dict.fromkeys(month),
        **search,
        "first_seen_date": date(2022, 7, 1),
        "last_seen_date": date(2022, 7, 1),
        "sources": "log_search",
    }
    assert (monthly[1]["behavior_change"], monthly[1]["genre"]) == (None, "Action")


def test_the_latest_month_is_the_customers_own(world: World) -> None:
    world.write("log_content/20220401.json", document("C1", 10))
    world.write("log_content/20220501.json", document("C1", 20) + document("C2", 5))
    world.write("log_content/20220601.json", document("C2", 5))
    months = {row["content_month"]: row["tv_seconds"] for row in world.marts()["customer360"]}
    assert months == {MAY: 20, JUNE: 5}


# Settings


def test_settings(world: World) -> None:
    world.write("log_content/20220401.json", document(seconds=100))
    world.write("identities/crm.csv", "contract,user_id\nC1,U1\n")
    world.write_parquet(
        "log_search/20220701.parquet",
        [query("aa", "2022-07-01 10:00:00"), query("aa", "2022-07-01 10:00:02")],
    )
    settings = Settings(max_record_seconds=99, search_run_seconds=1, max_identifiers=1)
    marts = world.marts(settings)
    assert marts["load_quality"][0]["outcome"] == "implausible_duration"
    assert only(marts["search_profiles"])["searches"] == 2
    assert len(marts["identity_conflicts"]) == 2


# Comparing


def test_compare() -> None:
    expected: list[Row] = [
        {"id": 1, "share": 0.1 + 0.2, "day": APRIL, "name": "a"},
        {"id": 2, "share": 1.0, "day": APRIL, "name": None},
    ]
    same: list[Row] = [
        {"id": 2, "share": 1, "day": APRIL, "name": None, "later": "column"},
        {"id": 1, "share": 0.3, "day": APRIL, "name": "a", "later": "column"},
    ]
    assert compare(expected, same, ["id"]) == []

    other: list[Row] = [
        {"id": 1, "share": 0.31, "day": datetime(2022, 4, 1), "name": "A"},
        {"id": 3, "share": 1.0, "day": APRIL, "name": None},
        {"id": 3, "share": 1.0, "day": APRIL, "name": None},
    ]
    differences = compare(expected, other, ["id"])
    starts = ("actual twice", "missing", "unexpected", "share", "day", "name")
    assert len(differences) == len(starts)
    for difference, start in zip(differences, starts, strict=True):
        assert difference.startswith(start)
    assert compare(expected[:1], [{"id": 1, "share": 0.3, "day": APRIL}], ["id"]) == [
        "no column name: id=1"
    ]
