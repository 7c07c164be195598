"""Neither the server's password nor the key of the pseudonyms is written anywhere."""

from __future__ import annotations

import socket
from datetime import date
from urllib.parse import quote

import pytest
from project.runs import BIN, run

from c360.sample import SampleOptions, write_sample
from privacy.project_copy import Copy, copy_project

# Both the text and what a URL makes of it are looked for.
PASSWORD = "Zx9q/geheim#p@ss w:rd?&%"
KEY = "k3y-of-pseudonyms-Qw7!"
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), KEY, quote(KEY, safe=""), "geheim")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = tmp_path_factory.mktemp("secrets")
    copy = Copy(copy_project(folder / "project"), folder / "work", {"C360_PSEUDONYMIZE_KEY": KEY})
    copy.folder.mkdir()
    write_sample(SampleOptions(out=copy.raw, customers=60, months=(date(2022, 7, 1),)))
    return copy


def closed_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def url() -> str:
    return f"mysql://c360:{quote(PASSWORD, safe='')}@127.0.0.1:{closed_port()}/customer360"


def check_no_secret(copy: Copy, output: str) -> None:
    written = {"the output": output.encode()} | copy.bytes_on_disk()
    assert len(written) > 100
    found = [
        (place, secret)
        for place, content in written.items()
        for secret in SECRETS
        if secret.encode() in content
    ]
    assert found == []


@pytest.mark.parametrize("by_flag", [False, True])
def test_a_run_that_fails_at_the_server_writes_no_secret(copy: Copy, by_flag: bool) -> None:
    settings = copy.settings | ({} if by_flag else {"C360_MYSQL_URL": url()})
    run_copy = Copy(copy.project, copy.folder, settings)
    done = run_copy.c360("run", *(["--mysql", url()] if by_flag else []))
    assert done.code == 1, done.output
    assert "No server listens on 127.0.0.1" in done.output
    assert (copy.export_dir / "customer360.csv").is_file()
    check_no_secret(copy, done.output)


def test_the_docs_of_dbt_hold_no_secret(copy: Copy) -> None:
    done = run(
        [
            *(str(BIN / "dbt"), "docs", "generate", "--static", "--no-use-colors"),
            *("--project-dir", str(copy.project), "--profiles-dir", str(copy.project)),
        ],
        **copy.environment | {"C360_MYSQL_URL": url()},
    )
    assert done.code == 0, done.output
    assert (copy.project / "target" / "static_index.html").is_file()
    check_no_secret(copy, done.output)
