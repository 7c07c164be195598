"""`dbt build` inside this process, with its progress and its failures in a few words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from c360.dbt_plugin import BusyError
from c360.errors import BuildError, DatabaseBusyError
from c360.findings import explains, explanations
from c360.settings import PROJECT_DIR, Settings, apply_to_process, dbt_environment
from loaders.database import is_disk_full, wait_until_free

OnNode = Callable[[str, int, int], None]
MAX_FAILURES_SHOWN = 5
MEND = "Mend what is named above and run dbt build."
MAKE_ROOM = "Make room on the disk of the database and run the same command again."
MEND_OR_ACCEPT = (
    "Mend the logs or the rules and run it again; a day that is right as it is goes into "
    "var accepted_bad_days in dbt_project.yml (docs/quality.md)."
)


def build(settings: Settings, on_node: OnNode | None = None) -> list[str]:
    """Build all models, seeds and data tests into the database.

    Unit tests are left to `dbt build` and `make test`: they test the code, not these logs.

    Args:
        on_node: called after each node with its name, how many are done and how many there are.

    Returns:
        One line for each thing that data tests warn of.

    Raises:
        BuildError: dbt could not start, or a model, seed or data test failed.
        DatabaseBusyError: another process has the database open.
    """
    # dbt takes seconds to start, and is in no one's way then: its plugin waits once more.
    wait_until_free(settings.database)
    apply_to_process(dbt_environment(settings))
    finished = total = 0

    def watch(event: Any) -> None:
        nonlocal finished, total
        if event.info.name == "LogStartLine":
            total = event.data.total
        elif event.info.name == "NodeFinished" and on_node:
            finished += 1
            on_node(event.data.node_info.node_name, finished, total)

    arguments = [
        # What fails is said by the error below, without dbt's tracebacks.
        "--log-level",
        "none",
        "--no-use-colors",
        "build",
        "--project-dir",
        str(PROJECT_DIR),
        "--profiles-dir",
        str(PROJECT_DIR),
        "--exclude-resource-type",
        "unit_test",
    ]
    with _as_command_line(arguments):
        result = dbtRunner(callbacks=[watch]).invoke(arguments)
    # dbt leaves the database open in this process; the next step opens it again.
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if result.success:
        return _warnings(settings.database, result)
    if busy := _busy(result.exception):
        raise busy
    what = _what_failed(settings.database, result)
    if is_disk_full(RuntimeError(what)):  # dbt hands on no more than its text
        raise BuildError(what, hint=MAKE_ROOM)
    raise BuildError(what, hint=MEND_OR_ACCEPT if any(map(explains, _failed(result))) else MEND)


@contextmanager
def _as_command_line(arguments: list[str]) -> Iterator[None]:
    """The arguments dbt writes to its log and to target/: its own, as ours may hold secrets."""
    ours = sys.argv
    sys.argv = ["dbt", *arguments]
    try:
        yield
    finally:
        sys.argv = ours


def _busy(error: BaseException | None) -> DatabaseBusyError | None:
    """What the plugin said, below what dbt has made of it."""
    while error is not None and not isinstance(error, BusyError):
        error = error.__cause__ or error.__context__
    return error.reason if error else None


def _warnings(database: Path, result: Any) -> list[str]:
    return [
        line
        for node in result.result.results
        if node.status == "warn"
        for line in explanations(database, node)
        or [f"{node.node.name}: {(node.message or node.status).strip()}"]
    ]


def _failed(result: Any) -> list[Any]:
    """The results of the nodes that stopped the build."""
    if result.exception is not None:
        return []
    return [
        node for node in result.result.results if node.status in ("error", "fail", "runtime error")
    ]


def _what_failed(database: Path, result: Any) -> str:
    if result.exception is not None:
        return f"dbt could not build: {result.exception}"
    failures = [
        "\n    ".join(
            [
                f"  {node.node.name}: {(node.message or node.status).strip()}",
                *explanations(database, node),
            ]
        )
        for node in _failed(result)
    ]
    shown = failures[:MAX_FAILURES_SHOWN]
    if len(failures) > len(shown):
        shown.append(f"  and {len(failures) - len(shown)} more")
    return "\n".join(["dbt build failed:", *shown])
