"""The floor: one DuckDB script that keeps the raw rows with their ids and computes the marts.

The same engine as the project's, used as its guide to performance says: declared columns, one
insert of all files in any order, distinct counts by way of smaller groups. What it leaves out is
what the project adds: hashes of files, a manifest, a quarantine, positions, reasons, duplicates,
tests, keeping apart what is new from what is built.
"""

from __future__ import annotations

import duckdb

from benchmarks.contenders.definitions import (
    ACTIVE_HIGH_DAYS,
    CLINGINESS_HIGH_DAYS,
    CLINGINESS_LOW_DAYS,
    MAX_SECONDS,
    SEEDS,
    arguments,
    content_files,
    content_types,
    memory_limit,
    taste_order,
)

DATABASE = "bare.duckdb"
CODES = [one.code for one in content_types()]

SECONDS_BY_TYPE = ", ".join(
    f"(sum(seconds) filter (content_type = '{code}'))::bigint as {code}_seconds" for code in CODES
)
MOST_WATCHED = " ".join(
    f"when {one.code}_seconds = most_seconds then '{one.label}'" for one in content_types()
)
LABELS = ", ".join(
    f"case when {one.code}_seconds is not null then '{one.label}' end" for one in taste_order()
)

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

APPS = f"create table app_types as select * from read_csv('{SEEDS / 'app_types.csv'}')"

ACCEPTED = f"""
create view accepted as
select
    log_date,
    date_trunc('month', log_date)::date as month,
    contract,
    mac,
    app_types.content_type,
    seconds
from raw_content
inner join app_types on upper(raw_content.app_name) = app_types.app_name
where contract not in ('', '0') and seconds between 0 and {MAX_SECONDS}
"""

# Far fewer rows than records: every distinct count below is one over these.
DEVICE_MONTHS = """
create temp table device_months as
select
    month,
    contract,
    mac,
    content_type,
    sum(seconds)::bigint as seconds,
    bit_or(1::bigint << day(log_date)) as days
from accepted
group by month, contract, mac, content_type
"""

PROFILES = f"""
create table content_profiles as
with sums as (
    select
        contract,
        month,
        {SECONDS_BY_TYPE},
        sum(seconds)::bigint as total_seconds,
        bit_count(bit_or(days)) as activeness,
        count(distinct mac) as devices
    from device_months
    group by contract, month
),
quartiles as (
    select month, quantile_cont(total_seconds, [0.25, 0.75]) as quartile
    from sums
    group by month
),
compared as (
    select
        sums.*,
        case
            when total_seconds < quartile[1] then 'lower'
            when total_seconds > quartile[2] then 'upper'
            else 'middle'
        end as iqr_type,
        greatest({", ".join(f"{code}_seconds" for code in CODES)}) as most_seconds
    from sums
    inner join quartiles using (month)
)
select
    contract,
    month,
    {", ".join(f"{code}_seconds" for code in CODES)},
    total_seconds,
    case
        {MOST_WATCHED}
    end as most_watch,
    concat_ws(
        '-',
        {LABELS}
    ) as taste,
    iqr_type,
    activeness,
    if(activeness >= {ACTIVE_HIGH_DAYS}, 'High', 'Low') as active,
    case
        when iqr_type = 'lower' and activeness <= {CLINGINESS_LOW_DAYS} then 'low'
        when iqr_type = 'lower' or activeness <= {CLINGINESS_HIGH_DAYS} then 'medium'
        else 'high'
    end as clinginess,
    devices
from compared
"""


def day_patterns(entity: str, counted: str) -> str:
    """SQL: how many contracts (devices) of a month and type share the same days."""
    return f"""
        select month, content_type, days, count(*) as {counted}
        from (
            select month, content_type, bit_or(days) as days
            from device_months
            where {entity} is not null
            group by month, content_type, {entity}
        )
        group by month, content_type, days
    """


DAILY = f"""
create table content_daily as
with patterns as (
    ({day_patterns("contract", "contracts")})
    union all by name
    ({day_patterns("mac", "devices")})
),
totals as (
    select log_date, month, content_type, count(*) as records, sum(seconds)::bigint as seconds
    from accepted
    group by log_date, month, content_type
)
select
    totals.log_date,
    totals.content_type,
    sum(patterns.contracts)::bigint as contracts,
    sum(patterns.devices)::bigint as devices,
    any_value(totals.records) as records,
    any_value(totals.seconds) as seconds
from totals
inner join patterns
    on totals.month = patterns.month
    and totals.content_type = patterns.content_type
    and patterns.days & (1::bigint << day(totals.log_date)) <> 0
group by totals.log_date, totals.content_type
"""

TASTES = """
create table taste_summary as
select month, taste, active, count(*) as contracts
from content_profiles
group by month, taste, active
"""


def main() -> None:
    """Load, then compute the marts."""
    raw_dir, out = arguments()
    with duckdb.connect(str(out / DATABASE)) as connection:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(LOAD, {"files": [str(path) for path in content_files(raw_dir)]})
        for statement in (APPS, ACCEPTED, DEVICE_MONTHS, PROFILES, DAILY, TASTES):
            connection.execute(statement)


if __name__ == "__main__":
    main()
