"""Targets, tables, medians, where results go, what points of a curve replace."""

from __future__ import annotations

import argparse
import shutil
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchmarks import logs, scaling
from benchmarks.__main__ import java_version
from benchmarks.content import BARE, POLARS, PROJECT_NAME, SPARK_USUAL, chosen
from benchmarks.content_report import targets_of
from benchmarks.measure import Measured
from benchmarks.options import folder_of_results, parser_of
from benchmarks.project import Node, node_times, span_of, together
from benchmarks.results import RESULTS, Target, middle, number, table


@pytest.mark.parametrize(
    ("target", "holds"),
    [
        (Target("x", 6.0, at_least=6.0), True),
        (Target("x", 5.99, at_least=6.0), False),
        (Target("x", 1.25, at_most=1.25), True),
        (Target("x", 1.26, at_most=1.25), False),
    ],
)
def test_a_target_holds_at_its_bound(target: Target, holds: bool) -> None:
    assert target.holds is holds


def test_times_are_medians_and_memory_is_the_largest() -> None:
    runs = [Measured(3, 1, 10, 1), Measured(1, 2, 30, 2), Measured(2, 9, 20, 3)]
    assert middle(runs) == Measured(2, 2, 30, 3)


def test_steps_together_take_the_sum_of_times_and_the_largest_peak() -> None:
    assert together(Measured(1, 2, 3, 4), Measured(10, 20, 2, 1)) == Measured(11, 22, 3, 4)


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [("1", number(1234.5)), ("2", number(0))]) == (
        "| a | b |\n|---|---|\n| 1 | 1,234.5 |\n| 2 |  |\n"
    )


def test_targets_compare_the_right_way_round() -> None:
    median = {
        PROJECT_NAME: Measured(10, peak_mib=5000),
        BARE.name: Measured(8),
        POLARS.name: Measured(9),
        SPARK_USUAL.name: Measured(70),
    }
    found = {one.what.split(":")[0]: (one.value, one.holds) for one in targets_of(median)}
    assert found == {
        SPARK_USUAL.name: (7.0, True),
        POLARS.name: (0.9, False),
        PROJECT_NAME: (1.25, True),
        "peak memory of load and build, MiB": (5000, False),
    }


def test_contenders_that_were_left_out_have_no_target() -> None:
    assert [one.what for one in targets_of({PROJECT_NAME: Measured(10)})] == [
        "peak memory of load and build, MiB"
    ]


def test_polars_is_left_out_where_logs_have_dirt() -> None:
    modules = ["bare_duckdb", "polars_streaming"]
    assert chosen(modules, dirt=False) == [BARE, POLARS]
    assert chosen(modules, dirt=True) == [BARE]


RUN_RESULTS: dict[str, Any] = {
    "results": [
        {
            "unique_id": f"{kind}.customer360.{name}",
            "execution_time": seconds,
            "timing": [
                {
                    "name": "execute",
                    "started_at": f"2022-07-01T00:00:{start:02}Z",
                    "completed_at": f"2022-07-01T00:00:{start + 2:02}Z",
                }
            ],
        }
        for kind, name, seconds, start in [
            ("model", "quick", 0.5, 10),
            ("seed", "early", 1.0, 1),
            ("model", "slow", 2.0, 13),
            ("model", "skipped", 0.0, 14),
        ]
    ]
}


def test_nodes_come_slowest_first_without_those_that_did_not_run() -> None:
    assert node_times(RUN_RESULTS) == [
        Node("model", "slow", 2.0),
        Node("seed", "early", 1.0),
        Node("model", "quick", 0.5),
    ]


def test_the_span_of_models_has_no_seeds_in_it() -> None:
    assert span_of(RUN_RESULTS, "model") == 6.0
    assert span_of({"results": []}, "model") == 0.0


def parsed(*arguments: str) -> Path:
    parser = parser_of("benchmarks", None)
    parser.add_argument("--search-rows", type=int, default=70_000)
    return folder_of_results(parser, parser.parse_args(arguments), ("search_rows",))


