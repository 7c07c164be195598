"""File names and values that try to be code: from raw files to the exports they stay data."""

from __future__ import annotations

import csv
import json
import os
from datetime import date
from pathlib import Path

import pytest
from support import event, lines, record, searches

from c360.sample import SampleOptions, write_sample
from exporters.embedded import FORMULA_STARTS
from loaders.keywords import normalise
from privacy.project_copy import Copy, copy_project

# What a template or a shell would put in the place of its name.
CANARY, CANARY_VALUE = "C3_CANARY", "canary-7f3a91"
VALUES = [
    "'; drop table raw.files; --",
    '"); drop schema raw cascade; --',
    "a'' or ''1''=''1",
    f"{{{{ env_var('{CANARY}') }}}}",
    f"{{% set x = env_var('{CANARY}') %}}{{{{ x }}}}",
    f"$({CANARY}) ${CANARY} `touch pwned`",
    "<script>alert(document.cookie)</script>",
    "<img src=x onerror=alert(1)>&amp;",
    '=HYPERLINK("http://example.org","open")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd",
    "-2+3+cmd",
    "back\\slash \\' \\n \\\\",
    "nul\0inside",
    "🎬👩‍👩‍👧\U0010ffff",
    "%s %(a)s {0} {a} $1 ? :x",
    "line\nbreak",
    "Truyền hình \u202edexiM",
    "x" * 3000,
    "../../etc/passwd",
]
NAMES = [
    "it's; drop table raw.files; --",
    'quo"te" and `ticks`',
    "{{ env_var('C3_CANARY') }} {% raw %}",
    "100% %s %(x)s",
    "line\nbreak",
    "Truyền hình 🎬",
    "*?[a-z]{b,c}",
    "$(touch pwned) & | > out",
    "--strict",
    "=1+1",
]


def document(number: int, **changes: object) -> bytes:
    fields = record(Contract=f"HST{number:06d}") | changes
    return json.dumps({"_id": f"h{number}", "_source": fields}, ensure_ascii=False).encode()


def write_hostile(raw: Path) -> int:
    """Every value in every field, in files with every name; returns the rows of the logs."""

    def put(path: str, content: bytes) -> None:
        (raw / path).parent.mkdir(parents=True, exist_ok=True)
        (raw / path).write_bytes(content)

    rows = 0
    for place, name in enumerate(NAMES):
        put(f"log_content/20220701/{name}.json", lines(document(place)))
        put(f"log_search/20220701/{name}.parquet", searches(event(eventID=f"n{place}")))
        rows += 2
    by_field = {
        field: [document(1000 * at + i, **{field: value}) for i, value in enumerate(VALUES)]
        for at, field in enumerate(("Contract", "Mac", "TotalDuration", "AppName"), start=1)
    }
    for field, documents in by_field.items():
        put(f"log_content/20220702/{field}.json", lines(*documents))
        rows += len(documents)
    put("log_content/20220703/broken.json", lines(*(v.encode() for v in VALUES if "\n" not in v)))
    rows += len(VALUES) - 1
    keys = ("eventID", "datetime", "user_id", "keyword", "category", "proxy_isp", "platform")
    events = [
        event(**({"eventID": f"v{key}{i}", "user_id": f"u{key}{i}"} | {key: value}))
        for key in keys
        for i, value in enumerate(VALUES)
    ] + [
        event(eventID=f"p{i}", user_id=f"p{i}", userPlansMap=[value, f"{value}:code"])
        for i, value in enumerate(VALUES)
    ]
    put("log_search/20220702/part.parquet", searches(*events))
    rows += len(events)
    put("library/words.csv", as_csv([["keyword", "category"], *([v, v] for v in ONE_LINE)]))
    put(
        "identities/links.csv",
        as_csv(
            [["contract", "user_id", "email", "subscriber_id"]]
            + [[f"L{i}", v, f"{v}@example.org", f"{v}-1"] for i, v in enumerate(ONE_LINE)]
        ),
    )
    return rows


ONE_LINE = [value for value in VALUES if "\n" not in value]


def as_csv(rows: list[list[str]]) -> bytes:
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "".join(f"{row}\n" for row in quoted).encode()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Copy, int]:
    """Hostile logs among those of a sample, loaded, built and exported in one run."""
    folder = tmp_path_factory.mktemp("hostile")
    copy = Copy(copy_project(folder / "project"), folder / "work", {CANARY: CANARY_VALUE})
    copy.folder.mkdir()
    write_sample(SampleOptions(out=copy.raw, customers=300, months=(date(2022, 7, 1),)))
    rows = write_hostile(copy.raw)
    done = copy.c360("run")
    assert done.code == 0, done.output
    assert CANARY_VALUE not in done.output
    return copy, rows


