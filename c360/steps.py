"""The steps of a run, each with its progress: load, build, export (SPEC section 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from c360 import console
from c360.errors import ConfigurationError, DatabaseBusyError, ExitCode
from c360.sample import SampleOptions, write_sample
from c360.settings import DEFAULT_RAW_DIR, PROJECT_DIR, SAMPLE_DIR, Settings
from exporters.catalog import read_catalog
from exporters.embedded import export_embedded
from exporters.mysql import export_mysql
from exporters.results import ExportedTable, Progress
from loaders import drift
from loaders.database import connect_read_only
from loaders.landing import LandedFile
from loaders.load import LoadOptions, LoadSummary, NoLogsError, find_raw_files, load

MANIFEST = PROJECT_DIR / "target" / "manifest.json"
MAX_DRIFT_SHOWN = 10


@dataclass(frozen=True)
class Exported:
    """Where one export went and what it holds."""

    place: str
    tables: list[ExportedTable]


def choose_raw_dir(settings: Settings) -> Path:
    """The directory that was named, else the default one, else a sample that is made here.

    Raises:
        ConfigurationError: a directory was named that is missing or holds no known file, or the
            default one cannot be read.
    """
    if settings.raw_dir is not None:
        find_raw_files(settings.raw_dir)
        return settings.raw_dir
    try:
        find_raw_files(DEFAULT_RAW_DIR)
    except NoLogsError:
        return _sample_dir()
    return DEFAULT_RAW_DIR


def run_load(settings: Settings, raw_dir: Path, *, prune: bool, strict: bool) -> LoadSummary:
    """Load a raw directory and say what was set aside."""
    options = LoadOptions(
        raw_dir=raw_dir,
        database=settings.database,
        prune=prune,
        strict=strict,
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    )
    with console.step(f"load {raw_dir}") as progress:

        def report(file: LandedFile, done: int, total: int) -> None:
            progress.update(file.path, done, total)

        summary = load(options, report)
    for line in (*describe_load(summary), *describe_drift(settings, summary)):
        console.say(line)
    return summary


def describe_load(summary: LoadSummary) -> list[str]:
    """A load in a few lines: what it did, and every file that needs someone's attention."""
    count = Counter(file.outcome for file in summary.files)
    rows = sum(file.rows_read for file in summary.files if file.outcome in ("loaded", "replaced"))
    lines = [
        f"{count['loaded']} files loaded, {count['replaced']} replaced, "
        f"{count['unchanged']} unchanged; {rows:,} rows read"
    ]
    if count["vanished"]:
        lines.append(f"{count['vanished']} files vanished while the others were loaded")
    forgotten = sum(file.rows_forgotten for file in summary.files)
    if forgotten:
        lines.append(f"{forgotten:,} rows of forgotten persons were kept out")
    if summary.replaced_sample:
        lines.append("the sample that was loaded before has been removed")
    lines += [f"set aside: {file.path}: {file.problem}" for file in summary.unreadable]
    lines += [f"not ready: {file.path}: {file.problem}" for file in summary.changing]
    if summary.changing:
        lines.append("load again when the files that were not ready are complete")
    if summary.skipped:
        lines.append(f"{len(summary.skipped)} paths are not logs (c360 status lists them)")
    if summary.missing:
        lines.append(
            f"{len(summary.missing)} loaded files are gone from the directory and are kept "
            "(c360 load --prune removes them)"
        )
    if summary.pruned:
        lines.append(f"{len(summary.pruned)} files that are gone were removed")
    return lines


def describe_drift(settings: Settings, summary: LoadSummary) -> list[str]:
    """A line for each field of the files just read that is not as expected (loaders/drift.py)."""
    if not any(file.outcome in ("loaded", "replaced") for file in summary.files):
        return []
    try:
        connection = connect_read_only(settings.database)
    except DatabaseBusyError:  # the load is done: c360 status shows them later
        return []
    try:
        drifted = [drift.describe(found) for found in drift.summarise(connection) if found.is_news]
    finally:
        connection.close()
    shown = drifted[:MAX_DRIFT_SHOWN]
    if len(drifted) > len(shown):
        shown.append(f"and {len(drifted) - len(shown)} more fields (c360 status lists them)")
    return shown


def run_build(settings: Settings) -> None:
    """Build every model and data test."""
    from c360.build import build  # dbt takes seconds to import; only a build needs it

    with console.step("build") as progress:
        warnings = build(settings, progress.update)
    for line in warnings:
        console.say(f"warning: {line}")


def run_export(settings: Settings) -> list[Exported]:
    """Export the declared marts to files and, when a URL is set, to MySQL.

    Raises:
        ExportError: the last build failed, or an export did; what was served before still is.
    """
    tables = read_catalog(MANIFEST)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    exported: list[Exported] = []
    with console.step(f"export to {settings.export_dir}") as progress:
        done = export_embedded(
            settings.database,
            tables,
            settings.export_dir,
            run_id,
            _reporter(progress),
            settings.pseudonymize_key,
        )
        exported.append(Exported(str(settings.export_dir), done))
    if settings.mysql_url:
        with console.step("export to MySQL") as progress:
            done = export_mysql(
                settings.database,
                tables,
                settings.mysql_url,
                run_id,
                _reporter(progress),
                settings.pseudonymize_key,
            )
            exported.append(Exported("MySQL", done))
    return exported


def exit_code(summary: LoadSummary) -> ExitCode:
    """Done, or done without some files: unreadable, or still being written."""
    if summary.unreadable or summary.changing:
        return ExitCode.FILES_SET_ASIDE
    return ExitCode.DONE


def _sample_dir() -> Path:
    """The sample, made once; it lies apart from the default directory for real logs."""
    try:
        find_raw_files(SAMPLE_DIR)
        console.say(f"no logs in {DEFAULT_RAW_DIR}: using the sample in {SAMPLE_DIR}")
    except ConfigurationError:
        console.say(f"no logs in {DEFAULT_RAW_DIR}: making a sample in {SAMPLE_DIR}")
        with console.step("sample") as progress:
            write_sample(SampleOptions(out=SAMPLE_DIR), progress.update)
    return SAMPLE_DIR


def _reporter(progress: console.Step) -> Callable[[Progress], None]:
    tables: dict[str, bool] = {}

    def report(event: Progress) -> None:
        if event.note:
            progress.note(event.note)
        if event.table:
            tables[event.table] = tables.get(event.table, False) or event.stage == "verified"
            progress.update(f"{event.table}: {event.stage}", sum(tables.values()), len(tables))

    return report
