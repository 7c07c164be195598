"""`c360 run` on logs that changed: warnings, then exit code 1 with the reason, nothing exported."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from project.runs import c360, dbt
from support import Workspace, close_readers, event, line, lines, searches

from loaders.load import LoadOptions, load

FAILED = "load_quality__rejected_share_is_not_too_high"


def contents(day: int, rows: int) -> bytes:
    return lines(*(line(f"{day}-{number}", Contract=f"C{number:05}") for number in range(rows)))


def test_a_run_warns_of_an_unusual_day_and_stops_at_a_renamed_field(tmp_path: Path) -> None:
    workspace = Workspace.make(tmp_path)
    export_dir = tmp_path / "export"
    settings = {
        "C360_RAW_DIR": str(workspace.raw),
        "C360_DATABASE": str(workspace.database),
        "C360_EXPORT_DIR": str(export_dir),
    }
    for day, rows in ((1, 60), (8, 60), (15, 60), (22, 10)):
        workspace.put(f"log_content/202207{day:02}.json", contents(day, rows))
    run = c360("run", **settings)
    assert run.code == 0, run.output
    warning = "log_content 2022-07-22: rows 10, usual rows 60, same weekdays 3"
    assert f"warning: {warning}" in run.output.splitlines()
    status = c360("status", **settings)
    assert f"unusual number of rows: {warning}" in status.output.splitlines()
    before = {file.name: file.read_bytes() for file in export_dir.iterdir() if file.is_file()}
    assert before

    changed = contents(29, 60).replace(b'"Contract"', b'"contract_id"')
    workspace.put("log_content/20220729.json", changed)
    stopped = c360("run", **settings)
    assert stopped.code == 1, stopped.output
    assert "field _source.Contract is missing since 2022-07-29" in stopped.output
    assert "new field _source.contract_id since 2022-07-29" in stopped.output
    assert FAILED in stopped.output
    assert "log_content 2022-07-29: reason missing_contract, reason share 100.00%, " in (
        stopped.output
    )
    assert "usual share 0.00%" in stopped.output
    assert "accepted_bad_days" in stopped.output
    assert "C00001" not in stopped.output
    refused = c360("export", **settings)
    assert refused.code == 1
    assert FAILED in refused.output
    after = {file.name: file.read_bytes() for file in export_dir.iterdir() if file.is_file()}
    assert after == before

    workspace.put("log_content/20220729.json", contents(29, 60))
    assert c360("run", **settings).code == 0


def freshness(database: Path, target: Path) -> tuple[int, dict[str, str]]:
    """dbt's exit code and what it says of each table."""
    close_readers()
    done = dbt("source", "freshness", target=target, C360_DATABASE=str(database))
    text = (target / "sources.json").read_text(encoding="utf-8")
    results = json.loads(text)["results"]
    return done.code, {one["unique_id"].split(".")[-1]: one["status"] for one in results}


def test_freshness_is_that_of_the_newest_day(tmp_path: Path) -> None:
    workspace = Workspace.make(tmp_path)
    target = tmp_path / "target"
    code, states = freshness(workspace.database, target)
    assert (code, states) == (0, {"log_content": "pass", "log_search": "pass"})

    for day in (1, 2):
        workspace.put(f"log_content/2022070{day}.json", contents(day, 2))
        workspace.put(f"log_search/2022070{day}.parquet", searches(event()))
    load(LoadOptions(workspace.raw, workspace.database, threads=2))
    code, states = freshness(workspace.database, target)
    assert (code, states) == (0, {"log_content": "pass", "log_search": "pass"})

    now = datetime.now(UTC).replace(tzinfo=None)
    with duckdb.connect(str(workspace.database)) as connection:
        for source, days in (("log_content", 3), ("log_search", 8)):
            # The older day was loaded again just now: it makes nothing fresh.
            connection.execute(
                "update raw.files set loaded_at = ? where source = ? and log_date = '2022-07-02'",
                [now - timedelta(days=days), source],
            )
    code, states = freshness(workspace.database, target)
    assert (code, states) == (1, {"log_content": "warn", "log_search": "error"})

    # Nor does a day none of whose files can be read.
    workspace.put("log_content/20220703.parquet", b"no parquet")
    workspace.put("log_search/20220703.parquet", b"no parquet")
    load(LoadOptions(workspace.raw, workspace.database, threads=2))
    code, states = freshness(workspace.database, target)
    assert (code, states) == (1, {"log_content": "warn", "log_search": "error"})


@pytest.mark.parametrize("days", [0, 1, 400])
def test_status_shows_how_old_the_newest_day_is(tmp_path: Path, days: int) -> None:
    workspace = Workspace.make(tmp_path)
    newest = datetime.now(UTC).date() - timedelta(days=days)
    for day in (newest, newest - timedelta(days=2)):
        workspace.put(f"log_content/{day:%Y%m%d}.json", contents(1, 1))
    load(LoadOptions(workspace.raw, workspace.database, threads=2))
    shown = c360("status", C360_DATABASE=str(workspace.database))
    row = next(row for row in shown.output.splitlines() if "│ log_content" in row)
    cells = [cell.strip() for cell in row.split("│")]
    assert cells[4] == str(newest)
    assert cells[5] == str(days)
    assert f"log_content: no file for {newest - timedelta(days=1)}" in shown.output
