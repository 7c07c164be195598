"""PySpark at its best: declared schema, one read of all files, one aggregation of it, Parquet out.

Both groupings that need every record stand in one `grouping sets`, so that the JSON is parsed once.
Days are bits of a number, as in the project's own models: no distinct count over the records.
"""

from __future__ import annotations

from pathlib import Path

from pyspark import StorageLevel  # type: ignore[import-not-found]
from pyspark.sql import DataFrame, SparkSession  # type: ignore[import-not-found]

from benchmarks.contenders import spark_session
from benchmarks.contenders.definitions import (
    ACTIVE_HIGH_DAYS,
    CLINGINESS_HIGH_DAYS,
    CLINGINESS_LOW_DAYS,
    MAX_SECONDS,
    app_types,
    arguments,
    content_files,
    content_types,
    taste_order,
)

SCHEMA = "_source struct<Contract: string, Mac: string, TotalDuration: bigint, AppName: string>"
# Two cores: a few tasks each; adaptive execution joins what is small.
SHUFFLE_PARTITIONS = "16"
CODES = [one.code for one in content_types()]
SECONDS_BY_TYPE = ", ".join(
    f"sum(seconds) filter (where content_type = '{code}') as {code}_seconds" for code in CODES
)
MOST_WATCHED = " ".join(
    f"when {one.code}_seconds = most_seconds then '{one.label}'" for one in content_types()
)
LABELS = ", ".join(f"if({one.code}_seconds is null, null, '{one.label}')" for one in taste_order())


def main() -> None:
    """Read once, aggregate once, write Parquet."""
    raw_dir, out = arguments()
    spark = spark_session.start(
        "pyspark, at its best",
        out,
        spark__sql__shuffle__partitions=SHUFFLE_PARTITIONS,
        spark__sql__files__maxPartitionBytes=str(256 << 20),
        spark__serializer="org.apache.spark.serializer.KryoSerializer",
    )
    read(spark, raw_dir).createOrReplaceTempView("records")
    aggregated = spark.sql(AGGREGATED).persist(StorageLevel.MEMORY_AND_DISK)
    aggregated.createOrReplaceTempView("aggregated")
    profiles = spark.sql(PROFILES).persist(StorageLevel.MEMORY_AND_DISK)
    profiles.createOrReplaceTempView("profiles")
    write(profiles, out / "content_profiles")
    write(spark.sql(DAILY), out / "content_daily")
    write(spark.sql(TASTES), out / "taste_summary")
    spark.stop()


def read(spark: SparkSession, raw_dir: Path) -> DataFrame:
    """All files as records, with the date in their names."""
    return (
        spark.read.schema(SCHEMA)
        .json([str(path) for path in content_files(raw_dir)])
        .select("_source.*", "_metadata.file_name")
    )


def write(frame: DataFrame, folder: Path) -> None:
    """As Parquet; Spark writes a folder of parts."""
    frame.write.mode("overwrite").parquet(str(folder))


def type_of_app() -> str:
    """SQL: the type of an app name."""
    apps = app_types()
    whens = (
        f"when upper(AppName) in ({', '.join(repr(a) for a in apps if apps[a] == code)})"
        f" then '{code}'"
        for code in CODES
    )
    return f"case {' '.join(whens)} end"


AGGREGATED = f"""
with typed as (
    select
        to_date(substring(file_name, 1, 8), 'yyyyMMdd') as log_date,
        trunc(to_date(substring(file_name, 1, 8), 'yyyyMMdd'), 'month') as month,
        Contract as contract,
        Mac as mac,
        TotalDuration as seconds,
        {type_of_app()} as content_type
    from records
)
select
    month,
    contract,
    mac,
    content_type,
    log_date,
    grouping(log_date) as is_of_device,
    sum(seconds) as seconds,
    count(*) as records,
    bit_or(shiftleft(1L, day(log_date))) as days
from typed
where
    contract not in ('', '0')
    and seconds between 0 and {MAX_SECONDS}
    and content_type is not null
group by grouping sets (
    (month, contract, mac, content_type),
    (month, content_type, log_date)
)
"""

PROFILES = f"""
with sums as (
    select
        contract,
        month,
        {SECONDS_BY_TYPE},
        sum(seconds) as total_seconds,
        bit_count(bit_or(days)) as activeness,
        count(distinct mac) as devices
    from aggregated
    where is_of_device = 1
    group by contract, month
),
quartiles as (
    select
        month,
        percentile(total_seconds, 0.25) as q1,
        percentile(total_seconds, 0.75) as q3
    from sums
    group by month
),
compared as (
    select /*+ broadcast(quartiles) */
        sums.*,
        case
            when total_seconds < q1 then 'lower' when total_seconds > q3 then 'upper' else 'middle'
        end as iqr_type,
        greatest({", ".join(f"{code}_seconds" for code in CODES)}) as most_seconds
    from sums
    inner join quartiles on sums.month = quartiles.month
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


def day_patterns(entity: str, contracts: str, devices: str) -> str:
    """SQL: how many contracts (devices) of a month and type share the same days."""
    return f"""
        select month, content_type, days, {contracts} as contracts, {devices} as devices
        from (
            select month, content_type, {entity}, bit_or(days) as days
            from aggregated
            where is_of_device = 1 and {entity} is not null
            group by month, content_type, {entity}
        )
        group by month, content_type, days
    """


DAILY = f"""
with patterns as (
    {day_patterns("contract", "count(*)", "0")}
    union all
    {day_patterns("mac", "0", "count(*)")}
),
totals as (select * from aggregated where is_of_device = 0)
select
    totals.log_date,
    totals.content_type,
    sum(patterns.contracts) as contracts,
    sum(patterns.devices) as devices,
    totals.records,
    totals.seconds
from totals
inner join patterns
    on totals.month = patterns.month
    and totals.content_type = patterns.content_type
    and totals.days & patterns.days <> 0
group by totals.log_date, totals.content_type, totals.records, totals.seconds
"""

TASTES = """
select month, taste, active, count(*) as contracts from profiles group by month, taste, active
"""

if __name__ == "__main__":
    main()
