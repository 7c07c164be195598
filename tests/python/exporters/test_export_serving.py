"""The served tables pass dbt's data tests, run by dbt-mysql, and those tests can fail."""

from __future__ import annotations

from pathlib import Path

import export_marts
import pytest
import servers
from export_marts import SCHEMA

from c360.errors import ConfigurationError
from exporters.catalog import ExportTable
from exporters.mysql import export_mysql
from exporters.serving_tests import run_serving_tests

# The served tables of SPEC 4 to 6: key columns and the columns with a fixed set of values.
MARTS = {
    "content_profiles": (
        "contract, month",
        "select 'BDH' || n as contract, date '2022-04-01' as month, "
        "['Truyền Hình', 'Giải Trí'][n] as most_watch, 'lower' as iqr_type, 'High' as active, "
        "'low' as clinginess, 7200::bigint as total_seconds from range(1, 3) as r(n)",
    ),
    "content_daily": (
        "log_date, content_type",
        "select date '2022-04-01' as log_date, 'tv' as content_type, 2::bigint as contracts",
    ),
    "taste_summary": (
        "month, taste, active",
        "select date '2022-04-01' as month, 'Giải Trí-Truyền Hình' as taste, active, "
        "1::bigint as contracts from (values ('High'), ('Low')) as v(active)",
    ),
    "search_profiles": (
        "user_id, month",
        "select '00' || n as user_id, date '2022-06-01' as month, 'phim' as most_search "
        "from range(3) as r(n)",
    ),
    "search_behavior": (
        "user_id, month",
        "select '00' || n as user_id, date '2022-07-01' as month, "
        "['Changed', 'New', 'Lapsed'][n] as behavior_change from range(1, 4) as r(n)",
    ),
    "search_trending": (
        "month, rank",
        "select date '2022-07-01' as month, n::integer as rank, 'phim ' || n as keyword "
        "from range(1, 11) as r(n)",
    ),
    "genre_transitions": (
        "month, previous_genre, genre",
        "select date '2022-07-01' as month, 'Drama' as previous_genre, 'C Drama' as genre, "
        "1.0::double as share",
    ),
    "keyword_genres": (
        "keyword",
        "select * from (values ('Truyền', 'TV Channel'), ('Truyen', 'Unknown')) "
        "as v(keyword, genre)",
    ),
    "customer360": (
        "customer_id",
        "select 'c' || n as customer_id, ['lower', null][n] as iqr_type, null::varchar as active, "
        "'high' as clinginess, 'Unknown' as behavior_change from range(1, 3) as r(n)",
    ),
    "customer360_monthly": (
        "customer_id, month",
        "select 'c1' as customer_id, date '2022-07-01' as month",
    ),
    "customer_identifiers": (
        "identifier_type, identifier",
        "select 'c1' as customer_id, 'email' as identifier_type, 'a@b.vn' as identifier",
    ),
    "identity_conflicts": (
        "identifier_type, identifier",
        "select 'x' as component, 'contract' as identifier_type, 'B' as identifier where false",
    ),
    "load_quality": (
        "source, log_date, outcome",
        "select 'log_content' as source, date '2022-04-01' as log_date, 'accepted' as outcome, "
        "9::bigint as rows",
    ),
}


# The tests that the damage below concerns, and some that it does not: all would take long.
DAMAGED = [
    "source:search.search_trending",
    "source:content.content_profiles",
    "source:customers.customer360",
    "test_type:singular",
]


def test_the_served_tables_pass_and_damage_fails(
    served: servers.Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    queries = {name: query for name, (_, query) in MARTS.items()}
    database = export_marts.write_database(tmp_path / "d.duckdb", queries)
    tables = [ExportTable(name, SCHEMA, tuple(key.split(", "))) for name, (key, _) in MARTS.items()]
    export_mysql(database, tables, served.url, "run-1")
    reader = servers.write_url(served.reader)  # whoever tests needs no more than who reads
    assert run_serving_tests(reader) == 0, capfd.readouterr().out

    served.query("delete from search_trending where keyword = 'phim 4'")
    served.query("update content_profiles set active = 'high' where contract = 'BDH1'")
    served.query("update customer360 set iqr_type = 'Lower' where iqr_type = 'lower'")
    served.query("create table customer360__stg (id int)")
    served.query(
        "insert into customer360_export select exported_at, run_id, 'unknown_mart', 1, '', "
        "'published', '', '' from customer360_export where table_name = 'customer360'"
    )
    capfd.readouterr()
    assert run_serving_tests(reader, dbt_arguments=["--select", *DAMAGED]) == 1
    failed = {
        line.split("Failure in test ")[1].split()[0]
        for line in capfd.readouterr().out.splitlines()
        if "Failure in test " in line
    }
    assert {name.removeprefix("source_") for name in failed} == {
        "rows_as_exported_search_search_trending_",
        "accepted_values_content_content_profiles_active__High__Low",
        "accepted_values_customers_customer360_iqr_type__lower__middle__upper",
        "no_leftovers_of_an_export",
        "every_exported_table_is_tested",
    }


def test_a_missing_environment_says_how_to_make_it(
    served: servers.Database, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="no environment") as caught:
        run_serving_tests(served.url, tmp_path / "python")
    assert "mysql.lock" in caught.value.hint
