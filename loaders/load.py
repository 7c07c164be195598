"""`c360 load`: a raw directory into schema `raw` (SPEC sections 1 and 3)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from c360.errors import ConfigurationError
from loaders import manifest
from loaders.database import connect, explain
from loaders.discovery import Discovery, SkippedPath, discover
from loaders.landing import LandedFile, Landing, transaction
from loaders.schema import ensure_raw_schema
from loaders.sources import EXPECTED_LAYOUT

# A file with this name marks a directory that `c360 sample` has made.
SAMPLE_MARKER = ".customer360-sample"

OnFile = Callable[[LandedFile, int, int], None]


@dataclass(frozen=True)
class LoadOptions:
    """What to load and how.

    Attributes:
        prune: remove what files contributed that are no longer in the directory.
        strict: stop at the first unreadable file.
        threads: DuckDB's threads and files read at once; None = one a core.
        memory_limit: DuckDB's, such as `3GB`.
    """

    raw_dir: Path
    database: Path
    prune: bool = False
    strict: bool = False
    threads: int | None = None
    memory_limit: str | None = None


@dataclass(frozen=True)
class LoadSummary:
    """What a load did."""

    files: tuple[LandedFile, ...]
    skipped: tuple[SkippedPath, ...]
    missing: tuple[str, ...]
    pruned: tuple[str, ...]
    replaced_sample: bool = False

    @property
    def unreadable(self) -> tuple[LandedFile, ...]:
        """Files that are set aside, whether now or at an earlier load."""
        return tuple(file for file in self.files if file.outcome == "unreadable")

    @property
    def changing(self) -> tuple[LandedFile, ...]:
        """Files that were written to while they were read; the next load reads them again."""
        return tuple(file for file in self.files if file.outcome == "changing")


class NoLogsError(ConfigurationError):
    """A raw directory is missing or holds no file that can be loaded."""


def find_raw_files(raw_dir: Path) -> Discovery:
    """What a raw directory holds.

    Raises:
        NoLogsError: it is missing or holds no known file.
        ConfigurationError: a folder of it cannot be read.
    """
    try:
        found = discover(raw_dir)
    except FileNotFoundError as error:
        raise NoLogsError(
            f"the raw directory {raw_dir} does not exist",
            hint=f"Set C360_RAW_DIR or --raw to a directory with this layout:\n{EXPECTED_LAYOUT}",
        ) from error
    except NotADirectoryError as error:
        raise ConfigurationError(
            f"the raw directory {raw_dir} is not a directory",
            hint=f"Set C360_RAW_DIR or --raw to a directory with this layout:\n{EXPECTED_LAYOUT}",
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"the raw directory {raw_dir} cannot be read: {error}",
            hint="Give this user the right to read it.",
        ) from error
    if not found.files:
        raise NoLogsError(
            f"the raw directory {raw_dir} holds no file that can be loaded",
            hint=f"Expected layout:\n{EXPECTED_LAYOUT}",
        )
    return found


def load(options: LoadOptions, on_file: OnFile | None = None) -> LoadSummary:
    """Load a raw directory; files that have not changed are not read again.

    Args:
        on_file: called after each file with its result, how many are done and how many there are.

    Raises:
        ConfigurationError: the raw directory is missing or holds no known file; nothing changed.
        DatabaseBusyError: another process has the database open.
        LoadError: the database, the disk or (with `strict`) a file failed.
    """
    found = find_raw_files(options.raw_dir)
    load_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    connection = connect(
        options.database, threads=options.threads, memory_limit=options.memory_limit
    )
    try:
        ensure_raw_schema(connection)
        is_sample = (options.raw_dir / SAMPLE_MARKER).exists()
        replaced_sample = _keep_sample_apart(connection, options, is_sample)
        landing = Landing(
            connection,
            options.database,
            load_id,
            workers=options.threads or os.cpu_count() or 1,
            strict=options.strict,
            is_sample=is_sample,
        )
        total = len(found.files)
        done = 0

        def report(result: LandedFile) -> None:
            nonlocal done
            done += 1
            if on_file:
                on_file(result, done, total)

        files = landing.land(found.files, report)
        present = {file.path for file in found.files}
        gone = sorted(path for path in landing.known if path not in present)
        with transaction(connection):
            for path in gone if options.prune else ():
                manifest.remove(connection, landing.known[path])
            manifest.write_skipped(connection, found.skipped, load_id)
        return LoadSummary(
            files=tuple(files),
            skipped=found.skipped,
            missing=() if options.prune else tuple(gone),
            pruned=tuple(gone) if options.prune else (),
            replaced_sample=replaced_sample,
        )
    except duckdb.Error as error:
        raise explain(error, options.database) from error
    finally:
        connection.close()


def _keep_sample_apart(
    connection: duckdb.DuckDBPyConnection, options: LoadOptions, is_sample: bool
) -> bool:
    """Made-up rows never stand beside real ones; returns whether a sample was removed.

    Raises:
        ConfigurationError: a sample would be added to real logs.
    """
    known = manifest.read_manifest(connection).values()
    if is_sample and any(not entry.is_sample for entry in known):
        raise ConfigurationError(
            f"{options.database} holds real logs and {options.raw_dir} is a sample",
            hint="Load the sample into another database (--database or C360_DATABASE).",
        )
    if is_sample or not known:
        return False
    with transaction(connection):
        sample = [entry for entry in known if entry.is_sample]
        for entry in sample:
            manifest.remove(connection, entry)
    return bool(sample)
