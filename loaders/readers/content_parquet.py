"""Parquet files of records, flat or with the fields inside `_source`, into `raw.log_content`."""

from __future__ import annotations

import duckdb

from loaders.database import concerns_the_machine, first_line, quoted
from loaders.discovery import RawFile
from loaders.drift import of_columns
from loaders.readers.base import Landed, RejectedLines, literal_path
from loaders.scan import UnreadableFile

# A folder `key=value` is no column, and a text is one even where the writer has not said so.
PARQUET_OPTIONS = "hive_partitioning = false, binary_as_string = true"
# A number column with gaps is often stored as floating point: 72.0 there is the whole number 72.
FLOATING = frozenset({"FLOAT", "DOUBLE"})


def parquet_columns(connection: duckdb.DuckDBPyConnection, path: str) -> dict[str, str]:
    """Column -> DuckDB type of a Parquet file.

    Raises:
        UnreadableFile: it is not a whole Parquet file.
    """
    try:
        rows = connection.execute(
            "select column_name, column_type "
            f"from (describe from read_parquet(?, {PARQUET_OPTIONS}))",
            [path],
        ).fetchall()
    except duckdb.Error as error:
        if concerns_the_machine(error):
            raise
        raise UnreadableFile(f"not a whole Parquet file: {first_line(error)}") from error
    return {str(name): str(kind) for name, kind in rows}


def text_expression(reference: str, kind: str) -> str:
    """SQL that gives a column as text."""
    if kind in FLOATING:
        whole = f"{reference} = trunc({reference}) and abs({reference}) < 1e15"
        return (
            f"case when {whole} then cast(cast({reference} as bigint) as varchar) "
            f"else cast({reference} as varchar) end"
        )
    return f"cast({reference} as varchar)"


def land_content_parquet(
    connection: duckdb.DuckDBPyConnection, file: RawFile, file_id: int
) -> Landed:
    """Insert a file's records; a null `_source` is a malformed row.

    Raises:
        UnreadableFile: not a Parquet file, or not one of this source.
    """
    source = file.source
    with literal_path(file.absolute) as path:
        columns = parquet_columns(connection, path)
        nested = source.nested_in is not None and source.nested_in in columns
        kinds = _struct_kinds(connection, path, source.nested_in or "") if nested else columns
        missing = source.missing_columns(kinds)
        if missing:
            raise UnreadableFile(f"no column {', '.join(missing)}")
        prefix = f"{source.nested_in}." if nested else ""
        texts = [
            text_expression(prefix + quoted(field.name), kinds[field.name])
            if field.name in kinds
            else "null"
            for field in source.fields
        ]
        if source.document_id:
            name = source.document_id.name
            kind = columns.get(name)
            texts.insert(0, text_expression(quoted(name), kind) if kind else "null")
        record = f"{source.nested_in} is not null" if nested else "true"
        try:
            connection.execute(
                f"""
                insert into raw.{source.name}
                select $file_id, file_row_number + 1, $log_date, {", ".join(texts)}
                from read_parquet($path, file_row_number = true, {PARQUET_OPTIONS})
                where {record}
                """,
                {"file_id": file_id, "log_date": file.log_date, "path": path},
            )
            accepted = connection.fetchone()
            rejected = connection.execute(
                f"""
                select file_row_number + 1, cast(to_json(records) as varchar)
                from
                    read_parquet($path, file_row_number = true, {PARQUET_OPTIONS})
                    as records
                where not ({record})
                """,
                {"path": path},
            ).fetchall()
        except duckdb.Error as error:
            if concerns_the_machine(error):
                raise
            raise UnreadableFile(f"not a whole Parquet file: {first_line(error)}") from error
    numbers, lines = ([row[column] for row in rejected] for column in range(2))
    drift = of_columns(source, columns, kinds if nested else None)
    rows_read = (accepted[0] if accepted else 0) + len(rejected)
    return Landed(rows_read, RejectedLines(numbers, lines), drift)


def _struct_kinds(connection: duckdb.DuckDBPyConnection, path: str, struct: str) -> dict[str, str]:
    try:
        rows = connection.execute(
            "select column_name, column_type from "
            f"(describe select unnest({quoted(struct)}) "
            f"from read_parquet(?, {PARQUET_OPTIONS}))",
            [path],
        ).fetchall()
    except duckdb.Error as error:
        if concerns_the_machine(error):
            raise
        raise UnreadableFile(f"{struct} is not an object: {first_line(error)}") from error
    return {str(name): str(kind) for name, kind in rows}
