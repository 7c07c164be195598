"""Run dbt's data tests on the tables that an export serves (`serving_tests/`).

    python -m exporters.serving_tests --url mysql://user:password@host:3306/schema

The URL may stand in C360_MYSQL_URL instead, where other users of the machine do not see it. Other
arguments go to `dbt test`, which runs in an environment of its own, by default `.venv-mysql`:
dbt-mysql needs dbt-core 1.7.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from c360.errors import ConfigurationError, CustomerError
from exporters.session import connect
from exporters.url import ServerUrl, parse_url

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "serving_tests"
DEFAULT_PYTHON = ROOT / ".venv-mysql" / "bin" / "python"


def run_serving_tests(
    url: str, venv_python: Path = DEFAULT_PYTHON, dbt_arguments: Sequence[str] = ()
) -> int:
    """Test the served tables with `dbt test`, whose output goes to ours.

    Args:
        url: the server, as for the export.
        venv_python: the Python of an environment with dbt-mysql.
        dbt_arguments: more for `dbt test`, such as `--select`.

    Returns:
        dbt's exit code: 0 if every test passed, 1 if one failed, 2 if dbt itself did.

    Raises:
        ConfigurationError: there is no such environment, or the URL is wrong.
        ExportError: the server cannot be reached.
    """
    if not venv_python.is_file():
        raise ConfigurationError(
            f"There is no environment with dbt-mysql: {venv_python} does not exist.",
            hint="Make it: uv venv .venv-mysql, then uv pip install --python .venv-mysql "
            "--require-hashes -r requirements/mysql.lock.",
        )
    address = parse_url(url)
    with connect(address) as session:
        flavour = session.server.flavour
    with tempfile.TemporaryDirectory(prefix="c360-serving-") as scratch:
        command = [str(venv_python), "-m", "dbt.cli.main", "test"]
        command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), *dbt_arguments]
        environment = os.environ | _variables(address, flavour, scratch)
        return subprocess.run(command, cwd=scratch, env=environment, check=False).returncode


def _variables(address: ServerUrl, flavour: str, scratch: str) -> dict[str, str]:
    return {
        "C360_SERVING_FLAVOUR": flavour,
        "C360_SERVING_HOST": address.host,
        "C360_SERVING_PORT": str(address.port),
        "C360_SERVING_SCHEMA": address.schema,
        "C360_SERVING_USER": address.user,
        # dbt blots out the values of variables with this prefix in its logs.
        "DBT_ENV_SECRET_C360_SERVING_PASSWORD": address.password,
        "DBT_TARGET_PATH": f"{scratch}/target",
        "DBT_LOG_PATH": f"{scratch}/logs",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def main() -> int:
    """The command line: dbt's exit code, or that of the error."""
    parser = argparse.ArgumentParser(prog="exporters.serving_tests", description=__doc__)
    parser.add_argument("--url", default=os.environ.get("C360_MYSQL_URL", ""))
    parser.add_argument("--python", type=Path, default=DEFAULT_PYTHON)
    options, dbt_arguments = parser.parse_known_args()
    try:
        return run_serving_tests(options.url, options.python, dbt_arguments)
    except CustomerError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())
