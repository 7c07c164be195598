"""Dashboards read the exported files: no load, build or export is in their way (SPEC 8)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
from support import Workspace, close_readers, line, lines

from exporters.catalog import ExportTable
from exporters.embedded import export_embedded

ROUNDS = 12
ROWS = 20_000
TABLES = ("contracts", "users", "customers")
READER = Path(__file__).with_name("export_reader.py")


def load_and_build(workspace: Workspace, version: int) -> None:
    """A day more, and marts that say which version they are."""
    workspace.put(f"log_content/202207{version:02}.json", lines(line(version)))
    workspace.load()
    close_readers()
    with duckdb.connect(str(workspace.database)) as connection:
        connection.execute("create schema if not exists marts")
        for table in TABLES:
            connection.execute(
                f"create or replace table marts.{table} as "
                f"select range as id, {version} as version from range({ROWS})"
            )


def test_a_reader_of_the_export_never_fails_and_never_sees_two_versions(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    tables = [ExportTable(name, "marts", ("id",)) for name in TABLES]
    load_and_build(workspace, 1)
    export_embedded(workspace.database, tables, folder, "run-1")
    command = [sys.executable, str(READER), str(folder), *TABLES]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"reading\n"
        for version in range(2, ROUNDS + 1):
            load_and_build(workspace, version)
            export_embedded(workspace.database, tables, folder, f"run-{version}")
        reader.stdin.close()
        report = json.loads(reader.stdout.read())
    assert report["wrong"] == []
    assert report["seen"] == sorted(report["seen"])
    assert len(set(report["seen"])) >= ROUNDS - 2
