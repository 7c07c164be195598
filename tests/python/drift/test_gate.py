"""Too many rejected rows, too many unreadable files, unusual days: data tests on small raw days.

One raw directory holds a day for each case; `dbt build` judges all of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from project.runs import Built, Run, build, dbt
from support import Workspace, close_readers, event, line, lines, searches

SELECTED = ["--select", "+load_quality", "--indirect-selection", "cautious"]
SELECTED += ["--exclude-resource-type", "unit_test"]

RENAMED, RETYPED, ACCEPTED, TORN = "2022-07-04", "2022-07-05", "2022-07-14", "2022-07-11"


def content(rows: int, bad: int = 0, **spoiled: object) -> bytes:
    """So many records, `bad` of them with some fields changed."""
    return lines(
        *(line(f"good{number}") for number in range(rows - bad)),
        *(line(f"bad{number}", **spoiled) for number in range(bad)),
    )


def search(*parts: tuple[int, dict[str, object]]) -> bytes:
    """So many events of each kind."""
    rows = [
        event(eventID=f"{kind}-{number}") | changes
        for kind, (count, changes) in enumerate(parts)
        for number in range(count)
    ]
    return searches(*rows)


def put_content_days(workspace: Workspace) -> None:
    days = {
        "20220701": content(1000),
        "20220702": content(1000, 50, Contract=None),
        "20220703": content(1000, 51, Contract=None),
        "20220704": content(1000).replace(b'"Contract"', b'"contract_id"'),
        "20220705": content(1000, 1000, TotalDuration="12.5"),
        "20220706": content(999, 749, AppName="NEW"),
        "20220707": content(999, 750, AppName="NEW"),
        "20220708": content(49, 49, AppName="NEW"),
        "20220713": content(949) + lines(*[line("good0")] * 51),
        "20220714": content(50, 50, AppName="NEW"),
    }
    for day, rows in days.items():
        workspace.put(f"log_content/{day}.json", rows)
    workspace.put("log_content/20220709.json.gz", b"broken")
    for day, readable, broken in (("20220710", 2, 2), ("20220711", 1, 3), ("20220712", 0, 3)):
        for number in range(readable):
            workspace.put(f"log_content/{day}/good{number}.json", content(100))
        for number in range(broken):
            workspace.put(f"log_content/{day}/bad{number}.json.gz", b"broken")


def put_search_days(workspace: Workspace) -> None:
    nobody: dict[str, object] = {"user_id": None}
    left: dict[str, object] = {"category": "quit"}
    no_query: dict[str, object] = {"keyword": "x"}
    days = {
        "20220701": search((700, {}), (300, nobody), (2000, left), (900, {"eventID": "0-0"})),
        "20220702": search((1000, {})),
        "20220703": search((600, {}), (200, nobody), (200, {"keyword": " "})),
        "20220704": search((599, {}), (401, nobody)),
        "20220705": search((400, {}), (600, no_query)),
        "20220706": search((1000, {"category": "open"})),
        "20220707": search((100, {}), (900, left)),
        "20220708": search((99, {}), (901, left)),
    }
    for day, rows in days.items():
        workspace.put(f"log_search/{day}.parquet", rows)
    renamed = workspace.raw / "log_search/20220702.parquet"
    renamed.write_bytes(renamed.read_bytes().replace(b"user_id", b"user_no"))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("judged")
    workspace = Workspace.make(folder)
    put_content_days(workspace)
    put_search_days(workspace)
    return build(workspace.raw, folder, *SELECTED)


def found(built: Built, table: str, columns: str = "source, log_date::varchar") -> set[object]:
    """What a test has kept in schema quality."""
    return set(built.rows(f"select {columns} from quality.{table}"))


def outcome_of(built: Built, name: str) -> str:
    return next(str(r["status"]) for r in built.results() if f".{name}" in r["unique_id"])


def test_days_with_too_many_rejected_rows_stop_the_build_and_no_others(judged: Built) -> None:
    assert judged.build.code == 1
    assert outcome_of(judged, "load_quality__rejected_share_is_not_too_high") == "fail"
    assert found(judged, "rejected_shares", "source, log_date::varchar, reason, rows::int") == {
        ("log_content", "2022-07-03", "missing_contract", 1000),
        ("log_content", RENAMED, "missing_contract", 1000),
        ("log_content", RETYPED, "invalid_duration", 1000),
        ("log_content", "2022-07-07", "unknown_app", 999),
        ("log_content", "2022-07-13", "duplicate", 1000),
        ("log_content", ACCEPTED, "unknown_app", 50),
        ("log_search", "2022-07-02", "missing_user", 1000),
        ("log_search", "2022-07-04", "missing_user", 1000),
    }


def test_the_reason_that_rose_is_told_with_its_usual_share(judged: Built) -> None:
    columns = "source || ' ' || log_date, reason_share, usual_share, rejected_share, max_share"
    shares = {row[0]: row[1:] for row in found(judged, "rejected_shares", columns)}  # type: ignore[index]
    assert [float(share) for share in shares["log_content 2022-07-03"]] == [0.051, 0, 0.051, 0.05]
    assert [float(share) for share in shares["log_search 2022-07-04"][2:]] == [0.401, 0.4]


def test_a_search_day_without_any_row_in_scope_stops_the_build(judged: Built) -> None:
    assert outcome_of(judged, "load_quality__search_is_in_scope") == "fail"
    columns = "log_date::varchar, round(1000 * reason_share)::int"
    assert found(judged, "out_of_scope_shares", columns) == {
        ("2022-07-06", 1000),
        ("2022-07-08", 901),
    }


def test_unreadable_files_stop_the_build_only_when_a_day_of_many_is_mostly_so(
    judged: Built,
) -> None:
    assert outcome_of(judged, "raw_files__unreadable_share_is_not_too_high") == "fail"
    assert found(judged, "unreadable_shares") == {("log_content", TORN)}


def test_rows_are_accounted_for_all_the_same(judged: Built) -> None:
    assert outcome_of(judged, "load_quality__sums_to_the_rows_in_the_files") == "pass"


def test_days_that_someone_accepts_pass(judged: Built) -> None:
    days = [
        *(" ".join(row) for row in found(judged, "rejected_shares")),  # type: ignore[arg-type]
        *(" ".join(row) for row in found(judged, "out_of_scope_shares")),  # type: ignore[arg-type]
        f"log_content {TORN}",
    ]
    left_out = f"log_content {ACCEPTED}"
    for accepted, code in ((days, 0), ([day for day in days if day != left_out], 1)):
        done = judge_again(judged, accepted)
        assert done.code == code, done.output
    assert found(judged, "rejected_shares") == {("log_content", ACCEPTED)}
    assert found(judged, "out_of_scope_shares") == set()
    assert found(judged, "unreadable_shares") == set()


def judge_again(built: Built, accepted: Sequence[str]) -> Run:
    """The data tests with accepted days, on what is built."""
    close_readers()
    return dbt(
        "test",
        "--select",
        "path:tests/marts/quality",
        "--vars",
        f"accepted_bad_days: {list(accepted)}",
        target=built.target,
        C360_DATABASE=str(built.database),
    )


@pytest.mark.parametrize(
    "value",
    [
        "max_rejected_share: 1.01",
        "max_rejected_share_search: '0.4'",
        "max_share_of_usual_rows: 0.5",
        "min_files_for_unreadable_share: 1",
        "identifier_placeholders: []",
        "identifier_placeholders: unknown",
        "identifier_placeholders: [null, unknown]",
        "identifier_placeholders: [0]",
        "identifier_placeholders: [Unknown]",
        "identifier_placeholders: [' none']",
        "accepted_bad_days: log_content 2022-07-05",
        'accepted_bad_days: ["x\') or true -- 2022-07-05"]',
    ],
)
def test_vars_without_sense_stop_the_build(value: str, judged: Built) -> None:
    done = dbt(
        "run-operation",
        "check_vars",
        "--vars",
        value,
        target=judged.target,
        C360_DATABASE=str(judged.database),
    )
    assert done.code != 0
    assert f"var {value.split(':')[0]}" in done.output


MONDAY = date(2022, 1, 3)
# Records of one weekday, week by week; each day is held against the median of the others.
WEEKDAYS: dict[str, tuple[list[int], set[int]]] = {
    "half and twice as many are usual": ([10, 10, 10, 10, 5, 20], set()),
    "less and more are not": ([10, 10, 10, 10, 4, 21], {4, 5}),
    "three days of a weekday judge no one": ([10, 10, 100], set()),
    "four do": ([10, 10, 10, 100], {3}),
}


def test_days_with_unusually_few_or_many_rows_are_warnings(tmp_path: Path) -> None:
    workspace = Workspace.make(tmp_path)
    expected: set[tuple[str, str]] = set()
    for weekday, (counts, unusual) in enumerate(WEEKDAYS.values()):
        for week, count in enumerate(counts):
            day = MONDAY + timedelta(days=weekday, weeks=week)
            workspace.put(f"log_content/{day:%Y%m%d}.json", content(count))
            if week in unusual:
                expected.add(("log_content", str(day)))
    built = build(workspace.raw, tmp_path, *SELECTED)
    assert built.build.code == 0, built.build.output
    assert outcome_of(built, "load_quality__rows_are_usual_for_the_weekday") == "warn"
    assert found(built, "unusual_days") == expected
    few = MONDAY + timedelta(days=1, weeks=4)
    assert found(built, "unusual_days", "log_date, rows::int, usual_rows::int, same_weekdays") >= {
        (few, 4, 10, 5)
    }
