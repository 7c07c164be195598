"""Search logs into `raw.log_search`: the fields as they are, and what is derived beside them.

Keywords and event times are derived in Python, once for each distinct text (SPEC section 5). Most
event times are written plainly; DuckDB reads those, as Python would.
"""

from __future__ import annotations

from functools import lru_cache

import duckdb
import pyarrow as pa

from loaders.database import concerns_the_machine, first_line, quoted
from loaders.discovery import RawFile
from loaders.drift import of_columns
from loaders.event_times import MAX_DAYS_OFF, parse_event_time
from loaders.keywords import fold, normalise
from loaders.readers.base import Landed, literal_path
from loaders.readers.content_parquet import PARQUET_OPTIONS, parquet_columns, text_expression
from loaders.scan import UnreadableFile

LIST_FIELD = "userPlansMap"
KEYWORDS_REMEMBERED = 1 << 17  # most of a day's keywords were searched the day before
# A time that `parse_event_time` reads as it stands, as far as its digits can tell.
PLAIN_TIME = "20[0-9]{2}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]*)?"


def land_search_parquet(
    connection: duckdb.DuckDBPyConnection, file: RawFile, file_id: int
) -> Landed:
    """Insert a file's events.

    Raises:
        UnreadableFile: not a Parquet file, or not one of this source.
    """
    with literal_path(file.absolute) as path:
        kinds = parquet_columns(connection, path)
        missing = file.source.missing_columns(kinds)
        if missing:
            raise UnreadableFile(f"no column {', '.join(missing)}")
        texts = [
            f"{_value(field.name, kinds.get(field.name))} as {field.column}"
            for field in file.source.fields
        ]
        try:
            connection.execute(
                f"""
                create or replace temp table incoming as
                with events as (
                    select file_row_number + 1 as line_number, {", ".join(texts)}
                    from read_parquet(?, file_row_number = true, {PARQUET_OPTIONS})
                )
                select
                    *,
                    case
                        when regexp_full_match(event_datetime, ?)
                            then try_cast(left(event_datetime, 19) as timestamp)
                    end as plain_time
                from events
                """,
                [path, PLAIN_TIME],
            )
        except duckdb.Error as error:
            if concerns_the_machine(error):
                raise
            raise UnreadableFile(f"not a whole Parquet file: {first_line(error)}") from error
    _register_keywords(connection)
    _register_event_times(connection, file)
    columns = ", ".join(f"incoming.{field.column}" for field in file.source.fields)
    connection.execute(
        f"""
        insert into raw.log_search
        select
            $file_id, line_number, $log_date, {columns},
            keywords.normalised, keywords.folded,
            case
                when plain_time is null then event_times.at
                when abs(cast(plain_time as date) - $log_date) <= $max_days_off then plain_time
            end,
            case
                when plain_time is null then event_times.quality
                when abs(cast(plain_time as date) - $log_date) <= $max_days_off then 'ok'
                else 'clock_off'
            end
        from incoming
        left join keywords on incoming.keyword = keywords.keyword
        left join event_times
            on incoming.plain_time is null
            and coalesce(incoming.event_datetime, '') = event_times.text
        """,
        {"file_id": file_id, "log_date": file.log_date, "max_days_off": MAX_DAYS_OFF},
    )
    count = connection.fetchone()
    connection.execute("drop table incoming")
    connection.unregister("keywords")
    connection.unregister("event_times")
    return Landed(int(count[0]) if count else 0, drift=of_columns(file.source, kinds))


def _value(name: str, kind: str | None) -> str:
    if kind is None:
        return "null"
    if name != LIST_FIELD:
        return text_expression(quoted(name), kind)
    if kind.endswith("[]"):
        return f"cast({quoted(name)} as varchar[])"
    return f"case when {quoted(name)} is not null then [cast({quoted(name)} as varchar)] end"


def _register_keywords(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        "select distinct keyword from incoming where keyword is not null"
    ).fetchall()
    texts = [text for (text,) in rows]
    derived = [_derived(text) for text in texts]
    table = pa.table(
        {
            "keyword": pa.array(texts, pa.string()),
            "normalised": pa.array([normalised or None for normalised, _ in derived], pa.string()),
            "folded": pa.array([folded or None for _, folded in derived], pa.string()),
        }
    )
    connection.register("keywords", table)


@lru_cache(maxsize=KEYWORDS_REMEMBERED)
def _derived(keyword: str) -> tuple[str, str]:
    normalised = normalise(keyword)
    return normalised, fold(normalised)


def _register_event_times(connection: duckdb.DuckDBPyConnection, file: RawFile) -> None:
    assert file.log_date is not None  # a dated source
    rows = connection.execute(
        "select distinct coalesce(event_datetime, '') from incoming where plain_time is null"
    ).fetchall()
    texts = [text for (text,) in rows]
    parsed = [parse_event_time(text, file.log_date) for text in texts]
    table = pa.table(
        {
            "text": pa.array(texts, pa.string()),
            "at": pa.array([time.at for time in parsed], pa.timestamp("us")),
            "quality": pa.array([time.quality for time in parsed], pa.string()),
        }
    )
    connection.register("event_times", table)
