"""Search logs into `raw.log_search`: the fields as they are, and what is derived beside them.

Keywords and event times are derived in Python, once for each distinct text (SPEC section 5).
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from loaders.database import concerns_the_machine
from loaders.discovery import RawFile
from loaders.drift import of_columns
from loaders.event_times import parse_event_time
from loaders.keywords import fold, normalise
from loaders.readers.base import Landed, literal_path
from loaders.readers.content_parquet import first_line, parquet_columns, quoted, text_expression
from loaders.scan import UnreadableFile

LIST_FIELD = "userPlansMap"


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
                select file_row_number + 1 as line_number, {", ".join(texts)}
                from read_parquet(?, file_row_number = true, hive_partitioning = false)
                """,
                [path],
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
            ?, line_number, ?, {columns},
            keywords.normalised, keywords.folded, event_times.at, event_times.quality
        from incoming
        left join keywords on incoming.keyword = keywords.keyword
        left join event_times on incoming.event_datetime is not distinct from event_times.text
        """,
        [file_id, file.log_date],
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
    normalised = [normalise(text) for text in texts]
    table = pa.table(
        {
            "keyword": pa.array(texts, pa.string()),
            "normalised": pa.array([text or None for text in normalised], pa.string()),
            "folded": pa.array([fold(text) or None for text in normalised], pa.string()),
        }
    )
    connection.register("keywords", table)


def _register_event_times(connection: duckdb.DuckDBPyConnection, file: RawFile) -> None:
    assert file.log_date is not None  # a dated source
    rows = connection.execute("select distinct event_datetime from incoming").fetchall()
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
