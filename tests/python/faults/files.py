"""Hostile raw files: broken compression, broken Parquet, texts that are no JSON lines."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from faults.hostile import (
    BOM,
    DAY,
    DONE,
    MALFORMED,
    SET_ASIDE,
    Case,
    fault_of,
    record,
    records,
    try_cases,
)
from faults.outcome import Bench, Fault, Outcome

LONG_BYTES = 50 << 20
BAD_LINES = 1_000_000
GOOD_EVERY = 1000
PARQUET_MAGIC = 4
# Of a gzip file: what stands before the compressed data and behind it.
GZIP_HEADER, GZIP_TRAILER = 10, 8


def path(number: int, extension: str) -> str:
    """A file of the day."""
    return f"log_content/{DAY}/part-{number:05}.{extension}"


def lines_of(dice: random.Random) -> bytes:
    """Some good and bad lines."""
    return b"".join(
        (b"{no" if dice.random() < 0.1 else record(f"d{number}", Note=dice.random())) + b"\n"
        for number in range(dice.randrange(1, 200))
    )


def cut_gzips(count: int, dice: random.Random) -> Iterator[Case]:
    """Cut anywhere."""
    for number in range(count):
        whole = gzip.compress(lines_of(dice))
        yield Case.unreadable(path(number, "json.gz"), whole[: dice.randrange(len(whole))])


def cut_zstds(count: int, dice: random.Random) -> Iterator[Case]:
    """Cut anywhere."""
    for number in range(count):
        whole = zstandard.ZstdCompressor().compress(lines_of(dice))
        yield Case.unreadable(path(number, "json.zst"), whole[: dice.randrange(len(whole))])


def wrong_gzips(count: int, dice: random.Random) -> Iterator[Case]:
    """One bit of the checksum, of the length or of the data is another."""
    for number in range(count):
        content = lines_of(dice)
        broken = bytearray(gzip.compress(content))
        broken[dice.randrange(GZIP_HEADER, len(broken))] ^= 1 << dice.randrange(8)
        name = path(number, "json.gz")
        try:
            same = gzip.decompress(bytes(broken)) == content  # a bit that nobody reads
        except (OSError, EOFError, zlib.error):
            same = False
        if same:
            yield Case.of_lines(name, content, bytes(broken))
        else:
            yield Case.unreadable(name, bytes(broken))


def wrong_zstds(count: int, dice: random.Random) -> Iterator[Case]:
    """The same of a frame with a checksum."""
    for number in range(count):
        content = lines_of(dice)
        broken = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(content))
        broken[-1 - dice.randrange(4)] ^= 1 << dice.randrange(8)
        yield Case.unreadable(path(number, "json.zst"), bytes(broken))


def with_bom(count: int, dice: random.Random) -> Iterator[Case]:
    """A byte order mark is no part of the first line."""
    for number in range(count):
        content = BOM + lines_of(dice)
        extension = ("json", "json.gz", "json.zst")[number % 3]
        yield Case.of_lines(path(number, extension), content, compressed(content, extension))


def arrays(count: int, dice: random.Random) -> Iterator[Case]:
    """A JSON array in place of lines, on one line or on many: every line is judged for itself."""
    for number in range(count):
        documents = [json.loads(line) for line in records(dice.randrange(1, 50)).splitlines()]
        text = json.dumps(documents, indent=dice.choice([None, 0, 2]))
        if dice.random() < 0.3:
            text = "[\n" + ",\n".join(map(json.dumps, documents)) + "\n]\n"
        yield Case.of_lines(path(number, "json"), text.encode())


def not_utf8(count: int, dice: random.Random) -> Iterator[Case]:
    """Bytes that are no UTF-8 inside some values."""
    for number in range(count):
        lines = records(dice.randrange(1, 200)).splitlines()
        for position in range(0, len(lines), dice.randrange(2, 20)):
            wrong = bytes([dice.choice([0x80, 0xC0, 0xC3, 0xE1, 0xED, 0xF5, 0xFF])])
            lines[position] = lines[position].replace(b"BDH", b"B" + wrong + b"H")
        extension = ("json", "json.gz")[number % 2]
        content = b"\n".join(lines)
        yield Case.of_lines(path(number, extension), content, compressed(content, extension))


def broken_parquets(count: int, dice: random.Random) -> Iterator[Case]:
    """Empty, cut, without its magic number, with a footer or pages of something else."""
    for number in range(count):
        whole = parquet(dice)
        kind = number % 5
        if kind == 0:
            content = b""
        elif kind == 1:
            content = whole[: dice.randrange(1, len(whole))]
        elif kind == 2:
            content = whole[:-PARQUET_MAGIC] + b"PAR2"
        elif kind == 3:
            content = whole[:-8] + dice.randbytes(4) + whole[-PARQUET_MAGIC:]
        else:
            footer = int.from_bytes(whole[-8:-4], "little") + 8
            pages = len(whole) - footer - PARQUET_MAGIC
            content = whole[:PARQUET_MAGIC] + b"\xff" * pages + whole[-footer:]
        yield Case.unreadable(path(number, "parquet"), content)


def parquet(dice: random.Random) -> bytes:
    """A whole Parquet file."""
    documents = [json.loads(line) for line in records(dice.randrange(1, 500)).splitlines()]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(documents), sink)
    return bytes(sink.getvalue().to_pybytes())


def long_lines(count: int, dice: random.Random) -> Iterator[Case]:
    """A line of 50 MB between short ones: a record, or none."""
    for number in range(count):
        filler = chr(dice.randrange(97, 123)) * LONG_BYTES
        long = record("long", Note=filler) if number % 2 == 0 else filler.encode()
        content = records(2, "a") + long + b"\n" + records(2, "b")
        yield Case.of_lines(path(number, "json"), content)


def try_bad_lines(bench: Bench) -> Outcome:
    """A million bad lines in one file, with a good one after each thousand."""
    bad = [f"bad {bench.seed} {number}" for number in range(BAD_LINES)]
    lines: list[str] = []
    for start in range(0, BAD_LINES, GOOD_EVERY):
        lines += [*bad[start : start + GOOD_EVERY], record(f"g{start}").decode()]
    numbered = list(enumerate(lines, 1))
    case = Case(
        path(0, "json"),
        "\n".join(lines).encode(),
        tuple((n, json.loads(line)["_id"]) for n, line in numbered if line.startswith("{")),
        tuple((n, MALFORMED, line) for n, line in numbered if not line.startswith("{")),
    )
    return try_cases(bench, [case], DONE)


def small_files(count: int, dice: random.Random) -> Iterator[Case]:
    """A folder of many files, each with a bad line or two."""
    for number in range(count):
        content = record(f"{number}a") + b"\nno\n" + record(f"{number}b") + b"\n"
        yield Case.of_lines(path(number, "json"), content + b"no\n" * dice.randrange(2))


def compressed(content: bytes, extension: str) -> bytes:
    """What a file of that extension holds."""
    if extension.endswith(".gz"):
        return gzip.compress(content)
    if extension.endswith(".zst"):
        return zstandard.ZstdCompressor().compress(content)
    return content


FAULTS = (
    Fault("gzip cut anywhere", 200, 20, fault_of(cut_gzips, SET_ASIDE)),
    Fault("zstd cut anywhere", 200, 20, fault_of(cut_zstds, SET_ASIDE)),
    Fault("gzip with a wrong bit", 200, 20, fault_of(wrong_gzips, SET_ASIDE)),
    Fault("zstd with a wrong checksum", 200, 20, fault_of(wrong_zstds, SET_ASIDE)),
    Fault("byte order mark", 60, 6, fault_of(with_bom, DONE)),
    Fault("JSON array in place of lines", 60, 10, fault_of(arrays, DONE)),
    Fault("invalid UTF-8", 100, 10, fault_of(not_utf8, DONE)),
    Fault("empty and corrupt Parquet", 200, 20, fault_of(broken_parquets, SET_ASIDE)),
    Fault("line of 50 MB", 4, 0, fault_of(long_lines, DONE)),
    Fault("a million bad lines", 1, 0, try_bad_lines),
    Fault("folder of 10,000 small files", 10_000, 300, fault_of(small_files, DONE)),
)
