"""Which files of a raw directory are logs, of which source and day (SPEC sections 2, 3)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from loaders.sources import SOURCES, Compression, FileFormat, Source

HIDDEN = (".", "_")
EIGHT_DIGITS = re.compile(r"(?<![0-9])[0-9]{8}(?![0-9])")


@dataclass(frozen=True)
class RawFile:
    """A file that can be loaded.

    Attributes:
        path: relative to the raw directory, with `/`; this and the content are its identity.
        absolute: where it lies now.
        log_date: the day in its path; None for sources without days.
    """

    source: Source
    path: str
    absolute: Path
    log_date: date | None
    file_format: FileFormat
    compression: Compression


@dataclass(frozen=True)
class SkippedPath:
    """A path in the raw directory that is not a log, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Discovery:
    """Everything found in a raw directory, ordered by path."""

    files: tuple[RawFile, ...]
    skipped: tuple[SkippedPath, ...]


def discover(raw_dir: Path) -> Discovery:
    """List what a raw directory holds; reads no file.

    Raises:
        OSError: the directory cannot be listed.
    """
    files: list[RawFile] = []
    skipped: list[SkippedPath] = []
    for entry in sorted(os.scandir(raw_dir), key=lambda item: item.name):
        source = SOURCES.get(entry.name)
        if entry.name.startswith("."):
            continue
        if source is None or not _is_folder(entry):
            skipped.append(SkippedPath(_printable(entry.name), "not the folder of a known source"))
            continue
        for relative, absolute in _walk(Path(entry.path), entry.name, frozenset()):
            found = _classify(source, relative, absolute)
            (files if isinstance(found, RawFile) else skipped).append(found)  # type: ignore[arg-type]
    return Discovery(
        files=tuple(sorted(files, key=lambda file: file.path)),
        skipped=tuple(sorted(skipped, key=lambda path: path.path)),
    )


def log_date_of(relative: str) -> date | None:
    """The day in a path: a folder `YYYYMMDD`, else eight digits in the file's name (SPEC 2.1).

    A folder comes first because the names inside it are the writer's own and may hold digits.
    """
    *folders, name = relative.split("/")
    candidates = [folder for folder in reversed(folders) if EIGHT_DIGITS.fullmatch(folder)]
    candidates += EIGHT_DIGITS.findall(name)
    for digits in candidates:
        try:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError:
            continue
    return None


def _walk(folder: Path, relative: str, seen: frozenset[str]) -> Iterator[tuple[str, Path]]:
    """Every file below a folder, through links to folders but never in a circle."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda item: item.name)
    except (FileNotFoundError, NotADirectoryError):
        return  # removed since its parent was listed
    for entry in entries:
        path = f"{relative}/{entry.name}"
        if _is_folder(entry):
            if entry.name.startswith(HIDDEN):
                continue  # Spark writes to `_temporary` and moves the files when they are whole
            yield from _walk(Path(entry.path), path, seen | {real})
        else:
            yield path, Path(entry.path)


def _classify(source: Source, relative: str, absolute: Path) -> RawFile | SkippedPath:
    name = absolute.name
    if not _is_utf8(relative):
        return SkippedPath(_printable(relative), "name is not UTF-8")
    if name.startswith(HIDDEN):
        return SkippedPath(relative, "hidden or a marker file")
    extension = next((e for e in _extensions(name) if e in source.formats), None)
    if extension is None:
        return SkippedPath(relative, "unknown extension")
    if not _is_file(absolute):
        return SkippedPath(relative, "not a file, or a link that leads nowhere")
    log_date = log_date_of(relative)
    if source.dated and log_date is None:
        return SkippedPath(relative, "no valid date (YYYYMMDD) in its path")
    file_format, compression = source.formats[extension]
    return RawFile(
        source=source,
        path=relative,
        absolute=absolute,
        log_date=log_date if source.dated else None,
        file_format=file_format,
        compression=compression,
    )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _extensions(name: str) -> Iterator[str]:
    """The longest extension first: `.json.gz`, then `.gz`."""
    parts = name.lower().split(".")[1:]
    for start in range(len(parts)):
        yield "." + ".".join(parts[start:])


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
