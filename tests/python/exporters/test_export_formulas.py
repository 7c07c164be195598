"""No cell of an exported CSV file is a formula for a spreadsheet; Parquet and MySQL are exact."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest
import servers
from export_marts import SCHEMA

from exporters.catalog import ExportTable
from exporters.embedded import FORMULA_STARTS, export_embedded
from exporters.mysql import export_mysql

FORMULAS = [
    '=HYPERLINK("http://example.org","x")',
    "=1+1",
    "+84 912",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "=",
    "=\u0301",
    "=1\n+2",
]
HARMLESS = ["naruto", "a=b", "'=1+1", " =1+1", "", "Truyền", '"', "－1", "\n", "1-1"]
TABLE = ExportTable("words", SCHEMA, ("id",))


@pytest.fixture
def words(tmp_path: Path) -> Path:
    database = tmp_path / "marts.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create schema {SCHEMA}")
        connection.execute(
            f"create table {SCHEMA}.words (id integer, word varchar, low integer, part double, "
            "money decimal(9, 2), day date)"
        )
        connection.executemany(
            f"insert into {SCHEMA}.words values (?, ?, -5, -0.5, -1.25, '2022-07-01')",
            [*enumerate([*FORMULAS, *HARMLESS]), (99, None)],
        )
    return database


def test_a_formula_becomes_text_and_nothing_else_changes(words: Path, folder: Path) -> None:
    export_embedded(words, [TABLE], folder, "run-1")
    with (folder / "words.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "word", "low", "part", "money", "day"]
    shown = [row[1] for row in rows[1:]]
    assert shown == [*(f"'{formula}" for formula in FORMULAS), *HARMLESS, ""]
    # Numbers below zero are numbers.
    assert {tuple(row[2:]) for row in rows[1:]} == {("-5", "-0.5", "-1.25", "2022-07-01")}
    assert not [row for row in rows[1:] if row[1].startswith(FORMULA_STARTS)]


def test_parquet_holds_the_text_as_it_is(words: Path, folder: Path) -> None:
    export_embedded(words, [TABLE], folder, "run-1")
    with duckdb.connect() as connection:
        found = connection.execute(
            "select word from read_parquet(?) order by id", [str(folder / "words.parquet")]
        ).fetchall()
    assert [word for (word,) in found] == [*FORMULAS, *HARMLESS, None]


def test_mysql_serves_the_text_as_it_is(words: Path, served: servers.Database) -> None:
    export_mysql(words, [TABLE], served.url, "run-1")
    found = served.read("select word from words order by id")
    assert [word for (word,) in found] == [*FORMULAS, *HARMLESS, None]
