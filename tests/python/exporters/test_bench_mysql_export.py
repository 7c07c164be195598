"""The benchmark of the export measures what it says, on small marts and a real server."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from export_marts import ROWS, SCHEMA, VERSIONED

from benchmarks import mysql_export
from benchmarks.mysql_export import BARE, CHANGED, EXPORT, LOADING, SORTED, UNCHANGED, Marts, Step
from exporters.catalog import Column
from exporters.duck import one_row, open_database
from exporters.url import ServerUrl

TABLES = [
    replace(table, columns=tuple(Column(name, "", "") for name in (*table.key, "version")))
    for table in VERSIONED
]


@pytest.fixture
def marts(database: Path, tmp_path: Path) -> Marts:
    """The small marts as the benchmark prepares them."""
    return mysql_export.prepare(database, TABLES, tmp_path)


def test_one_percent_of_the_rows_is_changed(marts: Marts) -> None:
    assert marts.rows == 3 * ROWS
    assert marts.csv_bytes > 3 * ROWS * len("1,1\n")
    with open_database(marts.changed) as connection:
        for table in TABLES:
            counts = one_row(
                connection,
                f"select count(*), count(*) filter (where version is null) "
                f"from {SCHEMA}.{table.name}",
            )
            assert counts[0] == ROWS
            assert 0.005 * ROWS < counts[1] < 0.02 * ROWS


def test_every_step_is_measured_and_checked(
    marts: Marts, server: ServerUrl, tmp_path: Path
) -> None:
    measured = mysql_export.one_round(marts, server, tmp_path)
    assert list(measured) == [BARE, SORTED, LOADING, EXPORT, UNCHANGED, CHANGED]
    assert all(step.seconds > 0 and step.peak_mib > 0 for step in measured.values())
    mysql_export.write_results(tmp_path / "out", marts, [measured], "10.11")
    result = json.loads((tmp_path / "out" / "mysql_export.json").read_text(encoding="utf-8"))
    assert result["rows"] == marts.rows
    assert "| whole verified export |" in (tmp_path / "out" / "mysql_export.md").read_text()


def test_a_table_that_is_not_what_duckdb_holds_has_no_time(
    marts: Marts, server: ServerUrl, tmp_path: Path
) -> None:
    csv = tmp_path / "as_built-pears.csv"
    csv.write_text(csv.read_text(encoding="utf-8").replace("\n7,", "\n100007,"), encoding="utf-8")
    with pytest.raises(SystemExit, match="pears on the server"):
        mysql_export.one_round(marts, server, tmp_path)


def test_ratios_are_of_rates_or_of_seconds_within_a_round(marts: Marts) -> None:
    seconds = {BARE: 9.0, SORTED: 8.0, LOADING: 10.0, EXPORT: 12.0, UNCHANGED: 3.0, CHANGED: 12.0}
    one = {name: Step(value, 100.0) for name, value in seconds.items()}
    twice = {name: Step(2 * value, 120.0) for name, value in seconds.items()}
    result = mysql_export.summary(marts, [one, twice], "10.11")
    ratios = {target["step"]: (target["ratio"], target["holds"]) for target in result["targets"]}
    assert ratios == {LOADING: (0.9, True), EXPORT: (0.75, True), UNCHANGED: (0.25, False)}
    assert result["steps"][BARE]["rows_per_second"] == round(marts.rows / 13.5)
    assert result["steps"][EXPORT]["peak_mib"] == 120
