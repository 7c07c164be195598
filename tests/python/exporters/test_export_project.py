"""The project's own marts, built from a dirty sample, arrive on the server as they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
import servers
from project.runs import PROJECT, Built, build, c360

from c360.sample import SampleOptions, write_sample
from exporters.catalog import read_catalog
from exporters.serving_tests import run_serving_tests

MARTS = 13


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("project")
    months = (date(2022, 6, 1), date(2022, 7, 1))
    write_sample(SampleOptions(out=folder / "raw", customers=200, months=months))
    return build(folder / "raw", folder, "--exclude-resource-type", "unit_test")


def environment(built: Built, served: servers.Database) -> dict[str, str]:
    return {
        "C360_RAW_DIR": str(built.raw_dir),
        "C360_DATABASE": str(built.database),
        "C360_EXPORT_DIR": str(built.database.parent / "export"),
        "C360_MYSQL_URL": served.url,
    }


def test_a_run_serves_every_mart_row_for_row_and_a_second_one_writes_none(
    built: Built, served_both_ways: servers.Database
) -> None:
    served = served_both_ways
    first = c360("run", **environment(built, served))
    assert first.code == 0, first.output
    tables = read_catalog(built.target / "manifest.json")
    assert len(tables) == MARTS
    assert served.tables() == {table.name for table in tables} | {"customer360_export"}
    with duckdb.connect(str(built.database), read_only=True) as connection:
        for table in tables:
            key = ", ".join(f'"{column}"' for column in table.key)
            marts = connection.execute(f"from marts.{table.name} order by {key}").fetchall()
            columns = ", ".join(f"`{column.name}`" for column in table.columns)
            keys = ", ".join(f"`{column}`" for column in table.key)
            rows = served.query(f"select {columns} from `{table.name}` order by {keys}")
            assert rows == marts, table.name
            assert rows, table.name

    second = c360("run", **environment(built, served))
    assert second.code == 0, second.output
    assert "exported to MySQL: 13 tables" in second.output
    assert "(0 tables written)" in second.output
    assert served.url not in first.output + second.output

    status = c360("status", **environment(built, served))
    assert "exported to MySQL at" in status.output

    assert run_serving_tests(served.url, PROJECT / ".venv-mysql" / "bin" / "python") == 0


def test_an_unreachable_server_leaves_the_files_and_says_what_to_do(built: Built) -> None:
    folder = built.database.parent
    settings = {
        "C360_DATABASE": str(built.database),
        "C360_EXPORT_DIR": str(folder / "export"),
        "C360_MYSQL_URL": "mysql://analyst:s3cret@127.0.0.1:1/customer360",
    }
    failed = c360("export", **settings)
    assert failed.code == 1, failed.output
    assert "127.0.0.1" in failed.output
    assert "s3cret" not in failed.output
    assert "Traceback" not in failed.output
    assert (Path(settings["C360_EXPORT_DIR"]) / "customer360.parquet").is_file()
