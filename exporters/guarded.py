"""A PyMySQL connection that gives a server nothing but the stream we offer it.

With LOAD DATA LOCAL it is the server that names the file it wants, so a hostile one could ask for
any file of this machine. This connection never opens a file: it compares the name with that of
the stream on offer and sends the stream. It also cuts the connection when the stream fails,
because a stream that merely ends early looks like success to the server.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any, Protocol

from pymysql.connections import (
    Connection,
    LoadLocalPacketWrapper,
    MySQLResult,
)

from c360.errors import ExportError

# What our LOAD DATA statements call the file.
STREAM_NAME = "customer360-stream"


class Stream(Protocol):
    """Data to send; `chunks` raises if it could not be produced to its end."""

    def chunks(self) -> Iterator[bytes]:
        """Give the data piece by piece."""


class GuardedConnection(Connection):  # type: ignore[misc]
    """PyMySQL's connection with its file sending replaced."""

    _stream: Stream | None = None

    def __init__(self, **settings: Any) -> None:
        super().__init__(local_infile=True, **settings)

    @contextlib.contextmanager
    def offering(self, stream: Stream) -> Iterator[None]:
        """Send `stream` to a server that asks for it while the block runs."""
        self._stream = stream
        try:
            yield
        finally:
            self._stream = None

    def send_stream(self, asked_for: str) -> None:
        """Send the stream on offer, or cut the connection."""
        try:
            if self._stream is None or asked_for != STREAM_NAME:
                raise ExportError(
                    "The server asked for a file of this machine; the connection was cut.",
                    hint="Do not use this server before you know why: it tried to read your files.",
                )
            for chunk in self._stream.chunks():
                self.write_packet(chunk)
            self.write_packet(b"")
        except BaseException:
            self._force_close()
            raise

    def wait_without_limit(self) -> None:
        """Lift the time limit of the handshake: a verification may take minutes."""
        self._read_timeout = None

    def cut(self) -> None:
        """Let every read and write on this connection fail, also one that is waiting."""
        with contextlib.suppress(OSError, AttributeError):  # it has ended already
            self._sock.shutdown(socket.SHUT_RDWR)

    def close_quietly(self) -> None:
        """Close, whatever state the connection is in; this frees the lock."""
        with contextlib.suppress(Exception):
            self.close()

    def _read_query_result(self, unbuffered: bool = False) -> int:
        # As PyMySQL's own, with our result class; unbuffered cursors are not used here.
        self._result = None
        result = _GuardedResult(self)
        result.read()
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return int(result.affected_rows)


class _GuardedResult(MySQLResult):  # type: ignore[misc]
    def _read_load_local_packet(self, first_packet: Any) -> None:
        connection = self.connection
        connection.send_stream(LoadLocalPacketWrapper(first_packet).filename.decode())
        self._read_ok_packet(connection._read_packet())
