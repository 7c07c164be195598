"""How many examples a property is tried with, and which."""

from __future__ import annotations

import os

from hypothesis import settings

FACTOR = int(os.environ.get("PROPERTY_EXAMPLES", "1"))
"""`make properties` sets it, and with it every run has examples of its own."""


def few(examples: int) -> settings:
    """So many examples, always the same, in `make test`; others and more in `make properties`."""
    return settings(max_examples=examples * FACTOR, derandomize=FACTOR == 1)
