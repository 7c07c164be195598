"""The physical limit: every byte of the content logs is read and nothing is done with it.

One thread a core. The runner warms every contender's files with the same function.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.contenders.definitions import arguments, content_files

BLOCK_BYTES = 1 << 20


def main() -> None:
    """Read the files."""
    raw_dir, _ = arguments()
    read_all(content_files(raw_dir))


def read_all(files: Iterable[Path]) -> int:
    """Read whole files; returns how many bytes they have."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return sum(pool.map(read_bytes, files))


def read_bytes(path: Path) -> int:
    """Read one file, block by block, into the same piece of memory."""
    block = bytearray(BLOCK_BYTES)
    total = 0
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(block):
            total += count
    return total


if __name__ == "__main__":
    main()
