"""The errors a user can act on, and the exit code of each (SPEC section 1)."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees when a command ends."""

    DONE = 0
    STEP_FAILED = 1
    WRONG_USAGE = 2
    FILES_SET_ASIDE = 3


class CustomerError(Exception):
    """Base of every failure a user can act on: what happened, and what to do about it.

    Args:
        what: one sentence that says what happened, without secrets.
        hint: one sentence that says what to do.
    """

    exit_code: ExitCode = ExitCode.STEP_FAILED

    def __init__(self, what: str, *, hint: str) -> None:
        self.what = what
        self.hint = hint
        super().__init__(f"{what}\n{hint}")


class ConfigurationError(CustomerError):
    """A setting, flag or directory is wrong; nothing has been changed."""

    exit_code = ExitCode.WRONG_USAGE


class LoadError(CustomerError):
    """Loading stopped; every file is either wholly loaded or not at all."""


class DatabaseBusyError(CustomerError):
    """Another process holds the DuckDB file."""


class BuildError(CustomerError):
    """`dbt build` failed; nothing is exported."""


class ExportError(CustomerError):
    """An export stopped; the set that was served before is still served."""
