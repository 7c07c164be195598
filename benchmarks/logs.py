"""The logs that benchmarks read: made from a seed, once a folder, where the disk has room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from benchmarks.contenders.reading import read_all
from c360.sample import SampleOptions, write_sample
from c360.sample.search_shares import ROWS_PER_USER_AND_DAY

JULY = date(2022, 7, 1)
# A month of a contract's content logs: measured on the headline month, 7.9 GB.
BYTES_PER_CONTRACT_MONTH = 4_150
# Logs, the databases made of them and what engines spill, as multiples of the logs.
SPACE_PER_LOG_BYTE = 2.5


def months_until(last: date, count: int) -> tuple[date, ...]:
    """Some months, the last one included, as their first days."""
    numbers = range(last.year * 12 + last.month - count, last.year * 12 + last.month)
    return tuple(date(number // 12, number % 12 + 1, 1) for number in numbers)


def space_needed(customers: int, months: int) -> int:
    """Bytes of disk that logs of some months, and what is made of them, take."""
    return round(customers * months * BYTES_PER_CONTRACT_MONTH * SPACE_PER_LOG_BYTE)


def require_space(folder: Path, needed: int) -> None:
    """Stop before a disk is filled.

    Raises:
        SystemExit: the folder's disk has less room than that.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SystemExit(
            f"{folder} has {free / 1e9:.1f} GB free; this needs {needed / 1e9:.1f} GB. Make room "
            "or name a folder on another disk: --work DIR."
        )


def make_content_logs(work: Path, customers: int, months: tuple[date, ...], dirt: bool) -> Path:
    """A raw directory with plain JSON content logs alone; what is there already is used again."""
    kind = "dirty" if dirt else "clean"
    raw_dir = work / f"content-{kind}-{customers}-{len(months)}"
    if not raw_dir.exists():
        require_space(work, space_needed(customers, len(months)))
        sample = SampleOptions(
            out=work / f"{raw_dir.name}.sample",
            customers=customers,
            months=months,
            dirt=dirt,
            plain=True,
            search_users=100,
            search_rows=10,
        )
        take_source(sample, "log_content", raw_dir)
    return raw_dir


def make_search_logs(work: Path, rows_a_day: int, dirt: bool) -> Path:
    """A raw directory with the search logs of June and July alone, as Parquet."""
    raw_dir = work / f"search-{'dirty' if dirt else 'clean'}-{rows_a_day}"
    if not raw_dir.exists():
        sample = SampleOptions(
            out=work / f"{raw_dir.name}.sample",
            customers=100,
            months=months_until(JULY, 2),
            dirt=dirt,
            search_users=max(1, round(rows_a_day / ROWS_PER_USER_AND_DAY)),
            search_rows=rows_a_day,
        )
        take_source(sample, "log_search", raw_dir)
    return raw_dir


def take_source(sample: SampleOptions, source: str, raw_dir: Path) -> None:
    """Write a sample and keep one source of it."""
    write_sample(sample)
    unfinished = raw_dir.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    (sample.out / source).rename(unfinished / source)
    unfinished.rename(raw_dir)
    shutil.rmtree(sample.out)


def files_of(raw_dir: Path) -> list[Path]:
    """Every file below a raw directory, through links too."""
    walked = os.walk(raw_dir, followlinks=True)
    return sorted(Path(folder) / name for folder, _, names in walked for name in names)


def warm(files: Iterable[Path]) -> int:
    """Bring every contender to the same start: files in the cache, earlier writes on the disk."""
    os.sync()
    return read_all(files)
