"""Any raw directory: every line is kept or in quarantine, as an independent reading has it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.files import UnreadableFile, log_files, read_content, read_search
from support import COMPRESS, Workspace, event, line, lines, parquet, record, searches

CONTENT_LINES = st.sampled_from(
    [
        line("a"),
        line("b", Contract=None),
        line("c", TotalDuration="12"),
        line(None, AppName="KPlus"),
        line(7, Contract="10.0.0.7", Other=[1]),
        line("d", Contract="Truyền"),
        line("d")[:30],
        b"{}",
        b'{"_source":{}}',
        b"\xff",
        b"",
        b"  ",
        b"[]",
    ]
)
CSV_LINES = st.sampled_from([b"A,M,1,VOD", b'"A",,x,', b"A,M", b'"A,M,1,VOD', b"", b"\xff,,,"])
RECORDS = st.sampled_from([record(), record(Contract=None), record(AppName="x")])
EVENTS = st.sampled_from([event(), event(user_id=None), event(datetime=None), event(keyword="Đ")])

DAMAGE = st.sampled_from(["none", "none", "none", "cut", "empty"])


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """The end of a path and the content of a file."""
    kind = draw(st.sampled_from(["json", "csv", "content.parquet", "search.parquet"]))
    if kind == "json":
        suffix = draw(st.sampled_from(sorted(COMPRESS)))
        bom = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"]))
        content = COMPRESS[suffix](bom + lines(*draw(st.lists(CONTENT_LINES, max_size=20))))
        name = draw(st.sampled_from(["json", "jsonl", "ndjson"])) + suffix
    elif kind == "csv":
        name = "csv"
        content = lines(b"Contract,Mac,TotalDuration,AppName", *draw(st.lists(CSV_LINES)))
    elif kind == "content.parquet":
        name = "parquet"
        rows = draw(st.lists(RECORDS, min_size=1, max_size=5))
        content = parquet([{"_source": row} for row in rows] if draw(st.booleans()) else rows)
    else:
        name = kind
        content = searches(*draw(st.lists(EVENTS, max_size=5)))
    damage = draw(DAMAGE)
    if damage == "cut" and not name.endswith(("json", "jsonl", "ndjson", "csv")):
        content = content[: len(content) // 2]
    return name, b"" if damage == "empty" else content


DAYS = st.sampled_from(["20220701", "20220702", "20220229", "notes"])


@st.composite
def directories(draw: st.DrawFn) -> dict[str, bytes]:
    """Path -> content."""
    directory: dict[str, bytes] = {}
    for number, (name, content) in enumerate(draw(st.lists(files(), min_size=1, max_size=8))):
        source = "log_search" if name.startswith("search") else "log_content"
        extension = name.removeprefix("search.")
        place = draw(st.sampled_from(["{day}/part-{number}", "{number}-{day}"]))
        stem = place.format(day=draw(DAYS), number=number)
        directory[f"{source}/{stem}.{extension}"] = content
    return directory


def expected(raw: Path) -> tuple[dict[str, tuple[str, int, int]], list[tuple[str, int]]]:
    """Path -> status, rows read and rejected; and every kept row; read by the oracle."""
    manifest: dict[str, tuple[str, int, int]] = {}
    kept: list[tuple[str, int]] = []
    for source in ("log_content", "log_search"):
        for log in log_files(raw, source):
            try:
                rows = read_content(log) if source == "log_content" else read_search(log)
            except UnreadableFile:
                manifest[log.path] = ("unreadable", 1, 1)
                continue
            accepted = [number for number, row in rows if row is not None]
            manifest[log.path] = ("loaded", len(rows), len(rows) - len(accepted))
            kept += [(log.path, number) for number in accepted]
    return manifest, sorted(kept)


@settings(max_examples=20)
@given(directory=directories())
def test_every_line_of_a_directory_is_kept_or_set_aside(directory: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.make(Path(folder))
        workspace.put("library/genres.csv", b"keyword,category\n")  # never without a known file
        for path, content in directory.items():
            workspace.put(path, content)
        workspace.load()
        files, kept = expected(workspace.raw)
        assert workspace.files() == files | {"library/genres.csv": ("loaded", 0, 0)}
        assert (
            workspace.query(
                "with kept as (select file_id, line_number from raw.log_content "
                "union all select file_id, line_number from raw.log_search) "
                "select path, line_number from kept join raw.files using (file_id) order by all"
            )
            == kept
        )
