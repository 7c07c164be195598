"""Made-up rows never stand beside real ones."""

from __future__ import annotations

import pytest
from support import Workspace, line, lines

from c360.errors import ConfigurationError, ExitCode
from loaders.load import SAMPLE_MARKER


@pytest.fixture
def sample(workspace: Workspace) -> Workspace:
    """A directory that `c360 sample` would have made."""
    workspace.put(SAMPLE_MARKER, b"{}")
    workspace.put("log_content/20220701.json", lines(line("made up"), b"no"))
    workspace.put("library/genres.csv", b"keyword,category\nmade up,Drama\n")
    return workspace


@pytest.fixture
def real(sample: Workspace) -> Workspace:
    """Real logs for the same database."""
    folder = sample.raw.parent / "real"
    folder.mkdir()
    workspace = Workspace(folder, sample.database)
    workspace.put("log_content/20220702.json", lines(line("real")))
    return workspace


def test_a_sample_is_known_as_one(sample: Workspace) -> None:
    assert not sample.load().replaced_sample
    assert sample.query("select distinct is_sample from raw.files") == [(True,)]


def test_a_sample_is_removed_when_real_logs_are_loaded(sample: Workspace, real: Workspace) -> None:
    sample.load()
    assert real.load().replaced_sample
    assert real.files() == {"log_content/20220702.json": ("loaded", 1, 0)}
    assert real.content("document_id") == [(1, "real")]
    assert real.quarantine() == []
    assert real.rows("library", "keyword") == []
    assert not real.load().replaced_sample


def test_a_sample_of_the_same_path_and_content_is_not_taken_for_the_real_file(
    sample: Workspace, real: Workspace
) -> None:
    sample.load()
    real.put("log_content/20220701.json", (sample.raw / "log_content/20220701.json").read_bytes())
    real.load()
    assert real.query("select distinct is_sample from raw.files") == [(False,)]
    assert len(real.files()) == 2


def test_a_sample_is_refused_beside_real_logs(sample: Workspace, real: Workspace) -> None:
    real.load()
    before = real.everything()
    with pytest.raises(ConfigurationError, match="real logs") as caught:
        sample.load()
    assert caught.value.exit_code == ExitCode.WRONG_USAGE
    assert "--database" in caught.value.hint
    assert real.everything() == before


def test_another_sample_may_follow_a_sample(sample: Workspace) -> None:
    sample.load()
    sample.put("log_content/20220701.json", lines(line("made up again")))
    sample.load()
    assert sample.content("document_id") == [(1, "made up again")]
