"""Servers that cannot be reached, or do not let us: one clear message each, without a secret."""

from __future__ import annotations

import socket
import threading
import traceback
from dataclasses import replace
from pathlib import Path

import export_marts
import proxies
import pymysql
import pytest
import servers
from export_marts import VERSIONED
from servers import PASSWORD

from c360.errors import ConfigurationError, ExportError
from c360.settings import PROJECT_DIR
from exporters import session
from exporters.mysql import export_mysql
from exporters.session import connect

# Not even in Latin-1, which drivers take for the encoding of passwords.
OTHER_PASSWORD = "s3cret/w@rd-Truyền"


def refused(database: Path, url: str, message: str) -> str:
    """Export, which must fail with `message` and must not show the password; give the hint."""
    with pytest.raises(ExportError, match=message) as caught:
        export_mysql(database, VERSIONED, url, "run-1")
    shown = "".join(traceback.format_exception(caught.value))
    for secret in (PASSWORD, OTHER_PASSWORD, "s3cret"):
        assert secret not in shown + repr(caught.value) + str(caught.value)
    return caught.value.hint


def test_five_privileges_on_the_schema_are_enough(
    served_both_ways: servers.Database, database: Path
) -> None:
    served = served_both_ways
    grants = " ".join(
        row[0] for row in servers.run(served.address, served.address.schema, "show grants")
    ).lower()
    assert "select, insert, create, drop, alter on" in grants
    assert "usage on *.*" in grants
    with servers.account(served.admin, "other", "usage", password=OTHER_PASSWORD) as other:
        refused(database, servers.write_url(other), "denied")
    export_mysql(database, VERSIONED, served.url, "run-1")
    export_marts.write_versioned(database, version=2)
    export_mysql(database, VERSIONED[:2], served.url, "run-2")
    assert served.tables() == {"apples", "pears", "customer360_export"}


def test_the_documented_grants_are_those_of_these_tests() -> None:
    page = (PROJECT_DIR / "docs" / "mysql.md").read_text(encoding="utf-8")
    for privileges in (servers.EXPORT_PRIVILEGES, servers.READ_PRIVILEGES):
        assert f"\ngrant {privileges} on customer360.* to" in page


def test_readers_read_and_do_no_more(served: servers.Database, database: Path) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    assert export_marts.served_version(served) == 1
    for statement in ("delete from apples", "drop table apples", "create table mine (id int)"):
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            served.read(statement)


def test_a_grant_on_a_table_survives_an_export(served: servers.Database, database: Path) -> None:
    export_mysql(database, VERSIONED, served.url, "run-1")
    with servers.account(served.admin, "one", "show view") as reader:
        for host in ("localhost", "127.0.0.1", "%"):
            served.query(f"grant select on apples to '{reader.user}'@'{host}'")
        export_marts.write_versioned(database, version=2)
        export_mysql(database, VERSIONED, served.url, "run-2")
        assert servers.run(reader, reader.schema, "select max(version) from apples") == [(2,)]
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            servers.run(reader, reader.schema, "select max(version) from pears")


def test_any_password_is_understood(served: servers.Database, database: Path) -> None:
    privileges = servers.EXPORT_PRIVILEGES
    with servers.account(served.admin, "other", privileges, password=OTHER_PASSWORD) as other:
        export_mysql(database, VERSIONED, servers.write_url(other), "run-1")
    assert export_marts.served_version(served) == 1


def test_a_missing_privilege_is_named_with_the_grant_that_helps(
    served: servers.Database, database: Path
) -> None:
    hint = refused(database, servers.write_url(served.reader), "denied")
    assert "GRANT SELECT, INSERT, CREATE, ALTER, DROP" in hint
    assert served.address.schema in hint
    assert served.tables() == set()


def test_a_missing_schema_is_created_if_the_account_may(
    served: servers.Database, database: Path
) -> None:
    servers.run(served.admin, None, f"drop database `{served.admin.schema}`")
    export_mysql(database, VERSIONED, served.url, "run-1")
    assert export_marts.served_version(served) == 1


def test_a_missing_schema_that_may_not_be_created_is_an_error(
    served: servers.Database, database: Path
) -> None:
    elsewhere = replace(served.address, schema=f"{served.address.schema}_x")
    assert "GRANT" in refused(database, servers.write_url(elsewhere), "denied")


def test_a_wrong_password(served: servers.Database, database: Path) -> None:
    wrong = replace(served.address, password=PASSWORD + "!")
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


# A proxy that ends TLS with a certificate of ours makes these tests the same on every server.


@pytest.mark.parametrize("tls", ["required", "verify"])
def test_tls_with_a_certificate_of_the_ca(
    served: servers.Database, database: Path, tmp_path: Path, tls: str
) -> None:
    certificate = servers.write_certificate(tmp_path)
    with proxies.proxy(served.address, proxies.WithCertificate(certificate)) as address:
        url = f"{servers.write_url(address)}?tls={tls}&ssl_ca={certificate[0]}"
        export_mysql(database, VERSIONED, url, "run-1")
    assert export_marts.served_version(served) == 1


def test_tls_with_a_certificate_of_another_ca(
    served: servers.Database, database: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other, _ = servers.write_certificate(tmp_path / "other")
    handle = proxies.WithCertificate(servers.write_certificate(tmp_path))
    with proxies.proxy(served.address, handle) as address:
        for tls in ("required", "verify"):
            url = f"{servers.write_url(address)}?tls={tls}&ssl_ca={other}"
            assert "ssl_ca" in refused(database, url, "certificate .* is not trusted")
    assert handle.heard == b""


def test_tls_with_a_certificate_of_another_host(
    served: servers.Database, database: Path, tmp_path: Path
) -> None:
    certificate = servers.write_certificate(tmp_path, "192.0.2.1")
    handle = proxies.WithCertificate(certificate)
    with proxies.proxy(served.address, handle) as address:
        url = f"{servers.write_url(address)}?ssl_ca={certificate[0]}"
        hint = refused(database, f"{url}&tls=verify", "not trusted: .*127.0.0.1")
        assert "name the host" in hint
        assert handle.heard == b""
        export_mysql(database, VERSIONED, url, "run-1")  # the CA alone is asked for
    assert export_marts.served_version(served) == 1


def test_a_server_without_tls_is_refused_where_tls_is_required(
    served: servers.Database, database: Path
) -> None:
    handle = proxies.WithoutTls()
    with proxies.proxy(served.address, handle) as address:
        url = servers.write_url(address)
        hint = refused(database, f"{url}?tls=required", "SSL is required")
        assert "tls=off" in hint
        assert handle.heard == b""  # not even the user's name
        export_mysql(database, VERSIONED, f"{url}?tls=off", "run-1")
    assert export_marts.served_version(served) == 1


def test_an_account_that_demands_tls(served: servers.Database, database: Path) -> None:
    privileges = servers.EXPORT_PRIVILEGES
    with servers.account(served.admin, "tls", privileges, options="require ssl") as account:
        url = servers.write_url(account)
        assert "demands TLS" in refused(database, f"{url}?tls=off", "Access denied")
        with connect(replace(account, tls="required")) as ours:
            assert ours.row("show session status like 'Ssl_cipher'")[1]
        export_mysql(database, VERSIONED, f"{url}?tls=required", "run-1")
    assert export_marts.served_version(served) == 1


def test_a_ca_file_that_is_not_there(served: servers.Database) -> None:
    address = replace(served.address, tls="required", ssl_ca="nowhere.pem")
    with pytest.raises(ConfigurationError, match=r"nowhere\.pem"), connect(address):
        pass
