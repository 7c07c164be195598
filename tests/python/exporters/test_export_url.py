"""Addresses of servers: what is understood, what is refused, and that no password shows."""

from __future__ import annotations

import traceback

import pytest

from c360.errors import ConfigurationError, ExitCode
from exporters.url import parse_url

SECRET = "s3cret-w0rd"


def test_a_whole_address() -> None:
    url = parse_url("mysql://c360:p%40ss%2Fw%23rd@db.example:3307/customer360")
    assert (url.host, url.port, url.user) == ("db.example", 3307, "c360")
    assert (url.password, url.schema, url.tls) == ("p@ss/w#rd", "customer360", "required")


@pytest.mark.parametrize(
    ("text", "host", "port", "tls"),
    [
        ("mysql://u:p@127.0.0.1/s", "127.0.0.1", 3306, "preferred"),
        ("mariadb://u@localhost/s", "localhost", 3306, "preferred"),
        ("mysql://u:p@[::1]:33/s", "::1", 33, "preferred"),
        ("mysql://u:p@10.0.0.7/s", "10.0.0.7", 3306, "required"),
        ("mysql://u:p@10.0.0.7/s?tls=off", "10.0.0.7", 3306, "off"),
        ("mysql://u:p@127.0.0.1/s?ssl_ca=ca.pem", "127.0.0.1", 3306, "required"),
        ("mysql://u:p@db/s?ssl_ca=ca.pem&tls=verify", "db", 3306, "verify"),
    ],
)
def test_defaults(text: str, host: str, port: int, tls: str) -> None:
    url = parse_url(text)
    assert (url.host, url.port, url.tls, url.schema) == (host, port, tls, "s")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"postgres://u:{SECRET}@h/s", "neither mysql://"),
        (f"mysql://u:{SECRET}@/s", "no host"),
        (f"mysql://:{SECRET}@h/s", "no user"),
        (f"mysql://u:{SECRET}@h", "no schema"),
        (f"mysql://u:{SECRET}@h/", "no schema"),
        (f"mysql://u:{SECRET}@h/my-schema", "my-schema"),
        (f"mysql://u:{SECRET}@h/mysql", "belongs to the server"),
        (f"mysql://u:{SECRET}@h:99999/s", "cannot be read"),
        (f"mysql://u:{SECRET}/x@h/s", "cannot be read"),
        (f"mysql://u:{SECRET}#x@h/s", "cannot be read"),
        (f"mysql://u:{SECRET}@h/s#x", "bare #"),
        (f"mysql://u:{SECRET}@[h/s", "cannot be read"),
        (f"mysql://u:{SECRET}@h/s?charset=latin1", "unknown parameter: charset"),
        (f"mysql://u:{SECRET}@h/s?tls=perhaps", "tls"),
        (f"mysql://u:{SECRET}@h/s?tls=verify", "ssl_ca"),
        (f"mysql://u:{SECRET}@h/s?tls=off&ssl_ca=ca.pem", "ssl_ca"),
        (f"mysql://u:{SECRET}@10.0.0.7/s?tls=preferred", "plain text"),
        (f"mysql://u:a@b/{SECRET}@h/s", "cannot be read"),
        (f"mysql://u:a@b?{SECRET}@h/s", "cannot be read"),
        (f"mysql://u:a@b?{SECRET}=c@h/s", "cannot be read"),
        ("", "neither mysql://"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        parse_url(text)
    assert caught.value.exit_code == ExitCode.WRONG_USAGE
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_no_form_of_an_address_shows_the_password() -> None:
    url = parse_url(f"mysql://u:{SECRET}@h/s")
    assert SECRET not in f"{url} {url!r}"
    assert str(url) == "u@h:3306/s"
