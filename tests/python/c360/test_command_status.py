"""`c360 status`: what is loaded, what is wrong with it, and never a traceback (SPEC 1)."""

from __future__ import annotations

from pathlib import Path

import duckdb
from support import Result, Workspace, close_readers, event, line, lines, run_c360, searches


def status(workspace: Workspace, **environment: str) -> Result:
    """`c360 status` on a workspace."""
    folder = workspace.raw.parent
    variables = {"C360_DATABASE": str(workspace.database), "COLUMNS": "160"} | environment
    return run_c360("status", folder=folder, environment=variables)


def test_without_a_database_it_says_what_to_do_and_makes_none(tmp_path: Path) -> None:
    result = run_c360("status", folder=tmp_path)
    assert result.code == 1
    assert "data/customer360.duckdb" in result.err
    assert "c360 load" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_anything_loaded_is_no_accident(workspace: Workspace) -> None:
    duckdb.connect(str(workspace.database)).close()
    result = status(workspace)
    assert result.code in (0, 1)
    assert "load" in result.out + result.err


def test_it_shows_what_is_loaded_set_aside_skipped_and_missing(workspace: Workspace) -> None:
    workspace.put("log_content/20220701.json", lines(line("a"), b"no", line("b")))
    workspace.put("log_content/20220703.json", lines(line("c")) * 1500)
    workspace.put("log_content/20220704.json.gz", b"broken")
    workspace.put("log_content/notes [draft].txt", b"")
    workspace.put("log_search/20220701.parquet", searches(event()))
    workspace.load()
    before = workspace.database.read_bytes()
    result = status(workspace)
    assert result.code == 0
    assert result.err == ""
    content = next(row for row in result.out.splitlines() if "log_content " in row)
    for figure in ("3", "2022-07-01", "2022-07-04", "1,504", "2"):
        assert f" {figure} " in content
    assert "log_content: no file for 2022-07-02" in result.out
    assert "library: no files" in result.out
    assert "log_content/20220704.json.gz" in result.out
    assert "not a whole gzip file" in result.out
    assert "log_content/notes [draft].txt" in result.out
    assert "unknown extension" in result.out
    assert "run dbt build" in result.out
    assert "run c360 export" in result.out
    assert workspace.database.read_bytes() == before


def test_it_shows_why_rows_were_rejected_once_that_is_known(workspace: Workspace) -> None:
    workspace.put("log_content/20220701.json", lines(line("a")))
    workspace.load()
    close_readers()
    with duckdb.connect(str(workspace.database)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.load_quality as select * from (values "
            "('log_content', date '2022-07-01', 'accepted', 3::bigint), "
            "('log_content', date '2022-07-01', 'unknown_app', 1::bigint)) "
            "as rows(source, log_date, outcome, rows)"
        )
    result = status(workspace)
    assert result.code == 0
    assert "75.0" in result.out
    rejected = next(row for row in result.out.splitlines() if "unknown_app" in row)
    assert "25.0" in rejected


def test_many_skipped_paths_do_not_flood_the_screen(workspace: Workspace) -> None:
    workspace.put("log_content/20220701.json", lines(line("a")))
    for number in range(50):
        workspace.put(f"log_content/notes-{number}.txt", b"")
    workspace.load()
    result = status(workspace)
    assert "(50)" in result.out
    assert result.out.count("notes-") <= 20


def test_names_in_any_script_are_shown_in_the_plainest_locale(workspace: Workspace) -> None:
    workspace.put("log_content/20220701 phim Việt.json.gz", b"broken")
    workspace.load()
    result = status(workspace, LC_ALL="C")
    assert result.code == 0
    assert "phim Việt" in result.out
