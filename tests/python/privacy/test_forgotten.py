"""Forgetting a person in schema raw, and keeping them out of what is loaded afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import (
    TABLES,
    Workspace,
    close_readers,
    event,
    gz,
    line,
    lines,
    parquet,
    record,
    searches,
)

from c360.settings import PROJECT_DIR
from loaders import person as person_module
from loaders.database import connect
from loaders.forgotten import (
    DISTINCTIVE_CHARACTERS,
    LONGEST_RUNS,
    MARKER,
    is_distinctive,
    normalised,
    salted_hash,
    salted_hash_sql,
    word_of,
    words_in,
)
from loaders.person import (
    Person,
    find_person,
    normalise_identifier,
    pattern,
    remove_person,
)
from loaders.schema import RAW_SCHEMA, ensure_raw_schema

CONTRACT, USER, EMAIL, BILL = "BDH013139", "00012345", "lan.nguyen@example.org", "7590-VHVEG"
THEIRS = (("contract", CONTRACT), ("email", EMAIL), ("subscriber_id", BILL), ("user_id", USER))
OTHER_CONTRACT, OTHER_USER = "SGD000001", "99999999"
IDENTITIES = "identities/customers.csv"
ROWS = [
    "contract,user_id,email,subscriber_id",
    f"{CONTRACT},{USER},,",
    f", {USER} ,{EMAIL.upper()},",
    f",,{EMAIL},{BILL}",
    f"{OTHER_CONTRACT},{OTHER_USER},other@example.org,",
]
DAY, SEARCHES, LIBRARY = "log_content/20220701.json", "log_search/20220701.parquet", "library/a.csv"


def fill(workspace: Workspace) -> None:
    """Two persons in every source, the first of them in other people's texts too."""
    workspace.put(IDENTITIES, "\n".join(ROWS).encode())
    workspace.put(
        DAY,
        lines(
            line("1", Contract=CONTRACT),
            line("2", Contract=f"\u00a0{CONTRACT}\t", TotalDuration="later"),
            line("3", Contract=OTHER_CONTRACT),
            line("4", Contract=f"{CONTRACT}0"),
            f'{{"Contract":"{CONTRACT.lower()}", broken'.encode(),
            b"another broken line",
        ),
    )
    workspace.put(
        SEARCHES,
        searches(
            event(eventID="1", user_id=USER),
            event(eventID="2", user_id=f" {USER}"),
            event(eventID="3", user_id=OTHER_USER),
            event(eventID="4", user_id=OTHER_USER, keyword=f"mail to {EMAIL.upper()}!"),
            event(eventID="5", user_id=OTHER_USER, keyword=f"hợp đồng:{CONTRACT}"),
            event(eventID="6", user_id=OTHER_USER, keyword=f"{CONTRACT}x"),
            event(eventID="7", user_id=EMAIL),
            event(eventID="8", user_id=OTHER_USER, userPlansMap=["Kênh", f"{BILL}:giftcode"]),
        ),
    )
    workspace.put(LIBRARY, f"keyword,category\nnaruto,Animation\n{EMAIL},Drama\n".encode())


def forget(workspace: Workspace, kind: str, identifier: str, most: int = 20) -> Person:
    """What the command does in schema raw."""
    close_readers()
    with connect(workspace.database) as connection:
        ensure_raw_schema(connection)
        value = normalise_identifier(connection, kind, identifier)
        found = find_person(connection, kind, value, most)
        remove_person(connection, found)
    workspace.check_conservation()
    return found


def texts(workspace: Workspace) -> str:
    """Everything that the raw tables hold, apart from paths."""
    tables = [*TABLES, "quarantine", "forgotten", "field_drift"]
    return "\n".join(str(workspace.query(f"from raw.{table}")) for table in tables)


def accounting(workspace: Workspace) -> dict[str, tuple[int, int]]:
    rows = workspace.query("select path, rows_read, rows_forgotten from raw.files")
    return {path: (read, forgotten) for path, read, forgotten in rows}


ACCOUNTED = {IDENTITIES: (1, 3), DAY: (4, 2), SEARCHES: (2, 6), LIBRARY: (1, 1)}


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    fill(workspace)
    workspace.load()
    return workspace


def check_gone(workspace: Workspace) -> None:
    """Nothing of the first person is left and all of the second one."""
    left = texts(workspace)
    for _, value in THEIRS:
        assert not re.search(rf"(?i)(?<!\w){re.escape(value)}(?!\w)", left)
    assert workspace.content() == [(3, OTHER_CONTRACT), (4, f"{CONTRACT}0")]
    assert [row[1] for row in workspace.rows("log_search", "event_id")] == ["3", "6"]
    assert workspace.rows("library", "keyword") == [(2, "naruto")]
    assert workspace.rows("identities", "email") == [(5, "other@example.org")]
    assert workspace.quarantine() == [
        (5, "malformed", MARKER),
        (6, "malformed", "another broken line"),
    ]
    assert accounting(workspace) == ACCOUNTED


