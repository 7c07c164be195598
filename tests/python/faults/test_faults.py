"""A few tries of every fault; `make faults` makes them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporters.url import ServerUrl
from faults import exports as kill_exports
from faults import kills as kill_loads
from faults.outcome import Bench, Fault
from faults.registry import FAULTS

SEED = 360


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.few], ids=lambda f: f.name)
def test_a_fault_is_survived(fault: Fault, tmp_path: Path, server: ServerUrl) -> None:
    outcome = fault.inject(Bench(tmp_path, fault.few, SEED, server))
    assert outcome.passed, "\n".join(outcome.notes)
    assert outcome.tries >= fault.few


def test_every_fault_has_a_name_of_its_own_and_enough_tries() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert all(0 <= fault.few <= fault.full for fault in FAULTS)
    kills = [fault.full for fault in (*kill_loads.FAULTS, *kill_exports.FAULTS)]
    assert sum(kills) >= 300
