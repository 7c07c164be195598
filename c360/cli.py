"""The `c360` command (SPEC section 1): arguments in, exit codes out."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from c360 import console
from c360.errors import CustomerError, DatabaseBusyError, ExitCode
from c360.settings import Settings, read_settings

if TYPE_CHECKING:
    from c360.steps import Exported

app = typer.Typer(
    name="c360",
    help="Raw logs of a pay-TV and internet operator to a customer 360.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Raw = Annotated[Path | None, typer.Option("--raw", help="Directory of raw logs [C360_RAW_DIR].")]
Database = Annotated[Path | None, typer.Option(help="DuckDB file [C360_DATABASE].")]
Mysql = Annotated[
    str | None,
    typer.Option(
        help="mysql://user:password@host:3306/schema [C360_MYSQL_URL, where no one looks]."
    ),
]
ExportDir = Annotated[Path | None, typer.Option(help="Exported files [C360_EXPORT_DIR].")]
Threads = Annotated[int | None, typer.Option(help="Threads of the load [C360_THREADS].")]
MemoryLimit = Annotated[str | None, typer.Option(help="DuckDB's, as 3GB [C360_MEMORY_LIMIT].")]
Prune = Annotated[
    bool, typer.Option("--prune", help="Remove what files gave that are gone from the directory.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop at an unreadable file instead of setting it aside.")
]


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Directory to write; made anew when it is a sample.")],
    customers: Annotated[int, typer.Option(help="Contracts of the first month.")] = 2000,
    months: Annotated[str, typer.Option(help="YYYY-MM, a list, or a range.")] = "2022-06..2022-07",
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 360,
    clean: Annotated[bool, typer.Option("--clean", help="Without the dirt of real logs.")] = False,
    headline: Annotated[
        bool, typer.Option("--headline", help="1,920,546 contracts: 43 million lines, 7 GB.")
    ] = False,
) -> None:
    """Write a sample raw directory that looks like the operator's logs."""
    from c360.sample import SampleOptions, headline_options, parse_months, write_sample

    options = (
        headline_options(out, seed)
        if headline
        else SampleOptions(
            customers=customers, months=parse_months(months), seed=seed, out=out, dirt=not clean
        )
    )
    with console.step("sample") as progress:
        summary = write_sample(options, progress.update)
    rows = ", ".join(f"{count:,} {name}" for name, count in summary.rows.items())
    console.say(f"{summary.files} files, {summary.bytes / 1e6:,.1f} MB in {out}: {rows}")


@app.command()
def load(
    raw: Raw = None,
    database: Database = None,
    threads: Threads = None,
    memory_limit: MemoryLimit = None,
    prune: Prune = False,
    strict: Strict = False,
) -> None:
    """Load raw files into DuckDB, schema raw; files that did not change are not read again."""
    from c360.steps import choose_raw_dir, exit_code, run_load

    settings = read_settings(raw=raw, database=database, threads=threads, memory_limit=memory_limit)
    raw_dir = choose_raw_dir(settings)
    raise typer.Exit(exit_code(run_load(settings, raw_dir, prune=prune, strict=strict)))


@app.command()
def export(database: Database = None, mysql: Mysql = None, export_dir: ExportDir = None) -> None:
    """Export the marts as files and, with a URL, to MySQL or MariaDB."""
    from c360.steps import run_export

    _show_exported(run_export(read_settings(database=database, mysql=mysql, export_dir=export_dir)))


@app.command()
def run(
    raw: Raw = None,
    database: Database = None,
    mysql: Mysql = None,
    export_dir: ExportDir = None,
    threads: Threads = None,
    memory_limit: MemoryLimit = None,
    prune: Prune = False,
    strict: Strict = False,
) -> None:
    """Load, build and export; without logs a sample is made and used."""
    from c360.steps import choose_raw_dir, exit_code, run_build, run_export, run_load
    from loaders.database import one_run_at_a_time

    settings = read_settings(
        raw=raw,
        database=database,
        mysql=mysql,
        export_dir=export_dir,
        threads=threads,
        memory_limit=memory_limit,
    )
    if settings.raw_dir is not None:
        choose_raw_dir(settings)  # a wrong directory changes nothing, not even the lock
    with one_run_at_a_time(settings.database):
        summary = run_load(settings, choose_raw_dir(settings), prune=prune, strict=strict)
        run_build(settings)
        exported = run_export(settings)
        _show_summary(settings)
    _show_exported(exported)
    raise typer.Exit(exit_code(summary))


@app.command()
def forget(
    identifier_type: Annotated[
        str, typer.Argument(metavar="TYPE", help="contract, user_id, email or subscriber_id.")
    ],
    identifier: Annotated[
        str,
        typer.Argument(metavar="IDENTIFIER", help="Of the person; - reads it from standard input."),
    ],
    database: Database = None,
    mysql: Mysql = None,
    export_dir: ExportDir = None,
    threads: Threads = None,
    memory_limit: MemoryLimit = None,
) -> None:
    """Remove a person everywhere, keep them out of later loads, and prove that nothing is left."""
    from c360.forget import run_forget

    settings = read_settings(
        database=database,
        mysql=mysql,
        export_dir=export_dir,
        threads=threads,
        memory_limit=memory_limit,
    )
    named = sys.stdin.readline() if identifier == "-" else identifier
    run_forget(settings, identifier_type, named)


@app.command()
def status(database: Database = None, mysql: Mysql = None, export_dir: ExportDir = None) -> None:
    """Show what is loaded, how fresh it is, what was rejected and what was exported when."""
    from c360.status import show_status

    show_status(read_settings(database=database, mysql=mysql, export_dir=export_dir))


def main() -> None:
    """Run the command and leave with its exit code; errors a user can act on have no traceback."""
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else ExitCode.DONE)
    except CustomerError as error:
        console.complain(error.what, error.hint)
        sys.exit(error.exit_code)
    except TyperException as error:
        console.complain(
            _without_password(_usage_message(error)), "c360 --help shows what there is."
        )
        sys.exit(ExitCode.WRONG_USAGE)
    except (KeyboardInterrupt, typer.Abort):
        console.complain("interrupted", "Run the same command again; whole files are kept.")
        sys.exit(130)


def _usage_message(error: TyperException) -> str:
    """What typer would say of wrong arguments; without any, the help."""
    message = getattr(error, "format_message", None)
    return str(message() if message else error)


def _without_password(text: str) -> str:
    """A URL given in the wrong place is still a secret."""
    return re.sub(r"://\S*@", "://***@", text)


def _show_summary(settings: Settings) -> None:
    from c360.status import accepted_and_rejected, iter_mart_rows, show_sources
    from loaders.database import connect_read_only

    try:
        connection = connect_read_only(settings.database)
    except DatabaseBusyError as error:  # everything is done: a run does not fail for want of this
        console.say(f"no summary, c360 status shows it later: {error.what}")
        return
    try:
        show_sources(connection)
        rows = accepted_and_rejected(connection)
        console.show_table("Accepted and rejected", ["source", "outcome", "rows", "percent"], rows)
        console.show_table("Marts", ["mart", "rows"], list(iter_mart_rows(connection)))
    finally:
        connection.close()


def _show_exported(exported: list[Exported]) -> None:
    for place in exported:
        changed = sum(table.status == "published" for table in place.tables)
        rows = sum(table.rows for table in place.tables)
        console.say(
            f"exported to {place.place}: {len(place.tables)} tables, {rows:,} rows"
            f" ({changed} tables written)"
        )
