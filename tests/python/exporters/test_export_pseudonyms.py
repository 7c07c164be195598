"""Exported identifiers under a key: the HMAC of each, the same in every table and place."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

import duckdb
import export_marts
import pytest
import servers
from export_marts import SCHEMA

from c360.errors import ConfigurationError, ExportError
from c360.settings import read_settings
from exporters.catalog import Column, ExportTable
from exporters.embedded import export_embedded
from exporters.mysql import export_mysql
from exporters.pseudonyms import padded_keys

KEY = "a key of more than sixteen characters"
# As long as a block of SHA-256, longer, not ASCII.
KEYS = [KEY, "k" * 16, "k" * 64, "k" * 65, "khóa bí mật của khách hàng 🔑" * 4]
VALUES = ["BDH013139", "", " ", "Truyền", "nguyen@example.org", "🎬", "a\0b", "x" * 5000, "'; --"]

MARTS = {
    "people": "select 'id' || i as customer_id, 'C' || i % 7 as contract, "
    "case when i % 3 <> 0 then 'u' || i end as user_id, 'naruto' as most_search, i as seconds "
    "from range(100) as numbers(i)",
    "links": "select distinct 'contract' as identifier_type, 'C' || i % 7 as identifier "
    "from range(100) as numbers(i)",
    "plain": "select i as id, 'Drama' as genre from range(3) as numbers(i)",
}


def column(name: str, pii: str = "") -> Column:
    return Column(name, "string", "", pii)


TABLES = [
    ExportTable(
        "people",
        SCHEMA,
        ("customer_id",),
        (("contract",),),
        (
            column("customer_id", "pseudonym"),
            column("contract", "contract"),
            column("user_id", "user_id"),
            column("most_search", "search_text"),
            column("seconds"),
        ),
    ),
    ExportTable(
        "links",
        SCHEMA,
        ("identifier_type", "identifier"),
        (),
        (column("identifier_type"), column("identifier", "identifier")),
    ),
    ExportTable("plain", SCHEMA, ("id",), (), (column("id"), column("genre"))),
]


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    return export_marts.write_database(tmp_path / "marts.duckdb", MARTS)


def pseudonym(value: str, key: str = KEY) -> str:
    return hmac.new(key.encode(), value.encode(), "sha256").hexdigest()


def parquet(folder: Path, name: str, columns: str = "*") -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        query = f"select {columns} from read_parquet(?) order by all"
        return connection.execute(query, [str(folder / f"{name}.parquet")]).fetchall()


@pytest.mark.parametrize("key", KEYS)
def test_the_values_are_those_of_pythons_hmac(tmp_path: Path, key: str) -> None:
    database = tmp_path / "marts.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create schema {SCHEMA}")
        connection.execute(f"create table {SCHEMA}.words (id integer, word varchar)")
        connection.executemany(
            f"insert into {SCHEMA}.words values (?, ?)", [*enumerate(VALUES), (99, None)]
        )
    table = ExportTable("words", SCHEMA, ("id",), (), (column("word", "identifier"),))
    export_embedded(database, [table], tmp_path / "export", "run-1", pseudonymize_key=key)
    expected = [(place, pseudonym(value, key)) for place, value in enumerate(VALUES)]
    assert parquet(tmp_path / "export", "words") == [*expected, (99, None)]


def test_identifiers_are_replaced_alike_in_all_tables_and_nothing_else_is(
    marts: Path, folder: Path
) -> None:
    export_embedded(marts, TABLES, folder, "run-1", pseudonymize_key=KEY)
    people = parquet(folder, "people", "contract, user_id, most_search, seconds, customer_id")
    assert sorted(people, key=lambda row: int(str(row[3]))) == [
        (
            pseudonym(f"C{i % 7}"),
            pseudonym(f"u{i}") if i % 3 else None,
            "naruto",
            i,
            pseudonym(f"id{i}"),
        )
        for i in range(100)
    ]
    links = {row[0] for row in parquet(folder, "links", "identifier")}
    assert links == {row[0] for row in people} == {pseudonym(f"C{i}") for i in range(7)}
    assert parquet(folder, "plain") == [(i, "Drama") for i in range(3)]
    text = (folder / "people.csv").read_text(encoding="utf-8")
    assert pseudonym("C3") in text
    assert "C3" not in text
    # The files are in the order of the keys that they show.
    ids = [line.split(",")[0] for line in text.splitlines()[1:]]
    assert ids == sorted(ids)


@pytest.mark.parametrize("key", [None, KEY])
def test_the_record_says_whether_identifiers_are_pseudonyms(
    marts: Path, folder: Path, key: str | None
) -> None:
    export_embedded(marts, TABLES, folder, "run-1", pseudonymize_key=key)
    text = (folder / "export.json").read_text(encoding="utf-8")
    assert json.loads(text)["pseudonymised"] is (key is not None)
    assert KEY not in text


def test_without_a_key_identifiers_are_as_they_are(marts: Path, folder: Path) -> None:
    export_embedded(marts, TABLES, folder, "run-1")
    assert {row[0] for row in parquet(folder, "links", "identifier")} == {f"C{i}" for i in range(7)}


def test_the_marts_themselves_do_not_change(marts: Path, folder: Path) -> None:
    before = marts.read_bytes()
    export_embedded(marts, TABLES, folder, "run-1", pseudonymize_key=KEY)
    assert marts.read_bytes() == before


def test_mysql_serves_the_same_pseudonyms(
    marts: Path, folder: Path, served_both_ways: servers.Database
) -> None:
    export_embedded(marts, TABLES, folder, "run-1", pseudonymize_key=KEY)
    exported = export_mysql(marts, TABLES, served_both_ways.url, "run-1", pseudonymize_key=KEY)
    assert {table.status for table in exported} == {"published"}
    names = "customer_id, contract, user_id"
    assert sorted(served_both_ways.read(f"select {names} from people"), key=str) == sorted(
        parquet(folder, "people", names), key=str
    )
    again = export_mysql(marts, TABLES, served_both_ways.url, "run-2", pseudonymize_key=KEY)
    assert {table.status for table in again} == {"unchanged"}
    changed = export_mysql(marts, TABLES, served_both_ways.url, "run-3")
    assert {table.name: table.status for table in changed} == {
        "people": "published",
        "links": "published",
        "plain": "unchanged",
    }


def test_an_identifier_that_is_no_text_is_refused(tmp_path: Path, folder: Path) -> None:
    database = export_marts.write_database(tmp_path / "d.duckdb", {"numbers": "select 1 as id"})
    table = ExportTable("numbers", SCHEMA, ("id",), (), (column("id", "user_id"),))
    with pytest.raises(ExportError, match="not a text"):
        export_embedded(database, [table], folder, "run-1", pseudonymize_key=KEY)
    assert not (folder / ".current").exists()


def test_the_padded_keys_are_blocks() -> None:
    for key in KEYS:
        assert [len(part) for part in padded_keys(key)] == [64, 64]


# The setting


@pytest.mark.parametrize("short", ["x", "only15character"])
def test_a_short_key_is_refused_without_showing_it(short: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_settings(environment={"C360_PSEUDONYMIZE_KEY": short})
    assert "C360_PSEUDONYMIZE_KEY" in refused.value.what
    assert short not in str(refused.value).replace("C360_PSEUDONYMIZE_KEY", "").split()


def test_the_key_is_in_no_repr() -> None:
    settings = read_settings(environment={"C360_PSEUDONYMIZE_KEY": KEY})
    assert settings.pseudonymize_key == KEY
    assert KEY not in repr(settings)
    assert read_settings(environment={}).pseudonymize_key is None


def test_an_identifier_that_the_mart_calls_otherwise_is_not_exported(
    marts: Path, folder: Path
) -> None:
    declared = (column("customer_id", "pseudonym"), column("Contract", "contract"))
    table = ExportTable("people", SCHEMA, ("customer_id",), (), declared)
    with pytest.raises(ExportError, match="people has no column Contract"):
        export_embedded(marts, [table], folder, "run-1", pseudonymize_key=KEY)
    assert not folder.exists() or not any(folder.glob("*.parquet"))
