"""A real MySQL or MariaDB server for the export tests, each test with a schema of its own.

With C360_TEST_MYSQL_URL set, that server is used; the tests create schemas and users there, drop
them again, and switch its local_infile on and off, so the account needs all privileges. Otherwise
a private server is started from the programs of this machine: own data directory, own socket,
free port, 127.0.0.1 only; it is stopped and its data removed at the end.

Exports in tests run as an account with the five privileges that the documentation names, readers
as one that may only read; the account that may do everything only prepares and damages.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pymysql
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from exporters.url import ServerUrl, parse_url

_FOLDERS = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/usr/libexec"
_START_SECONDS = 60
_STOP_SECONDS = 60
_NO_SERVER = (
    "The export tests need a real server and found none. As root on Debian or Ubuntu run "
    "scripts/install-mysql.sh; elsewhere install MariaDB 10.6+ or MySQL 8.0+, or set "
    "C360_TEST_MYSQL_URL=mysql://user:password@host:3306/ to a server for tests."
)

# What the documentation tells an administrator to grant (docs/mysql.md), and nothing more.
EXPORT_PRIVILEGES = "select, insert, create, alter, drop"
READ_PRIVILEGES = "select, show view"
# Percent-encoded in a URL it looks different, so that tests can look for both forms.
PASSWORD = "s3cret/w@rd:%41#é"


@dataclass(frozen=True)
class Database:
    """An empty schema on a server, seen by three accounts.

    Attributes:
        address: the account that exports, with `EXPORT_PRIVILEGES` on the schema only.
        reader: an account that may only read the schema.
        admin: an account that may do everything.
    """

    address: ServerUrl
    reader: ServerUrl
    admin: ServerUrl

    @property
    def url(self) -> str:
        """The address of the account that exports, as a user would write it."""
        return write_url(self.address)

    def connect(self) -> pymysql.Connection:
        """A plain connection to the schema, as a reader has it."""
        return connect(self.reader, self.reader.schema)

    def read(self, sql: str, values: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """Run one query as a reader, on a connection of its own; return its rows."""
        return run(self.reader, self.reader.schema, sql, values)

    def query(self, sql: str, values: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement with all privileges, on a connection of its own; return its rows."""
        return run(self.admin, self.admin.schema, sql, values)

    def tables(self) -> set[str]:
        """The names of everything in the schema."""
        return {row[0] for row in self.query("show tables")}


def write_url(address: ServerUrl) -> str:
    """The inverse of `parse_url` for addresses without TLS parameters."""
    user, password = quote(address.user, safe=""), quote(address.password, safe="")
    return f"mysql://{user}:{password}@{address.host}:{address.port}/{address.schema}"


def connect(address: ServerUrl, schema: str | None = None) -> pymysql.Connection:
    """A plain connection that commits by itself."""
    return pymysql.connect(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password.encode(),
        database=schema,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=10,
        # On this machine TLS only costs time: the system's certificates are read each time.
        ssl_disabled=address.tls in ("preferred", "off"),
    )


def run(
    address: ServerUrl, schema: str | None, sql: str, values: Sequence[object] | None = None
) -> list[tuple[Any, ...]]:
    """Run one statement on a connection of its own; return its rows."""
    with connect(address, schema) as connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


@contextlib.contextmanager
def server() -> Iterator[ServerUrl]:
    """The address of a server, with an account that may do everything."""
    given = os.environ.get("C360_TEST_MYSQL_URL")
    if given:
        # Every test makes a schema of its own, so the URL need not name one.
        parts = urlsplit(given)
        yield parse_url(
            parts._replace(path="/tests").geturl() if parts.path in ("", "/") else given
        )
        return
    with private_server() as private:
        yield private.address


@contextlib.contextmanager
def empty_schema(address: ServerUrl) -> Iterator[Database]:
    """A new, empty schema and its accounts, dropped at the end."""
    schema = f"c360_test_{secrets.token_hex(6)}"
    admin = replace(address, schema=schema)
    run(address, None, f"create database `{schema}` character set utf8mb4")
    try:
        with (
            account(admin, "export", EXPORT_PRIVILEGES) as exporter,
            account(admin, "read", READ_PRIVILEGES) as reader,
        ):
            yield Database(exporter, reader, admin)
    finally:
        run(address, None, f"drop database if exists `{schema}`")


