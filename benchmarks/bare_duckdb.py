"""The floor: the same files into DuckDB with typed columns, raw rows kept, one profile computed.

What it leaves out is what the project adds: hashes, a manifest, a quarantine, reasons, duplicates,
positions, daily counts, tests. Usage: python -m benchmarks.bare_duckdb RAW_DIR DATABASE
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

LOAD = """
create table raw_content as
select
    _id as document_id,
    _source.Contract as contract,
    _source.Mac as mac,
    _source.TotalDuration as seconds,
    _source.AppName as app_name,
    strptime(regexp_extract(filename, '([0-9]{8})[.]json$', 1), '%Y%m%d')::date as log_date
from read_json(
    $files,
    format = 'newline_delimited',
    filename = true,
    ignore_errors = true,
    columns = {
        _id: 'varchar',
        _source: 'struct(Contract varchar, Mac varchar, TotalDuration bigint, AppName varchar)'
    }
)
"""

APPS = """
create table app_types as
select * from read_csv($apps, header = true)
"""

PROFILES = """
create table content_profiles as
with typed as (
    select
        contract,
        date_trunc('month', log_date) as month,
        mac,
        seconds,
        day(log_date) as day_of_month,
        content_type
    from raw_content
    inner join app_types on upper(raw_content.app_name) = app_types.app_name
    where contract <> '' and contract <> '0' and seconds between 0 and 86400
),
sums as (
    select
        contract,
        month,
        sum(seconds) filter (where content_type = 'tv') as tv_seconds,
        sum(seconds) filter (where content_type = 'movie') as movie_seconds,
        sum(seconds) filter (where content_type = 'sport') as sport_seconds,
        sum(seconds) filter (where content_type = 'kids') as kids_seconds,
        sum(seconds) filter (where content_type = 'relax') as relax_seconds,
        sum(seconds) as total_seconds,
        bit_count(bit_or(1::bigint << day_of_month)) as activeness,
        count(distinct mac) as devices
    from typed
    group by contract, month
),
quartiles as (
    select
        month,
        quantile_cont(total_seconds, 0.25) as q1,
        quantile_cont(total_seconds, 0.75) as q3
    from sums
    group by month
)
select
    sums.*,
    case
        when total_seconds < q1 then 'lower' when total_seconds > q3 then 'upper' else 'middle'
    end as iqr_type
from sums
inner join quartiles using (month)
"""


def main() -> None:
    """Run the script on a raw directory of plain JSON files."""
    raw_dir, database = Path(sys.argv[1]), sys.argv[2]
    files = [str(path) for path in sorted((raw_dir / "log_content").glob("????????.json"))]
    apps = Path(__file__).resolve().parent.parent / "seeds" / "app_types.csv"
    connection = duckdb.connect(database)
    connection.execute(LOAD, {"files": files})
    connection.execute(APPS, {"apps": str(apps)})
    connection.execute(PROFILES)
    connection.close()


if __name__ == "__main__":
    main()
