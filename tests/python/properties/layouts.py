"""Logs as files: the same rows in any split, format, compression and spelling of the paths.

The rows of a day stay in their order when its files are read by path, because that order decides
which of two duplicates was first (SPEC 3).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from support import COMPRESS, SEARCH_SCHEMA, gz, lines, parquet

from .logs import IDENTITY_COLUMNS, ContentRow, Logs, Record

SHOWN_BYTES = 120


class Files(dict[str, bytes]):
    """Path in the raw directory -> content."""

    def __repr__(self) -> str:
        """Short enough to read when a property fails."""
        return "".join(
            f"\n  {path} ({len(content)} bytes): {content[:SHOWN_BYTES]!r}"
            for path, content in sorted(self.items())
        )


Item = TypeVar("Item")

COLUMNS = ("_id", "Contract", "Mac", "TotalDuration", "AppName")
NESTED = pa.struct([(name, pa.string()) for name in COLUMNS[1:]])
JSON_EXTENSIONS = [
    f".{name}{suffix}" for name in ("json", "jsonl", "ndjson") for suffix in COMPRESS
]
BOM = b"\xef\xbb\xbf"
BLANKS = [b"", b"  ", b"\r", b"\t"]

# Paths that are no logs, with a content that would show if it were read.
NOISE = {
    "log_content/20220601/_SUCCESS": b"",
    "log_content/20220601/.part-0.json.crc": b"crc",
    "log_content/_temporary/20220601.json": b'{"_source":{"Contract":"NO"}}\n',
    "log_content/20221332.json": b'{"_source":{"Contract":"NO"}}\n',
    "log_content/2022061.json": b'{"_source":{"Contract":"NO"}}\n',
    "log_content/20220601.json.bak": b'{"_source":{"Contract":"NO"}}\n',
    "log_content/notes.txt": b"no",
    "log_search/20220601/_SUCCESS": b"",
    "log_search/20220601.json": b"no",
    "log_web/20220601.json": b"no",
    "README.md": b"no",
}


# Rows


def fields_of(record: Record) -> tuple[object, ...]:
    """In the order of COLUMNS."""
    return record.document_id, record.contract, record.mac, record.duration, record.app


def text_of(value: object) -> str | None:
    """A JSON value as text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def json_line(row: ContentRow) -> bytes:
    """A document as Elasticsearch writes it, or the line that is none."""
    if isinstance(row, bytes):
        return row
    document_id, *values = fields_of(row)
    source = dict(zip(COLUMNS[1:], values, strict=True))
    document: dict[str, object] = {"_id": document_id, "_score": 0, "_source": source}
    if row.sparse:
        source = {"Firmware": {"v": [1]}} | {n: v for n, v in source.items() if v is not None}
        document = {"_source": source} | ({"_id": document_id} if document_id is not None else {})
    return json.dumps(document, ensure_ascii=False).encode()


def csv_line(values: Sequence[str | None]) -> bytes:
    """One record without the end of its line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue().encode()


# Content of files


def json_file(extension: str, rows: Sequence[ContentRow], draw: st.DrawFn) -> bytes:
    """JSON lines with blank lines, either end of a line, or none after the last."""
    return COMPRESS[extension[extension.index(".", 1) :] if extension.count(".") > 1 else ""](
        text_file([json_line(row) for row in rows], draw)
    )


def text_file(contents: list[bytes], draw: st.DrawFn) -> bytes:
    """Lines as a file."""
    contents = list(contents)
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        contents.insert(draw(st.integers(0, len(contents))), draw(st.sampled_from(BLANKS)))
    end = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    text = b"".join(content + end for content in contents)
    if contents and contents[-1].strip() and draw(st.booleans()):
        text = text.removesuffix(end)
    return draw(st.sampled_from([b"", b"", BOM])) + text


def csv_file(rows: Sequence[ContentRow], draw: st.DrawFn) -> bytes:
    """A header, in any order of the columns, and a line a row."""
    order = draw(st.permutations(range(len(COLUMNS))))
    contents = [csv_line([COLUMNS[at] for at in order])]
    for row in rows:
        if isinstance(row, bytes):
            contents.append(row)
        else:
            values = [text_of(value) for value in fields_of(row)]
            contents.append(csv_line([values[at] for at in order]))
    return text_file(contents, draw)


def flat_parquet(rows: Sequence[ContentRow], draw: st.DrawFn) -> bytes:
    """One column a field; durations are numbers when all of them are."""
    records = [row for row in rows if isinstance(row, Record)]
    assert len(records) == len(rows), "a row that is none has no place here"
    columns: dict[str, pa.Array] = {
        name: pa.array([text_of(fields_of(record)[at]) for record in records], pa.string())
        for at, name in enumerate(COLUMNS)
    }
    durations = [record.duration for record in records]
    if all((type(value) is int and value < 2**31) or value is None for value in durations):
        columns["TotalDuration"] = pa.array(durations, pa.int64())
    names = draw(st.permutations(COLUMNS))
    return written(pa.table({name: columns[name] for name in names}), draw)


def nested_parquet(rows: Sequence[ContentRow], draw: st.DrawFn) -> bytes:
    """The fields inside `_source`, which is null for a row that is none."""
    sources: list[dict[str, str | None] | None] = []
    for row in rows:
        if isinstance(row, bytes):
            sources.append(None)
        else:
            values = map(text_of, fields_of(row)[1:])
            sources.append(dict(zip(COLUMNS[1:], values, strict=True)))
    ids = [text_of(row.document_id) if isinstance(row, Record) else None for row in rows]
    table = pa.table({"_id": pa.array(ids, pa.string()), "_source": pa.array(sources, NESTED)})
    return written(table, draw)


def search_parquet(rows: Sequence[dict[str, Any]], draw: st.DrawFn) -> bytes:
    """Any order of the columns, and one that nobody knows."""
    table = pa.Table.from_pylist(list(rows), SEARCH_SCHEMA)
    table = table.select(draw(st.permutations(table.column_names)))
    if draw(st.booleans()):
        table = table.append_column("session", pa.array(["s"] * len(rows), pa.string()))
    return written(table, draw)


def written(table: pa.Table, draw: st.DrawFn) -> bytes:
    """A table as the bytes of a Parquet file, in small row groups or one."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression=draw(st.sampled_from(["none", "snappy", "gzip", "zstd"])),
        row_group_size=draw(st.sampled_from([1, 3, 1000])),
        use_dictionary=draw(st.booleans()),
    )
    return bytes(sink.getvalue().to_pybytes())


