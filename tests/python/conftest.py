"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support import Workspace, close_readers

# Slow machines are no fault of the code; a fixed seed makes a failure one that everyone sees.
settings.register_profile(
    "customer360",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("customer360")

HERE = Path(__file__).parent
# What runs the project where it lies shares its target/ and runs one after the other.
IN_PLACE = (
    "c360",
    "concurrency",
    "drift/test_drift_run.py",
    "exporters/test_export_project.py",
    "project/test_end_to_end.py",
)
# What looks at one built sample.
SAMPLE = ("project/test_marts.py", "project/test_structure.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which tests stay together when several processes run them (`make unit`)."""
    for item in items:
        path = item.path.relative_to(HERE).as_posix()
        group = "in place" if path.startswith(IN_PLACE) else path
        group = "sample" if path.startswith(SAMPLE) else group
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """An empty raw directory and a database that is not there yet."""
    yield Workspace.make(tmp_path)
    close_readers()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same for a whole module, which loads it once and looks at it often."""
    return Workspace.make(tmp_path_factory.mktemp("shared"))
