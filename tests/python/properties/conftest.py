"""The project compiled once for all tests of this folder."""

from __future__ import annotations

import pytest

from .models import CompiledProject, compile_project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """Every model and data test as SQL, and an empty database."""
    return compile_project(tmp_path_factory.mktemp("compiled"))
