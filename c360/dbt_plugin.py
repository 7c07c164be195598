"""A dbt-duckdb plugin: dbt waits for the database, and the raw tables exist before models do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from c360.errors import DatabaseBusyError
from loaders.database import wait_until_free
from loaders.schema import ensure_raw_schema


class BusyError(DbtRuntimeError):
    """Another process has the database open; dbt shows errors of its own without a traceback."""

    def __init__(self, reason: DatabaseBusyError) -> None:
        self.reason = reason
        super().__init__(str(reason))


class Plugin(BasePlugin):
    """Named in profiles.yml; dbt-duckdb makes one for each database it opens."""

    _gave_up: BusyError | None = None

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Called just before dbt opens the database: wait until nobody else has it open.

        Raises:
            BusyError: somebody still has. dbt tries again for each schema; then there is no wait.
        """
        if self._gave_up:
            raise self._gave_up
        try:
            wait_until_free(Path(creds.path))
        except DatabaseBusyError as error:
            self._gave_up = BusyError(error)
            raise self._gave_up from error

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Make the tables of schema `raw` that are missing."""
        ensure_raw_schema(conn)
