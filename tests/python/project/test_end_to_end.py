"""`c360 run` from raw files to the export, as a user runs it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from project.runs import PROJECT, c360, dbt

from c360.sample import SampleOptions, write_sample

MARTS = 13


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("run")
    options = SampleOptions(out=folder / "raw", customers=60, months=(date(2022, 7, 1),))
    write_sample(options)
    return {
        "C360_RAW_DIR": str(folder / "raw"),
        "C360_DATABASE": str(folder / "c360.duckdb"),
        "C360_EXPORT_DIR": str(folder / "export"),
    }


def exported(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    files = sorted(folder.glob("*.parquet"))
    return {
        file.stem: duckdb.execute(
            "select * from read_parquet(?) order by all", [str(file)]
        ).fetchall()
        for file in files
    }


def test_a_run_exports_every_mart_and_a_second_run_changes_nothing(
    settings: dict[str, str],
) -> None:
    first = c360("run", **settings)
    assert first.code == 0, first.output
    tables = exported(Path(settings["C360_EXPORT_DIR"]))
    assert len(tables) == MARTS
    with duckdb.connect(settings["C360_DATABASE"], read_only=True) as connection:
        for name, rows in tables.items():
            query = f"select * from marts.{name} order by all"
            assert connection.execute(query).fetchall() == rows
        files = connection.execute("from raw.files order by all").fetchall()
    assert tables["customer360"]
    for name in tables:
        assert (Path(settings["C360_EXPORT_DIR"]) / f"{name}.csv").is_file()

    second = c360("run", **settings)
    assert second.code == 0, second.output
    assert "0 files loaded, 0 replaced" in second.output
    assert exported(Path(settings["C360_EXPORT_DIR"])) == tables
    with duckdb.connect(settings["C360_DATABASE"], read_only=True) as connection:
        assert connection.execute("from raw.files order by all").fetchall() == files


def test_status_shows_what_is_loaded_rejected_and_exported(settings: dict[str, str]) -> None:
    c360("run", **settings)
    shown = c360("status", **settings)
    assert shown.code == 0, shown.output
    for text in ("log_content", "log_search", "malformed", "missing_user", "exported to"):
        assert text in shown.output


def test_dbt_build_works_alone_without_any_log(tmp_path: Path) -> None:
    database = tmp_path / "empty.duckdb"
    built = dbt(
        "build",
        "--exclude-resource-type",
        "unit_test",
        target=tmp_path / "target",
        C360_DATABASE=str(database),
    )
    assert built.code == 0, built.output[-3000:]
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
        assert len(tables) == MARTS
        for (name,) in tables:
            assert connection.execute(f"select count(*) from marts.{name}").fetchone() == (0,)


def test_a_failed_build_is_not_exported(settings: dict[str, str], tmp_path: Path) -> None:
    """A row that breaks the contract of a mart stops the run before anything is exported."""
    copy = tmp_path / "project"
    shutil.copytree(
        PROJECT,
        copy,
        ignore=shutil.ignore_patterns(".*", "target", "logs", "data", "benchmarks"),
    )
    seed = copy / "seeds" / "content_types.csv"
    seed.write_text(seed.read_text(encoding="utf-8") + "music,Nhạc,6,6\n", encoding="utf-8")
    export_dir = tmp_path / "export"
    environment = settings | {"C360_EXPORT_DIR": str(export_dir), "PYTHONPATH": str(copy)}
    failed = c360("run", **environment)
    assert failed.code == 1, failed.output
    assert "content_types__are_the_columns_of_profiles" in failed.output
    assert "Traceback" not in failed.output
    assert not export_dir.exists()


def test_what_a_killed_build_left_is_not_exported(settings: dict[str, str], tmp_path: Path) -> None:
    """Not even after a build of something else: each unfinished node has to be built itself."""
    c360("run", **settings)
    with duckdb.connect(settings["C360_DATABASE"]) as connection:
        connection.execute(
            "insert into intermediate.unfinished_nodes values ('model.customer360.content_daily')"
        )
    refused = c360("export", **settings)
    assert refused.code == 1
    assert "did not end: content_daily" in refused.output

    database = settings["C360_DATABASE"]
    built = dbt("seed", target=tmp_path / "target", C360_DATABASE=database)
    assert built.code == 0, built.output
    assert c360("export", **settings).code == 1
    assert c360("run", **settings).code == 0
    assert c360("export", **settings).code == 0
