"""Processes that read a served set as fast as they can while it is swapped; each read is judged."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.managers import ListProxy
from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
from multiprocessing.synchronize import Event
from typing import Any

import servers

# One row of each table of `export_marts.VERSIONED`, in one statement.
_QUERY = (
    "select apples.version, pears.version, plums.version from apples "
    "join pears on pears.id = apples.id join plums on plums.name = %s where apples.id = %s"
)
_MOST_COMPLAINTS = 20


@dataclass
class Readers:
    """What the readers of `reading` have seen so far.

    Attributes:
        counts: reads, one number a reader.
        longest: seconds of the slowest read, one number a reader.
        swap: which swap is going on, set by whoever swaps; complaints name it.
        complaints: (swap, what was wrong) of reads that saw anything but one whole version.
    """

    counts: SynchronizedArray[int]
    longest: SynchronizedArray[float]
    swap: Synchronized[int]
    complaints: ListProxy[tuple[int, str]] | list[tuple[int, str]]
    stop: Event = field(repr=False)

    @property
    def reads(self) -> int:
        """Reads so far."""
        return sum(self.counts[:])

    @property
    def slowest(self) -> float:
        """Seconds of the slowest read so far."""
        return max(self.longest[:])


@contextlib.contextmanager
def reading(served: servers.Database, rows: int, seed: int, readers: int = 2) -> Iterator[Readers]:
    """Let processes read random rows of the set while the block runs.

    Args:
        served: whose account for reading is used.
        rows: of each table; ids go from 0.
        seed: decides which rows are read.
        readers: how many processes.
    """
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        seen = Readers(
            context.Array("q", readers),
            context.Array("d", readers),
            context.Value("q", 0),
            manager.list(),
            context.Event(),
        )
        processes = [
            context.Process(target=_read, args=(served, rows, seed, number, seen), daemon=True)
            for number in range(readers)
        ]
        for process in processes:
            process.start()
        try:
            while not all(seen.counts[:]):
                if not all(process.is_alive() for process in processes):
                    raise RuntimeError(f"a reader did not start: {list(seen.complaints)}")
                time.sleep(0.05)
            yield seen
        finally:
            seen.stop.set()
            for process in processes:
                process.join()
            seen.complaints = list(seen.complaints)  # the manager's ends with it


def _read(served: servers.Database, rows: int, seed: int, number: int, seen: Readers) -> None:
    dice = random.Random(f"{seed} {number}")
    newest = 1
    with contextlib.closing(served.connect()) as connection, connection.cursor() as cursor:
        while not seen.stop.is_set():
            row = dice.randrange(rows)
            started = time.perf_counter()
            try:
                cursor.execute(_QUERY, (f"Mận {row}", row))
                found: list[Any] = list(cursor.fetchall())
            except Exception as error:  # noqa: BLE001 - any error is a complaint
                found = [(repr(error), 0)]
            seconds = time.perf_counter() - started
            seen.longest[number] = max(seen.longest[number], seconds)
            version = _version(found)
            if version >= newest:
                newest = version
            elif len(seen.complaints) < _MOST_COMPLAINTS:
                seen.complaints.append((seen.swap.value, f"row {row}: {found}, after {newest}"))
            seen.counts[number] += 1


def _version(found: list[Any]) -> int:
    """The one version in the one row of a read; 0 for anything else."""
    versions = set(found[0]) if len(found) == 1 else set()
    return int(versions.pop()) if len(versions) == 1 else 0
