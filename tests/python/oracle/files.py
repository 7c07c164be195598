"""Files of the raw directory (SPEC 2 and 3): which are logs, and what stands in them.

Fields come out as the text that the file has; a row that is malformed comes out as None.
"""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa  # type: ignore[import-untyped, unused-ignore]
import pyarrow.parquet as pq  # type: ignore[import-untyped, unused-ignore]
import zstandard

JSON_EXTENSIONS = [
    name + compression
    for name in (".json", ".jsonl", ".ndjson")
    for compression in ("", ".gz", ".zst")
]
EXTENSIONS = {
    "log_content": (*JSON_EXTENSIONS, ".csv", ".parquet"),
    "log_search": (".parquet",),
}
EIGHT_DIGITS = re.compile(r"(?<![0-9])[0-9]{8}(?![0-9])")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

csv.field_size_limit(2**31 - 1)  # an open quote takes in the rest of the file: one bad row


class UnreadableFile(Exception):
    """The file cannot be read as what its name says."""


class ContentFields(NamedTuple):
    """What one row of log_content says."""

    document_id: str | None
    contract: str | None
    mac: str | None
    duration: str | None
    app_name: str | None


class SearchFields(NamedTuple):
    """What one row of log_search says, as far as the marts use it."""

    event_id: str | None
    datetime: str | None
    user_id: str | None
    keyword: str | None
    category: str | None
    platform: str | None
    plans: list[str]


@dataclass(frozen=True)
class LogFile:
    """A file that is a log: known extension, valid date in its path."""

    path: str
    """Relative to the raw directory, with `/`."""
    location: Path
    log_date: date


# Which files are logs


def is_hidden(relative: Path) -> bool:
    """Whether the file or a folder on the way to it starts with `.` or `_`, or it is a `.crc`."""
    return relative.suffix == ".crc" or any(part.startswith((".", "_")) for part in relative.parts)


def to_date(digits: str) -> date | None:
    """YYYYMMDD as a date, None when the calendar does not have it."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def log_date_of(stem: str, folders: Iterable[str]) -> date | None:
    """The date that is the name of a folder, the nearest first, else one in the file's name."""
    for folder in folders:
        if EIGHT_DIGITS.fullmatch(folder) and (found := to_date(folder)):
            return found
    for digits in EIGHT_DIGITS.findall(stem):
        if found := to_date(digits):
            return found
    return None


def files_below(raw_dir: Path, source: str) -> list[tuple[str, Path]]:
    """All files of a source that are not hidden: (path, location), in the order of the path."""
    folder = raw_dir / source
    return sorted(
        (f"{source}/{location.relative_to(folder).as_posix()}", location)
        for location in folder.rglob("*")
        if location.is_file() and not is_hidden(location.relative_to(folder))
    )


def log_files(raw_dir: Path, source: str) -> list[LogFile]:
    """The logs of a source, in the order of their paths."""
    logs = []
    for path, location in files_below(raw_dir, source):
        extension = max(filter(path.endswith, EXTENSIONS[source]), key=len, default=None)
        if extension is None:
            continue
        stem = location.name.removesuffix(extension)
        folders = path.split("/")[1:-1]
        log_date = log_date_of(stem, reversed(folders))
        if log_date is not None:
            logs.append(LogFile(path, location, log_date))
    return logs


# What stands in them


def read_content(log: LogFile) -> list[tuple[int, ContentFields | None]]:
    """(position counted from 1, row) of a file of log_content, blank lines left out."""
    if log.path.endswith(".parquet"):
        return read_content_parquet(log.location)
    data = read_bytes(log.location)
    if log.path.endswith(".csv"):
        rows = read_csv(data, required=REQUIRED)
        return [(at, None if row is None else content_of_flat(row)) for at, row in rows]
    lines = data.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    return [(at, content_of_line(line)) for at, line in enumerate(lines, 1) if line.strip()]


def read_search(log: LogFile) -> list[tuple[int, SearchFields]]:
    """(position counted from 1, row) of a file of log_search."""
    rows = read_parquet(log.location, SEARCH)
    return [
        (
            at,
            SearchFields(
                event_id=as_text(row.get("eventID")),
                datetime=as_text(row.get("datetime")),
                user_id=as_text(row.get("user_id")),
                keyword=as_text(row.get("keyword")),
                category=as_text(row.get("category")),
                platform=as_text(row.get("platform")),
                plans=as_texts(row.get("userPlansMap")),
            ),
        )
        for at, row in rows
    ]


