"""Search logs into `raw.log_search`: the fields as they are, and what is derived beside them.

Keywords and event times are derived in Python, once for each distinct text (SPEC section 5). Most
event times are written plainly; DuckDB reads those, as Python would.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import lru_cache

import duckdb
import pyarrow as pa

from loaders.database import concerns_the_machine, first_line, quoted
from loaders.discovery import RawFile
from loaders.drift import of_columns
from loaders.event_times import MAX_DAYS_OFF, parse_event_time
from loaders.keywords import fold, normalise
from loaders.readers.base import Landed, TryNextReader, literal_path
from loaders.readers.content_parquet import PARQUET_OPTIONS, parquet_columns, text_expression
from loaders.scan import UnreadableFile

LIST_FIELD = "userPlansMap"
# No column of a file has this name.
PATH_COLUMN = "c360_path_of_file"
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
    (landed,) = land_search_parquets(connection, [(file, file_id)])
    return landed


def land_search_parquets(
    connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[RawFile, int]]
) -> list[Landed]:
    """Insert the events of files with the same columns at once, as writers leave them by the dozen.

    Args:
        files: with their file ids.

    Raises:
        TryNextReader: they have not the same columns.
        UnreadableFile: one is not a Parquet file, or not one of this source.
    """
    with ExitStack() as stack:
        paths = [stack.enter_context(literal_path(file.absolute)) for file, _ in files]
        kinds = parquet_columns(connection, paths[0])
        source = files[0][0].source
        missing = source.missing_columns(kinds)
        if missing:
            raise UnreadableFile(f"no column {', '.join(missing)}")
        _register_files(connection, files, paths)
        texts = [
            f"{_value(field.name, kinds.get(field.name))} as {field.column}"
            for field in source.fields
        ]
        try:
            if len(paths) > 1 and not _have_same_columns(connection, paths):
                raise TryNextReader(files[0][0].path)
            connection.execute(
                f"""
                create or replace temp table incoming as
                with events as (
                    select
                        {PATH_COLUMN}, file_row_number + 1 as line_number, {", ".join(texts)}
                    from read_parquet(
                        $paths, filename = '{PATH_COLUMN}', file_row_number = true,
                        {PARQUET_OPTIONS}
                    )
                )
                select
                    events.* exclude ({PATH_COLUMN}),
                    incoming_files.file_id,
                    incoming_files.log_date,
                    case
                        when regexp_full_match(events.event_datetime, $plain_time)
                            then try_cast(left(events.event_datetime, 19) as timestamp)
                    end as plain_time
                from events
                -- not inner: a row of a file that is not found must fail, not be lost
                left join incoming_files on events.{PATH_COLUMN} = incoming_files.path
                """,
                {"paths": paths, "plain_time": PLAIN_TIME},
            )
        except duckdb.Error as error:
            if concerns_the_machine(error):
                raise
            raise UnreadableFile(f"not a whole Parquet file: {first_line(error)}") from error
    _register_keywords(connection)
    _register_event_times(connection)
    columns = ", ".join(f"incoming.{field.column}" for field in source.fields)
    connection.execute(
        f"""
        insert into raw.log_search
        select
            incoming.file_id, line_number, incoming.log_date, {columns},
            keywords.normalised, keywords.folded,
            case
                when plain_time is null then event_times.at
                when abs(cast(plain_time as date) - incoming.log_date) <= $max_days_off
                    then plain_time
            end,
            case
                when plain_time is null then event_times.quality
                when abs(cast(plain_time as date) - incoming.log_date) <= $max_days_off then 'ok'
                else 'clock_off'
            end
        from incoming
        left join keywords on incoming.keyword = keywords.keyword
        left join event_times
            on incoming.plain_time is null
            and coalesce(incoming.event_datetime, '') = event_times.text
            and incoming.log_date = event_times.log_date
        """,
        {"max_days_off": MAX_DAYS_OFF},
    )
    counts = connection.execute("select file_id, count(*) from incoming group by file_id")
    rows = dict(counts.fetchall())
    connection.execute("drop table incoming")
    for name in ("incoming_files", "keywords", "event_times"):
        connection.unregister(name)
    drift = of_columns(source, kinds)
    return [Landed(rows.get(file_id, 0), drift=drift) for _, file_id in files]


def _register_files(
    connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[RawFile, int]], paths: list[str]
) -> None:
    table = pa.table(
        {
            "path": pa.array(paths, pa.string()),
            "file_id": pa.array([file_id for _, file_id in files], pa.int64()),
            "log_date": pa.array([file.log_date for file, _ in files], pa.date32()),
        }
    )
    connection.register("incoming_files", table)


def _have_same_columns(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> bool:
    """Whether DuckDB may read all of them as it reads the first one."""
    row = connection.execute(
        """
        with columns as (
            select
                file_name,
                [name, type, converted_type, logical_type, duckdb_type, num_children::varchar]
                    as described
            from parquet_schema($paths)
        ),
        schemas as (
            select list(described order by described) as described from columns group by file_name
        )
        select count(distinct described) from schemas
        """,
        {"paths": paths},
    ).fetchone()
    return row == (1,)


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


def _register_event_times(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        "select distinct coalesce(event_datetime, ''), log_date from incoming "
        "where plain_time is null"
    ).fetchall()
    parsed = [parse_event_time(text, log_date) for text, log_date in rows]
    table = pa.table(
        {
            "text": pa.array([text for text, _ in rows], pa.string()),
            "log_date": pa.array([log_date for _, log_date in rows], pa.date32()),
            "at": pa.array([time.at for time in parsed], pa.timestamp("us")),
            "quality": pa.array([time.quality for time in parsed], pa.string()),
        }
    )
    connection.register("event_times", table)
