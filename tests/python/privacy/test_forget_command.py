"""`c360 forget` as an operator runs it: raw, marts, exports, MySQL, and what is on the disk."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
import servers
from project.runs import BIN, PROJECT
from support import event, line, lines, searches

from c360 import forget as forget_module
from c360.forget import ForgetError, max_customer_identifiers, run_forget
from c360.leftovers import search_database, search_files
from c360.sample import SampleOptions, write_sample
from c360.settings import Settings, read_settings
from exporters.marks import BOOKKEEPING
from loaders.person import Person
from loaders.schema import ensure_raw_schema
from privacy.project_copy import Copy, copy_project

CONTRACT, USER, EMAIL, BILL = "ZZH013139", "70012345", "lan.nguyen360@example.org", "7590-ZZZEG"
PERSON = Person(
    (("contract", CONTRACT), ("email", EMAIL), ("subscriber_id", BILL), ("user_id", USER))
)
THEIRS = [value for _, value in PERSON.identifiers]
OTHER = "70099999"
DAY = "log_content/20220702-more.json"


def put(raw: Path, path: str, content: bytes) -> None:
    (raw / path).parent.mkdir(parents=True, exist_ok=True)
    (raw / path).write_bytes(content)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A sample and one person more, loaded, built and exported."""
    folder = tmp_path_factory.mktemp("forget")
    copy = Copy(copy_project(folder / "project"), folder / "work")
    copy.folder.mkdir()
    write_sample(SampleOptions(out=copy.raw, customers=60, months=(date(2022, 7, 1),)))
    header = "contract,user_id,email,subscriber_id"
    rows = f"{header}\n{CONTRACT},{USER},,\n,{USER},{EMAIL},{BILL}\n"
    put(copy.raw, "identities/more.csv", rows.encode())
    content = [line(f"m{i}", Contract=CONTRACT, AppName="VOD") for i in range(3)]
    broken = f'{{"_source":{{"Contract":"{CONTRACT}"'.encode()
    wrong = line("m9", Contract=CONTRACT, TotalDuration=-1)
    put(copy.raw, DAY, lines(*content, wrong, broken))
    put(
        copy.raw,
        "log_search/20220702/part-more.parquet",
        searches(
            event(eventID="m1", datetime="2022-07-02 20:00:00", user_id=USER),
            event(eventID="m2", datetime="2022-07-02 20:00:00", user_id=OTHER),
            event(eventID="m3", datetime="2022-07-02 21:00:00", user_id=OTHER, keyword=EMAIL),
        ),
    )
    done = copy.c360("run")
    assert done.code == 0, done.output
    return copy


@pytest.fixture
def copy(ran: Copy, tmp_path: Path) -> Copy:
    return ran.with_folder(tmp_path / "work")


def left(text: str) -> list[str]:
    """Which of the identifiers a text holds."""
    return [value for value in THEIRS if re.search(re.escape(value), text, re.IGNORECASE)]


def customers(copy: Copy) -> set[str]:
    return {str(row[0]) for row in copy.query("select customer_id from marts.customer360")}


def check_gone(copy: Copy) -> None:
    assert left(copy.everything()) == []
    pattern = re.compile("|".join(map(re.escape, THEIRS)).encode(), re.IGNORECASE)
    holding = [path for path, content in copy.bytes_on_disk().items() if pattern.search(content)]
    assert holding == []