def test_every_file_and_every_row_is_there(hostile: tuple[Copy, int]) -> None:
    copy, rows = hostile
    paths = {str(path) for (path,) in copy.query("select path from raw.files")}
    for name in NAMES:
        assert f"log_content/20220701/{name}.json" in paths
        assert f"log_search/20220701/{name}.parquet" in paths
    assert copy.query("select count(*) from raw.files where status <> 'loaded'") == [(0,)]
    (ours,) = copy.query(
        "select sum(rows_read)::bigint from raw.files where log_date <= '2022-07-03' and ("
        "path like '%/20220701/%' or path like '%/20220702/%' or path like '%/20220703/%') "
        "and not regexp_matches(path, '/part-0')"
    )
    assert ours == (rows,)
    (read, decided) = (
        copy.query("select sum(rows_read)::bigint from raw.files where log_date is not null"),
        copy.query("select sum(rows)::bigint from marts.load_quality"),
    )
    assert read == decided


def test_contracts_and_users_are_themselves_in_the_marts(hostile: tuple[Copy, int]) -> None:
    copy, _ = hostile
    contracts = {row[0] for row in copy.query("select contract from marts.content_profiles")}
    assert set(VALUES) <= contracts
    users = {row[0] for row in copy.query("select user_id from marts.search_profiles")}
    assert set(VALUES) <= users
    known = set(copy.query("select identifier_type, identifier from marts.customer_identifiers"))
    for value in ONE_LINE:
        assert ("user_id", value) in known
        assert ("email", f"{value}@example.org".lower()) in known
        assert ("subscriber_id", f"{value}-1") in known


def test_keywords_plans_and_platforms_are_themselves(hostile: tuple[Copy, int]) -> None:
    copy, _ = hostile
    profiles = {
        str(user): (keyword, platform, plans)
        for user, keyword, platform, plans in copy.query(
            "select user_id, most_search, platform, plans from marts.search_profiles"
        )
    }
    for place, value in enumerate(VALUES):
        assert profiles[f"ukeyword{place}"][0] == normalise(value)
        assert profiles[f"uplatform{place}"][1] == value
        assert value in str(profiles[f"p{place}"][2])
    genres = copy.query("select keyword, genre from marts.keyword_genres")
    assert {(normalise(value), "Unknown") for value in VALUES} <= set(genres)
    rejected = copy.query("select category, reason from staging.stg_library__keywords")
    assert {(value, "unknown_genre") for value in ONE_LINE} <= set(rejected)


def test_what_is_no_record_is_kept_as_text(hostile: tuple[Copy, int]) -> None:
    copy, _ = hostile
    kept = {row[0] for row in copy.query("select line from raw.quarantine")}
    assert set(ONE_LINE) <= kept


def test_the_exports_hold_the_marts(hostile: tuple[Copy, int]) -> None:
    copy, _ = hostile
    for name, column in (
        ("content_profiles", "contract"),
        ("search_profiles", "user_id"),
        ("keyword_genres", "keyword"),
        ("customer_identifiers", "identifier"),
    ):
        mart = {str(row[0]) for row in copy.query(f"select {column} from marts.{name}")}
        path = copy.export_dir / f"{name}.parquet"
        files = copy.query(f"select {column} from read_parquet('{path}')")
        assert {row[0] for row in files} == mart
        with (copy.export_dir / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = [row[column] for row in csv.DictReader(part for part in file)]
        assert not [cell for cell in cells if cell.startswith(FORMULA_STARTS)]
        shown = {f"'{value}" if value.startswith(FORMULA_STARTS) else value for value in mart}
        assert set(cells) == shown


def test_nothing_was_executed(hostile: tuple[Copy, int]) -> None:
    copy, _ = hostile
    assert CANARY_VALUE not in copy.everything()
    canary = CANARY_VALUE.encode()
    assert [path for path, content in copy.bytes_on_disk().items() if canary in content] == []
    made = {path.name for path in (*copy.folder.iterdir(), *copy.project.iterdir())}
    assert not made & {"pwned", "out"}
    assert not Path("pwned").exists()
    assert os.sep not in "".join(NAMES)


def test_status_and_forgetting_take_them_for_what_they_are(hostile: tuple[Copy, int]) -> None:
    copy, _ = hostile
    shown = copy.c360("status")
    assert shown.code == 0, shown.output
    done = copy.c360("forget", "contract", "--", VALUES[0])
    assert done.code == 0, done.output
    assert "nothing left" in done.output
    contracts = {row[0] for row in copy.query("select contract from marts.content_profiles")}
    assert VALUES[0] not in contracts
    assert set(VALUES[1:]) <= contracts
