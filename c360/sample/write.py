"""Write a whole sample directory, file by file, with progress (SPEC section 1 `c360 sample`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import duckdb

from c360.errors import CustomerError
from c360.sample import content_files, identities, search_files
from c360.sample.content import ContentFile
from c360.sample.draws import install
from c360.sample.households import create_contracts, create_households
from c360.sample.keywords import create_pool
from c360.sample.options import SampleOptions, SampleSummary
from c360.sample.publish import published
from c360.sample.search_day import create_families
from c360.sample.search_files import SearchDay
from c360.sample.search_users import create_favourites, create_users

MEMORY_LIMIT = "2GB"  # of DuckDB: the headline stays below 3 GiB with what Python holds
Progress = Callable[[str, int, int], None]


@dataclass
class Written:
    """Counts what has been written so far and tells the caller about each file."""

    root: Path
    total: int
    on_progress: Progress | None
    files: int = 0
    bytes: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, path: str, rows: int) -> None:
        """Count one finished file; its source is the first folder of its path."""
        source = path.split("/", 1)[0]
        self.files += 1
        self.bytes += (self.root / path).stat().st_size
        self.rows[source] = self.rows.get(source, 0) + rows
        if self.on_progress is not None:
            self.on_progress(path, self.files, self.total)


def write_sample(options: SampleOptions, on_progress: Progress | None = None) -> SampleSummary:
    """Write the sample that the options describe; `options.out` is complete or as it was before.

    Args:
        on_progress: called after each file with its path below `out`, the files done and in all.

    Raises:
        ConfigurationError: `out` holds files of somebody else.
        CustomerError: the disk is full or the directory cannot be written.
    """
    try:
        with published(options.out) as root, connect(root) as con:
            return write_sources(con, root, options, on_progress)
    except (OSError, duckdb.IOException) as error:
        raise CustomerError(
            f"The sample could not be written to {options.out}: {error}",
            hint="Check the free space and the rights of the directory above; "
            "nothing half-written is left.",
        ) from error


def connect(root: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that keeps the order of rows and spills beside the sample."""
    con = duckdb.connect(
        config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(root / ".spill")}
    )
    con.execute("set preserve_insertion_order = true")
    con.execute("set enable_progress_bar = false")
    con.execute("set time zone 'UTC'")
    install(con)
    return con


def write_sources(
    con: duckdb.DuckDBPyConnection, root: Path, options: SampleOptions, on_progress: Progress | None
) -> SampleSummary:
    """Write every source below `root`."""
    content = content_files.plan_content(options)
    search = search_files.plan_search(options)
    total = len(content) + sum(len(item.paths) for item in search) + len(identities.PATHS)
    total += content_files.unreadable_path(options) is not None
    written = Written(root, total, on_progress)
    create_contracts(con, options)
    write_content(con, options, content, written)
    write_search(con, options, search, written)
    identities.create_people(con, options)
    written.add(identities.CUSTOMERS_PATH, identities.write_customers(con, root, options))
    written.add(identities.ACCOUNTS_PATH, identities.write_accounts(con, root, options))
    written.add(identities.LIBRARY_PATH, identities.write_library(con, root, options))
    return SampleSummary(files=written.files, rows=written.rows, bytes=written.bytes)


def write_content(
    con: duckdb.DuckDBPyConnection,
    options: SampleOptions,
    files: list[ContentFile],
    written: Written,
) -> None:
    """Write `log_content/`, month by month."""
    for month, of_month in groupby(files, key=lambda file: file.day.replace(day=1)):
        create_households(con, options, month)
        for chunk in content_files.chunks(options, list(of_month)):
            for path, rows in content_files.write_chunk(con, written.root, options, chunk):
                written.add(path, rows)
    for table in ("households", "content_rows", "dirt"):
        con.execute(f"drop table if exists {table}")
    unreadable = content_files.unreadable_path(options)
    if unreadable is not None:
        (written.root / unreadable).parent.mkdir(parents=True, exist_ok=True)
        (written.root / unreadable).write_bytes(content_files.UNREADABLE_BYTES)
        written.add(unreadable, 0)
    if options.dirt:
        for name, text in content_files.SKIPPED_FILES.items():
            (written.root / content_files.FOLDER / name).write_text(text, encoding="utf-8")


def write_search(
    con: duckdb.DuckDBPyConnection,
    options: SampleOptions,
    days: list[SearchDay],
    written: Written,
) -> None:
    """Write `log_search/`, month by month."""
    create_pool(con)
    create_users(con, options)
    create_families(con, options.dirt)
    con.execute("create or replace temp table seen_users (u ubigint)")
    for month, of_month in groupby(days, key=lambda item: item.day.replace(day=1)):
        create_favourites(con, options, month)
        for chunk in search_files.chunks(options, list(of_month)):
            for path, rows in search_files.write_chunk(con, written.root, options, chunk):
                written.add(path, rows)
