"""Passes over a file's bytes: its hash, its lines, and whether its compression is whole.

DuckDB reads a gzip with a wrong checksum, and a truncated one, without complaint, so the check is
made here. Lines are counted here too, so that what DuckDB read can be held against it.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import zstandard

from loaders.sources import Compression

BLOCK_BYTES = 1 << 18  # small enough to stay in a core's cache between two looks at it
# Small, because little input can become much output.
ZSTD_INPUT_BYTES = 1 << 16
GZIP_INPUT_BYTES = 1 << 15
GZIP_FORMAT = 16 + zlib.MAX_WBITS  # zlib reads the header and checks length and checksum
UTF8_BOM = b"\xef\xbb\xbf"


class UnreadableFile(Exception):
    """A whole file that cannot be read as what its name says (SPEC 3, `unreadable_file`)."""


@dataclass(frozen=True)
class LineCount:
    """How many lines a text file has, blank ones too.

    Attributes:
        has_bom: whether the file starts with a UTF-8 byte order mark.
        longest: length in bytes of the longest line, as an upper bound.
    """

    lines: int
    has_bom: bool
    longest: int


@dataclass(frozen=True)
class LineIndex:
    """Where the lines of a text file are.

    Attributes:
        rows: lines that are not blank.
        blanks: rows before each blank line, ascending; one entry a blank line.
        block_offsets: byte offset (after decompression) at which each block of lines starts.
        block_lines: lines, blank ones too, before each block.
    """

    rows: int
    blanks: Sequence[int]
    block_offsets: Sequence[int]
    block_lines: Sequence[int]


class Line(NamedTuple):
    """A line of a text file and its number, from 1."""

    number: int
    content: bytes


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class LineCounter:
    """Counts the lines of a text that is given piece by piece."""

    def __init__(self) -> None:
        self._ends = self._unended = self._longest = 0
        self._has_bom: bool | None = None

    def add(self, chunk: bytes) -> None:
        """Count what comes next; never empty."""
        if self._has_bom is None:
            self._has_bom = chunk.startswith(UTF8_BOM)
        ends = chunk.count(b"\n")
        self._ends += ends
        self._longest = max(self._longest, self._unended + len(chunk))
        if ends:
            self._unended = len(chunk) - chunk.rindex(b"\n") - 1
        else:
            self._unended += len(chunk)

    def count(self) -> LineCount:
        """What has been counted; a last line without an end counts."""
        return LineCount(self._ends + (self._unended > 0), bool(self._has_bom), self._longest)


def count_lines(path: Path, compression: Compression) -> LineCount:
    """Count the lines of a text file, in less than half the time that locating them takes.

    Raises:
        UnreadableFile: the compressed stream is truncated or corrupt.
        OSError: the file cannot be opened or read.
    """
    counter = LineCounter()
    for chunk in chunks(path, compression):
        counter.add(chunk)
    return counter.count()


def index_lines(path: Path, compression: Compression) -> LineIndex:
    """Count and locate the lines of a text file.

    Raises:
        UnreadableFile: the compressed stream is truncated or corrupt.
        OSError: the file cannot be opened or read.
    """
    blanks: list[int] = []
    offsets: list[int] = []
    lines_before: list[int] = []
    rows = 0
    for offset, lines in _blocks(path, compression):
        if offset == 0:
            lines[0] = lines[0].removeprefix(UTF8_BOM)
        offsets.append(offset)
        lines_before.append(rows + len(blanks))
        # Blank lines sort before anything printable: one comparison settles most blocks.
        smallest = min(lines)
        if smallest and smallest[0] > 0x20:
            rows += len(lines)
            continue
        for line in lines:
            if line and not line.isspace():
                rows += 1
            else:
                blanks.append(rows)
    return LineIndex(rows, blanks, offsets, lines_before)


def read_lines(
    path: Path, compression: Compression, index: LineIndex, numbers: list[int]
) -> Iterator[tuple[list[int], list[bytes]]]:
    """Some lines of a file, without their ends: runs of numbers with the lines they have.

    Args:
        numbers: line numbers from 1, ascending.
    """
    ends = (*index.block_offsets[1:], None)
    wanted = 0
    with _open(path, compression) as stream:
        for block, (start, end) in enumerate(zip(index.block_offsets, ends, strict=True)):
            if wanted == len(numbers):
                return
            first = wanted
            wanted = len(numbers)
            if end is not None:
                wanted = bisect_right(numbers, index.block_lines[block + 1], first)
            if wanted == first:
                continue
            stream.seek(start)
            content = stream.read() if end is None else stream.read(end - start)
            if start == 0:
                content = content.removeprefix(UTF8_BOM)
            lines = content.split(b"\n")
            before = index.block_lines[block] + 1
            run = numbers[first:wanted]
            yield run, [lines[number - before].rstrip(b"\r") for number in run]


def all_lines(path: Path, compression: Compression) -> Iterator[Line]:
    """Every line of a file that is not blank.

    Raises:
        UnreadableFile: the compressed stream is truncated or corrupt.
    """
    number = 0
    for offset, lines in _blocks(path, compression):
        if offset == 0:
            lines[0] = lines[0].removeprefix(UTF8_BOM)
        for line in lines:
            number += 1
            if line and not line.isspace():
                yield Line(number, line.rstrip(b"\r"))


def as_text(line: bytes) -> str:
    """A line for the quarantine: bytes that are not UTF-8 are shown as hexadecimal escapes."""
    return line.decode("utf-8", "backslashreplace")


def _blocks(path: Path, compression: Compression) -> Iterator[tuple[int, list[bytes]]]:
    """Runs of whole lines with the offset of the first; a last line without an end counts."""
    offset = 0
    carry: list[bytes] = []
    for chunk in chunks(path, compression):
        if b"\n" not in chunk:
            carry.append(chunk)
            continue
        text = b"".join((*carry, chunk))
        lines = text.split(b"\n")
        rest = lines.pop()
        yield offset, lines
        offset += len(text) - len(rest)
        carry = [rest] if rest else []
    if carry:
        yield offset, [b"".join(carry)]


def chunks(path: Path, compression: Compression) -> Iterator[bytes]:
    """A file's bytes, decompressed, in pieces that are never empty.

    Raises:
        UnreadableFile: the compressed stream is truncated or corrupt.
        OSError: the file cannot be opened or read.
    """
    if compression != "none" and path.stat().st_size == 0:
        raise UnreadableFile(f"an empty file is not a {compression} file")
    try:
        yield from _uncertain_chunks(path, compression)
    except (EOFError, zlib.error, zstandard.ZstdError) as error:
        raise UnreadableFile(f"not a whole {compression} file: {error}") from error


def _uncertain_chunks(path: Path, compression: Compression) -> Iterator[bytes]:
    if compression == "zstd":
        yield from _zstd_chunks(path)
    elif compression == "gzip":
        yield from _gzip_chunks(path)
    else:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(BLOCK_BYTES):
                yield chunk


def _gzip_chunks(path: Path) -> Iterator[bytes]:
    """Decompress member by member, as module gzip does, in half its time."""
    decompressor = zlib.decompressobj(GZIP_FORMAT)
    between_members = False
    with path.open("rb", buffering=0) as file:
        while compressed := file.read(GZIP_INPUT_BYTES):
            while compressed:
                if between_members and not (compressed := compressed.lstrip(b"\0")):
                    break  # padding
                between_members = False
                if chunk := decompressor.decompress(compressed):
                    yield chunk
                compressed = decompressor.unused_data
                if decompressor.eof:
                    decompressor = zlib.decompressobj(GZIP_FORMAT)
                    between_members = True
    if not between_members:
        raise EOFError("it ends before its last member does")


def _zstd_chunks(path: Path) -> Iterator[bytes]:
    """Decompress frame by frame: unlike a stream reader this notices a frame that is cut off."""
    whole = True
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    with path.open("rb") as file:
        while compressed := file.read(ZSTD_INPUT_BYTES):
            while compressed:
                if chunk := decompressor.decompress(compressed):
                    yield chunk
                whole = decompressor.eof
                compressed = b""
                if decompressor.eof:
                    compressed = decompressor.unused_data
                    decompressor = zstandard.ZstdDecompressor().decompressobj()
    if not whole:
        raise zstandard.ZstdError("the last frame is not complete")


def _open(path: Path, compression: Compression) -> BinaryIO:
    if compression == "gzip":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if compression == "zstd":
        decompressor = zstandard.ZstdDecompressor()
        return decompressor.stream_reader(path.open("rb"), read_across_frames=True, closefd=True)
    return path.open("rb")
