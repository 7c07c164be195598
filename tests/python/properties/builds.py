"""Marts of raw directories, and how those of two differ."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from oracle import compare
from project.test_marts import KEYS

from .layouts import Files
from .models import Built, CompiledProject


def build_at_once(project: CompiledProject, files: Files) -> Built:
    """Everything loaded in one go and built from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = project.workspace(Path(folder))
        for path, content in files.items():
            workspace.put(path, content)
        workspace.load()
        return project.build(workspace.database)


def differences(one: Built, other: Built) -> list[str]:
    """Where two builds differ in what must not depend on the files."""
    found = [
        f"{mart}: {line}"
        for mart, key in KEYS.items()
        for line in compare(one.marts[mart], other.marts[mart], key)
    ]
    reasons, other_reasons = (Counter(row[2] for row in built.rejects) for built in (one, other))
    if reasons != other_reasons:
        found.append(f"rejected: {reasons} and {other_reasons}")
    return found + one.broken_tests + other.broken_tests
