"""One connection to MySQL or MariaDB with the settings that an export relies on.

Everything that an export writes goes through one session: it holds the lock, so that nothing can
be swapped in once the lock is lost.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pymysql

from c360.errors import ConfigurationError, CustomerError, ExportError
from exporters.guarded import GuardedConnection, Stream
from exporters.identifiers import for_server
from exporters.server_errors import UNKNOWN_SCHEMA, explain
from exporters.url import ServerUrl

Flavour = Literal["mysql", "mariadb"]

CONNECT_SECONDS = 10
# How long a swap may make readers wait behind it before it steps back; the default is a year.
LOCK_WAIT_SECONDS = 4  # with all around it, no reader waits for more than five

# The only collations that tell apart what DuckDB tells apart (accents, case, trailing spaces).
_COLLATIONS: dict[Flavour, str] = {
    "mysql": "utf8mb4_0900_bin",
    "mariadb": "utf8mb4_nopad_bin",
}
_OLDEST: dict[Flavour, tuple[int, int, int]] = {"mysql": (8, 0, 17), "mariadb": (10, 6, 0)}
# Errors instead of changed values, and quotes doubled as the only escape in text.
_SQL_MODE = (
    "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES"
)


@dataclass(frozen=True)
class Server:
    """What the server is: `local_infile` says whether it takes LOAD DATA LOCAL."""

    flavour: Flavour
    version: str
    collation: str
    local_infile: bool
    max_packet_bytes: int


class Session:
    """Statements on one connection, with errors that say what to do."""

    def __init__(self, connection: GuardedConnection, url: ServerUrl, server: Server) -> None:
        self._connection = connection
        self.url = url
        self.server = server

    def number(self) -> int:
        """What the server calls this connection."""
        return int(self.row("select connection_id()")[0])

    def cut(self) -> None:
        """End the connection under a statement that another thread waits for."""
        self._connection.cut()

    def execute(self, sql: str, values: Sequence[object] | None = None, doing: str = "") -> int:
        """Run a statement; return how many rows it changed.

        Raises:
            ServerError: the server refused it, or took it with a warning.
        """
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, values)
                changed = int(cursor.rowcount)
                warnings = int(cursor.warning_count)
        except pymysql.err.MySQLError as error:
            raise explain(error, self.url, doing or _beginning(sql)) from error
        if warnings and not sql.startswith("drop "):  # dropping what is not there is a note
            self._refuse_warnings(doing or _beginning(sql))
        return changed

    def rows(self, sql: str, values: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """Run a query; return its rows."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, values)
                return list(cursor.fetchall())
        except pymysql.err.MySQLError as error:
            raise explain(error, self.url, "A query") from error

    def row(self, sql: str, values: Sequence[object] | None = None) -> tuple[Any, ...]:
        """Run a query that gives one row; return it."""
        return self.rows(sql, values)[0]

    def load(self, sql: str, stream: Stream, doing: str) -> int:
        """Run a LOAD DATA LOCAL whose data is `stream`; return how many rows arrived."""
        with self._connection.offering(stream):
            return self.execute(sql, doing=doing)

    def _refuse_warnings(self, doing: str) -> None:
        # LOAD DATA LOCAL cuts, rounds and drops with no more than a warning.
        first = self.rows("show warnings limit 3")
        texts = "; ".join(str(message) for _, _, message in first)
        raise ExportError(
            f"{doing} changed values on the server: {texts}",
            hint="The set that was served before is still served. Correct the mart and try again.",
        )


class Watchdog:
    """Ends a statement of a session after LOCK_WAIT_SECONDS, from a connection of its own.

    lock_wait_timeout does not do it: a rename waits that long for each of its tables in turn, and
    readers of a table that it has got already wait with it.
    """

    def __init__(self, connection: GuardedConnection, session_id: int) -> None:
        self._connection = connection
        self._session_id = session_id

    @contextmanager
    def limiting(self) -> Iterator[None]:
        """Interrupt the statement in the block if it takes too long."""
        timer = threading.Timer(LOCK_WAIT_SECONDS, self._interrupt)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _interrupt(self) -> None:
        # Without this connection, or the session, lock_wait_timeout is left.
        with contextlib.suppress(pymysql.err.MySQLError), self._connection.cursor() as cursor:
            cursor.execute(f"kill query {self._session_id}")


