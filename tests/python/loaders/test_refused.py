"""What the system refuses for a while is not lost: it is read as soon as the system lets it be."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import Workspace, line, lines

from c360 import steps
from c360.errors import ConfigurationError
from c360.settings import read_settings
from loaders import discovery, landing, load
from loaders.readers import json_lines
from loaders.scan import LineCount, count_lines

PATH, OTHER = "log_content/20220701.json", "log_content/20220702.json"


def failing(work: Callable[..., Any], error: OSError) -> Callable[..., Any]:
    """The same, but for one file."""

    def refuse(path: Path, *arguments: object) -> Any:
        if path.name == Path(PATH).name:
            raise error
        return work(path, *arguments)

    return refuse


@pytest.mark.parametrize(
    ("module", "step"), [(landing, "hash_file"), (json_lines, "count_lines")], ids=["hash", "read"]
)
@pytest.mark.parametrize("others", [1, 40])
def test_a_file_that_could_not_be_read_is_tried_by_every_load(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, module: Any, step: str, others: int
) -> None:
    """Alone, or among small files that are landed together."""
    workspace.put(PATH, lines(*map(line, "a" * 100)))  # not so small that Python reads it
    for number in range(others):
        workspace.put(f"log_content/20220702/{number}.json", lines(line("b")))
    error = OSError(errno.EIO, os.strerror(errno.EIO))
    with monkeypatch.context() as broken:
        broken.setattr(module, step, failing(getattr(module, step), error))
        for _ in range(2):
            assert workspace.load().unreadable[0].problem == "[Errno 5] Input/output error"
    assert workspace.content("document_id") == [(1, "b")] * others
    assert not workspace.load().unreadable
    assert workspace.query("select count(*) from raw.log_content") == [(100 + others,)]


def test_a_very_long_line_is_left_to_python(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB would take four times its length in each thread, and a load would end there."""
    monkeypatch.setattr(json_lines, "MAX_OBJECT_BYTES", 5000)
    asked: list[int] = []

    def count(*arguments: Any) -> LineCount:
        counted = count_lines(*arguments)
        asked.append(counted.longest)
        return counted

    monkeypatch.setattr(json_lines, "count_lines", count)
    monkeypatch.setattr(json_lines, "_insert_with_duckdb", None)
    workspace.put(PATH, lines(line("a"), b"x" * 6000, line("b")))
    workspace.load()
    assert max(asked) > 5000
    assert workspace.content("document_id") == [(1, "a"), (3, "b")]
    assert workspace.quarantine() == [(2, "malformed", "x" * 6000)]


def test_a_folder_that_goes_while_others_are_listed_is_no_error(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.put("log_content/20220701/part-0.json", lines(line("a")))
    workspace.put(OTHER, lines(line("b")))
    scandir = os.scandir

    def listed(folder: Any) -> Iterator[os.DirEntry[str]]:
        if str(folder).endswith("20220701"):
            shutil.rmtree(folder)  # as a writer that replaces it does
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", listed)
    workspace.load()
    assert workspace.content("document_id") == [(1, "b")]


def test_logs_that_cannot_be_read_are_no_reason_for_a_sample(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.put(PATH, lines(line("a")))
    monkeypatch.setattr(steps, "DEFAULT_RAW_DIR", workspace.raw)
    monkeypatch.setattr(steps, "_sample_dir", lambda: workspace.raw.parent / "sample")
    settings = read_settings(environment={})
    assert steps.choose_raw_dir(settings) == workspace.raw

    def refuse(raw_dir: Path) -> discovery.Discovery:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(raw_dir))

    with monkeypatch.context() as locked:
        locked.setattr(load, "discover", refuse)
        with pytest.raises(ConfigurationError, match="cannot be read"):
            steps.choose_raw_dir(settings)
    (workspace.raw / PATH).unlink()
    assert steps.choose_raw_dir(settings) == workspace.raw.parent / "sample"