@pytest.mark.parametrize(("kind", "identifier"), THEIRS)
def test_any_identifier_removes_the_whole_person_everywhere(
    filled: Workspace, kind: str, identifier: str
) -> None:
    written = f"\t{identifier.upper() if kind == 'email' else identifier} "
    assert forget(filled, kind, written).identifiers == THEIRS
    check_gone(filled)


def test_what_is_loaded_later_is_kept_out_as_it_was_removed(filled: Workspace) -> None:
    forget(filled, "contract", CONTRACT)
    assert {file.outcome for file in filled.load().files} == {"unchanged"}
    check_gone(filled)
    for path in (IDENTITIES, DAY, SEARCHES, LIBRARY):
        location = filled.raw / path
        content = location.read_bytes()
        location.unlink()
        filled.load(prune=True)
        assert path not in accounting(filled)
        filled.put(path, content)
        summary = filled.load()
        (file,) = [file for file in summary.files if file.path == path]
        assert (file.outcome, file.rows_forgotten) == ("loaded", ACCOUNTED[path][1])
        check_gone(filled)


def test_another_database_that_forgot_first_loads_the_same(workspace: Workspace) -> None:
    """Forgetting before loading keeps out what is named; links are not known yet."""
    workspace.put("log_content/20220630.json", lines(line("0", Contract=OTHER_CONTRACT)))
    workspace.load()
    for kind, identifier in THEIRS:
        assert forget(workspace, kind, identifier).identifiers == ((kind, identifier),)
    (workspace.raw / "log_content/20220630.json").unlink()
    fill(workspace)
    workspace.load(prune=True)
    check_gone(workspace)


BOTH = (CONTRACT, OTHER_CONTRACT)
FORMATS = {
    "log_content/20220702.csv": b"Contract,Mac,TotalDuration,AppName\n"
    + lines(*(f"{contract},M,1,VOD".encode() for contract in BOTH)),
    "log_content/20220703.json.gz": gz(lines(*(line(one, Contract=one) for one in BOTH))),
    "log_content/20220704.parquet": parquet([{"_id": one} | record(Contract=one) for one in BOTH]),
}


@pytest.mark.parametrize("path", FORMATS)
def test_they_are_kept_out_of_every_format(filled: Workspace, path: str) -> None:
    forget(filled, "contract", CONTRACT)
    filled.put(path, FORMATS[path])
    filled.load()
    assert [row[1] for row in filled.content(path=path)] == [OTHER_CONTRACT]
    assert accounting(filled)[path] == (1, 1)


def test_a_changed_file_contributes_without_them(filled: Workspace) -> None:
    forget(filled, "contract", CONTRACT)
    more = (filled.raw / DAY).read_bytes() + lines(line("9", Contract=CONTRACT), line("10"))
    filled.put(DAY, more.replace(b"E4AB8927BC01", b"000000000000"))
    (day,) = [file for file in filled.load().files if file.path == DAY]
    # The last line is theirs too: `line` names the contract of most tests.
    assert (day.outcome, day.rows_forgotten) == ("replaced", 4)
    assert accounting(filled)[DAY] == (4, 4)


def test_with_nobody_forgotten_rows_stay(filled: Workspace) -> None:
    assert {forgotten for _, forgotten in accounting(filled).values()} == {0}
    assert filled.query("from raw.forgotten") == []


def test_only_salted_hashes_are_remembered(filled: Workspace, tmp_path: Path) -> None:
    forget(filled, "contract", CONTRACT)
    (salt,) = filled.query("select salt from raw.forgotten_salt")[0]
    remembered = dict(filled.query("select identifier_hash, identifier_type from raw.forgotten"))
    for kind, value in THEIRS:
        assert remembered[salted_hash(salt, kind, value)] == kind
        assert salted_hash("", kind, value) not in remembered
    assert len(salt) == 64
    (tmp_path / "second" / "raw").mkdir(parents=True)
    second = Workspace(tmp_path / "second" / "raw", tmp_path / "second" / "c360.duckdb")
    second.put(DAY, lines(line()))
    second.load()
    forget(second, "contract", CONTRACT)
    assert not remembered.keys() & {
        row[0] for row in second.query("select identifier_hash from raw.forgotten")
    }


def test_forgetting_again_changes_nothing(filled: Workspace) -> None:
    forget(filled, "contract", CONTRACT)
    before = filled.everything() | {"forgotten": filled.query("from raw.forgotten order by all")}
    assert forget(filled, "contract", CONTRACT).identifiers == (("contract", CONTRACT),)
    assert before == filled.everything() | {
        "forgotten": filled.query("from raw.forgotten order by all")
    }