@contextmanager
def watchdog(session: Session) -> Iterator[Watchdog]:
    """A watchdog for `session`; every account may end statements of its own."""
    session_id = session.number()
    connection = _open(session.url, create_schema=False)
    try:
        yield Watchdog(connection, session_id)
    finally:
        connection.close_quietly()


@contextmanager
def connect(url: ServerUrl, *, create_schema: bool = False) -> Iterator[Session]:
    """Connect and prepare the session; create the schema if it is wanted and there is none."""
    connection = _open(url, create_schema=create_schema)
    try:
        yield Session(connection, url, _prepare(connection, url))
    finally:
        connection.close_quietly()


def _open(url: ServerUrl, *, create_schema: bool) -> GuardedConnection:
    doing = "Connecting"
    try:
        try:
            return _connect(url, url.schema)
        except pymysql.err.OperationalError as error:
            if error.args[0] != UNKNOWN_SCHEMA or not create_schema:
                raise
        connection = _connect(url, None)
        doing = f"Creating the schema {url.schema}"
        with connection.cursor() as cursor:
            schema = for_server(url.schema)
            cursor.execute(f"create database if not exists {schema} character set utf8mb4")
            cursor.execute(f"use {schema}")
        return connection
    except CustomerError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever answers on that port is no bug of ours
        # Without its cause: a traceback could show the password.
        raise explain(error, url, doing) from None


def _connect(url: ServerUrl, schema: str | None) -> GuardedConnection:
    return GuardedConnection(
        host=url.host,
        port=url.port,
        user=url.user,
        password=url.password.encode(),
        database=schema,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=CONNECT_SECONDS,
        ssl=_ssl_context(url),
        ssl_disabled=url.tls == "off",
        program_name="customer360",
    )


def _ssl_context(url: ServerUrl) -> ssl.SSLContext | None:
    """None lets the driver use TLS when the server offers it."""
    if url.tls in ("preferred", "off"):
        return None
    try:
        context = ssl.create_default_context(cafile=url.ssl_ca)
    except OSError as error:
        raise ConfigurationError(
            f"The CA file {url.ssl_ca} cannot be read: {error.strerror or error}.",
            hint="Give the path of a PEM file as ssl_ca in C360_MYSQL_URL.",
        ) from None
    context.check_hostname = url.tls == "verify"
    if not url.ssl_ca:
        context.verify_mode = ssl.CERT_NONE
    return context


def _prepare(connection: GuardedConnection, url: ServerUrl) -> Server:
    """Refuse servers whose renames are not atomic; set what the export relies on."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select version(), @@global.local_infile, @@max_allowed_packet")
            version, local_infile, max_packet = cursor.fetchone()
            flavour = flavour_of(version)
            refuse_old(flavour, version)
            collation = _COLLATIONS[flavour]
            limit = "max_statement_time" if flavour == "mariadb" else "max_execution_time"
            cursor.execute(f"set names utf8mb4 collate {collation}")
            cursor.execute(f"set session sql_mode = '{_SQL_MODE}'")
            cursor.execute(
                "set session time_zone = '+00:00', net_read_timeout = 600, net_write_timeout = 600,"
                f" wait_timeout = 900, {limit} = 0, lock_wait_timeout = {int(LOCK_WAIT_SECONDS)}"
            )
    except pymysql.err.MySQLError as error:
        raise explain(error, url, "Preparing the session") from error
    connection.wait_without_limit()
    return Server(flavour, version, collation, bool(local_infile), int(max_packet))


def _beginning(sql: str) -> str:
    """What a statement does to what, without its lists."""
    return sql.partition("(")[0].strip()


def flavour_of(version: str) -> Flavour:
    """Which of the two a server is, from its `version()`."""
    return "mariadb" if "mariadb" in version.lower() else "mysql"


def refuse_old(flavour: Flavour, version: str) -> None:
    """Stop if the server is too old to swap a set safely, or for our collation."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if numbers < _OLDEST[flavour]:
        raise ExportError(
            f"The server is {flavour} {version}, on which a set cannot be swapped safely.",
            hint="Export to MySQL 8.0.17 or newer, or to MariaDB 10.6 or newer.",
        )
