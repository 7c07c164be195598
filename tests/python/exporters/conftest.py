"""What the export tests share: a server, a schema for each test, and marts to export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import export_marts
import pytest
import servers

from exporters.url import ServerUrl


@pytest.fixture(scope="session")
def server() -> Iterator[ServerUrl]:
    """A server with LOAD DATA LOCAL, which is the faster way."""
    with servers.server() as address, servers.local_infile(address, on=True):
        yield address


@pytest.fixture
def served(server: ServerUrl) -> Iterator[servers.Database]:
    """An empty schema of the test's own."""
    with servers.empty_schema(server) as database:
        yield database


@pytest.fixture(params=["load-data", "inserts"])
def served_both_ways(
    server: ServerUrl, request: pytest.FixtureRequest
) -> Iterator[servers.Database]:
    """An empty schema, once on a server with local_infile and once on one without."""
    with (
        servers.local_infile(server, on=request.param == "load-data"),
        servers.empty_schema(server) as database,
    ):
        yield database


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A DuckDB file with the three small marts of version 1."""
    path: Path = export_marts.write_versioned(tmp_path / "marts.duckdb", version=1)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an embedded export goes; it does not exist yet."""
    return tmp_path / "export"
