"""All faults; each module names its own in `FAULTS`."""

from __future__ import annotations

from faults import disk, exports, files, kills, moving, mysql, paths
from faults.outcome import Fault

_MODULES = (kills, exports, disk, moving, files, paths, mysql)
FAULTS: tuple[Fault, ...] = tuple(fault for module in _MODULES for fault in module.FAULTS)
