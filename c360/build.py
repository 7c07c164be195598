"""`dbt build` inside this process, with its progress and its failures in a few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from c360.errors import BuildError
from c360.settings import PROJECT_DIR, Settings, apply_to_process, dbt_environment

OnNode = Callable[[str, int, int], None]
MAX_FAILURES_SHOWN = 5


def build(settings: Settings, on_node: OnNode | None = None) -> None:
    """Build all models, seeds and data tests into the database.

    Unit tests are left to `dbt build` and `make test`: they test the code, not these logs.

    Args:
        on_node: called after each node with its name, how many are done and how many there are.

    Raises:
        BuildError: dbt could not start, or a model, seed or data test failed.
    """
    apply_to_process(dbt_environment(settings))
    finished = total = 0

    def watch(event: Any) -> None:
        nonlocal finished, total
        if event.info.name == "LogStartLine":
            total = event.data.total
        elif event.info.name == "NodeFinished" and on_node:
            finished += 1
            on_node(event.data.node_info.node_name, finished, total)

    result = dbtRunner(callbacks=[watch]).invoke(
        [
            "--quiet",
            "--no-use-colors",
            "build",
            "--project-dir",
            str(PROJECT_DIR),
            "--profiles-dir",
            str(PROJECT_DIR),
            "--exclude-resource-type",
            "unit_test",
        ]
    )
    # dbt leaves the database open in this process; the next step opens it again.
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if result.success:
        return
    raise BuildError(_what_failed(result), hint="Mend what is named above and run dbt build.")


def _what_failed(result: Any) -> str:
    if result.exception is not None:
        return f"dbt could not build: {result.exception}"
    failures = [
        f"  {node.node.name}: {(node.message or node.status).strip()}"
        for node in result.result.results
        if node.status in ("error", "fail", "runtime error")
    ]
    shown = failures[:MAX_FAILURES_SHOWN]
    if len(failures) > len(shown):
        shown.append(f"  and {len(failures) - len(shown)} more")
    return "\n".join(["dbt build failed:", *shown])
