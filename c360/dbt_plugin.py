"""A dbt-duckdb plugin: the raw tables exist before any model reads them, with or without logs."""

from __future__ import annotations

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from loaders.schema import ensure_raw_schema


class Plugin(BasePlugin):
    """Named in profiles.yml; dbt-duckdb makes one for each database it opens."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Make the tables of schema `raw` that are missing."""
        ensure_raw_schema(conn)
