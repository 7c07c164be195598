"""Marts to Parquet and CSV files, published as one set (SPEC section 8)."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from c360.errors import ExportError
from exporters import file_set
from exporters.catalog import ExportTable
from exporters.duck import (
    MartColumn,
    count_rows,
    describe,
    key_order,
    one_row,
    open_database,
    refuse_broken_key,
    refuse_empty,
    source_of,
)
from exporters.identifiers import for_duckdb, require_run_id
from exporters.pseudonyms import pseudonymise
from exporters.results import ExportedTable, OnProgress, Progress, program_version, silent

MANIFEST = "export.json"
EXTENSIONS = ("parquet", "csv")
# A spreadsheet takes a cell that begins like this for a formula, quoted or not (OWASP).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def export_embedded(
    database: Path,
    tables: Sequence[ExportTable],
    export_dir: Path,
    run_id: str,
    on_progress: OnProgress = silent,
    pseudonymize_key: str | None = None,
) -> list[ExportedTable]:
    """Write every table as NAME.parquet and NAME.csv, ordered by key, and publish them at once.

    Args:
        database: the DuckDB file with the marts.
        tables: what to export, as `read_catalog` gives it.
        export_dir: where the files appear; made if it does not exist.
        run_id: names the set and stands in its `export.json`.
        on_progress: called at every step.
        pseudonymize_key: identifiers are exported as HMACs under this secret; None = as they are.

    Raises:
        ExportError: the export stopped; the set published before is still there.
        DatabaseBusyError: another process has the database open for writing.
    """
    refuse_empty(tables)
    require_run_id(run_id)
    names = [f"{table.name}.{extension}" for table in tables for extension in EXTENSIONS]
    with (
        open_database(database) as connection,
        file_set.explained(export_dir),
        file_set.exclusive(export_dir),
    ):
        file_set.refuse_foreign_files(export_dir, [*names, MANIFEST])
        for table in tables:
            describe(connection, table)
            refuse_broken_key(connection, table)
        file_set.clean(export_dir)
        tables = pseudonymise(connection, tables, pseudonymize_key)
        with file_set.draft(export_dir, run_id) as folder:
            exported, entries = [], []
            for table in tables:
                started = time.monotonic()
                entries.append(_write_table(connection, table, folder, on_progress))
                seconds = time.monotonic() - started
                rows = entries[-1]["rows"]
                exported.append(ExportedTable(table.name, rows, seconds, "published"))
            _write_manifest(
                folder, run_id, database, entries, pseudonymised=pseudonymize_key is not None
            )
        on_progress(Progress("publishing"))
        file_set.publish(export_dir, folder)
        on_progress(Progress("published"))
    return exported


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    table: ExportTable,
    folder: Path,
    on_progress: OnProgress,
) -> dict[str, Any]:
    """Write both files of one table; return its entry for `export.json`."""
    total = count_rows(connection, table)
    on_progress(Progress("writing", table.name, 0, total))
    parquet, csv = (folder / f"{table.name}.{extension}" for extension in EXTENSIONS)
    ordered = connection.sql(f"select * from {source_of(table)} order by {key_order(table)}")
    ordered.write_parquet(str(parquet), compression="zstd")
    footer = "select num_rows from parquet_file_metadata(?)"
    (written,) = one_row(connection, footer, [str(parquet)])
    if written != total:
        raise ExportError(
            f"{parquet.name} holds {written} rows, the mart {total}.",
            hint="This should not happen: run the export again and report it if it stays.",
        )
    # The Parquet file is in order already: reading it saves a second sort.
    columns = describe(connection, table)
    safe = connection.read_parquet(str(parquet)).select(", ".join(map(_csv_cell, columns)))
    safe.write_csv(str(csv), header=True, na_rep="")
    on_progress(Progress("writing", table.name, total, total))
    return {
        "name": table.name,
        "rows": total,
        "key": list(table.key),
        "columns": [{"name": column.name, "type": column.data_type} for column in columns],
        "files": [_file_entry(path) for path in (parquet, csv)],
    }


def _csv_cell(column: MartColumn) -> str:
    """A column as the CSV shows it: a text that begins like a formula after an apostrophe."""
    name = for_duckdb(column.name)
    if column.data_type != "VARCHAR":
        return name
    starts = ", ".join(f"chr({ord(start)})" for start in FORMULA_STARTS)
    return (
        f"case when left({name}, 1) in ({starts}) then chr(39) || {name} else {name} end as {name}"
    )


def _file_entry(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}


def _write_manifest(
    folder: Path,
    run_id: str,
    database: Path,
    entries: list[dict[str, Any]],
    *,
    pseudonymised: bool,
) -> None:
    manifest = {
        "run_id": run_id,
        "exported_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "database": str(database),
        "customer360_version": program_version(),
        "pseudonymised": pseudonymised,
        "tables": entries,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