def test_nothing_of_the_person_is_left_and_everybody_else_is(copy: Copy) -> None:
    assert left(copy.everything()) == THEIRS
    (theirs,) = copy.query(
        f"select customer_id from marts.customer_identifiers where identifier = '{EMAIL}'"
    )
    before = customers(copy)
    done = subprocess.run(
        [str(BIN / "c360"), "forget", "email", "-"],
        cwd=PROJECT,
        env=environment_of(copy),
        input=f" {EMAIL.upper()} \n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert left(done.stdout + done.stderr) == []
    for text in ("4 identifiers", "nothing left", "raw files on disk"):
        assert text in done.stdout
    check_gone(copy)
    assert before - customers(copy) == {theirs[0]}
    assert customers(copy) <= before
    assert (OTHER,) in copy.query("select user_id from marts.search_profiles")
    (equal,) = copy.query(
        "select (select sum(rows_read) from raw.files where log_date is not null) "
        "= (select sum(rows) from marts.load_quality)"
    )
    assert equal == (True,)

    # The logs still hold them: what is read again comes without.
    day = copy.raw / DAY
    day.write_bytes(day.read_bytes() + lines(line("m10", Contract=CONTRACT)))
    again = copy.c360("run")
    assert again.code == 0, again.output
    assert "5 rows of forgotten persons were kept out" in again.output
    assert left(copy.everything()) == []


def environment_of(copy: Copy) -> dict[str, str]:
    """This process's variables with the copy's settings in the place of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("C360_")}
    return inherited | copy.environment | {"PYTHONUNBUFFERED": "1"}


def test_killed_while_it_builds_it_ends_when_run_again(copy: Copy) -> None:
    with subprocess.Popen(
        [str(BIN / "c360"), "forget", "user_id", USER],
        cwd=PROJECT,
        env=environment_of(copy),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert [said for said in process.stdout if _kill_at_build(process, said)]
    assert process.returncode == -signal.SIGKILL
    assert copy.query("select count(*) from raw.forgotten") != [(0,)]
    assert copy.query(f"from raw.log_content where contract = '{CONTRACT}'") == []
    # Its links are gone from raw: any of the identifiers will do.
    done = copy.c360("forget", "user_id", USER)
    assert done.code == 0, done.output
    assert "nothing left" in done.output
    check_gone(copy)


def _kill_at_build(process: subprocess.Popen[str], said: str) -> bool:
    if said.startswith("build"):
        process.kill()
        return True
    return False


def test_a_build_that_fails_says_who_still_holds_the_person(copy: Copy, tmp_path: Path) -> None:
    broken = Copy(copy_project(tmp_path / "project"), copy.folder)
    seed = broken.project / "seeds" / "content_types.csv"
    good = seed.read_text(encoding="utf-8")
    seed.write_text(f"{good}music,Nhạc,6,6\n", encoding="utf-8")
    failed = broken.c360("forget", "contract", CONTRACT)
    assert failed.code == 1, failed.output
    assert "content_types__are_the_columns_of_profiles" in failed.output
    assert "exported files may still hold them" in failed.output
    assert "run the same c360 forget again" in failed.output
    assert left("\n".join(map(str, (broken.export_dir / ".current").glob("*.csv")))) == []
    exported = (broken.export_dir / "customer_identifiers.csv").read_text(encoding="utf-8")
    assert left(exported) == THEIRS
    seed.write_text(good, encoding="utf-8")
    done = broken.c360("forget", "contract", CONTRACT)
    assert done.code == 0, done.output
    check_gone(broken)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("phone", EMAIL), 2),
        ((EMAIL, "email"), 2),
        (("email", " \u00a0"), 2),
        (("email",), 2),
    ],
)
def test_wrong_usage_changes_nothing_and_shows_no_identifier(
    ran: Copy, arguments: tuple[str, ...], code: int
) -> None:
    before = ran.database.read_bytes()
    done = ran.c360("forget", *arguments)
    assert done.code == code, done.output
    assert left(done.output) == []
    assert ran.database.read_bytes() == before


def test_without_a_database_nobody_is_forgotten(ran: Copy, tmp_path: Path) -> None:
    done = Copy(ran.project, tmp_path).c360("forget", "email", EMAIL)
    assert done.code == 1
    assert "there is no database" in done.output
    assert list(tmp_path.iterdir()) == []


# The proof itself


def test_the_search_finds_the_person_wherever_they_are(copy: Copy) -> None:
    found = search_database(copy.database, PERSON, None)
    assert found.searched >= 40
    assert set(found.holding) >= {
        *("raw.log_content", "raw.log_search", "raw.identities", "raw.quarantine"),
        *("marts.customer360", "marts.customer360_monthly", "marts.customer_identifiers"),
        *("marts.content_profiles", "marts.search_profiles", "marts.keyword_genres"),
        *("staging.stg_log_content__rejects", "intermediate.int_customer360__edges"),
    }
    files = search_files(copy.database, copy.export_dir, PERSON, None)
    assert files.searched == 2 * 13 + 1
    names = {Path(name).name for name in files.holding}
    assert names >= {"customer360.parquet", "content_profiles.csv", "customer_identifiers.parquet"}
    assert "taste_summary.csv" not in names


@pytest.mark.parametrize(
    "query",
    [
        f"select {USER} as seconds, '{USER}' as total_duration",
        f"select '{USER}' as contract",
        f"select '20221120T000000-{USER}' as load_id",
        f"select 'log_search/{USER}/part.parquet' as path",
        f'select \'{{"TotalDuration":"{USER}"}}\' as line',
        "select 'BDH0131390' as contract, 'xlan.nguyen360@example.org' as note",
    ],
)
def test_the_search_takes_nothing_else_for_the_person(tmp_path: Path, query: str) -> None:
    database = tmp_path / "d.duckdb"
    with duckdb.connect(str(database)) as connection:
        ensure_raw_schema(connection)
        connection.execute(f"create table other as {query}")
    assert search_database(database, PERSON, None).holding == ()


def test_the_search_knows_the_pseudonyms_of_the_person(copy: Copy) -> None:
    key = "a key of more than sixteen characters"
    exported = Copy(copy.project, copy.folder, {"C360_PSEUDONYMIZE_KEY": key}).c360("export")
    assert exported.code == 0, exported.output

    def holding(known_key: str | None) -> set[str]:
        found = search_files(copy.database, copy.export_dir, PERSON, known_key)
        return {Path(name).stem for name in found.holding}

    # What somebody else has typed is no identifier.
    typed = {"search_profiles", "keyword_genres", "customer360", "customer360_monthly"}
    assert holding(None) == typed
    assert holding(key) == typed | {"content_profiles", "customer_identifiers"}


@pytest.mark.parametrize(
    "query",
    [
        f"select ['x', '{CONTRACT.lower()}'] as notes",
        f"select {{'a': 'mail:{EMAIL}'}} as note",
        f"select '{USER}' as user_id",
        f"select 'user_id' as identifier_type, '{USER}' as identifier",
        f"select md5('contract:{CONTRACT}') as customer_id",
        f"select 'user_id:{USER}' as node",
        f"select '{EMAIL}' as user_id",
    ],
)
def test_the_search_finds_a_single_row_in_a_table_nobody_knows(tmp_path: Path, query: str) -> None:
    database = tmp_path / "d.duckdb"
    with duckdb.connect(str(database)) as connection:
        ensure_raw_schema(connection)
        connection.execute('create schema "a;b"')
        connection.execute(f'create table "a;b"."it""s" as {query}')
        connection.execute("create table other as select 'naruto' as word, '7001' as user_id")
    assert search_database(database, PERSON, None).holding == ('a;b.it"s',)


@pytest.fixture
def in_process(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for a command in this process that neither builds nor exports."""
    for step in ("run_build", "run_export"):
        monkeypatch.setattr(forget_module, step, lambda _: None)
    return read_settings(
        database=copy.database, export_dir=copy.export_dir, raw=copy.raw, environment={}
    )


def test_what_is_left_fails_the_command(in_process: Settings) -> None:
    with pytest.raises(ForgetError) as failed:
        run_forget(in_process, "user_id", USER)
    assert failed.value.exit_code == 1
    for place in ("marts.customer360", "staging.stg_log_content__rejects", "customer360.parquet"):
        assert place in failed.value.what
    assert "raw." not in failed.value.what
    assert left(str(failed.value)) == []


def test_a_file_name_is_found_and_said(copy: Copy, in_process: Settings) -> None:
    other = "HNH000001"
    put(copy.raw, f"log_content/20220703-{other}.json", lines(line("p1", Contract="HNH000002")))
    assert copy.c360("load").code == 0
    with pytest.raises(ForgetError, match=r"left in raw\.files") as failed:
        run_forget(in_process, "contract", other)
    assert "c360 load --prune" in failed.value.hint


def test_an_unknown_identifier_is_remembered(
    copy: Copy, in_process: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    before = copy.query("from raw.files order by all")
    run_forget(in_process, "contract", " ZZZ999999")
    said = capsys.readouterr().out
    assert "nothing known" in said
    assert "nothing left" in said
    assert copy.query("from raw.files order by all") == before
    put(copy.raw, "log_content/20220703-more.json", lines(line("n1", Contract="ZZZ999999")))
    assert "1 rows of forgotten persons were kept out" in copy.c360("load").output


def test_the_limit_of_a_person_is_the_marts(ran: Copy) -> None:
    text = (ran.project / "dbt_project.yml").read_text(encoding="utf-8")
    assert f"max_customer_identifiers: {max_customer_identifiers()}\n" in text


# MySQL


@pytest.fixture(scope="module")
def served() -> Iterator[servers.Database]:
    with servers.server() as address, servers.empty_schema(address) as database:
        yield database


def test_the_served_tables_hold_nothing(copy: Copy, served: servers.Database) -> None:
    on_server = Copy(copy.project, copy.folder, {"C360_MYSQL_URL": served.url})
    exported = on_server.c360("export")
    assert exported.code == 0, exported.output

    def rows() -> str:
        return str([served.query(f"select * from `{name}`") for name in sorted(served.tables())])

    assert left(rows()) == THEIRS
    done = on_server.c360("forget", "contract", CONTRACT)
    assert done.code == 0, done.output
    assert f"{len(served.tables())} tables on MySQL: nothing left" in done.output
    assert BOOKKEEPING in served.tables()
    assert not [name for name in served.tables() if name.endswith(("__old", "__stg"))]
    assert left(rows()) == []
