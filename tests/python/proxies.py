"""Proxies on 127.0.0.1 between an exporter and a server: connections cut short, TLS tampered with.

Each accepts connections on a free port while its block runs and gives the address to use instead
of the server's.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from exporters.url import ServerUrl

_CHUNK_BYTES = 1 << 16
_CLIENT_SSL = 0x0800  # the capability "takes TLS" in the first packet of a server
_TLS_REQUEST_BYTES = 36
_RESET = struct.pack("ii", 1, 0)  # closing sends a reset

Handle = Callable[[socket.socket, socket.socket], None]


@contextlib.contextmanager
def proxy(server: ServerUrl, handle: Handle) -> Iterator[ServerUrl]:
    """Give `handle` each client together with a connection to the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, server, handle), daemon=True).start()
        try:
            yield replace(server, port=int(listener.getsockname()[1]))
        finally:
            with contextlib.suppress(OSError):  # closing alone would leave accept() waiting
                listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, server: ServerUrl, handle: Handle) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, server, handle), daemon=True).start()


def _serve(client: socket.socket, server: ServerUrl, handle: Handle) -> None:
    # A peer that goes away, or does not trust a certificate, ends the connection.
    with (
        contextlib.suppress(OSError),
        client,
        socket.create_connection((server.host, server.port)) as upstream,
    ):
        handle(client, upstream)


@dataclass
class Cut:
    """Passes bytes on, in both directions, until `limit` of them; then cuts both connections.

    Attributes:
        limit: None passes everything on.
        reset: end with a reset, else as a program that closes its socket.
        relayed: how many bytes were passed on.
    """

    limit: int | None = None
    reset: bool = False
    relayed: int = 0

    def __call__(self, client: socket.socket, server: socket.socket) -> None:
        """Serve one connection."""
        for data, target in _packets(client, server):
            room = len(data) if self.limit is None else self.limit - self.relayed
            target.sendall(data[:room])
            self.relayed += min(room, len(data))
            if room < len(data):
                break
        if self.reset:
            for one in (client, server):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


@dataclass
class WithoutTls:
    """Says that the server takes no TLS, as somebody who wants to listen would.

    Attributes:
        heard: what clients sent.
    """

    heard: bytes = b""

    def __call__(self, client: socket.socket, server: socket.socket) -> None:
        """Serve one connection."""
        greeting = bytearray(server.recv(_CHUNK_BYTES))
        # Header (4), protocol (1), version with its zero, connection (4), salt (8), zero (1).
        place = greeting.index(0, 5) + 1 + 4 + 8 + 1
        (capabilities,) = struct.unpack_from("<H", greeting, place)
        struct.pack_into("<H", greeting, place, capabilities & ~_CLIENT_SSL)
        client.sendall(greeting)
        for data, target in _packets(client, server):
            self.heard += data if target is server else b""
            target.sendall(data)


@dataclass
class WithCertificate:
    """Ends TLS with a certificate of ours and speaks TLS with the server itself.

    Attributes:
        certificate: PEM files of the certificate and its key.
        heard: what clients sent once TLS was agreed on.
    """

    certificate: tuple[Path, Path]
    heard: bytes = b""

    def __call__(self, client: socket.socket, server: socket.socket) -> None:
        """Serve one connection."""
        client.sendall(server.recv(_CHUNK_BYTES))
        # The client's wish for TLS, and not a byte of the TLS that follows it.
        server.sendall(client.recv(_TLS_REQUEST_BYTES, socket.MSG_WAITALL))
        ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ours.load_cert_chain(*self.certificate)
        theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        theirs.check_hostname, theirs.verify_mode = False, ssl.CERT_NONE
        for context in (ours, theirs):  # later versions send records that are no data
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            ours.wrap_socket(client, server_side=True) as near,
            theirs.wrap_socket(server) as far,
        ):
            for data, target in _packets(near, far):
                self.heard += data if target is far else b""
                target.sendall(data)


def _packets(one: socket.socket, other: socket.socket) -> Iterator[tuple[bytes, socket.socket]]:
    """What either sends, with the one it is for, until one of them closes."""
    while True:
        waiting = [s for s in (one, other) if isinstance(s, ssl.SSLSocket) and s.pending()]
        for sender in waiting or select.select([one, other], [], [])[0]:
            data = sender.recv(_CHUNK_BYTES)
            if not data:
                return
            yield data, other if sender is one else one
