"""Settings: flags before environment before defaults, and no password in sight (SPEC 1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from c360.errors import ConfigurationError, ExitCode
from c360.settings import VARIABLES, Settings, dbt_environment, read_settings

SECRET = "s3cret-w0rd"
URL = f"mysql://c360:{SECRET}@db.example/customer360"
ENVIRONMENT = {
    "C360_RAW_DIR": "env/raw",
    "C360_DATABASE": "env/c360.duckdb",
    "C360_MYSQL_URL": URL,
    "C360_EXPORT_DIR": "env/export",
    "C360_THREADS": "3",
    "C360_MEMORY_LIMIT": "5GB",
}
FLAGS: dict[str, Any] = {
    "raw": Path("flag/raw"),
    "database": Path("flag/c360.duckdb"),
    "mysql": "mysql://flag@h/s",
    "export_dir": Path("flag/export"),
    "threads": 7,
    "memory_limit": "9GB",
}


def values(settings: Settings) -> tuple[object, ...]:
    """All settings in the order of the variables."""
    return (
        settings.raw_dir,
        settings.database,
        settings.mysql_url,
        settings.export_dir,
        settings.threads,
        settings.memory_limit,
    )


DEFAULTS = (None, Path("data/customer360.duckdb"), None, Path("data/export"), None, "3GB")
FROM_ENVIRONMENT = (
    Path("env/raw"),
    Path("env/c360.duckdb"),
    URL,
    Path("env/export"),
    3,
    "5GB",
)


def test_without_flags_and_variables_there_are_defaults() -> None:
    assert values(read_settings(environment={})) == DEFAULTS


def test_variables_come_before_defaults() -> None:
    assert values(read_settings(environment=ENVIRONMENT)) == FROM_ENVIRONMENT


def test_flags_come_before_variables() -> None:
    assert values(read_settings(**FLAGS, environment=ENVIRONMENT)) == tuple(FLAGS.values())


@pytest.mark.parametrize("position", range(len(FLAGS)))
def test_a_flag_changes_no_other_setting(position: int) -> None:
    name = list(FLAGS)[position]
    settings = read_settings(**{name: FLAGS[name]}, environment=ENVIRONMENT)
    expected = list(FROM_ENVIRONMENT)
    expected[position] = FLAGS[name]
    assert values(settings) == tuple(expected)


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_variable_counts_as_unset(text: str) -> None:
    assert values(read_settings(environment=dict.fromkeys(VARIABLES, text))) == DEFAULTS


def test_a_tilde_is_the_home_directory() -> None:
    settings = read_settings(environment={"C360_RAW_DIR": "~/logs", "C360_DATABASE": "~/c.duckdb"})
    assert settings.raw_dir == Path.home() / "logs"
    assert settings.database == Path.home() / "c.duckdb"


def test_a_relative_path_reaches_dbt_as_the_absolute_one() -> None:
    settings = read_settings(environment={"C360_DATABASE": "here/c.duckdb"})
    assert dbt_environment(settings)["C360_DATABASE"] == str(Path.cwd() / "here/c.duckdb")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("C360_RAWDIR", "C360_RAW_DIR"),
        ("C360_DATABSE", "C360_DATABASE"),
        ("C360_MYSQL", "C360_MYSQL_URL"),
        ("C360_XYZZY", "Settings are"),
    ],
)
def test_an_unknown_variable_is_an_error_that_names_the_known_ones(name: str, meant: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as caught:
        read_settings(environment=ENVIRONMENT | {name: SECRET})
    assert caught.value.exit_code == ExitCode.WRONG_USAGE
    assert meant in caught.value.hint
    assert all(known in caught.value.hint for known in VARIABLES)
    assert SECRET not in str(caught.value)


def test_variables_of_other_programs_are_left_alone() -> None:
    read_settings(environment={"C361_RAW_DIR": "x", "XC360_FOO": "x", "c360_raw": "x"})


@pytest.mark.parametrize(
    "text", ["0", "-1", "1.5", "two", "1e3", "²", "٣", "0x4", "4 threads", "9" * 20]
)
def test_threads_must_be_a_whole_number_from_1_on(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(environment={"C360_THREADS": text})
    assert "whole number" in caught.value.hint


@pytest.mark.parametrize("flag", [0, -4])
def test_threads_by_flag_must_be_from_1_on_too(flag: int) -> None:
    with pytest.raises(ConfigurationError, match=str(flag)):
        read_settings(threads=flag, environment={})


@pytest.mark.parametrize(
    "text", ["3", "GB", "0GB", "-3GB", "3 bytes", "75%", "3GB;", "lots", "٣GB"]
)
def test_a_memory_limit_needs_a_number_and_a_unit(text: str) -> None:
    for settings in ({"environment": {"C360_MEMORY_LIMIT": text}}, {"memory_limit": text}):
        with pytest.raises(ConfigurationError) as caught:
            read_settings(**{"environment": {}} | settings)
        assert "3GB" in caught.value.hint


@pytest.mark.parametrize("text", ["3GB", "512MB", "1.5GB", "2 GiB", "900000KB", "1tb"])
def test_every_memory_limit_that_is_taken_means_something_to_duckdb(text: str) -> None:
    limit = read_settings(memory_limit=text, environment={}).memory_limit
    with duckdb.connect(config={"memory_limit": limit}) as connection:
        ((effective,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    assert effective not in ("0 bytes", "")


def test_the_password_is_in_no_form_of_the_settings() -> None:
    settings = read_settings(environment=ENVIRONMENT)
    assert SECRET not in f"{settings} {settings!r}"
    assert "env/raw" in repr(settings)


@pytest.mark.parametrize("name", ["C360_THREADS", "C360_MEMORY_LIMIT"])
def test_the_password_is_in_no_message_about_another_setting(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(environment=ENVIRONMENT | {name: "nonsense"})
    assert SECRET not in str(caught.value)
