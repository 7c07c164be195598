"""The SPEC's definitions in plain Python, to check the dbt marts against.

Written from the SPEC alone, one small module per section, the simplest code that states each
definition: this is a reference text first and a program second.
"""

from .compare import compare
from .marts import compute_marts
from .settings import Settings

__all__ = ["Settings", "compare", "compute_marts"]
