"""Whatever is loaded: no row is lost, and every mart is what the definitions say (SPEC 3 to 6)."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given
from oracle import compare, compute_marts
from project.test_marts import KEYS

from .layouts import Files, layouts
from .logs import logs
from .models import CompiledProject
from .runs import few


@few(20)
@given(files=logs().flatmap(layouts))
def test_marts_equal_the_definitions(project: CompiledProject, files: Files) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = project.workspace(Path(folder))
        for path, content in files.items():
            workspace.put(path, content)
        workspace.load()
        rows_read = dict(
            workspace.query(
                "select source, sum(rows_read)::bigint from raw.files "
                "where log_date is not null group by source having sum(rows_read) > 0"
            )
        )
        built = project.build(workspace.database)
        expected = compute_marts(workspace.raw)

        assert built.broken_tests == []
        rejects = sorted(
            (row["path"], row["line_number"] or 0, row["reason"])
            for row in expected["rejected_rows"]
            if row["reason"] != "accepted"
        )
        assert built.rejects == rejects
        counted: Counter[object] = Counter()
        for row in built.marts["load_quality"]:
            counted[row["source"]] += row["rows"]
        assert counted == rows_read
        for mart, key in KEYS.items():
            assert compare(expected[mart], built.marts[mart], key) == [], mart
