"""PySpark in the usual shape of such projects: a frame a day, union, map, group, pivot, rank, CSV.

Each day's JSON is read with schema inference, the frames are joined by `union`, an app becomes a
type by `when`, and each measure has a query of its own. It persists the records, as a careful
author does who asks several questions of them: else every question would parse the JSON again.
"""

from __future__ import annotations

from functools import reduce
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession, Window  # type: ignore[import-not-found]
from pyspark.sql import functions as F  # noqa: N812

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

KEY = ["contract", "month"]
CODES = [one.code for one in content_types()]


def main() -> None:
    """Read, union, ask each question, write CSV."""
    raw_dir, out = arguments()
    spark = spark_session.start("pyspark, usual shape", out)
    days = [read_day(spark, path) for path in content_files(raw_dir)]
    records = accepted(reduce(DataFrame.union, days)).persist()
    profiles = content_profiles(measured_months(records).persist())
    write(profiles, out / "content_profiles")
    write(content_daily(records), out / "content_daily")
    write(taste_summary(profiles), out / "taste_summary")
    spark.stop()


def read_day(spark: SparkSession, path: Path) -> DataFrame:
    """One day's records, with the schema that Spark infers from its file."""
    return spark.read.json(str(path)).select(
        F.col("_source.Contract").alias("contract"),
        F.col("_source.Mac").alias("mac"),
        F.expr("try_cast(_source.TotalDuration as bigint)").alias("seconds"),
        F.col("_source.AppName").alias("app_name"),
        F.to_date(F.lit(path.stem), "yyyyMMdd").alias("log_date"),
    )


def accepted(records: DataFrame) -> DataFrame:
    """Records with a contract, a possible duration and a known app, and their type."""
    return (
        records.withColumn("content_type", content_type(F.upper("app_name")))
        .where(~F.col("contract").isin("", "0"))
        .where(F.col("seconds").between(0, MAX_SECONDS))
        .where(F.col("content_type").isNotNull())
        .withColumn("month", F.trunc("log_date", "month"))
        .drop("app_name")
    )


def content_type(app_name: Column) -> Column:
    """The type of an app."""
    apps = app_types()
    return F.coalesce(
        *(
            F.when(app_name.isin([app for app in apps if apps[app] == code]), F.lit(code))
            for code in CODES
        )
    )


def measured_months(records: DataFrame) -> DataFrame:
    """One row per contract and month, with what needs no other contract."""
    by_type = records.groupBy(*KEY, "content_type").agg(F.sum("seconds").alias("seconds"))
    pivoted = by_type.groupBy(*KEY).pivot("content_type", CODES).agg(F.sum("seconds"))
    seconds = [F.col(code).alias(f"{code}_seconds") for code in CODES]
    return (
        pivoted.select(*KEY, *seconds)
        .join(most_watched(by_type), KEY)
        .join(activity(records), KEY)
        .withColumn("taste", taste())
    )


def content_profiles(months: DataFrame) -> DataFrame:
    """The same with the words that quartiles decide."""
    quartiles = months.groupBy("month").agg(
        F.expr("percentile(total_seconds, 0.25)").alias("q1"),
        F.expr("percentile(total_seconds, 0.75)").alias("q3"),
    )
    return judged(months.join(F.broadcast(quartiles), "month")).select(
        *KEY,
        *(f"{code}_seconds" for code in CODES),
        "total_seconds",
        "most_watch",
        "taste",
        "iqr_type",
        "activeness",
        "active",
        "clinginess",
        "devices",
    )


def most_watched(by_type: DataFrame) -> DataFrame:
    """The label of the first type by seconds, then by position."""
    position = F.coalesce(
        *(F.when(F.col("content_type") == one.code, F.lit(one.position)) for one in content_types())
    )
    label = F.coalesce(
        *(F.when(F.col("content_type") == one.code, F.lit(one.label)) for one in content_types())
    )
    by_rank = Window.partitionBy(*KEY).orderBy(F.col("seconds").desc(), position)
    return (
        by_type.withColumn("rank", F.row_number().over(by_rank))
        .where("rank = 1")
        .select(*KEY, label.alias("most_watch"))
    )


def activity(records: DataFrame) -> DataFrame:
    """Seconds, distinct days and distinct devices."""
    return records.groupBy(*KEY).agg(
        F.sum("seconds").alias("total_seconds"),
        F.countDistinct("log_date").alias("activeness"),
        F.countDistinct("mac").alias("devices"),
    )


def taste() -> Column:
    """Labels of the types with a record."""
    labels = (
        F.when(F.col(f"{one.code}_seconds").isNotNull(), F.lit(one.label)) for one in taste_order()
    )
    return F.concat_ws("-", *labels)


def judged(profiles: DataFrame) -> DataFrame:
    """With the three words for how much and how often."""
    total, days = F.col("total_seconds"), F.col("activeness")
    lower = F.col("iqr_type") == "lower"
    return (
        profiles.withColumn(
            "iqr_type",
            F.when(total < F.col("q1"), "lower")
            .when(total > F.col("q3"), "upper")
            .otherwise("middle"),
        )
        .withColumn("active", F.when(days >= ACTIVE_HIGH_DAYS, "High").otherwise("Low"))
        .withColumn(
            "clinginess",
            F.when(lower & (days <= CLINGINESS_LOW_DAYS), "low")
            .when(lower | (days <= CLINGINESS_HIGH_DAYS), "medium")
            .otherwise("high"),
        )
    )


def content_daily(records: DataFrame) -> DataFrame:
    """One row per log date and type."""
    return records.groupBy("log_date", "content_type").agg(
        F.countDistinct("contract").alias("contracts"),
        F.countDistinct("mac").alias("devices"),
        F.count("*").alias("records"),
        F.sum("seconds").alias("seconds"),
    )


def taste_summary(profiles: DataFrame) -> DataFrame:
    """Contracts per month, taste and activity."""
    return profiles.groupBy("month", "taste", "active").agg(F.count("*").alias("contracts"))


def write(frame: DataFrame, folder: Path) -> None:
    """CSV with a header; Spark writes a folder of parts."""
    frame.write.mode("overwrite").csv(str(folder), header=True)


if __name__ == "__main__":
    main()