def test_a_failure_changes_nothing(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise duckdb.IOException("no space left on device")

    before = filled.everything()
    monkeypatch.setattr(person_module, "remember", fail)
    with pytest.raises(duckdb.IOException):
        forget(filled, "contract", CONTRACT)
    assert filled.everything() == before
    assert filled.query("from raw.forgotten") == []


def test_components_above_the_limit_are_no_person(filled: Workspace) -> None:
    found = forget(filled, "contract", CONTRACT, most=3)
    assert found == Person((("contract", CONTRACT),), too_large=True)
    assert [row[1] for row in filled.rows("log_search", "event_id")] == [
        *("1", "2", "3", "4", "6", "7", "8"),
    ]
    assert forget(filled, "email", EMAIL, most=3).identifiers == THEIRS[1:]


def test_the_same_text_of_another_type_is_somebody_else(workspace: Workspace) -> None:
    workspace.put(DAY, lines(line("1", Contract=USER), line("2", Contract=OTHER_CONTRACT)))
    workspace.put(SEARCHES, searches(event(user_id=USER)))
    workspace.load()
    forget(workspace, "user_id", USER)
    assert workspace.rows("log_search", "user_id") == []
    assert [row[1] for row in workspace.content()] == [USER, OTHER_CONTRACT]


def test_words_that_others_use_are_not_searched(workspace: Workspace) -> None:
    workspace.put(
        SEARCHES,
        searches(
            event(eventID="1", user_id="naruto", keyword="x1"),
            event(eventID="2", user_id="12345", keyword="x2"),
            event(eventID="3", user_id=OTHER_USER, keyword="naruto 12345"),
        ),
    )
    workspace.load()
    for user in ("naruto", "12345"):
        forget(workspace, "user_id", user)
    assert [row[1] for row in workspace.rows("log_search", "keyword")] == ["naruto 12345"]


def test_a_database_made_before_gets_the_column(tmp_path: Path) -> None:
    database = tmp_path / "old.duckdb"
    old = RAW_SCHEMA.replace(",\n    rows_forgotten bigint default 0", "")
    assert old != RAW_SCHEMA
    with connect(database) as connection:
        connection.execute(old)
        connection.execute(
            "insert into raw.files select 1, 's', 'p', null, 'f', 'loaded', null, 'h', "
            "1, 1, 1, 7, 0, false, 'l', timestamp '2022-07-01'"
        )
        for _ in range(2):
            ensure_raw_schema(connection)
        row = connection.execute("select rows_read, rows_forgotten from raw.files").fetchone()
    assert row == (7, 0)


# Words and hashes: SQL and Python agree


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


ALPHABET = st.sampled_from("aB1 9.@-_'\"\\%đỀ\u00a0\n({[*+?|^$Z")


@given(st.text(ALPHABET, max_size=12), st.text(ALPHABET, min_size=1, max_size=6))
def test_removing_and_keeping_out_find_the_same_words(text: str, identifier: str) -> None:
    word = word_of(identifier)
    searched = pattern([word] if word else [])
    if searched is None:
        assert not word
        return
    row = duckdb.execute("select regexp_matches($1, $2)", [text, searched]).fetchone()
    assert row == (word in set(words_in(text)),)


@given(st.text(ALPHABET, min_size=1, max_size=9))
def test_an_identifier_is_a_word_of_any_sentence_with_it(identifier: str) -> None:
    word = word_of(identifier)
    if word and len(re.findall(r"[^\W_]+", word)) <= LONGEST_RUNS:
        assert word in set(words_in(f"họ tên: {identifier}; 12"))


def test_what_is_distinctive() -> None:
    assert [
        word for word in (CONTRACT, USER, EMAIL, BILL) if not is_distinctive(word.lower())
    ] == []
    assert not is_distinctive("naruto")
    assert not is_distinctive("1" * (DISTINCTIVE_CHARACTERS - 1))
    assert is_distinctive("1" * DISTINCTIVE_CHARACTERS)


@pytest.mark.parametrize(("kind", "identifier"), THEIRS)
def test_hashes_are_the_same_in_sql(
    duck: duckdb.DuckDBPyConnection, kind: str, identifier: str
) -> None:
    query = f"select {salted_hash_sql('$value', kind)}"
    row = duck.execute(query, {"salt": "salt", "value": identifier}).fetchone()
    assert row == (salted_hash("salt", kind, identifier),)


def test_identifiers_are_trimmed_as_staging_trims_them(duck: duckdb.DuckDBPyConnection) -> None:
    macro = (PROJECT_DIR / "macros/portable/trim_whitespace.sql").read_text(encoding="utf-8")
    body = macro.split("duckdb__trim_whitespace(column) -%}")[1].split("{%- endmacro")[0]
    assert body.replace("{{ column }}", "x").split() == normalised("x", "contract").split()
    space = "\t\n\r\f \u00a0\u2003\u3000\u2028"
    for kind, expected in (("contract", "A b"), ("email", "a b")):
        query = f"select {normalised('$value', kind)}"
        assert duck.execute(query, {"value": f"{space}A b{space}"}).fetchone() == (expected,)
