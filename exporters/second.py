"""A second connection that only reads, while the first one writes or reads something else.

The lock belongs to the first connection and everything is written through it, so that nothing can
be swapped in once the lock is lost. What reads here may take as long as the writing: in threads,
both sides of the server and of this machine work at the same time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import TypeVar

from c360.errors import ExportError
from exporters.session import Session, connect

# Well below the wait_timeout of a session: the first connection would end while it waits.
KEEP_ALIVE_SECONDS = 60

T = TypeVar("T")


class SecondConnection:
    """Runs one piece of reading at a time in a thread; each opens a connection of its own.

    A connection for each piece, because one that is kept would be ended as idle while a large
    table is written. Leaving the block with an error ends what still runs.
    """

    def __init__(self, first: Session) -> None:
        self._first = first
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="second-connection")
        self._running: tuple[Session, int] | None = None
        self._ended = False

    def __enter__(self) -> SecondConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind:
            self._ended = True
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._end()
        self._threads.shutdown()

    def start(self, read: Callable[[Session], T]) -> Future[T]:
        """Begin to read; `wait` gives the result."""
        return self._threads.submit(self._read, read)

    def wait(self, result: Future[T]) -> T:
        """The result of what `start` began, or its error; keeps the first connection alive."""
        while not wait([result], timeout=KEEP_ALIVE_SECONDS).done:
            self._first.execute("do 0", doing="Keeping the connection")
        return result.result()

    def _read(self, read: Callable[[Session], T]) -> T:
        with connect(self._first.url) as session:
            self._running = session, session.number()
            try:
                if self._ended:
                    raise ExportError("The export has stopped.", hint="Export again.")
                return read(session)
            finally:
                self._running = None

    def _end(self) -> None:
        """End what still runs, on the server too: it would keep the staging table from dropping."""
        if running := self._running:
            session, number = running
            with contextlib.suppress(ExportError):
                self._first.execute(f"kill {number}")
            session.cut()
