"""What MySQL's and MariaDB's errors mean, and what to do about each."""

from __future__ import annotations

import socket
import ssl

import pymysql

from c360.errors import ExportError
from exporters.url import ServerUrl

LOCK_WAIT_TIMEOUT = 1205
INTERRUPTED = 1317
UNKNOWN_SCHEMA = 1049
_UNREACHABLE = 2003
# Killed, shut down, gone away, lost, disconnected as idle: nobody knows what became of the
# statement that was running.
_CONNECTION_ENDED = {1053, 1927, 2006, 2013, 3169, 4031}

_GRANT = (
    "An administrator can allow it: GRANT SELECT, INSERT, CREATE, ALTER, DROP "
    "ON {schema}.* TO the user {user}."
)
_READ_ONLY = "The server only reads (a replica?); give the address of the server that is written."
_FULL = "The server's disk is full: make room there and export again."
_HINTS = {
    UNKNOWN_SCHEMA: "Check the schema in C360_MYSQL_URL; c360 export creates it.",
    1040: "Close idle connections or raise max_connections on the server, then export again.",
    1044: f"{_GRANT} If the schema does not exist yet, it also has to be created.",
    1045: "Check user and password in C360_MYSQL_URL; special characters are percent-encoded. "
    "An account that demands TLS refuses connections without it, too.",
    1698: "Check user and password in C360_MYSQL_URL; this account may allow no password at all.",
    1130: "The server does not admit this machine; an administrator must allow the user from here.",
    1129: "The server blocks this machine after errors: FLUSH HOSTS by an administrator helps.",
    1862: "The password of this user has expired; set a new one on the server.",
    1142: _GRANT,
    1143: _GRANT,
    1227: _GRANT,
    1021: _FULL,
    1114: _FULL,
    1030: "Look into the server's error log; a full disk is the usual reason.",
    1153: "One row is larger than the server's max_allowed_packet; raise it on the server.",
    LOCK_WAIT_TIMEOUT: "Another session holds the table (see SHOW PROCESSLIST); export again when "
    "it has ended.",
    1290: _READ_ONLY,
    1836: _READ_ONLY,
    1118: "The mart is too wide for one MySQL row: shorten or drop columns in the mart.",
    1203: "Close connections of this user or raise its limit on the server, then export again.",
    1226: "Close connections of this user or raise its limit on the server, then export again.",
    2026: "Let the server offer TLS; tls=off in C360_MYSQL_URL sends password and data in plain "
    "text.",
    3159: "The server demands TLS: remove tls=off from C360_MYSQL_URL.",
    3948: "The server's local_infile was switched off during the export; export again.",
    4166: "The server's local_infile was switched off during the export; export again.",
}
_HINTS |= dict.fromkeys(
    _CONNECTION_ENDED,
    "The connection was closed; look into the server's error log, then export again.",
)
_ANY = "Look up the server's message; the set that was served before is still served."


class ServerError(ExportError):
    """The server refused something; `code` is its error number (0 if it gave none)."""

    def __init__(self, what: str, *, hint: str, code: int) -> None:
        super().__init__(what, hint=hint)
        self.code = code

    @property
    def connection_ended(self) -> bool:
        """Whether the connection ended before the server answered."""
        return self.code in _CONNECTION_ENDED or not self.code


def explain(error: Exception, url: ServerUrl, doing: str) -> ServerError:
    """Say what was being done, what the server answered, and what to do."""
    code, message = _answer(error)
    if code == _UNREACHABLE:
        return _unreachable(error, url)
    hint = _HINTS.get(code, _ANY).format(schema=url.schema, user=url.user)
    return ServerError(f"{doing} failed ({url}): {message} (error {code})", hint=hint, code=code)


def _answer(error: Exception) -> tuple[int, str]:
    if isinstance(error, pymysql.err.MySQLError) and error.args:
        code = error.args[0] if isinstance(error.args[0], int) else 0
        message = str(error.args[-1]) or "the connection is closed"
        return code, message.splitlines()[0]
    return 0, f"no MySQL server answers there ({type(error).__name__})"


def _unreachable(error: Exception, url: ServerUrl) -> ServerError:
    cause = getattr(error, "original_exception", None)
    where = f"{url.host}:{url.port}"
    if isinstance(cause, socket.gaierror):
        what, hint = f"The host {url.host} is not known.", "Check the host in C360_MYSQL_URL."
    elif isinstance(cause, TimeoutError):
        what = f"No answer from {where}."
        hint = "Check host and port in C360_MYSQL_URL, and that no firewall is between."
    elif isinstance(cause, ConnectionRefusedError):
        what = f"No server listens on {where}."
        hint = "Start the server, or correct host and port in C360_MYSQL_URL."
    elif isinstance(cause, ssl.SSLCertVerificationError):
        what = f"The certificate of {where} is not trusted: {cause.verify_message}."
        hint = (
            "ssl_ca in C360_MYSQL_URL must name the CA that signed it; for tls=verify the "
            "certificate must also name the host as the URL does."
        )
    else:
        what = f"No connection to {where}: {cause or error}."
        hint = "Check host, port and TLS parameters in C360_MYSQL_URL."
    return ServerError(what, hint=hint, code=_UNREACHABLE)
