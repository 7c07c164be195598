"""Loading again: nothing twice, nothing lost, one transaction a file (SPEC 3)."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection
from support import Workspace, event, gz, line, lines, searches

from c360.errors import LoadError
from loaders import landing, readers
from loaders.discovery import RawFile
from loaders.manifest import FileState
from loaders.readers import json_lines
from loaders.readers.base import Landed

DAY_1, DAY_2 = "log_content/20220701.json", "log_content/20220702.json.gz"
SEARCH = "log_search/20220701.parquet"


@pytest.fixture
def loaded(workspace: Workspace) -> Workspace:
    """One file of each source and one that is unreadable, loaded once."""
    workspace.put(DAY_1, lines(line("a"), b"no", line("b")))
    workspace.put(DAY_2, gz(lines(line("c"))))
    workspace.put(SEARCH, searches(event(), event(user_id=None)))
    workspace.put("library/genres.csv", b"keyword,category\nnaruto,Animation\n")
    workspace.put("identities/crm.csv", b"contract,user_id\nA,1\nB\n")
    workspace.put("log_content/20220703.json.gz", b"broken")
    workspace.put("log_content/notes.txt", b"")
    workspace.load()
    return workspace


def outcomes(workspace: Workspace, **options: object) -> dict[str, str]:
    """Path -> what a load did with it, without what it left alone."""
    files = workspace.load(**options).files
    return {file.path: file.outcome for file in files if file.outcome != "unchanged"}


def ids(workspace: Workspace) -> dict[str, tuple[int, object]]:
    """Path -> file id and time of loading."""
    rows = workspace.query("select path, file_id, loaded_at from raw.files")
    return {path: (file_id, loaded_at) for path, file_id, loaded_at in rows}


UNREADABLE_STAYS = {"log_content/20220703.json.gz": "unreadable"}


def test_the_manifest_has_what_identifies_a_file(loaded: Workspace) -> None:
    location = loaded.raw / DAY_2
    content = location.read_bytes()
    stat = location.stat()
    columns = (
        "source, file_format, content_hash, bytes, modified_ns, changed_ns, is_sample, problem"
    )
    assert loaded.query(f"select {columns} from raw.files where path = ?", DAY_2) == [
        (
            "log_content",
            "json_lines",
            hashlib.sha256(content).hexdigest(),
            len(content),
            stat.st_mtime_ns,
            stat.st_ctime_ns,
            False,
            None,
        )
    ]


def test_a_second_load_of_unchanged_files_writes_nothing(loaded: Workspace) -> None:
    before, skipped = loaded.everything(), loaded.skipped()
    assert outcomes(loaded) == UNREADABLE_STAYS
    assert loaded.everything() == before
    assert loaded.skipped() == skipped


def test_a_second_load_reads_no_file(loaded: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> str:
        raise AssertionError("a file was read again")

    monkeypatch.setattr(landing, "hash_file", refuse)
    assert outcomes(loaded) == UNREADABLE_STAYS


def test_a_touched_file_with_the_same_content_is_not_loaded_again(loaded: Workspace) -> None:
    before = ids(loaded)
    os.utime(loaded.raw / DAY_1, (1, 1))
    assert outcomes(loaded) == UNREADABLE_STAYS
    assert ids(loaded) == before
    assert loaded.query("select modified_ns from raw.files where path = ?", DAY_1) == [(10**9,)]


def test_a_changed_file_replaces_exactly_its_own_rows(loaded: Workspace) -> None:
    before, others = ids(loaded), loaded.everything()
    loaded.put(DAY_1, lines(b"no", b"nor this", line("d")))
    assert outcomes(loaded) == UNREADABLE_STAYS | {DAY_1: "replaced"}
    assert loaded.content("document_id") == [(3, "d"), (1, "c")]
    assert loaded.quarantine(DAY_1) == [(1, "malformed", "no"), (2, "malformed", "nor this")]
    after = ids(loaded)
    assert after.pop(DAY_1) != before.pop(DAY_1)
    assert after == before
    for table in ("log_search", "library", "identities"):
        assert loaded.everything()[table] == others[table]


def test_a_change_that_keeps_size_and_time_of_writing_is_seen(loaded: Workspace) -> None:
    location = loaded.raw / DAY_1
    stat = location.stat()
    location.write_bytes(location.read_bytes().replace(b'"a"', b'"z"'))
    os.utime(location, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert outcomes(loaded) == UNREADABLE_STAYS | {DAY_1: "replaced"}
    assert loaded.content("document_id", DAY_1) == [(1, "z"), (3, "b")]


def test_many_files_that_change_at_once_replace_their_rows(workspace: Workspace) -> None:
    paths = [f"log_content/20220701/part-{number}.json" for number in range(40)]
    for version in ("old", "new"):
        for path in paths:
            workspace.put(path, lines(line(version), b"no", line(version)))
        workspace.load(threads=4)
    assert workspace.query("select document_id, count(*) from raw.log_content group by all") == [
        ("new", 80)
    ]
    assert set(workspace.files().values()) == {("loaded", 3, 1)}


def test_an_added_file_is_loaded_beside_the_others(loaded: Workspace) -> None:
    before = ids(loaded)
    loaded.put("log_content/20220704.json", lines(line("e")))
    assert outcomes(loaded) == UNREADABLE_STAYS | {"log_content/20220704.json": "loaded"}
    after = ids(loaded)
    (new_id, _) = after.pop("log_content/20220704.json")
    assert new_id not in {file_id for file_id, _ in before.values()}
    assert after == before


def test_a_file_that_becomes_unreadable_loses_its_rows_and_counts_one(loaded: Workspace) -> None:
    loaded.put(DAY_2, gz(lines(line("c")))[:-8])
    assert outcomes(loaded)[DAY_2] == "unreadable"
    assert loaded.files()[DAY_2] == ("unreadable", 1, 1)
    assert loaded.content("document_id") == [(1, "a"), (3, "b")]


def test_an_unreadable_file_that_is_mended_is_loaded(loaded: Workspace) -> None:
    path = "log_content/20220703.json.gz"
    loaded.put(path, gz(lines(line("e"))))
    assert outcomes(loaded) == {path: "replaced"}
    assert loaded.files()[path] == ("loaded", 1, 0)
    assert loaded.quarantine(path) == []


def test_an_unreadable_file_is_reported_by_every_load(loaded: Workspace) -> None:
    (unreadable,) = loaded.load().unreadable
    assert unreadable.path == "log_content/20220703.json.gz"
    assert unreadable.problem


def test_a_file_that_disappears_keeps_its_rows_until_it_is_pruned(loaded: Workspace) -> None:
    before = loaded.everything()
    (loaded.raw / DAY_1).unlink()
    (loaded.raw / "library" / "genres.csv").unlink()
    summary = loaded.load()
    assert (summary.missing, summary.pruned) == (("library/genres.csv", DAY_1), ())
    assert loaded.everything() == before

    summary = loaded.load(prune=True)
    assert (summary.missing, summary.pruned) == ((), ("library/genres.csv", DAY_1))
    assert loaded.content("document_id") == [(1, "c")]
    assert loaded.rows("library", "keyword") == []
    assert loaded.quarantine(DAY_1) == []
    assert DAY_1 not in loaded.files()


def test_pruning_with_all_files_there_removes_nothing(loaded: Workspace) -> None:
    before = loaded.everything()
    assert loaded.load(prune=True).pruned == ()
    assert loaded.everything() == before


def test_the_same_content_under_another_path_is_another_file(loaded: Workspace) -> None:
    content = (loaded.raw / DAY_1).read_bytes()
    loaded.put("log_content/20220705.json", content)
    loaded.load()
    assert loaded.files()["log_content/20220705.json"] == loaded.files()[DAY_1]


def test_paths_that_are_no_logs_are_listed_as_they_are_now(loaded: Workspace) -> None:
    (loaded.raw / "log_content" / "notes.txt").unlink()
    loaded.put("log_content/todo.txt", b"")
    loaded.load()
    assert loaded.skipped() == {"log_content/todo.txt": "unknown extension"}


# Strict


def test_strict_stops_at_an_unreadable_file_and_names_it(workspace: Workspace) -> None:
    workspace.put(DAY_1, lines(line("a")))
    workspace.put(DAY_2, b"broken")
    with pytest.raises(LoadError, match=DAY_2):
        workspace.load(strict=True)
    workspace.check_conservation()
    assert DAY_2 not in workspace.files()


def test_strict_keeps_what_an_unreadable_file_had_contributed(loaded: Workspace) -> None:
    (loaded.raw / "log_content/20220703.json.gz").unlink()
    loaded.load(prune=True)
    before = loaded.everything()
    loaded.put(DAY_2, b"broken")
    with pytest.raises(LoadError, match=DAY_2):
        loaded.load(strict=True)
    assert loaded.everything() == before


def test_strict_stops_at_a_file_that_was_set_aside_before(loaded: Workspace) -> None:
    with pytest.raises(LoadError, match=r"20220703\.json\.gz"):
        loaded.load(strict=True)


def test_strict_does_not_mind_bad_lines(workspace: Workspace) -> None:
    workspace.put(DAY_1, lines(line("a"), b"no"))
    workspace.load(strict=True)
    assert workspace.files() == {DAY_1: ("loaded", 2, 1)}


# Files that move under the reader


def append_while_reading(monkeypatch: pytest.MonkeyPatch, times: int, name: str = "") -> None:
    """Let a file, or the one of that name, grow while it is read, that many times."""
    left = times

    def growing(file: RawFile) -> tuple[readers.Reader, ...]:
        def read(connection: DuckDBPyConnection, file: RawFile, file_id: int) -> Landed:
            nonlocal left
            landed = readers.readers_for(file)[0](connection, file, file_id)
            if left and file.path.endswith(name):
                left -= 1
                with file.absolute.open("ab") as log:
                    log.write(lines(line("more")))
            return landed

        return (read,)

    monkeypatch.setattr(landing, "readers_for", growing)


def test_a_file_that_grows_while_it_is_read_is_read_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_while_reading(monkeypatch, times=1)
    workspace.put(DAY_1, lines(line("a")))
    workspace.load()
    assert workspace.content("document_id") == [(1, "a"), (2, "more")]


def test_a_file_that_does_not_stop_growing_is_left_for_the_next_load(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.put(DAY_1, lines(line("a")))
    workspace.load()
    workspace.put(DAY_1, lines(line("b"), line("c")))
    workspace.put(DAY_2, gz(lines(line("d"))))
    with monkeypatch.context() as patch:
        append_while_reading(patch, times=2, name=Path(DAY_1).name)
        summary = workspace.load()
    assert [(file.path, file.outcome) for file in summary.changing] == [(DAY_1, "changing")]
    assert workspace.content("document_id") == [(1, "a"), (1, "d")]
    assert workspace.load().changing == ()
    assert workspace.content("document_id", DAY_1)[:2] == [(1, "b"), (2, "c")]
    assert workspace.files()[DAY_1] == ("loaded", 4, 0)


def test_strict_stops_at_a_file_that_does_not_stop_growing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_while_reading(monkeypatch, times=100)
    workspace.put(DAY_1, lines(line("a")))
    with pytest.raises(LoadError, match=DAY_1):
        workspace.load(strict=True)
    assert workspace.content() == []
    workspace.check_conservation()


@pytest.mark.parametrize("path", [DAY_1, DAY_2, SEARCH, "library/genres.csv"])
@pytest.mark.parametrize("count", [1, 80])
def test_a_file_that_vanishes_while_it_is_read_is_not_unreadable(
    loaded: Workspace, monkeypatch: pytest.MonkeyPatch, path: str, count: int
) -> None:
    """Alone, or among small files that are landed together."""
    before = loaded.everything()
    original = readers.readers_for

    def vanish(file: RawFile) -> tuple[readers.Reader, ...]:
        if file.path == path:
            file.absolute.unlink(missing_ok=True)
        return original(file)

    loaded.put(path, b"another content")
    for number in range(count):
        loaded.put(f"log_content/20220704/{number}.json", lines(line(number)))
    for module in (landing, readers):
        monkeypatch.setattr(module, "readers_for", vanish)
    assert outcomes(loaded)[path] == "vanished"
    added = {f"log_content/20220704/{number}.json" for number in range(count)}
    assert added <= loaded.files().keys()
    after = loaded.everything()
    for name, rows in before.items():
        assert [row for row in rows if row not in after[name]] == []


def test_a_file_that_is_cut_between_two_passes_is_left_for_the_next_load(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lines were counted, and those that are to be read again are there no more."""
    workspace.put(DAY_1, lines(line("a"), b"no", line("b")))
    workspace.put(DAY_2, gz(lines(line("c"))))
    original = json_lines._settle_missing_lines

    def cut(connection: DuckDBPyConnection, file: RawFile, *rest: Any) -> Any:
        os.truncate(file.absolute, file.absolute.stat().st_size // 4)
        return original(connection, file, *rest)

    monkeypatch.setattr(json_lines, "_settle_missing_lines", cut)
    assert [file.path for file in workspace.load().changing] == [DAY_1]
    assert workspace.content("document_id") == [(1, "c")]


def test_a_small_file_that_needs_a_second_look_costs_its_neighbours_nothing(
    workspace: Workspace,
) -> None:
    """Eighty small files are landed a few at a time; each bad one makes its parcel start again."""
    good = lines(line("a"), b"no", line("b"))
    bad = {
        "utf-16.json": ("\ufeff" + good.decode()).encode("utf-16"),
        "bom.json": b"\xef\xbb\xbf" + good,
        "cut.json.gz": gz(good)[:-3],
        "empty.json": b"",
    }
    for number in range(80):
        workspace.put(f"log_content/20220701/{number:02}.json", good)
    for name, content in bad.items():
        workspace.put(f"log_content/20220701/3{name}", content)
    summary = workspace.load()
    assert [file.path for file in summary.unreadable] == ["log_content/20220701/3cut.json.gz"]
    files = {path.rpartition("/")[2]: counts for path, counts in workspace.files().items()}
    assert files.pop("3cut.json.gz") == ("unreadable", 1, 1)
    assert files.pop("3empty.json") == ("loaded", 0, 0)
    status, read, rejected = files.pop("3utf-16.json")
    assert (status, read) == ("loaded", rejected)
    assert set(files.values()) == {("loaded", 3, 1)}


@pytest.mark.parametrize("path", [DAY_1, SEARCH, "library/genres.csv"])
def test_a_file_that_the_disk_cannot_give_is_set_aside(workspace: Workspace, path: str) -> None:
    """Address 0 of a process cannot be read: an input/output error, as of a dying disk."""
    workspace.put("log_content/20220709.json", lines(line("a")))
    location = workspace.put(path, b"")
    location.unlink()
    location.symlink_to("/proc/self/mem")
    (unreadable,) = workspace.load().unreadable
    assert unreadable.path == path
    assert workspace.files()["log_content/20220709.json"] == ("loaded", 1, 0)


def test_a_file_that_vanishes_before_its_turn_does_not_stop_the_others(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.put(DAY_1, lines(line("a")))
    workspace.put(DAY_2, gz(lines(line("c"))))
    original = FileState.of

    def vanish(path: Path) -> FileState:
        if path.name == Path(DAY_1).name:
            path.unlink(missing_ok=True)
        return original(path)

    monkeypatch.setattr(FileState, "of", vanish)
    workspace.load()
    assert workspace.files()[DAY_2] == ("loaded", 1, 0)
    assert workspace.content("document_id") == [(1, "c")]
