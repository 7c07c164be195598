"""The address of a server, `mysql://user:password@host:3306/schema`; it never shows the password.

Query parameters: `ssl_ca=FILE` (the server's certificate must be signed by it) and `tls=`:
`required`, `verify` (as required, and the certificate must name the host; needs ssl_ca),
`preferred` (use TLS when offered; only on this machine) or `off`. Without it, TLS is required
unless the host is this machine, where it is preferred. So nothing goes to another machine in
plain text but with `tls=off`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from c360.errors import ConfigurationError
from exporters.identifiers import require_name

Tls = Literal["required", "verify", "preferred", "off"]

_FORM = (
    "Write C360_MYSQL_URL as mysql://user:password@host:3306/schema; in user and password, write "
    "special characters percent-encoded (@ as %40, / as %2F, # as %23)."
)
_SYSTEM_SCHEMAS = {"mysql", "information_schema", "performance_schema", "sys"}


@dataclass(frozen=True)
class ServerUrl:
    """Where to export to, and as whom."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    schema: str
    tls: Tls
    ssl_ca: str | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}/{self.schema}"


def parse_url(text: str) -> ServerUrl:
    """Read a `mysql://` or `mariadb://` URL.

    Raises:
        ConfigurationError: what is wrong with it, without repeating it: it holds a password.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port or 3306
        host = parts.hostname or ""
    except ValueError:
        # The message of urlsplit may quote a part of the password.
        raise ConfigurationError("The MySQL URL cannot be read.", hint=_FORM) from None
    if parts.scheme not in ("mysql", "mariadb"):
        raise ConfigurationError(
            "The MySQL URL starts with neither mysql:// nor mariadb://.", hint=_FORM
        )
    for missing, name in ((host, "host"), (parts.username, "user")):
        if not missing:
            raise ConfigurationError(f"The MySQL URL names no {name}.", hint=_FORM)
    if parts.fragment:
        raise ConfigurationError("The MySQL URL holds a bare #.", hint=_FORM)
    if "@" in parts.path + parts.query:
        # A bare / or ? in the password has cut it: what follows is no schema, but secret.
        raise ConfigurationError("The MySQL URL cannot be read.", hint=_FORM)
    tls, ssl_ca = _tls(parts, host)
    return ServerUrl(
        host=unquote(host),
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        schema=_schema(parts),
        tls=tls,
        ssl_ca=ssl_ca,
    )


def _schema(parts: SplitResult) -> str:
    schema = unquote(parts.path.removeprefix("/"))
    if not schema:
        raise ConfigurationError("The MySQL URL names no schema (database).", hint=_FORM)
    if schema.lower() in _SYSTEM_SCHEMAS:
        raise ConfigurationError(
            f"The schema {schema} belongs to the server itself.",
            hint="Choose a schema for the export, such as customer360.",
        )
    return require_name(schema, "Schema")


def _tls(parts: SplitResult, host: str) -> tuple[Tls, str | None]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = set(options) - {"ssl_ca", "tls"}
    if unknown:
        raise ConfigurationError(
            f"The MySQL URL has an unknown parameter: {', '.join(sorted(unknown))}.",
            hint="Known are ssl_ca=FILE and tls=required, verify, preferred or off.",
        )
    ssl_ca = options.get("ssl_ca") or None
    default = "required" if ssl_ca or not _is_loopback(host) else "preferred"
    tls = options.get("tls", default)
    if tls not in ("required", "verify", "preferred", "off"):
        raise ConfigurationError(
            "The parameter tls of the MySQL URL has an unknown value.",
            hint="Known are tls=required, verify, preferred or off.",
        )
    if (tls == "verify") != bool(ssl_ca) and tls != "required":
        raise ConfigurationError(
            f"In the MySQL URL, tls={tls} and ssl_ca do not go together.",
            hint="A CA file needs tls=required or tls=verify, and tls=verify needs a CA file.",
        )
    if tls == "preferred" and not _is_loopback(host):
        raise ConfigurationError(
            "tls=preferred could send password and data to another machine in plain text.",
            hint="Leave tls out of C360_MYSQL_URL, so that TLS is required, or write tls=off.",
        )
    return cast("Tls", tls), ssl_ca


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