def read_bytes(location: Path) -> bytes:
    """The whole file, decompressed."""
    try:
        data = location.read_bytes()
        if location.suffix == ".gz":
            if not data:
                raise UnreadableFile("no gzip header")
            return gzip.decompress(data)
        if location.suffix == ".zst":
            return decompress_zstd(data)
        return data
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise UnreadableFile(str(error)) from error


def decompress_zstd(data: bytes) -> bytes:
    """All frames of the file; one that does not end is an error."""
    parts = []
    while True:
        frame = zstandard.ZstdDecompressor().decompressobj()
        parts.append(frame.decompress(data))
        if not frame.eof:
            raise UnreadableFile("truncated zstd frame")
        data = frame.unused_data
        if not data:
            return b"".join(parts)


# JSON lines


def first_wins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of a name that occurs twice in an object the first value counts."""
    return dict(reversed(pairs))


DECODER = json.JSONDecoder(object_pairs_hook=first_wins, parse_int=str, parse_float=str)
"""Numbers stay the text that they were."""


def content_of_line(line: bytes) -> ContentFields | None:
    """One JSON document."""
    try:
        document = DECODER.decode(line.decode("utf-8"))
        if b"\\u" in line:
            json.dumps(document, ensure_ascii=False).encode("utf-8")  # half a surrogate pair?
    except (ValueError, RecursionError):
        return None
    return content_of_nested(document) if isinstance(document, dict) else None


def content_of_nested(document: dict[str, object]) -> ContentFields | None:
    """A document with `_id` and `_source`."""
    source = document.get("_source")
    if not isinstance(source, dict):
        return None
    return content_of_flat({**source, "_id": document.get("_id")})


def content_of_flat(row: dict[str, object]) -> ContentFields:
    """A row that has all fields side by side."""
    return ContentFields(
        document_id=as_text(row.get("_id")),
        contract=as_text(row.get("Contract")),
        mac=as_text(row.get("Mac")),
        duration=as_text(row.get("TotalDuration")),
        app_name=as_text(row.get("AppName")),
    )


def as_text(value: object) -> str | None:
    """A value as the text that JSON has for it."""
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return str(value)


def as_texts(values: object) -> list[str]:
    """The texts of a list; nothing else is a list of texts."""
    if not isinstance(values, list):
        return []
    return [text for text in map(as_text, values) if text is not None]


# CSV


def read_csv(data: bytes, required: set[str]) -> list[tuple[int, dict[str, object] | None]]:
    """(line, column -> value), one record a line; None for a line that is no record."""
    header: list[str] | None = None
    rows: list[tuple[int, dict[str, object] | None]] = []
    for at, line in enumerate(data.removeprefix(BYTE_ORDER_MARK).split(b"\n"), 1):
        if not line.strip():
            continue
        fields = csv_record(line.rstrip(b"\r"))
        if header is None:
            header = [name.strip() for name in fields or []]
        elif fields is None or len(fields) != len(header):
            rows.append((at, None))
        else:
            rows.append((at, dict(zip(header, fields, strict=True))))
    if header is None or not required <= set(header):
        raise UnreadableFile(f"no header with {sorted(required)}")
    return rows


def csv_record(line: bytes) -> list[str] | None:
    """The fields of a line, None when a quote stays open or it is not UTF-8."""
    try:
        (fields,) = csv.reader([line.decode("utf-8")], strict=True)
    except (UnicodeDecodeError, csv.Error):
        return None
    return fields


# Parquet

NESTED = {"_id", "_source"}
REQUIRED = {"Contract", "TotalDuration", "AppName"}
FLAT = {"_id", "Mac", *REQUIRED}
SEARCH = {"eventID", "datetime", "user_id", "keyword", "category", "platform", "userPlansMap"}


def read_parquet(location: Path, wanted: set[str]) -> list[tuple[int, dict[str, object]]]:
    """(row number, column -> value), with the wanted columns of the file only."""
    try:
        with pq.ParquetFile(location) as file:
            names = [name for name in file.schema_arrow.names if name in wanted]
            if not names:
                raise UnreadableFile("another table")
            rows: list[dict[str, object]] = file.read(columns=names).to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UnreadableFile(str(error)) from error
    return list(enumerate(rows, 1))


def read_content_parquet(location: Path) -> list[tuple[int, ContentFields | None]]:
    """Nested columns when the file has `_source`, else flat ones."""
    rows = read_parquet(location, NESTED | FLAT)
    columns = set(rows[0][1]) if rows else REQUIRED
    if "_source" in columns:
        return [(at, content_of_nested(row)) for at, row in rows]
    if not columns >= REQUIRED:
        raise UnreadableFile(f"no columns {sorted(REQUIRED)}")
    return [(at, content_of_flat(row)) for at, row in rows]
