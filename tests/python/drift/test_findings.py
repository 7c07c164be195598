"""What data tests found, in words; only tests that may be shown are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from c360.findings import MAX_ROWS_SHOWN, describe, explains, explanations


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "found.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table days as select range as rows from range(7)")
    return path


def result(sql: str, **meta: object) -> SimpleNamespace:
    """What dbt says of a test, as far as it is looked at."""
    return SimpleNamespace(
        node=SimpleNamespace(config=SimpleNamespace(meta=meta), compiled_code=sql)
    )


def test_a_row_is_a_line_with_its_place_before_it() -> None:
    cells = {
        "source": "log_content",
        "log_date": date(2022, 7, 5),
        "reason": "unknown_app",
        "reason_share": 0.0612,
        "usual_share": None,
        "max_share": Decimal("0.05"),
        "rows": 1408,
    }
    assert describe([*cells], [*cells.values()]) == (
        "log_content 2022-07-05: reason unknown_app, reason share 6.12%, usual share unknown, "
        "max share 5.00%, rows 1,408"
    )
    assert describe(["rows", "is_late"], [1, True]) == "rows 1, is late True"


def test_a_test_that_explains_shows_its_first_rows(database: Path) -> None:
    test = result("-- A comment.\nwith final as (from days)\nselect * from final", explain=True)
    assert explains(test)
    lines = explanations(database, test)
    assert lines == [*(f"rows {number}" for number in range(MAX_ROWS_SHOWN)), "and 2 more"]


def test_no_other_test_shows_a_row(database: Path) -> None:
    for test in (result("from days"), result("from days", explain=False)):
        assert not explains(test)
        assert explanations(database, test) == []


def test_a_test_that_cannot_be_run_again_is_still_a_failure(tmp_path: Path, database: Path) -> None:
    assert explanations(database, result("from nothing", explain=True)) == []
    assert explanations(tmp_path / "gone.duckdb", result("select 1", explain=True)) == []
