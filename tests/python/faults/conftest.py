"""The server that faults of exports are tried on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import servers

from exporters.url import ServerUrl


@pytest.fixture(scope="session")
def server() -> Iterator[ServerUrl]:
    """A server that every fault leaves as it was."""
    with servers.server() as address:
        yield address