def test_full_sizes_go_to_the_results(tmp_path: Path) -> None:
    assert parsed() == RESULTS
    assert parsed("--work", str(tmp_path)) == RESULTS
    assert parsed("--out", str(tmp_path)) == tmp_path


def test_a_trial_must_say_where_its_results_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parsed("--search-rows", "5", "--out", str(tmp_path)) == tmp_path
    with pytest.raises(SystemExit):
        parsed("--search-rows", "5")
    assert "--search-rows makes this a trial" in capsys.readouterr().err


def test_a_disk_without_room_is_said_before_it_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        total: int = 0
        used: int = 0
        free: int = 10**9

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage())
    logs.require_space(tmp_path, 10**9)
    with pytest.raises(SystemExit, match=r"1\.0 GB free; this needs 1\.5 GB"):
        logs.require_space(tmp_path, 1_500_000_000)


def test_space_grows_with_contracts_and_months() -> None:
    assert logs.space_needed(1_920_546, 1) > 2 * 7.9e9
    assert logs.space_needed(1000, 12) == 12 * logs.space_needed(1000, 1)


def test_months_end_with_the_last() -> None:
    assert logs.months_until(date(2022, 2, 1), 3) == (
        date(2021, 12, 1),
        date(2022, 1, 1),
        date(2022, 2, 1),
    )


def point(contracts: int, months: int, seconds: float, peak: float = 100) -> scaling.Point:
    step = {"wall_seconds": seconds}
    return {
        "contracts": contracts,
        "months": months,
        "log_bytes": contracts * months,
        "database_bytes": 1,
        "measured_at": "2022-07-01",
        **dict.fromkeys(("load", "build", "rest", "whole"), step),
        "peak_mib": peak,
        "seconds_by_node": {"model a": seconds},
    }


def test_a_point_measured_again_takes_the_place_of_the_old_one() -> None:
    points = [point(200, 1, 2), point(100, 1, 1), point(100, 3, 3)]
    assert scaling.merged(points, point(100, 1, 9)) == [
        point(100, 1, 9),
        point(200, 1, 2),
        point(100, 3, 3),
    ]


def test_targets_of_scaling_need_their_points() -> None:
    assert scaling.targets_of([point(100, 2, 1)], 100) == []
    points = [point(100, 1, 1), point(200, 1, 2.4, peak=5000), point(200, 3, 9)]
    found = [(one.value, one.holds) for one in scaling.targets_of(points, 100)]
    assert found == [(100, True), (5000, False), (2.4, False)]


def test_a_node_that_two_builds_met_counts_with_the_larger_time() -> None:
    nodes = [Node("model", "a", 1.0), Node("test", "b", 5.0), Node("model", "a", 0.1)]
    assert scaling.seconds_by_node(nodes) == {"test b": 5.0, "model a": 1.0}


def test_curves_have_a_panel_for_sizes_and_one_for_months() -> None:
    plot = scaling.plot_of([point(100, 1, 1), point(200, 1, 2), point(100, 3, 3)])
    assert [(panel["title"], panel["lines"][0]["x"]) for panel in plot["panels"]] == [
        ("seconds by size of the month", [0.0001, 0.0002]),
        ("memory by size of the month", [0.0001, 0.0002]),
        ("seconds by months loaded", [1, 3]),
        ("memory by months loaded", [1, 3]),
    ]


def test_the_text_of_scaling_has_a_line_a_point() -> None:
    text = scaling.as_text(scaling.as_result([point(100, 1, 1), point(100, 3, 3)], 100))
    assert "| 100 | 1 |" in text
    assert "| model a | 1.00 | 3.00 |" in text


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15\n', 17),
        ('java version "1.8.0_202"\n', 8),
        ('openjdk version "25-ea" 2025-09-16\n', 25),
        ("no java here", 0),
    ],
)
def test_the_version_of_java_is_read(said: str, version: int) -> None:
    assert java_version(said) == version


def test_options_that_measure_nothing_else_are_no_trial() -> None:
    parser = argparse.ArgumentParser()
    options = argparse.Namespace(out=None)
    assert folder_of_results(parser, options, ()) == RESULTS
