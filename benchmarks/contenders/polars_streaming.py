"""Polars at its best: the JSON is scanned once by the streaming engine, Parquet comes out.

It keeps no raw rows. Seconds and days (as bits of a number) are aggregated by contract, device and
type; every mart follows from that and from the totals of each day, which the same scan gives.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl  # type: ignore[import-not-found]

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

SCHEMA = {
    "_source": pl.Struct(
        {
            "Contract": pl.String,
            "Mac": pl.String,
            "TotalDuration": pl.Int64,
            "AppName": pl.String,
        }
    )
}
TYPE = pl.Enum([one.code for one in content_types()])


def main() -> None:
    """Scan, aggregate, write the marts."""
    raw_dir, out = arguments()
    records = accepted_records(raw_dir)
    by_device, totals = pl.collect_all(
        [device_months(records), daily_totals(records)], engine="streaming"
    )
    profiles = content_profiles(by_device).collect(engine="streaming")
    profiles.write_parquet(out / "content_profiles.parquet")
    tastes = profiles.group_by("month", "taste", "active").agg(contracts=pl.len())
    tastes.write_parquet(out / "taste_summary.parquet")
    content_daily(by_device, totals).write_parquet(out / "content_daily.parquet")


def accepted_records(raw_dir: Path) -> pl.LazyFrame:
    """The records of all files, with their log date and its bit."""
    source = pl.col("_source").struct
    log_date = pl.col("path").str.slice(-len("YYYYMMDD.json"), 8).str.to_date("%Y%m%d")
    return (
        pl.scan_ndjson(content_files(raw_dir), schema=SCHEMA, include_file_paths="path")
        .select(
            contract=source.field("Contract"),
            mac=source.field("Mac"),
            seconds=source.field("TotalDuration"),
            content_type=source.field("AppName")
            .str.to_uppercase()
            .replace_strict(app_types(), default=None, return_dtype=TYPE),
            log_date=log_date,
        )
        .filter(
            ~pl.col("contract").is_in(["", "0"]),
            pl.col("seconds").is_between(0, MAX_SECONDS),
            pl.col("content_type").is_not_null(),
        )
        .with_columns(
            month=pl.col("log_date").dt.truncate("1mo"),
            day_bit=2 ** pl.col("log_date").dt.day().cast(pl.Int64),
        )
    )


def device_months(records: pl.LazyFrame) -> pl.LazyFrame:
    """One row per month, contract, device and type: seconds and the days as bits."""
    return records.group_by("month", "contract", "mac", "content_type").agg(
        seconds=pl.col("seconds").sum(), days=pl.col("day_bit").bitwise_or()
    )


def daily_totals(records: pl.LazyFrame) -> pl.LazyFrame:
    """One row per log date and type: records and seconds."""
    return records.group_by("log_date", "month", "day_bit", "content_type").agg(
        records=pl.len(), seconds=pl.col("seconds").sum()
    )


def content_profiles(by_device: pl.DataFrame) -> pl.LazyFrame:
    """One row per contract and month."""
    codes = [one.code for one in content_types()]
    of_type = {code: pl.col("content_type") == code for code in codes}
    seconds = [f"{code}_seconds" for code in codes]
    sums = (
        by_device.lazy()
        .group_by("contract", "month")
        .agg(
            *(pl.col("seconds").filter(of_type[code]).sum().alias(f"{code}_sum") for code in codes),
            *(of_type[code].any().alias(f"{code}_any") for code in codes),
            total_seconds=pl.col("seconds").sum(),
            activeness=pl.col("days").bitwise_or().bitwise_count_ones(),
            devices=pl.col("mac").drop_nulls().n_unique(),
        )
        .with_columns(
            pl.when(f"{code}_any").then(f"{code}_sum").alias(f"{code}_seconds") for code in codes
        )
    )
    quartiles = sums.group_by("month").agg(
        q1=pl.col("total_seconds").quantile(0.25, interpolation="linear"),
        q3=pl.col("total_seconds").quantile(0.75, interpolation="linear"),
    )
    most = pl.max_horizontal(seconds)
    total, active_days, iqr = pl.col("total_seconds"), pl.col("activeness"), pl.col("iqr_type")
    return (
        sums.join(quartiles, on="month")
        .with_columns(
            most_watch=pl.coalesce(
                pl.when(pl.col(f"{one.code}_seconds") == most).then(pl.lit(one.label))
                for one in content_types()
            ),
            taste=pl.concat_str(
                [pl.when(f"{one.code}_any").then(pl.lit(one.label)) for one in taste_order()],
                separator="-",
                ignore_nulls=True,
            ),
            iqr_type=pl.when(total < pl.col("q1"))
            .then(pl.lit("lower"))
            .when(total > pl.col("q3"))
            .then(pl.lit("upper"))
            .otherwise(pl.lit("middle")),
            active=pl.when(active_days >= ACTIVE_HIGH_DAYS)
            .then(pl.lit("High"))
            .otherwise(pl.lit("Low")),
        )
        .with_columns(
            clinginess=pl.when((iqr == "lower") & (active_days <= CLINGINESS_LOW_DAYS))
            .then(pl.lit("low"))
            .when((iqr == "lower") | (active_days <= CLINGINESS_HIGH_DAYS))
            .then(pl.lit("medium"))
            .otherwise(pl.lit("high"))
        )
        .select(
            "contract",
            "month",
            *seconds,
            "total_seconds",
            "most_watch",
            "taste",
            "iqr_type",
            "activeness",
            "active",
            "clinginess",
            "devices",
        )
    )


def content_daily(by_device: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    """One row per log date and type, with distinct contracts and devices from the bits."""
    contracts = day_patterns(by_device.lazy(), "contract", "contracts")
    devices = day_patterns(by_device.lazy().drop_nulls("mac"), "mac", "devices")
    return (
        totals.lazy()
        .join(pl.concat([contracts, devices], how="diagonal"), on=["month", "content_type"])
        .filter((pl.col("days") & pl.col("day_bit")) != 0)
        .group_by("log_date", "content_type", "records", "seconds")
        .agg(pl.col("contracts", "devices").sum())
        .collect(engine="streaming")
    )


def day_patterns(by_device: pl.LazyFrame, entity: str, name: str) -> pl.LazyFrame:
    """How many contracts (devices) of a month and type share the same days."""
    return (
        by_device.group_by("month", "content_type", entity)
        .agg(days=pl.col("days").bitwise_or())
        .group_by("month", "content_type", "days")
        .agg(pl.len().alias(name))
    )


if __name__ == "__main__":
    main()
