"""Names that may stand in SQL: everything else reaches a database as a parameter."""

from __future__ import annotations

import re

from c360.errors import ConfigurationError

# 48 characters leave room for the suffixes of staging tables within the 64 of MySQL.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,47}")
_SERVER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# A run id becomes the name of a folder and a value in customer360_export.
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,63}")


def require_name(name: object, what: str) -> str:
    """Return `name` if it may name a table, column or schema of ours."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    raise ConfigurationError(
        f"{what} {name!r} cannot be exported under that name.",
        hint="Use up to 48 letters, digits and underscores, not starting with a digit.",
    )


def require_run_id(run_id: str) -> str:
    """Return `run_id` if it may name a folder."""
    if _RUN_ID.fullmatch(run_id):
        return run_id
    raise ConfigurationError(
        f"The run id {run_id!r} cannot be used.",
        hint="Use up to 64 letters, digits and any of _ . : + -, starting with a letter or digit.",
    )


def for_duckdb(name: str) -> str:
    """Quote a checked name for DuckDB."""
    return f'"{require_name(name, "Name")}"'


def for_server(name: str) -> str:
    """Quote a checked name (staging suffix included) for MySQL and MariaDB."""
    if not _SERVER_NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be used as a name on the server.",
            hint="Use up to 64 letters, digits and underscores, not starting with a digit.",
        )
    return f"`{name}`"
