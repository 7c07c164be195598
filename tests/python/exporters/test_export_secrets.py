"""The real command never shows the password, however an export ends, and writes it nowhere."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import proxies
import servers
from export_marts import VERSIONED
from servers import PASSWORD, write_url

from c360.settings import PROJECT_DIR
from exporters.url import ServerUrl

# The password as it is and as a URL has it, and a part that any other form of it would show.
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), "s3cret", "w@rd", "w%40rd")


@dataclass(frozen=True)
class Ended:
    """What a command printed and its exit code."""

    code: int
    output: str


@dataclass(frozen=True)
class Command:
    """`c360 export` of a copy of the program, which has a `target/` of its own."""

    folder: Path
    database: Path

    @classmethod
    def make(cls, folder: Path, database: Path) -> Command:
        """Copy the program and write dbt's manifest of the small marts."""
        for package in ("c360", "exporters", "loaders"):
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT_DIR / package, folder / package, ignore=ignore)
        nodes = {
            table.name: {
                "resource_type": "model",
                "name": table.name,
                "schema": table.schema,
                "config": {"meta": {"export": {"key": list(table.key)}}},
                "columns": {name: {"name": name} for name in table.key},
            }
            for table in VERSIONED
        }
        (folder / "target").mkdir()
        (folder / "target" / "manifest.json").write_text(json.dumps({"nodes": nodes}))
        return cls(folder, database)

    def export(self, name: str, url: str, *, flag: bool = False) -> Ended:
        """Export to `url`, given as a variable or as a flag."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("C360_")}
        settings = {
            "PYTHONPATH": str(self.folder),
            "C360_DATABASE": str(self.database),
            "C360_EXPORT_DIR": str(self.folder / "export" / name),
            **({} if flag else {"C360_MYSQL_URL": url}),
        }
        done = subprocess.run(
            [sys.executable, "-c", "from c360.cli import main; main()", "export"]
            + (["--mysql", url] if flag else []),
            cwd=self.folder,
            env=inherited | settings,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Ended(done.returncode, done.stdout + done.stderr)


@contextlib.contextmanager
def failing(served: servers.Database, folder: Path) -> Iterator[dict[str, tuple[str, str]]]:
    """URLs that cannot be exported to, by what is wrong: with what the command says of it."""
    address = served.address
    wrong = replace(address, password=PASSWORD + "!")
    unreachable = replace(address, port=1)
    (folder / "other").mkdir(parents=True)
    other, _ = servers.write_certificate(folder / "other")
    theirs = proxies.WithCertificate(servers.write_certificate(folder))
    privileges = servers.EXPORT_PRIVILEGES
    with (
        proxies.proxy(address, theirs) as mistrusted,
        proxies.proxy(address, proxies.WithoutTls()) as plain,
        proxies.proxy(address, proxies.Cut(50_000)) as cut,
        servers.account(served.admin, "tls", privileges, options="require ssl") as demanding,
    ):
        yield {
            "wrong password": (write_url(wrong), "Access denied"),
            "nothing listens": (write_url(unreachable), "No server listens"),
            "no privilege": (write_url(served.reader), "GRANT SELECT, INSERT"),
            "wrong CA": (f"{write_url(mistrusted)}?ssl_ca={other}", "is not trusted"),
            "no TLS": (f"{write_url(plain)}?tls=required", "SSL is required"),
            "TLS demanded": (f"{write_url(demanding)}?tls=off", "Access denied"),
            "cut": (write_url(cut), "failed ("),
            "plain text": (
                f"mysql://u:{quote(PASSWORD, safe='')}@192.0.2.1/s?tls=preferred",
                "in plain text",
            ),
            "not encoded": (f"mysql://u:{PASSWORD}@{address.host}/s", "cannot be read"),
            "cut by a slash": (f"mysql://u:x@y/{PASSWORD[:12]}@h/s", "cannot be read"),
        }


def test_no_failure_shows_the_password(
    served: servers.Database, database: Path, tmp_path: Path
) -> None:
    command = Command.make(tmp_path / "project", database)
    with (
        failing(served, tmp_path / "certificates") as cases,
        servers.empty_schema(served.admin) as busy,
        lock_held(busy.address),
        ThreadPoolExecutor(3) as pool,
    ):
        cases["another export"] = (busy.url, f"({busy.address.user} from ")
        runs = {
            (name, flag): pool.submit(command.export, f"{name} {flag}", url, flag=flag)
            for name, (url, _) in sorted(cases.items())
            for flag in ([False, True] if name in ("not encoded", "wrong password") else [False])
        }
        for (name, _), run in runs.items():
            ended = run.result()
            assert ended.code in (1, 2), (name, ended.output)
            assert cases[name][1] in " ".join(ended.output.split()), (name, ended.output)
            assert "Traceback" not in ended.output, name
            assert not shown(ended.output), name
    assert served.tables() <= {"apples", "pears", "plums", "apples__stg", "pears__stg"}
    look_everywhere(tmp_path / "project")


def test_an_export_writes_the_password_nowhere(
    served: servers.Database, database: Path, tmp_path: Path
) -> None:
    command = Command.make(tmp_path / "project", database)
    for _ in range(2):
        ended = command.export("whole", served.url)
        assert (ended.code, shown(ended.output)) == (0, [])
    look_everywhere(tmp_path / "project")
    written = served.query("select * from customer360_export")
    assert len(written) == 2 * len(VERSIONED)
    for table, column in (("tables", "table_comment"), ("columns", "column_comment")):
        comments = served.query(
            f"select {column} from information_schema.{table} where table_schema = %s",
            (served.address.schema,),
        )
        assert any(comment for (comment,) in comments)
        written += comments
    assert not shown(repr(written))


def test_the_search_for_secrets_finds_them(served: servers.Database) -> None:
    assert shown(f"at {served.url}") == [SECRETS[1], "s3cret", "w%40rd"]
    assert shown(f"is {PASSWORD}") == [PASSWORD, "s3cret", "w@rd"]


def shown(text: str) -> list[str]:
    """The forms of the password that a text holds."""
    return [secret for secret in SECRETS if secret in text]


def look_everywhere(folder: Path) -> None:
    """No file of the program or of what it wrote holds the password."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"manifest.json", "apples.csv"} <= {path.name for path in files}
    for path in files:
        assert not shown(path.read_bytes().decode("utf-8", errors="replace")), path


@contextlib.contextmanager
def lock_held(address: ServerUrl) -> Iterator[None]:
    """Somebody else exports to the schema, or so it seems."""
    with contextlib.closing(servers.connect(address)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select get_lock(%s, 5)", (f"c360:{address.schema}",))
            assert cursor.fetchone() == (1,)
        yield
