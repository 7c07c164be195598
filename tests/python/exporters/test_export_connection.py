"""Servers that cannot be reached, or do not let us: one clear message each, without a secret."""

from __future__ import annotations

import contextlib
import socket
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import export_marts  # type: ignore[import-not-found]
import pytest
import servers
from export_marts import VERSIONED

from c360.errors import ConfigurationError, ExportError
from exporters import session
from exporters.mysql import export_mysql
from exporters.session import connect
from exporters.url import ServerUrl

PASSWORD = "s3cret/w@rd-Truyền"


@contextlib.contextmanager
def account(served: servers.Database, *grants: str) -> Iterator[servers.Database]:
    """An account of its own with these privileges on the schema, and the schema seen by it."""
    name = f"{served.address.schema[-12:]}_user"
    for host in ("localhost", "127.0.0.1", "%"):
        served.query("create user %s@%s identified by %s", (name, host, PASSWORD))
        for grant in grants:
            served.query(f"grant {grant} on `{served.address.schema}`.* to %s@%s", (name, host))
    try:
        yield servers.Database(replace(served.address, user=name, password=PASSWORD))
    finally:
        for host in ("localhost", "127.0.0.1", "%"):
            served.query("drop user %s@%s", (name, host))


def refused(database: Path, url: str, message: str) -> str:
    """Export, which must fail with `message` and must not show the password; give the hint."""
    with pytest.raises(ExportError, match=message) as caught:
        export_mysql(database, VERSIONED, url, "run-1")
    shown = "".join(traceback.format_exception(caught.value))
    for secret in (PASSWORD, "s3cret"):
        assert secret not in shown + repr(caught.value) + str(caught.value)
    return caught.value.hint


def test_five_privileges_on_the_schema_are_enough(
    served_both_ways: servers.Database, database: Path
) -> None:
    with account(served_both_ways, "select, insert, create, alter, drop") as limited:
        export_mysql(database, VERSIONED, limited.url, "run-1")
        export_marts.write_versioned(database, version=2)
        export_mysql(database, VERSIONED[:2], limited.url, "run-2")
    assert served_both_ways.tables() == {"apples", "pears", "customer360_export"}


def test_a_missing_privilege_is_named_with_the_grant_that_helps(
    served: servers.Database, database: Path
) -> None:
    with account(served, "select") as limited:
        hint = refused(database, limited.url, "denied")
    assert "GRANT SELECT, INSERT, CREATE, ALTER, DROP" in hint
    assert served.address.schema in hint
    assert served.tables() == set()


def test_a_missing_schema_is_created_if_the_account_may(
    served: servers.Database, database: Path
) -> None:
    served.query(f"drop database `{served.address.schema}`")
    export_mysql(database, VERSIONED, served.url, "run-1")
    assert export_marts.served_version(served) == 1


def test_a_missing_schema_that_may_not_be_created_is_an_error(
    served: servers.Database, database: Path
) -> None:
    with account(served, "select") as limited:
        elsewhere = replace(limited.address, schema=f"{served.address.schema}_x")
        assert "GRANT" in refused(database, servers.write_url(elsewhere), "denied")


def test_a_wrong_password(served: servers.Database, database: Path) -> None:
    with account(served, "all") as limited:
        wrong = replace(limited.address, password=PASSWORD + "!")
        hint = refused(database, servers.write_url(wrong), "Access denied")
    assert "Check user and password" in hint


def test_an_unknown_user(served: servers.Database, database: Path) -> None:
    nobody = replace(served.address, user="nobody_at_all", password=PASSWORD)
    refused(database, servers.write_url(nobody), "Access denied")


def test_nothing_listens(database: Path) -> None:
    with socket.socket() as reserved:  # bound, but it does not listen
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        hint = refused(
            database, f"mysql://u:s3cret@127.0.0.1:{port}/s", f"No server listens on .*{port}"
        )
    assert "Start the server" in hint


def test_an_unknown_host(database: Path) -> None:
    refused(
        database, "mysql://u:s3cret@no-such-host.invalid/s", "no-such-host.invalid is not known"
    )


def test_a_port_that_never_answers(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CONNECT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        refused(database, f"mysql://u:s3cret@127.0.0.1:{port}/s", "Connecting failed")


def test_something_else_than_a_server_answers(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CONNECT_SECONDS", 1)

    for banner in (
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\0" * 64,
        b"",
    ):
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer(listener: socket.socket = listener, banner: bytes = banner) -> None:
                with listener.accept()[0] as connection:
                    connection.sendall(banner)

            thread = threading.Thread(target=answer)
            thread.start()
            port = listener.getsockname()[1]
            refused(database, f"mysql://u:s3cret@127.0.0.1:{port}/s", "Connecting failed")
            thread.join()


@pytest.mark.parametrize("version", ["5.7.44-log", "8.0.16", "10.5.23-MariaDB", "5.5.5"])
def test_servers_without_atomic_renames_are_refused(version: str) -> None:
    flavour = session.flavour_of(version)
    with pytest.raises(ExportError, match=version):
        session.refuse_old(flavour, version)


@pytest.mark.parametrize(
    "version", ["8.0.17", "8.4.3-commercial", "9.7.4-2", "10.6.0-MariaDB", "11.8.2-MariaDB-ubu2404"]
)
def test_newer_servers_are_not(version: str) -> None:
    session.refuse_old(session.flavour_of(version), version)


def test_tls_with_a_certificate_of_the_ca(server: ServerUrl, served: servers.Database) -> None:
    ca = servers.ca_of(server)
    for tls in ("required", "verify"):
        secured = replace(served.address, tls=tls, ssl_ca=str(ca))
        if ca is None:  # a server that was given to us: its CA is not known here
            secured = replace(served.address, tls="required")
        with connect(secured) as ours:
            cipher = ours.row("show session status like 'Ssl_cipher'")
        assert cipher[1]


def test_tls_with_a_certificate_of_another_ca(served: servers.Database, tmp_path: Path) -> None:
    other, _ = servers.write_certificate(tmp_path)
    address = replace(served.address, tls="required", ssl_ca=str(other))
    with (
        pytest.raises(ExportError, match=r"certificate verify failed|[Cc]onnect"),
        connect(address),
    ):
        pass


def test_a_ca_file_that_is_not_there(served: servers.Database) -> None:
    address = replace(served.address, tls="required", ssl_ca="nowhere.pem")
    with pytest.raises(ConfigurationError, match=r"nowhere\.pem"), connect(address):
        pass