def broken_file(kind: str) -> bytes:
    """A file that is not what its name says."""
    return {
        "cut.json.gz": gz(lines(*[json_line(Record())] * 9))[:-7],
        "empty.json.zst": b"",
        "junk.parquet": b"PAR1 is not enough PAR1",
        "empty.parquet": b"",
        "header.csv": b"Contract,Mac,Seconds\nA,M1,60\n",
        "other.parquet": parquet([{"other": 1}]),
    }[kind]


# Files


def pieces(rows: Sequence[Item], draw: st.DrawFn) -> list[Sequence[Item]]:
    """The rows cut into a few runs, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    return [rows[start:end] for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True)]


def stems(source: str, day: date, count: int, draw: st.DrawFn) -> list[str]:
    """Paths without extensions that sort like their numbers."""
    digits = f"{day:%Y%m%d}"
    patterns = ["{digits}/part-{n:03}", "{digits}-{n:03}", "Kênh/{digits}/{n}", "{n}.{digits}.log"]
    if count == 1:
        patterns.append("{digits}")
    pattern = draw(st.sampled_from(patterns))
    return [f"{source}/{pattern.format(digits=digits, n=n)}" for n in range(count)]


def content_file(rows: Sequence[ContentRow], draw: st.DrawFn) -> tuple[str, bytes]:
    """An extension and the content of a file of log_content."""
    writers: list[tuple[str, Callable[[Sequence[ContentRow], st.DrawFn], bytes]]] = [
        (".csv", csv_file),
        (".parquet", nested_parquet),
    ]
    if not any(isinstance(row, bytes) for row in rows):
        writers.append((".parquet", flat_parquet))
    form = draw(st.integers(0, len(JSON_EXTENSIONS) + len(writers) - 1))
    if form < len(JSON_EXTENSIONS):
        return JSON_EXTENSIONS[form], json_file(JSON_EXTENSIONS[form], rows, draw)
    extension, write = writers[form - len(JSON_EXTENSIONS)]
    return extension, write(rows, draw)


def table_files(
    source: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    draw: st.DrawFn,
) -> Files:
    """The rows of a source without days as CSV files; there is always one."""
    files = Files()
    for number, piece in enumerate(pieces(rows, draw)):
        contents = [csv_line(header), *(csv_line(row) for row in piece)]
        files[f"{source}/{number}.csv"] = text_file(contents, draw)
    return files


@st.composite
def layouts(draw: st.DrawFn, logs: Logs) -> Files:
    """Any raw directory that says what these logs say."""
    files = Files()
    for day, rows in logs.content.items():
        parts = pieces(rows, draw)
        for stem, part in zip(stems("log_content", day, len(parts), draw), parts, strict=True):
            extension, content = content_file(part, draw)
            files[stem + extension] = content
    for day, events in logs.search.items():
        days = pieces(events, draw)
        for stem, batch in zip(stems("log_search", day, len(days), draw), days, strict=True):
            files[f"{stem}.parquet"] = search_parquet(batch, draw)
    for source, day, kind in logs.broken:
        files[f"{source}/{day:%Y%m%d}/broken-{kind}"] = broken_file(kind)
    files.update(table_files("library", ("keyword", "category"), logs.library, draw))
    files.update(table_files("identities", IDENTITY_COLUMNS, logs.identities, draw))
    for path in draw(st.lists(st.sampled_from(sorted(NOISE)), max_size=3, unique=True)):
        files[path] = NOISE[path]
    return files
