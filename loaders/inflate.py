"""A compressed file as a path to its decompressed bytes, which can be read once.

DuckDB would decompress it a second time and would not notice a wrong checksum. Here one pass
decompresses, checks and counts, and DuckDB reads what comes out of it through a pipe.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loaders.scan import LineCount, LineCounter, chunks
from loaders.sources import Compression

PIPE_BYTES = 1 << 20


class Inflating:
    """A file that is being decompressed into a pipe."""

    def __init__(self, path: Path, compression: Compression) -> None:
        self._counter = LineCounter()
        self._error: Exception | None = None
        self._closed = False
        self._read_end, write_end = os.pipe()
        with contextlib.suppress(OSError, AttributeError):  # Linux only, and only an optimisation
            fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._thread = threading.Thread(
            target=self._inflate, args=(path, compression, write_end), name="inflate", daemon=True
        )
        self._thread.start()

    @property
    def path(self) -> str:
        """Where the decompressed bytes are read."""
        return f"/dev/fd/{self._read_end}"

    def count(self) -> LineCount:
        """How many lines came out; nobody reads on after this.

        Raises:
            UnreadableFile: the compressed stream is truncated or corrupt.
            OSError: the file cannot be opened or read.
        """
        self.close()
        if self._error:
            raise self._error
        return self._counter.count()

    def close(self) -> None:
        """End the decompression, if it has not ended."""
        if not self._closed:
            os.close(self._read_end)  # a thread that still writes fails, and ends
            self._closed = True
        self._thread.join()

    def _inflate(self, path: Path, compression: Compression, write_end: int) -> None:
        try:
            with os.fdopen(write_end, "wb", buffering=0) as pipe:
                for chunk in chunks(path, compression):
                    self._counter.add(chunk)
                    rest = memoryview(chunk)
                    while rest:
                        rest = rest[pipe.write(rest) :]
        except Exception as error:  # noqa: BLE001 - count() raises it where somebody listens
            self._error = error


@contextmanager
def inflating(path: Path, compression: Compression) -> Iterator[Inflating]:
    """Decompress a file for one reader, for as long as the block runs."""
    stream = Inflating(path, compression)
    try:
        yield stream
    finally:
        stream.close()
