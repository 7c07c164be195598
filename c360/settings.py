"""Settings: environment variables, each also a flag. No other module of `c360` reads them."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from c360.errors import ConfigurationError

# What each variable means; `c360 --help` and the README (checked by a test) say the same.
VARIABLES: dict[str, str] = {
    "C360_RAW_DIR": "directory of raw logs (default data/raw)",
    "C360_DATABASE": "DuckDB file (default data/customer360.duckdb)",
    "C360_MYSQL_URL": "where to export besides the files: mysql://user:password@host:3306/schema",
    "C360_EXPORT_DIR": "directory of the exported Parquet and CSV files (default data/export)",
    "C360_PSEUDONYMIZE_KEY": "secret of 16 characters or more: exported identifiers become HMACs",
    "C360_THREADS": "threads of the load (default: one a core)",
    "C360_MEMORY_LIMIT": "memory DuckDB may use before it spills to disk (default 3GB)",
    "C360_TEST_MYSQL_URL": "a server for the export tests (default: a private one is started)",
}
DEFAULT_RAW_DIR = Path("data/raw")
SAMPLE_DIR = Path("data/sample")
DEFAULT_DATABASE = Path("data/customer360.duckdb")
DEFAULT_EXPORT_DIR = Path("data/export")
DEFAULT_MEMORY_LIMIT = "3GB"
MAX_THREADS = 1024
# A shorter key can be guessed, and with it every pseudonym undone.
MIN_KEY_CHARACTERS = 16

PROJECT_DIR = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """What a command works on; paths are relative to the working directory.

    Attributes:
        raw_dir: None when nobody named one: then the default directory or a sample is used.
        mysql_url: holds a password; never print it.
        memory_limit: as DuckDB writes it, such as `3GB`.
        pseudonymize_key: a secret; never print it. None = identifiers are exported as they are.
    """

    raw_dir: Path | None
    database: Path
    mysql_url: str | None
    export_dir: Path
    threads: int | None
    memory_limit: str
    pseudonymize_key: str | None = None

    def __repr__(self) -> str:
        """Without the URL, its password and the key."""
        return f"Settings(raw_dir={self.raw_dir}, database={self.database})"


def read_settings(
    *,
    raw: Path | None = None,
    database: Path | None = None,
    mysql: str | None = None,
    export_dir: Path | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Flags before environment before defaults; an empty variable counts as unset.

    Raises:
        ConfigurationError: an unknown `C360_` variable or a value that makes no sense.
    """
    check_known(environment)
    value = {name: environment.get(name, "").strip() for name in VARIABLES}
    return Settings(
        raw_dir=raw or _path(value["C360_RAW_DIR"]),
        database=database or _path(value["C360_DATABASE"]) or DEFAULT_DATABASE,
        mysql_url=mysql or value["C360_MYSQL_URL"] or None,
        export_dir=export_dir or _path(value["C360_EXPORT_DIR"]) or DEFAULT_EXPORT_DIR,
        threads=_threads(threads, value["C360_THREADS"]),
        memory_limit=_memory(memory_limit or value["C360_MEMORY_LIMIT"] or DEFAULT_MEMORY_LIMIT),
        pseudonymize_key=_key(value["C360_PSEUDONYMIZE_KEY"]),
    )


def check_known(environment: Mapping[str, str]) -> None:
    """Stop at a `C360_` variable that nobody reads: most likely a typing error."""
    for name in sorted(environment):
        if name.startswith("C360_") and name not in VARIABLES:
            close = difflib.get_close_matches(name, VARIABLES, n=1)
            meant = f"Did you mean {close[0]}? " if close else ""
            raise ConfigurationError(
                f"unknown setting {name}",
                hint=f"{meant}Settings are {', '.join(VARIABLES)}.",
            )


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What profiles.yml reads."""
    return {
        "C360_DATABASE": str(settings.database.absolute()),
        "C360_MEMORY_LIMIT": settings.memory_limit,
    }


def apply_to_process(variables: Mapping[str, str]) -> None:
    """Set variables for what runs inside this process, such as dbt."""
    os.environ.update(variables)


def _path(text: str) -> Path | None:
    return Path(text).expanduser() if text else None


def _threads(flag: int | None, text: str) -> int | None:
    if flag is None and not text:
        return None
    if (flag is None and not text.isascii()) or not (text or "1").isdecimal():
        raise ConfigurationError(
            f"C360_THREADS is {text!r}", hint="It must be a whole number from 1 on."
        )
    threads = flag if flag is not None else int(text)
    if not 1 <= threads <= MAX_THREADS:
        raise ConfigurationError(
            f"the number of threads is {threads}",
            hint=f"It must be a whole number from 1 to {MAX_THREADS}.",
        )
    return threads


def _key(text: str) -> str | None:
    """No flag gives it: flags show in process lists and histories of shells."""
    if text and len(text) < MIN_KEY_CHARACTERS:
        raise ConfigurationError(
            f"C360_PSEUDONYMIZE_KEY has fewer than {MIN_KEY_CHARACTERS} characters",
            hint="Make a random one and keep it: openssl rand -hex 32. Unset: no pseudonyms.",
        )
    return text or None


def _memory(text: str) -> str:
    number = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) *[KMGT]i?B", text, re.IGNORECASE)
    if number is None or float(number.group(1)) == 0:
        raise ConfigurationError(
            f"the memory limit is {text!r}", hint="Write a number with its unit, such as 3GB."
        )
    return text
