"""Parquet and CSV files that appear as one set, or not at all (SPEC sections 1 and 8)."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import export_marts
import pytest
from export_marts import (
    FILES,
    HOSTILE,
    ROWS,
    SCHEMA,
    VERSIONED,
    Recorder,
    set_version,
    visible_files,
    write_versioned,
)

from c360.errors import ExportError
from exporters.catalog import ExportTable
from exporters.embedded import FORMULA_STARTS, export_embedded
from exporters.history import last_embedded


def test_every_table_as_parquet_and_csv_ordered_by_key(database: Path, folder: Path) -> None:
    exported = export_embedded(database, VERSIONED, folder, "run-1")
    assert [(table.name, table.rows, table.status) for table in exported] == [
        (table.name, ROWS, "published") for table in VERSIONED
    ]
    assert visible_files(folder) == FILES | {"export.json"}
    assert set_version(folder) == 1
    names = [row["name"] for row in csv.DictReader((folder / "plums.csv").open(encoding="utf-8"))]
    assert names == sorted(names)
    with duckdb.connect() as connection:
        rows = connection.execute("from read_parquet(?)", [str(folder / "plums.parquet")])
        assert [row[0] for row in rows.fetchall()] == names
        codecs = "select distinct compression from parquet_metadata(?)"
        plums = str(folder / "plums.parquet")
        assert connection.execute(codecs, [plums]).fetchall() == [("ZSTD",)]


def test_links_are_relative_so_that_the_folder_can_move(database: Path, folder: Path) -> None:
    export_embedded(database, VERSIONED, folder, "run-1")
    moved = folder.rename(folder.parent / "moved")
    assert set_version(moved) == 1
    assert str((moved / "plums.csv").readlink()) == ".current/plums.csv"
    assert str((moved / ".current").readlink()) == ".sets/run-1"


def test_the_record_of_an_export(database: Path, folder: Path) -> None:
    export_embedded(database, VERSIONED, folder, "run-1")
    record = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    assert record["run_id"] == "run-1"
    assert [table["name"] for table in record["tables"]] == [table.name for table in VERSIONED]
    for table in record["tables"]:
        assert table["rows"] == ROWS
        assert table["columns"][-1] == {"name": "version", "type": "INTEGER"}
        for entry in table["files"]:
            data = (folder / entry["name"]).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (
                entry["bytes"],
                entry["sha256"],
            )


def test_what_was_exported_last(database: Path, folder: Path) -> None:
    assert last_embedded(folder) is None
    export_embedded(database, VERSIONED, folder, "run-1")
    last = last_embedded(folder)
    assert last is not None
    assert (last.run_id, last.source) == ("run-1", str(database))
    assert last.rows == {"apples": ROWS, "pears": ROWS, "plums": ROWS}
    assert timedelta(0) <= datetime.now(UTC) - last.exported_at < timedelta(minutes=1)
    (folder / ".current" / "export.json").write_text("{", encoding="utf-8")
    with pytest.raises(ExportError, match="cannot be read"):
        last_embedded(folder)


def shown_in_csv(value: object) -> object:
    """What begins like a formula stands behind an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def test_hostile_text_survives_both_formats(tmp_path: Path, folder: Path) -> None:
    database = export_marts.write_hostile(tmp_path / "hostile.duckdb")
    export_embedded(database, [HOSTILE], folder, "run-1")
    with duckdb.connect(str(database), read_only=True) as connection:
        expected = connection.execute(f"from {SCHEMA}.hostile order by word").fetchall()
        types = {
            row[0]: row[1] for row in connection.execute(f"describe {SCHEMA}.hostile").fetchall()
        }
        from_parquet = connection.execute(
            "from read_parquet(?)", [str(folder / "hostile.parquet")]
        ).fetchall()
        from_csv = connection.read_csv(
            str(folder / "hostile.csv"),
            header=True,
            na_values="",
            allow_quoted_nulls=False,
            dtype=types,
            all_varchar=False,
        ).fetchall()
    assert from_parquet == expected
    assert from_csv == [tuple(map(shown_in_csv, row)) for row in expected]


def test_null_and_empty_text_stay_apart_in_csv(tmp_path: Path, folder: Path) -> None:
    query = "select * from (values (1, null), (2, ''), (3, 'x')) as v(id, word)"
    database = export_marts.write_database(tmp_path / "d.duckdb", {"words": query})
    export_embedded(database, [ExportTable("words", SCHEMA, ("id",))], folder, "run-1")
    assert (folder / "words.csv").read_bytes() == b'id,word\n1,\n2,""\n3,x\n'


def test_an_empty_mart_becomes_files_without_rows(tmp_path: Path, folder: Path) -> None:
    query = "select 1::bigint as id, 'x' as word where false"
    database = export_marts.write_database(tmp_path / "d.duckdb", {"words": query})
    export_embedded(database, [ExportTable("words", SCHEMA, ("id",))], folder, "run-1")
    assert (folder / "words.csv").read_text(encoding="utf-8") == "id,word\n"
    with duckdb.connect() as connection:
        parquet = [str(folder / "words.parquet")]
        assert connection.execute("select count(*) from read_parquet(?)", parquet).fetchall() == [
            (0,)
        ]


def test_a_new_set_replaces_the_old_one(database: Path, folder: Path) -> None:
    export_embedded(database, VERSIONED, folder, "run-1")
    write_versioned(database, version=2)
    export_embedded(database, VERSIONED, folder, "run-2")
    assert set_version(folder) == 2
    assert os.listdir(folder / ".sets") == ["run-2"]


def test_the_same_run_may_export_twice(database: Path, folder: Path) -> None:
    for _ in range(3):
        export_embedded(database, VERSIONED, folder, "run-1")
        assert set_version(folder) == 1
        assert len(os.listdir(folder / ".sets")) == 1


def test_files_of_tables_no_longer_declared_vanish_with_the_old_set(
    database: Path, folder: Path
) -> None:
    export_embedded(database, VERSIONED, folder, "run-1")
    export_embedded(database, VERSIONED[:1], folder, "run-2")
    assert visible_files(folder) == {"apples.parquet", "apples.csv", "export.json"}
    assert not [path for path in folder.iterdir() if path.is_symlink() and not path.exists()]


def test_files_of_others_stay(database: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "old.parquet").symlink_to("nowhere")
    export_embedded(database, VERSIONED, folder, "run-1")
    export_embedded(database, VERSIONED[:1], folder, "run-2")
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "old.parquet").is_symlink()


def test_progress_is_reported(database: Path, folder: Path) -> None:
    progress = Recorder()
    export_embedded(database, VERSIONED, folder, "run-1", progress)
    assert [step.stage for step in progress.steps] == ["writing"] * 6 + ["publishing", "published"]
    assert [(step.rows, step.total) for step in progress.steps[:2]] == [(0, ROWS), (ROWS, ROWS)]
