"""A build touches only the days and months whose inputs have changed, and those it does touch.

Rows are marked by hand in the tables of a finished build: a mark that is still there after the
next build shows that its period was left alone, one that is gone that it was built again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from project.runs import Run, dbt
from support import Workspace, close_readers, event, line, lines, searches

MARK = "999999"
# Table -> a column that no other marked column is made of, and the column of its period.
MARKED = {
    "staging.stg_log_content__rejects": ("line", "log_date"),
    "intermediate.int_content__daily_totals": ("records", "log_date"),
    "intermediate.int_content__device_months": ("seconds", "month"),
    "marts.content_profiles": ("devices", "month"),
    "marts.customer360_monthly": ("devices", "month"),
    "staging.stg_log_search__events": ("line_number", "log_date"),
    "intermediate.int_search__user_months": ("keywords", "month"),
    "intermediate.int_customer360__search_months": ("genre", "month"),
    "marts.search_profiles": ("genre", "month"),
    "marts.search_behavior": ("previous_most_search", "month"),
    "marts.search_trending": ("users", "month"),
}
CONTENT = [name for name in MARKED if "search" not in name]
DAYS = ("20220501", "20220602", "20220703")


class Project:
    """A raw directory, its database and the builds made of it."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace(folder / "raw", folder / "customer360.duckdb")
        self._target = folder / "target"

    def put_logs(self) -> None:
        """A day of content and one of searches in each of three months."""
        self.workspace.raw.mkdir()
        for day in DAYS:
            self.put_content(day)
            when = f"{day[:4]}-{day[4:6]}-{day[6:]} 20:00:00"
            self.workspace.put(f"log_search/{day}.parquet", searches(event(datetime=when)))

    def put_content(self, day: str, *more: bytes) -> None:
        """A day of content with one good row and one without a contract."""
        good = line(f"{day}1", Contract="BDH1")
        self.workspace.put(
            f"log_content/{day}.json", lines(good, line(f"{day}2", Contract=""), *more)
        )

    def build(self, **variables: object) -> None:
        """Load and build; every seed and model, no test."""
        self.workspace.load()
        close_readers()
        built = dbt(
            "build",
            "--exclude-resource-type",
            "test",
            "--exclude-resource-type",
            "unit_test",
            "--vars",
            json.dumps(variables),
            target=self._target,
            C360_DATABASE=str(self.workspace.database),
        )
        assert built.code == 0, built.output[-3000:]

    def test(self, model: str) -> Run:
        """The data tests of a model."""
        close_readers()
        return dbt(
            "test",
            "--select",
            f"{model},test_type:generic",
            target=self._target,
            C360_DATABASE=str(self.workspace.database),
        )

    def mark(self) -> None:
        """Mark every row of the tables that have periods."""
        close_readers()
        with duckdb.connect(str(self.workspace.database)) as connection:
            for name, (column, _) in MARKED.items():
                connection.execute(f"update {name} set {column} = '{MARK}'")

    def left_alone(self, name: str) -> set[str]:
        """Days or months of a table whose rows are still marked."""
        column, period = MARKED[name]
        rows = self.workspace.query(
            f"select distinct {period}::varchar from {name} where {column} = '{MARK}'"
        )
        return {row[0] for row in rows}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project that is built and marked."""
    folder = tmp_path_factory.mktemp("incremental")
    project = Project(folder)
    project.put_logs()
    project.build()
    project.mark()
    return folder


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of it for each test."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    yield Project(tmp_path)
    close_readers()


def test_a_late_day_changes_its_month_and_nothing_else(project: Project) -> None:
    everything = {name: project.left_alone(name) for name in MARKED}
    assert all(everything.values())
    project.build()
    for name in MARKED:
        assert project.left_alone(name) == everything[name], name

    project.put_content("20220610", line("x", Contract="BDH2"))
    project.build()
    for name in CONTENT:
        by_day = MARKED[name][1] == "log_date"
        expected = (
            {"2022-05-01", "2022-06-02", "2022-07-03"} if by_day else {"2022-05-01", "2022-07-01"}
        )
        assert project.left_alone(name) == expected, name
    for name in set(MARKED) - set(CONTENT):
        assert project.left_alone(name) == everything[name], name
    profiles = project.workspace.query(
        "select contract, activeness from marts.content_profiles where month = '2022-06-01' "
        "order by contract"
    )
    assert profiles == [("BDH1", 2), ("BDH2", 1)]


def test_a_late_day_of_searches_changes_its_month_and_the_one_compared_with_it(
    project: Project,
) -> None:
    later = event(datetime="2022-06-10 20:00:00", user_id="00054321", keyword="thời sự")
    project.workspace.put("log_search/20220610.parquet", searches(later))
    project.build()
    alone = {name: project.left_alone(name) for name in MARKED if "search" in name}
    assert alone.pop("staging.stg_log_search__events") == {"2022-05-01", "2022-06-02", "2022-07-03"}
    own_month = ("intermediate.int_search__user_months", "marts.search_profiles")
    for name in own_month:
        assert alone.pop(name) == {"2022-05-01", "2022-07-01"}, name
    # May is compared with April; June and July with what has changed.
    assert alone.pop("marts.search_behavior") == set()
    assert set(map(tuple, alone.values())) == {("2022-05-01",)}, alone
    changes = project.workspace.query(
        "select month::varchar, behavior_change from marts.search_behavior "
        "where user_id = '00054321' order by month"
    )
    assert changes == [("2022-06-01", "New"), ("2022-07-01", "Lapsed")]


def test_typing_that_never_ends_loses_no_row(project: Project) -> None:
    """A device that is stuck: a search ends a week after its month, in every build."""
    found = (
        "select log_date::varchar, events from intermediate.int_search__searches "
        "where user_id = 'stuck' order by started_at"
    )

    def put(first: int, last: int) -> None:
        for number in range(first, last):
            day = date(2022, 6, 30) + timedelta(days=number)
            hours = [
                event(eventID=f"{day} {hour}", user_id="stuck", datetime=f"{day} {hour:02}:00:00")
                for hour in range(24)
            ]
            project.workspace.put(f"log_search/{day:%Y%m%d}.parquet", searches(*hours))

    put(0, 9)
    project.build(search_run_seconds=3600)
    assert project.workspace.query(found) == [("2022-06-30", 8 * 24), ("2022-07-08", 24)]
    put(9, 12)
    project.mark()
    project.build(search_run_seconds=3600)
    assert project.left_alone("intermediate.int_search__user_months") >= {"2022-06-01"}
    assert project.workspace.query(found) == [("2022-06-30", 8 * 24), ("2022-07-08", 4 * 24)]


def test_a_changed_genre_changes_the_months_that_searched_for_it(project: Project) -> None:
    later = event(datetime="2022-07-10 20:00:00", user_id="00054321", keyword="không ai biết")
    project.workspace.put("log_search/20220710.parquet", searches(later))
    project.build()
    project.mark()
    project.workspace.put("library/genres.csv", "keyword,category\nkhông ai biết,Music\n".encode())
    project.build()
    for name in ("marts.search_profiles", "intermediate.int_customer360__search_months"):
        assert project.left_alone(name) == {"2022-05-01", "2022-06-01"}, name
    assert project.left_alone("marts.search_behavior") == {"2022-06-01"}
    assert len(project.left_alone("intermediate.int_search__user_months")) == len(DAYS)
    genres = project.workspace.query(
        "select genre from marts.search_profiles where user_id = '00054321'"
    )
    assert genres == [("Music",)]


def test_the_first_and_the_last_day_there_can_be_are_days(project: Project) -> None:
    for day in ("00010101", "99991231"):
        project.put_content(day)
        project.workspace.put(f"log_search/{day}.parquet", searches(event()))
    project.build()
    for day in ("00010101", "99991231"):
        project.put_content(day, line("x", Contract="BDH2"))
    project.build()
    months = project.workspace.query(
        "select month::varchar, count(*) from marts.content_profiles group by month order by month"
    )
    assert (months[0], months[-1]) == (("0001-01-01", 2), ("9999-12-01", 2))
    assert len(project.left_alone("marts.content_profiles")) == len(DAYS)


def test_days_that_are_gone_leave_every_table(project: Project) -> None:
    for source, ending in (("log_content", "json"), ("log_search", "parquet")):
        (project.workspace.raw / source / f"20220602.{ending}").unlink()
    project.workspace.load(prune=True)
    project.build()
    for name, (_, period) in MARKED.items():
        gone = "between '2022-06-01' and '2022-06-30'"
        assert project.workspace.query(f"select count(*) from {name} where {period} {gone}") == [
            (0,)
        ], name
    assert project.left_alone("marts.content_profiles") == {"2022-05-01", "2022-07-01"}


def test_a_changed_rule_builds_what_it_concerns_again(project: Project) -> None:
    project.build(active_high_days=1)
    assert project.workspace.query("select distinct active from marts.content_profiles") == [
        ("High",)
    ]
    assert project.left_alone("marts.content_profiles") == set()
    assert len(project.left_alone("intermediate.int_content__device_months")) == len(DAYS)

    # The rule for durations stands in a view that the rejects and what follows from them read.
    project.build(active_high_days=1, max_record_seconds=71)
    assert project.workspace.query("select count(*) from marts.content_profiles") == [(0,)]
    assert project.workspace.query(
        "select count(*) from staging.stg_log_content__rejects "
        "where reason = 'implausible_duration'"
    ) == [(3,)]


def test_new_links_between_identifiers_build_every_month_of_customers(project: Project) -> None:
    project.workspace.put("identities/a.csv", b"contract,user_id\nBDH1,00012345\n")
    project.build()
    assert project.left_alone("marts.customer360_monthly") == set()
    assert len(project.left_alone("intermediate.int_content__device_months")) == len(DAYS)
    customers = project.workspace.query(
        "select count(distinct customer_id), count(*) from marts.customer360_monthly"
    )
    assert customers == [(1, 3)]


def test_a_changed_test_leaves_nothing_of_what_it_was(project: Project) -> None:
    """What a test has passed on stands under a hash of its query."""
    passed = (
        "select model, count(*) from intermediate.built_periods where model like 'test.%' "
        "group by model order by model"
    )
    project.build()
    assert project.test("content_profiles").code == 0
    before = project.workspace.query(passed)
    assert before
    close_readers()
    with duckdb.connect(str(project.workspace.database)) as connection:
        connection.execute(
            "update intermediate.built_periods "
            "set model = replace(model, split_part(model, ' ', 2), 'of old') "
            "where model like 'test.%'"
        )
    assert project.test("content_profiles").code == 0
    assert project.workspace.query(passed) == before


def test_a_failed_test_fails_until_it_is_mended_and_then_rests(project: Project) -> None:
    """Tests look at what was built since they passed, and never forget what they found."""
    project.build()
    repeat = "insert into marts.content_profiles from marts.content_profiles where month = ?"
    mend = "delete from marts.content_profiles where month = ?"

    def change(sql: str, month: str) -> None:
        close_readers()
        with duckdb.connect(str(project.workspace.database)) as connection:
            connection.execute(sql, [month])

    change(repeat, "2022-05-01")
    assert project.test("content_profiles").code == 1
    assert project.test("content_profiles").code == 1
    change(mend, "2022-05-01")
    assert project.test("content_profiles").code == 0

    # Nothing was built since: whoever changes a mart by hand is on their own.
    change(repeat, "2022-06-01")
    assert project.test("content_profiles").code == 0
    project.put_content("20220610")
    project.build()
    change(repeat, "2022-06-01")
    assert project.test("content_profiles").code == 1
