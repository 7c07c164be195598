"""`c360 status`: what is loaded, how fresh it is, what was rejected, what was exported when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from c360 import console
from c360.errors import ExportError, LoadError
from c360.findings import found_by
from c360.settings import Settings
from exporters.history import ExportRecord, last_embedded, last_mysql
from loaders import drift
from loaders.database import connect_read_only
from loaders.sources import SOURCES

MAX_PATHS_SHOWN = 20
# Table in schema `quality` -> what a row of it is. Each keeps what one data test found.
FINDINGS = {
    "rejected_shares": "too many rows rejected",
    "out_of_scope_shares": "too many rows out of scope",
    "unreadable_shares": "too many files unreadable",
    "unusual_days": "unusual number of rows",
}


def show_status(settings: Settings) -> None:
    """Print everything; reads only.

    Raises:
        LoadError: there is no database yet.
        DatabaseBusyError: another process is writing to it.
    """
    connection = connect_read_only(settings.database)
    try:
        if not _has_table(connection, "raw", "files"):
            raise LoadError(
                f"{settings.database} holds no logs yet",
                hint="Load some (c360 load), or name another database with --database.",
            )
        show_sources(connection)
        _show_missing_days(connection)
        _show_drift(connection)
        _show_rejected(connection)
        _show_findings(connection)
        _show_paths(connection)
    finally:
        connection.close()
    _show_files(settings.export_dir)
    if settings.mysql_url:
        _show_mysql(settings.mysql_url)


def show_sources(connection: duckdb.DuckDBPyConnection) -> None:
    """One row a source; sources without files are named, because their marts are empty."""
    rows = _query(
        connection,
        """
        with sources as (select unnest($sources) as source)
        select
            sources.source,
            count(files.file_id) as files,
            min(files.log_date) as first_day,
            max(files.log_date) as last_day,
            date_diff('day', max(files.log_date), $today) as days_old,
            coalesce(sum(files.rows_read), 0)::bigint as rows_read,
            coalesce(sum(files.rows_rejected), 0)::bigint as rows_set_aside,
            strftime(max(files.loaded_at), '%Y-%m-%d %H:%M') as last_loaded_utc
        from sources
        left join raw.files as files using (source)
        group by sources.source
        order by sources.source
        """,
        {"today": datetime.now(UTC).date(), "sources": list(SOURCES)},
    )
    columns = ["source", "files", "first day", "last day", "days old", "rows", "bad lines"]
    console.show_table("Loaded", [*columns, "loaded (UTC)"], rows)
    for source, files, *_ in rows:
        if not files:
            console.say(f"{source}: no files, so what is made from it is empty")


def accepted_and_rejected(connection: duckdb.DuckDBPyConnection) -> list[list[object]]:
    """Rows by source and outcome, the most frequent first; empty before the first build."""
    if not _has_table(connection, "marts", "load_quality"):
        return []
    return _query(
        connection,
        """
        select source, outcome, sum(rows)::bigint as rows,
            100.0 * sum(rows) / sum(sum(rows)) over (partition by source) as share
        from marts.load_quality
        group by source, outcome
        order by source, outcome <> 'accepted', rows desc
        """,
    )


def _show_missing_days(connection: duckdb.DuckDBPyConnection) -> None:
    rows = _query(
        connection,
        """
        with loaded as (
            select source, min(log_date) as first_day, max(log_date) as last_day
            from raw.files where log_date is not null group by source
        ),
        days as (
            select source, unnest(generate_series(first_day, last_day, interval 1 day))::date
                as log_date
            from loaded
        )
        select days.source, days.log_date
        from days anti join raw.files using (source, log_date)
        order by days.source, days.log_date
        """,
    )
    for source in sorted({str(row[0]) for row in rows}):
        days = [str(day) for name, day in rows if name == source]
        more = f" and {len(days) - MAX_PATHS_SHOWN} more" if len(days) > MAX_PATHS_SHOWN else ""
        console.say(f"{source}: no file for {', '.join(days[:MAX_PATHS_SHOWN])}{more}")


def _show_drift(connection: duckdb.DuckDBPyConnection) -> None:
    """Fields that are not as expected; a database of an older version has no list of them."""
    if not _has_table(connection, "raw", "field_drift"):
        return
    columns = ["source", "field", "problem", "kinds", "first_day", "last_day", "files"]
    rows: list[list[object]] = [
        [getattr(found, column) for column in columns] for found in drift.summarise(connection)
    ]
    if rows:
        columns = [column.replace("_", " ") for column in columns]
        title = f"Fields that are not as expected ({len(rows)})"
        console.show_table(title, columns, rows[:MAX_PATHS_SHOWN])


def _show_rejected(connection: duckdb.DuckDBPyConnection) -> None:
    rows = accepted_and_rejected(connection)
    if rows:
        columns = ["source", "outcome", "rows", "percent"]
        console.show_table("Accepted and rejected at the last build", columns, rows)
    else:
        console.say("nothing is built yet: run dbt build")


def _show_findings(connection: duckdb.DuckDBPyConnection) -> None:
    """What the tests of tests/marts/quality found at the last build."""
    for table, what in FINDINGS.items():
        if not _has_table(connection, "quality", table):
            continue
        lines = found_by(connection, f"quality.{table}")
        for line in lines[:MAX_PATHS_SHOWN]:
            console.say(f"{what}: {line}")
        if len(lines) > MAX_PATHS_SHOWN:
            console.say(f"{what}: and {len(lines) - MAX_PATHS_SHOWN} more")


def _show_paths(connection: duckdb.DuckDBPyConnection) -> None:
    aside = _query(
        connection,
        "select path, problem from raw.files where status = 'unreadable' order by path",
    )
    if aside:
        console.show_table("Files set aside", ["path", "why"], aside)
    skipped = _query(connection, "select path, reason from raw.skipped_paths order by path")
    if skipped:
        title = f"Paths that are not logs ({len(skipped)})"
        console.show_table(title, ["path", "why"], skipped[:MAX_PATHS_SHOWN])


def _show_files(export_dir: Path) -> None:
    record = last_embedded(export_dir)
    if record is None:
        console.say(f"nothing is exported to {export_dir} yet: run c360 export")
        return
    console.say(_in_a_line(str(export_dir), record))


def _show_mysql(url: str) -> None:
    """The newest export to the server; one that cannot be reached is said, not an error."""
    try:
        record = last_mysql(url)
    except ExportError as error:
        console.say(f"MySQL: {error.what}")
        return
    console.say(_in_a_line("MySQL", record) if record else "nothing is exported to MySQL yet")


def _in_a_line(place: str, record: ExportRecord) -> str:
    return (
        f"exported to {place} at {record.exported_at:%Y-%m-%d %H:%M} UTC "
        f"from {record.source}: {len(record.rows)} tables, {sum(record.rows.values()):,} rows"
    )


def _has_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    return found is not None


def _query(
    connection: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object] | None = None
) -> list[list[object]]:
    return [list(row) for row in connection.execute(sql, values).fetchall()]


def iter_mart_rows(connection: duckdb.DuckDBPyConnection) -> Iterator[list[object]]:
    """Each mart with its number of rows."""
    names = connection.execute(
        """
        select table_name from information_schema.tables
        where table_schema = 'marts' order by table_name
        """
    ).fetchall()
    for (name,) in names:
        row = connection.execute(f'select count(*) from marts."{name}"').fetchone()
        yield [name, row[0] if row else 0]
