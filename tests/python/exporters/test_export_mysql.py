"""What arrives on MySQL or MariaDB is what the marts hold (SPEC section 8); on a real server."""

from __future__ import annotations

from pathlib import Path

import export_marts
import pytest
import servers
from export_marts import HOSTILE, SCHEMA, VERSIONED, Recorder

from c360.errors import ConfigurationError, ExportError
from exporters.catalog import ExportTable
from exporters.mysql import export_mysql


def test_every_row_and_character_arrives(
    served_both_ways: servers.Database, tmp_path: Path
) -> None:
    database = export_marts.write_hostile(tmp_path / "hostile.duckdb")
    exported = export_mysql(database, [HOSTILE], served_both_ways.url, "run-1")
    expected = export_marts.mart_rows(database, HOSTILE)
    arrived = export_marts.served_rows(served_both_ways, "hostile")
    # repr tells -0.0 from 0.0; the server keeps no negative zero, and neither compares them.
    assert [repr(row).replace("-0.0,", "0.0,") for row in arrived] == [
        repr(row).replace("-0.0,", "0.0,") for row in expected
    ]
    assert [table.rows for table in exported] == [len(expected)]
    assert served_both_ways.tables() == {"hostile", "customer360_export"}


def test_the_served_tables_have_keys_indexes_and_comments(
    served: servers.Database, tmp_path: Path
) -> None:
    database = export_marts.write_hostile(tmp_path / "hostile.duckdb", words=10)
    export_mysql(database, [HOSTILE], served.url, "run-1")
    ((_, ddl),) = served.query("show create table hostile")
    assert "PRIMARY KEY (`word`" in ddl
    assert "KEY `ix1_day_note` (`day`,`note`)" in ddl
    assert "datetime(6)" in ddl
    assert "decimal(18,2)" in ddl
    assert "_bin" in ddl
    comments = dict(
        served.query(
            "select column_name, column_comment from information_schema.columns "
            "where table_schema = %s and table_name = 'hostile'",
            (served.address.schema,),
        )
    )
    assert comments["word"] == HOSTILE.columns[0].description
    assert comments["note"] == HOSTILE.columns[1].description.replace("🎬", "\ufffd")
    ((table_comment,),) = served.query(
        "select table_comment from information_schema.tables "
        "where table_schema = %s and table_name = 'hostile'",
        (served.address.schema,),
    )
    assert table_comment.startswith(HOSTILE.description)


def test_accents_case_and_trailing_spaces_stay_apart(
    served: servers.Database, tmp_path: Path
) -> None:
    database = export_marts.write_hostile(tmp_path / "hostile.duckdb", words=0)
    export_mysql(database, [HOSTILE], served.url, "run-1")
    for word in ("Truyền", "Truyen", "truyền", "a", "a ", "A", "á"):
        found = served.query("select word from hostile where word = %s", (word,))
        assert found == [(word,)]


def test_an_empty_mart_becomes_an_empty_table(
    served_both_ways: servers.Database, tmp_path: Path
) -> None:
    query = "select 1::bigint as id, 'x' as name where false"
    database = export_marts.write_database(tmp_path / "d.duckdb", {"nothing": query})
    table = ExportTable("nothing", SCHEMA, ("id",))
    (exported,) = export_mysql(database, [table], served_both_ways.url, "run-1")
    assert (exported.rows, exported.status) == (0, "published")
    assert served_both_ways.query("select count(*) from nothing") == [(0,)]


@pytest.mark.parametrize(
    ("query", "key", "message"),
    [
        ("select null::bigint as id", "id", "null"),
        ("select 1::bigint as id union all select 1", "id", "not unique"),
        ("select 1::bigint as id, 1::hugeint as n", "id", "HUGEINT"),
        ("select 1::bigint as id, [1] as n", "id", r"INTEGER\[\]"),
        ("select 1::bigint as id, 'infinity'::double as n", "id", "cannot hold"),
        ("select 1::bigint as id, 'nan'::double as n", "id", "cannot hold"),
        ("select 1::bigint as id, 'infinity'::date as n", "id", "cannot hold"),
        ("select 1::bigint as id, date '12000-01-01' as n", "id", "cannot hold"),
        ("select 1::bigint as id, timestamp '0099-01-01' as n", "id", "cannot hold"),
        ("select 1::bigint as id", "number", "no column number"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_is_written(
    served: servers.Database, tmp_path: Path, query: str, key: str, message: str
) -> None:
    good = "select 1::bigint as id"
    database = export_marts.write_database(tmp_path / "d.duckdb", {"good": good, "wrong": query})
    tables = [ExportTable("good", SCHEMA, ("id",)), ExportTable("wrong", SCHEMA, (key,))]
    with pytest.raises(ExportError, match=message):
        export_mysql(database, tables, served.url, "run-1")
    assert served.tables() == set()


def test_names_that_are_no_names_are_refused(served: servers.Database, tmp_path: Path) -> None:
    query = 'select 1::bigint as id, 2 as "a`b"'
    database = export_marts.write_database(tmp_path / "d.duckdb", {"odd": query})
    with pytest.raises(ConfigurationError, match="a`b"):
        export_mysql(database, [ExportTable("odd", SCHEMA, ("id",))], served.url, "run-1")
    with pytest.raises(ConfigurationError, match="No model declares an export"):
        export_mysql(database, [], served.url, "run-1")
    with pytest.raises(ConfigurationError, match="odd__stg"):
        export_mysql(database, [ExportTable("odd__stg", SCHEMA, ("id",))], served.url, "run-1")
    assert served.tables() == set()


def test_long_text_wide_rows_and_long_keys_are_served(
    served_both_ways: servers.Database, tmp_path: Path
) -> None:
    wide = ", ".join(f"repeat('ề', 4000) as c{number}" for number in range(12))
    database = export_marts.write_database(
        tmp_path / "d.duckdb",
        {
            "wide": f"select 1::bigint as id, repeat('x', 100000) as huge, {wide}",
            "long_keys": "select repeat('k', 2000) || id as word, id from range(5) as r(id)",
        },
    )
    tables = [
        ExportTable("long_keys", SCHEMA, ("word", "id")),
        ExportTable("wide", SCHEMA, ("id",), (("huge", "c1"),)),
    ]
    progress = Recorder()
    export_mysql(database, tables, served_both_ways.url, "run-1", progress)
    for table in tables:
        arrived = export_marts.served_rows(served_both_ways, table.name)
        assert arrived == export_marts.mart_rows(database, table)
    assert any("long_keys: a key value is too long" in note for note in progress.notes)


def test_the_slower_way_says_how_to_get_the_faster_one(
    served: servers.Database, database: Path
) -> None:
    progress = Recorder()
    with servers.local_infile(served.admin, on=False):
        export_mysql(database, VERSIONED, served.url, "run-1", progress)
    assert len(progress.notes) == 1
    assert "local_infile = ON" in progress.notes[0]
    assert export_marts.served_version(served) == 1
    writing = [step for step in progress.steps if step.stage == "writing"]
    assert (writing[-1].rows, writing[-1].total) == (export_marts.ROWS, export_marts.ROWS)
