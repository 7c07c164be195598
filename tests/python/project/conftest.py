"""The whole project run on a dirty sample, once for all tests of this folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from project.runs import REAL, Built, build

from c360.sample import SampleOptions, write_sample


@pytest.fixture(scope="session")
def sample_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three months of dirty logs in every format, one file unreadable; months without a gap."""
    out = tmp_path_factory.mktemp("sample") / "raw"
    months = (date(2022, 5, 1), date(2022, 6, 1), date(2022, 7, 1))
    write_sample(SampleOptions(out=out, customers=500, months=months, unreadable=True))
    return out


@pytest.fixture(scope="session")
def sample(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """`dbt build` with everything: seeds, models, data tests and unit tests."""
    return build(sample_dir, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The real search day, when it lies beside the project."""
    if not (REAL / "log_search").is_dir():
        pytest.skip("no real logs beside the project")
    return build(REAL, tmp_path_factory.mktemp("real"), "--exclude-resource-type", "unit_test")
