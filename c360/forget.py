"""`c360 forget`: one person out of raw, quarantine, marts and the served set (docs/privacy.md)."""

from __future__ import annotations

from pathlib import Path

import duckdb
import yaml  # type: ignore[import-untyped]

from c360 import console
from c360.errors import ConfigurationError, CustomerError, LoadError
from c360.leftovers import Found, search_database, search_files, search_server
from c360.settings import PROJECT_DIR, Settings
from c360.steps import run_build, run_export
from exporters.memory import memory_file
from loaders.compact import compact
from loaders.database import connect, explain, one_run_at_a_time
from loaders.forgotten import IDENTIFIER_TYPES
from loaders.person import Person, find_person, normalise_identifier, remove_person
from loaders.schema import ensure_raw_schema

DBT_PROJECT = PROJECT_DIR / "dbt_project.yml"
LIMIT = "max_customer_identifiers"


class ForgetError(CustomerError):
    """A person was not forgotten everywhere; what was done stays done."""


def run_forget(settings: Settings, identifier_type: str, identifier: str) -> None:
    """Remove a person, build and export again, and prove that nothing is left.

    Each step may be killed: the same command does what is left to do.

    Args:
        identifier_type: one of contract, user_id, email, subscriber_id.
        identifier: one of theirs; what identities/ links with it is theirs too.

    Raises:
        ConfigurationError: the type is unknown or the identifier is blank; nothing changed.
        CustomerError: a step failed; the message says who still serves what.
    """
    if identifier_type not in IDENTIFIER_TYPES:
        raise ConfigurationError(
            "there is no such type of identifier",
            hint=f"Write c360 forget TYPE IDENTIFIER with one of {', '.join(IDENTIFIER_TYPES)}.",
        )
    if not settings.database.exists():
        raise LoadError(
            f"there is no database {settings.database}",
            hint="Load logs first (c360 load), or name another database with --database.",
        )
    with one_run_at_a_time(settings.database):
        with console.step(f"forget a {identifier_type}"):
            person = _remove(settings, identifier_type, identifier)
        _build_and_export(settings)
        with console.step("write the database anew"):
            before, after = compact(
                settings.database, threads=settings.threads, memory_limit=settings.memory_limit
            )
            console.say(f"{after / 1e6:,.1f} MB, {before / 1e6:,.1f} MB before")
        with console.step("search for what is left"):
            _prove(settings, person)
    console.say(
        "the raw files on disk are as they were: the next load keeps the person out of what it "
        "reads; delete them there yourself"
    )


def _remove(settings: Settings, identifier_type: str, identifier: str) -> Person:
    """The person, whose rows are out of schema `raw` from here on."""
    connection = connect(
        settings.database, threads=settings.threads, memory_limit=settings.memory_limit
    )
    try:
        value = normalise_identifier(connection, identifier_type, identifier)
        if not value:
            raise ConfigurationError(
                "the identifier is blank", hint="Write c360 forget TYPE IDENTIFIER."
            )
        ensure_raw_schema(connection)
        most = max_customer_identifiers()
        person = find_person(connection, identifier_type, value, most)
        removed = remove_person(connection, person)
        connection.execute("checkpoint")
    except duckdb.Error as error:
        raise explain(error, settings.database) from error
    finally:
        connection.close()
    memory_file(settings.database).unlink(missing_ok=True)  # sums of columns that held the person
    if person.too_large:
        console.say(
            f"it is linked with more than {most} identifiers, which is no one person: "
            "only this identifier is forgotten"
        )
    elif len(person.identifiers) > 1:
        console.say(f"{len(person.identifiers)} identifiers are this person's")
    for table, count in removed.items():
        done = "texts replaced" if table == "quarantine" else "rows removed"
        console.say(f"raw.{table}: {count:,} {done}")
    if not removed:
        console.say("nothing known; it is remembered, so that later loads keep it out")
    return person


def max_customer_identifiers(project: Path = DBT_PROJECT) -> int:
    """The var of dbt_project.yml: larger components are no customer."""
    return int(yaml.safe_load(project.read_text(encoding="utf-8"))["vars"][LIMIT])


def _build_and_export(settings: Settings) -> None:
    """Marts and served sets without the person; a failure says that they are still there."""
    try:
        run_build(settings)
        run_export(settings)
    except CustomerError as error:
        raise ForgetError(
            f"{error.what}\nThe person is out of schema raw. Marts, exported files"
            f"{' and the MySQL tables' if settings.mysql_url else ''} may still hold them.",
            hint=f"{error.hint} Then run the same c360 forget again.",
        ) from error


def _prove(settings: Settings, person: Person) -> None:
    """Say where nothing was found.

    Raises:
        ForgetError: something was.
    """
    key, url = settings.pseudonymize_key, settings.mysql_url
    try:
        found = search_database(settings.database, person, key)
        files = search_files(settings.database, settings.export_dir, person, key)
        served = search_server(url, person, key) if url else Found(0, ())
    except duckdb.Error as error:  # its message may quote what it read
        raise ForgetError(
            f"the search for what is left broke off ({type(error).__name__})",
            hint="Run the same c360 forget again; give it more memory with C360_MEMORY_LIMIT.",
        ) from error
    holding = [*found.holding, *files.holding, *(f"MySQL: {name}" for name in served.holding)]
    if holding:
        raise ForgetError(
            f"something of the person is left in {', '.join(holding)}",
            hint="Run the same c360 forget again. A name of a raw file cannot be changed here: "
            "rename that file and run c360 load --prune first.",
        )
    on_server = f" and {served.searched} tables on MySQL" if url else ""
    console.say(
        f"searched {found.searched} tables, {files.searched} exported files{on_server}: "
        "nothing left"
    )