@contextlib.contextmanager
def account(
    admin: ServerUrl, name: str, privileges: str, *, password: str = PASSWORD, options: str = ""
) -> Iterator[ServerUrl]:
    """An account with these privileges on the admin's schema, dropped at the end.

    Args:
        admin: who creates it, and the schema.
        name: a word that the account's name ends with.
        privileges: as GRANT lists them.
        password: of the account.
        options: ends the CREATE USER, such as `require ssl`.
    """
    user = f"{admin.schema[-12:]}_{name}"
    # Each host by itself: a server with anonymous users prefers those to a user from anywhere.
    users = [f"'{user}'@'{host}'" for host in ("localhost", "127.0.0.1", "%")]
    identified = ", ".join(f"{one} identified by {{password}}" for one in users)
    with contextlib.closing(connect(admin)) as connection:
        literal = connection.escape(password)
        connection.query(f"create user {identified} {options}".format(password=literal))
        for one in users:
            connection.query(f"grant {privileges} on `{admin.schema}`.* to {one}")
    try:
        yield replace(admin, user=user, password=password)
    finally:
        run(admin, None, f"drop user {', '.join(users)}")


@contextlib.contextmanager
def local_infile(address: ServerUrl, *, on: bool) -> Iterator[None]:
    """Switch the server's LOAD DATA LOCAL on or off for a while."""
    ((before,),) = run(address, None, "select @@global.local_infile")
    run(address, None, "set global local_infile = %s", (int(on),))
    try:
        yield
    finally:
        run(address, None, "set global local_infile = %s", (before,))


class PrivateServer:
    """A server of our own in a folder, which can be killed and started again on the same data.

    Args:
        folder: for its data, socket and log.
        durable: flush every commit to disk as servers do by default, for tests that kill it.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        program = next(filter(None, (_find(name) for name in ("mariadbd", "mysqld"))), None)
        if program is None:
            raise RuntimeError(_NO_SERVER)
        self._program, self._folder, self._log = program, folder, folder / "server.log"
        self._common = [
            f"--datadir={folder / 'data'}",
            *(["--user=root"] if os.getuid() == 0 else []),
        ]
        self._options = (
            ["--innodb-flush-log-at-trx-commit=1"]
            if durable
            # Nothing here must survive a power failure; the processes that are killed are others.
            else ["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"]
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        _initialise(program, self._common, self._log)

    @property
    def address(self) -> ServerUrl:
        """Where it listens, with the account that may do everything."""
        return ServerUrl("127.0.0.1", self.port, "root", "", "test", "preferred")

    def start(self) -> None:
        """Start it, again on the port it had."""
        for _ in range(3):  # a free port may be taken before the server has it
            port = self.port or _free_port()
            self._process = self._launch(port)
            if _wait_until_up(self._process, port):
                self.port = port
                return
            self.stop()
        raise RuntimeError(f"{self._program} did not start:\n{_tail(self._log)}")

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=_STOP_SECONDS)

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        folder = self._folder
        command = [self._program, "--no-defaults", *self._common, *self._options]
        command += [f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}", f"--port={port}"]
        command += ["--bind-address=127.0.0.1", f"--tmpdir={folder}", f"--log-error={self._log}"]
        # MySQL's second protocol would listen on every address; "loose": MariaDB has none.
        command += ["--loose-mysqlx=OFF", f"--secure-file-priv={folder}"]
        certificate, key = write_certificate(folder)
        command += [f"--ssl-ca={certificate}", f"--ssl-cert={certificate}", f"--ssl-key={key}"]
        with self._log.open("ab") as output:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


@contextlib.contextmanager
def private_server(*, durable: bool = False) -> Iterator[PrivateServer]:
    """A private server that runs, stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="c360-") as folder:
        server = PrivateServer(Path(folder), durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _find(program: str) -> str | None:
    return shutil.which(program, path=_FOLDERS)


def _initialise(program: str, common: list[str], log: Path) -> None:
    install = _find("mariadb-install-db") or _find("mysql_install_db")
    if "mariadb" in Path(program).name and install:
        command = [install, "--no-defaults", "--auth-root-authentication-method=normal"]
        command += ["--skip-test-db", *common]
    else:
        command = [program, "--no-defaults", "--initialize-insecure", *common]
    with log.open("ab") as output:
        ended = subprocess.run(command, stdout=output, stderr=output, check=False)
    if ended.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{_tail(log)}")


def _wait_until_up(process: subprocess.Popen[bytes], port: int) -> bool:
    address = ServerUrl("127.0.0.1", port, "root", "", "test", "preferred")
    give_up = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(pymysql.err.MySQLError):
            run(address, None, "select 1")
            return True
        time.sleep(0.1)
    return False


def write_certificate(folder: Path, address: str = "127.0.0.1") -> tuple[Path, Path]:
    """A certificate for an address that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "customer360 test server")])
    now = datetime.now(UTC)
    host = x509.IPAddress(ipaddress.ip_address(address))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else ""
