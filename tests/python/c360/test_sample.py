"""`c360 sample`: what the generator promises about bytes, shares, dirt and directories."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import signal
import subprocess
import sys
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from c360.errors import ConfigurationError, CustomerError, ExitCode
from c360.sample import (
    SampleOptions,
    SampleSummary,
    content_files,
    headline_options,
    parse_months,
    search_files,
    search_shares,
    shares,
    write,
    write_sample,
)
from c360.sample.keywords import folded, titles
from loaders.load import SAMPLE_MARKER

JUNE, JULY = date(2022, 6, 1), date(2022, 7, 1)
CONTRACT = re.compile(r"[A-Z]{3}[0-9]{6}")
CONTRACT_CELL = re.compile(r'[\n"]([A-Z]{3}[0-9]{6})[",]')  # in JSON or at the start of a CSV line
DOCUMENT_ID = re.compile(r"[A-Za-z0-9_-]{20}")
TYPES = {app: a.type_bit for a in shares.ACTIVITIES for app, _ in a.apps}
GENRES = {folded(title.keyword): title.genre for title in titles()}


@dataclass(frozen=True)
class Sample:
    options: SampleOptions
    summary: SampleSummary
    progress: list[tuple[str, int, int]]

    @property
    def out(self) -> Path:
        return self.options.out

    def content(self) -> list[Path]:
        """The content files that a loader would read."""
        root = self.out / "log_content"
        return [p for p in sorted(root.rglob("*")) if p.is_file() and re.search(r"\d{8}", str(p))]

    def search(self, sql: str) -> list[Any]:
        """Rows of a query over `log`, the search logs with their log date."""
        with duckdb.connect() as con:
            con.execute(f"""
                create view log as
                select *, regexp_extract(filename, '/([0-9]{{8}})/', 1) as log_date
                from read_parquet('{self.out}/log_search/*/*.parquet', filename = true)
            """)
            return con.execute(sql).fetchall()


def made(options: SampleOptions) -> Sample:
    progress: list[tuple[str, int, int]] = []
    summary = write_sample(options, lambda what, done, total: progress.append((what, done, total)))
    return Sample(options, summary, progress)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("samples")


@pytest.fixture(scope="module")
def small(root: Path) -> Sample:
    """A month of everything, in every form."""
    return made(SampleOptions(out=root / "small", customers=400, months=(JUNE,), unreadable=True))


@pytest.fixture(scope="module")
def crowd(root: Path) -> Sample:
    """Enough contracts to see shares; hardly any searches."""
    return made(
        SampleOptions(
            out=root / "crowd", customers=20_000, months=(JULY,), search_users=50, plain=True
        )
    )


@pytest.fixture(scope="module")
def searchers(root: Path) -> Sample:
    """Enough searches to see shares; hardly any content."""
    return made(SampleOptions(out=root / "searchers", customers=60, search_users=8_000))


@pytest.fixture(scope="module")
def clean(root: Path) -> Sample:
    return made(SampleOptions(out=root / "clean", customers=400, months=(JULY,), dirt=False))


def fingerprint(out: Path) -> dict[str, str]:
    return {
        p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(out.rglob("*"))
        if p.is_file()
    }


# --- content ------------------------------------------------------------------------------------


def lines_of(path: Path) -> list[bytes]:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().stream_reader(data).read()
    return data.split(b"\n")


def documents(path: Path) -> Iterator[dict[str, Any]]:
    """The documents of a Parquet file as the JSON lines would hold them."""
    with duckdb.connect() as con:
        rows = con.execute("select * from read_parquet(?)", [str(path)])
        names = [column[0] for column in rows.description or []]
        for values in rows.fetchall():
            row = dict(zip(names, values, strict=True))
            source = row.pop("_source", row)
            yield {"_id": row["_id"], "_source": {k: v for k, v in source.items() if v is not None}}


def cells(line: bytes) -> dict[str, Any]:
    """The document in one line of CSV; a blank cell means "not there"."""
    values = line.decode().rstrip("\r").split(",")
    if len(values) != 5:
        raise ValueError(line)
    source = dict(zip(("Contract", "Mac", "TotalDuration", "AppName"), values, strict=False))
    return {"_id": values[4], "_source": {k: v for k, v in source.items() if v or k == "Contract"}}


def contract_kind(contract: object) -> str | None:
    if contract is None:
        return "contract_null"
    fixed = {"": "contract_blank", "0": "contract_zero"}
    if str(contract) in fixed:
        return fixed[str(contract)]
    if str(contract) in shares.PLACEHOLDERS:
        return "contract_placeholder"
    return None if CONTRACT.fullmatch(str(contract)) else "contract_ipv4"


def duration_kind(source: dict[str, Any], typed: bool) -> str | None:
    if "TotalDuration" not in source:
        return "duration_missing"
    value = source["TotalDuration"]
    if isinstance(value, bool) or value == "true":
        return "duration_boolean"
    if value == "abc":
        return "duration_word"
    if isinstance(value, float) or "." in str(value):
        return "duration_fraction"
    if int(value) < 0:
        return "duration_negative"
    if int(value) > shares.MAX_SECONDS:
        return "duration_huge"
    return "duration_text" if typed and isinstance(value, str) else None


def document_kinds(document: dict[str, Any], typed: bool) -> set[str]:
    """What is wrong with a document; `typed`: its form tells numbers from text."""
    if "_source" not in document:
        return {"missing_source"}
    source = document["_source"]
    kinds = {contract_kind(source.get("Contract")), duration_kind(source, typed)}
    kinds |= {"unknown_app"} if source["AppName"] in shares.UNKNOWN_APPS else set()
    kinds |= {"app_spelling"} if source["AppName"] == "KPlus" else set()
    kinds |= {"missing_mac"} if "Mac" not in source else set()
    kinds |= {"extra_field"} if "Firmware" in source and "_routing" in document else set()
    return {kind for kind in kinds if kind is not None}


def dirt_in(path: Path) -> Counter[str]:
    """The kinds of dirt in a content file; clean documents count as `clean`."""
    found: Counter[str] = Counter()
    ids: Counter[str] = Counter()

    def look(document: dict[str, Any], typed: bool) -> None:
        kinds = document_kinds(document, typed)
        found.update(kinds or {"clean"})
        ids[document["_id"]] += 1

    if path.suffix == ".parquet":
        for document in documents(path):
            look(document, typed=False)
    else:
        parse: Callable[[bytes], Any] = cells if path.suffix == ".csv" else json.loads
        *lines, last = lines_of(path)
        found["cut_line"] += bool(last)
        for line in lines[1:] if path.suffix == ".csv" else lines:
            if not line.strip():
                found["blank_line"] += 1
                continue
            found["carriage_return"] += line.endswith(b"\r")
            try:
                document = parse(line)
                document["_source" if path.suffix == ".csv" else "_id"]
            except UnicodeDecodeError:
                found["not_utf8"] += 1
            except (ValueError, TypeError, KeyError):
                found["garbage"] += 1
            else:
                look(document, typed=path.suffix != ".csv")
    found["duplicate_id"] += sum(count - 1 for count in ids.values())
    assert all(DOCUMENT_ID.fullmatch(i) for i in ids)
    return +found


CONTRACTS = {f"contract_{k}" for k in ("null", "blank", "zero", "ipv4", "placeholder")}
NUMBERS = {"duration_negative", "duration_missing", "duration_huge"}
TEXTS = {"duration_word", "duration_fraction", "duration_boolean"}
ROWS = CONTRACTS | NUMBERS | {"unknown_app", "duplicate_id", "app_spelling", "missing_mac"}
LINES = {"garbage", "carriage_return", "not_utf8", "blank_line", "cut_line"}
DIRT_OF_FORM = {
    "json": ROWS | TEXTS | LINES | {"duration_text", "extra_field", "missing_source"},
    "csv": (ROWS | TEXTS | LINES) - {"contract_null"},  # a blank cell is both null and blank
    "flat": ROWS | TEXTS,
    "nested": ROWS,
}


def form_of(path: Path) -> str:
    forms = {"20220613": "nested", "20220617": "flat"}
    return "csv" if path.suffix == ".csv" else forms.get(path.stem, "json")


def test_every_form_of_file_is_there(small: Sample) -> None:
    names = {p.relative_to(small.out / "log_content").as_posix() for p in small.content()}
    assert len(names) == 30 + 3  # a folder of three parts and one unreadable file
    assert {
        "20220601.json", "20220603.json.gz", "20220606.jsonl.zst", "20220609.csv",
        "20220613.parquet", "20220617.parquet", "20220621/part-00001.ndjson.gz",
    } <= names  # fmt: skip
    assert (small.out / "log_content" / "README.txt").exists()
    assert (small.out / "log_content" / "notes.json").exists()


def test_every_kind_of_dirt_is_in_every_content_file(small: Sample) -> None:
    for path in small.content():
        if path.name == "part-99999.parquet":
            continue
        found = dirt_in(path)
        assert set(found) - {"clean"} == DIRT_OF_FORM[form_of(path)], path.name
        assert found["clean"] > 40, path.name


def test_dirt_of_large_files_stays_a_little(crowd: Sample) -> None:
    found = dirt_in(crowd.content()[4])
    clean = found.pop("clean")
    assert clean > 13_000
    assert 0.002 < sum(found.values()) / clean < 0.006  # about 0.3% and the KPlus records


def test_documents_follow_the_layout(crowd: Sample) -> None:
    line = lines_of(crowd.content()[0])[7].decode()
    pattern = (
        r'\{"_index":"history","_type":"[a-z]+","_id":"[\w-]{20}","_score":0,"_source":'
        r'\{"Contract":"[A-Z]{3}\d{6}","Mac":"[0-9A-F]{12}","TotalDuration":\d+,'
        r'"AppName":"[A-Z_]+"\}\}'
    )
    assert re.fullmatch(pattern, line)


@pytest.fixture(scope="module")
def records(crowd: Sample) -> Iterator[duckdb.DuckDBPyConnection]:
    """Table `records`: the accepted rows of the crowd's month, by the rules of SPEC 3."""
    apps = ", ".join(f"('{app}', {bit})" for app, bit in TYPES.items())
    with duckdb.connect() as con:
        con.execute(f"""
            create table records as
            select distinct on (filename, _id)
                filename, source.Contract as contract, source.Mac as mac,
                source.TotalDuration::bigint as seconds, bit
            from read_json(
                '{crowd.out}/log_content/2*.json', filename = true, ignore_errors = true,
                format = 'newline_delimited',
                columns = {{'_id': 'varchar', '_source': 'struct(Contract varchar, Mac varchar,
                    TotalDuration varchar, AppName varchar)'}}
            ) as r(_id, source, filename)
            join (values {apps}) as a(app, bit) on upper(source.AppName) = app
            where regexp_full_match(source.Contract, '[A-Z]{{3}}[0-9]{{6}}')
                and regexp_full_match(source.TotalDuration, '[0-9]+')
                and source.TotalDuration::bigint <= 86400
        """)
        yield con


def test_tastes_follow_the_table(records: duckdb.DuckDBPyConnection) -> None:
    rows = records.execute("""
        select taste, count(*) from (
            select bit_or(bit) as taste from records group by contract
        ) group by all
    """).fetchall()
    found, wanted = dict(rows), dict(shares.TASTE_CONTRACTS)
    assert sum(found.values()) == 20_000
    for taste, contracts in wanted.items():
        share = contracts / shares.HEADLINE_CONTRACTS
        assert found.get(taste, 0) / 20_000 == pytest.approx(share, abs=0.001)


def test_activity_devices_and_volume(records: duckdb.DuckDBPyConnection) -> None:
    [(high, devices, rows)] = records.execute("""
        select avg((days >= 15)::int), avg(devices), sum(rows) from (
            select count(distinct filename) as days, count(distinct mac) as devices,
                count(*) as rows
            from records group by contract
        )
    """).fetchall()
    assert high == pytest.approx(0.716, abs=0.001)
    assert 1.2 < devices < 1.31
    assert int(rows) / 20_000 * shares.HEADLINE_CONTRACTS == pytest.approx(43e6, rel=0.02)


def test_contracts_churn_by_two_percent_a_month(root: Path) -> None:
    sample = made(
        SampleOptions(out=root / "churn", customers=1000, search_users=1, plain=True, dirt=False)
    )
    june, july = (
        {
            contract
            for path in sample.content()
            if path.name.startswith(month)
            for contract in CONTRACT_CELL.findall(path.read_text())
        }
        for month in ("202206", "202207")
    )
    assert len(june) == 1000
    assert 0.01 < len(june - july) / 1000 < 0.03
    assert len(july - june) == 20


def test_seconds_are_plausible(records: duckdb.DuckDBPyConnection) -> None:
    rows = records.execute("""
        select bit, median(seconds), max(seconds), avg((seconds = 0)::int) from records group by all
    """).fetchall()
    for bit, middle, most, opened in rows:
        wanted = next(a for a in shares.ACTIVITIES if a.type_bit == bit)
        assert middle == pytest.approx(wanted.median_seconds, rel=0.15)
        assert most <= shares.MAX_SECONDS
        assert opened < 0.05


# --- search -------------------------------------------------------------------------------------


def test_search_folders_look_like_spark_output(small: Sample) -> None:
    folder = small.out / "log_search" / "20220605"
    parts = sorted(folder.glob("part-*.snappy.parquet"))
    assert len(parts) == 2
    assert (folder / "_SUCCESS").read_bytes() == b""
    for path in [*parts, folder / "_SUCCESS"]:
        data, sums = path.read_bytes(), (folder / f".{path.name}.crc").read_bytes()
        assert sums[:8] == b"crc\x00\x00\x00\x02\x00"
        assert len(sums) == 8 + 4 * -(-len(data) // 512)
        if data:
            assert sums[8:12] == zlib.crc32(data[:512]).to_bytes(4, "big")
    columns = small.search("select column_name, column_type from (describe log) limit 10")
    names = "eventID datetime user_id keyword category proxy_isp platform networkType action"
    assert columns == [(name, "VARCHAR") for name in names.split()] + [
        ("userPlansMap", "VARCHAR[]")
    ]


@pytest.mark.parametrize(
    ("what", "share", "tolerance"),
    [
        ("user_id is null", 0.249, 0.02),
        ("keyword is null", 0.058, 0.01),
        ("category = 'quit'", 0.144, 0.015),
        ("user_id like '0%'", 0.119, 0.015),
        ("user_id is null and platform = 'web-playfpt'", 0.46 * 0.11, 0.01),
        ("keyword <> lower(keyword)", 0.184, 0.03),
        ("keyword = upper(keyword) and keyword <> lower(keyword)", 0.096, 0.02),
        ("keyword <> trim(keyword)", 0.05, 0.01),
        ("keyword <> nfc_normalize(keyword)", 0.004, 0.002),
        ("keyword = strip_accents(keyword)", 0.36, 0.05),
        ("length(trim(keyword)) < 3", 0.015, 0.006),
        ("keyword = 'Tìm kiếm bằng giọng nói'", 0.003, 0.001),
        ("networkType is null", 0.195, 0.02),
        ("year(log_date::date) + 543 = try_cast(datetime[:4] as int)", 0.000_86, 0.0003),
        ("regexp_matches(datetime, '(SA|CH|AM|PM)$')", 0.003_5, 0.001),
        ("datetime < '2022' or datetime like '2020%'", 0.000_54, 0.000_4),
        ("regexp_matches(datetime, '[.][67][0-9]{1,2}$') and platform = 'android'", 0.25, 0.03),
    ],
)
def test_search_shares(searchers: Sample, what: str, share: float, tolerance: float) -> None:
    [(found,)] = searchers.search(f"select avg(coalesce({what}, false)::int) from (select *"
        " replace (strptime(log_date, '%Y%m%d') as log_date) from log)")  # fmt: skip
    assert found == pytest.approx(share, abs=tolerance)


@pytest.mark.parametrize(
    "what",
    [
        "datetime like '2565-06%'",
        "datetime like '0004-06%'",
        "datetime like '۲۰۲۲-%'",
        "datetime like '٢٠٢٢-%'",
        "datetime like '% SA'",
        "datetime like '% CH'",
        "datetime like '% AM'",
        "datetime like '% PM'",
        "regexp_matches(datetime, '^2022-[0-9-]+ [0-9]:[0-9:.]+$')",
        "datetime < '2021'",
        "replace(datetime[:10], '-', '') > log_date and datetime < '2023'",
        "networkType = 'WIFI'",
        "networkType = '###'",
        "platform is null",
        "keyword = 'Tìm kiếm bằng giọng nói'",
        "trim(keyword) = ''",
        "regexp_full_match(keyword, '[-0-9 +]{9,}')",
        "keyword ~ '(http|www).*'",
        "regexp_full_match(keyword, '[0-9]+([.][0-9]+){3}')",
        "keyword like '%' || chr(10)",
        "keyword like chr(8203) || '%'",
        "keyword in ('😂😂', 'asdfgh', '...')",
        "keyword = 'NARUTO'",
        "keyword = 'naruto'",
        "list_contains(userPlansMap, 'Kênh Gia Đình:giftcode')",
        "len(userPlansMap) = 0",
    ],
)
def test_every_search_oddity_occurs(searchers: Sample, what: str) -> None:
    assert searchers.search(f"select 1 from log where {what} limit 1")


def test_rare_dirt_is_in_the_first_day_of_any_sample(small: Sample) -> None:
    rows = small.search("select datetime, keyword from log where log_date = '20220601'")
    text = "\n".join(f"{when} {keyword}" for when, keyword in rows)
    for oddity in ("2565-", "0004-", "۲۰۲۲", "٢٠٢٢", search_shares.VOICE_LABEL, "192.0.2."):
        assert oddity in text


def test_search_rows_are_sent_again(searchers: Sample) -> None:
    [(rows, events)] = searchers.search("select count(*), count(distinct eventID) from log")
    assert 0.000_1 < (rows - events) / rows < 0.000_6
    [(again,)] = searchers.search("""
        select count(*) from (
            select 1 from log where user_id is not null
            group by log_date, user_id, keyword, left(datetime, 18) having count(*) >= 4
        )
    """)
    assert again > 0


def test_titles_are_typed_in_prefixes(searchers: Sample) -> None:
    """Of pairs of a user's rows within 120 seconds, one in seven extends the keyword (NOTES)."""
    [(pairs, extended, remote)] = searchers.search("""
        select count(*), avg(extends::int), count(*) filter (extends and keyword = upper(keyword))
        from (
            select keyword, before <> keyword and starts_with(keyword, before) as extends
            from (
                select keyword, try_cast(datetime as timestamp) as moment,
                    lag(keyword) over w as before, lag(try_cast(datetime as timestamp)) over w as t
                from log where user_id is not null and keyword is not null and category = 'enter'
                window w as (partition by log_date, user_id order by datetime, eventID)
            ) where moment - t <= interval 120 seconds
        )
    """)
    assert pairs > 8_000
    assert 0.09 < extended < 0.18
    assert remote > 100


def test_seven_in_ten_users_change_their_top_genre(searchers: Sample) -> None:
    rows = searchers.search("""
        select user_id, log_date[:6] as month, keyword, datetime from log
        where user_id is not null and keyword is not null and category = 'enter'
    """)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for user, month, keyword, _ in sorted(rows, key=lambda row: row[3]):
        bare = folded(" ".join(unicodedata.normalize("NFC", keyword).split()))
        counts.setdefault((user, month), Counter())[bare] += 1
    top = {key: GENRES.get(c.most_common(1)[0][0]) for key, c in counts.items()}
    both = [
        (genre, top[user, "202207"])
        for (user, month), genre in top.items()
        if month == "202206" and (user, "202207") in top
    ]
    known = [(before, after) for before, after in both if before and after]
    assert len(known) > 4000
    assert sum(a != b for a, b in known) / len(known) == pytest.approx(0.69, abs=0.03)


def test_search_volume_follows_the_options(searchers: Sample) -> None:
    wanted = searchers.options.rows_per_search_day * 61
    assert searchers.summary.rows["log_search"] == pytest.approx(wanted, rel=0.03)


# --- identities and library ---------------------------------------------------------------------


def identity_rows(sample: Sample) -> list[dict[str, str]]:
    rows = []
    for path in sorted((sample.out / "identities").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += [{k: v for k, v in row.items() if v} for row in csv.DictReader(file)]
    return rows


def components(rows: list[dict[str, str]]) -> list[int]:
    """Sizes of the connected components of the identifiers."""
    parents: dict[tuple[str, str], tuple[str, str]] = {}

    def find(node: tuple[str, str]) -> tuple[str, str]:
        while parents.setdefault(node, node) != node:
            node = parents[node]
        return node

    for row in rows:
        nodes = [(k, v.strip().lower() if k == "email" else v) for k, v in row.items()]
        for node in nodes[1:]:
            parents[find(node)] = find(nodes[0])
    return list(Counter(find(node) for node in list(parents)).values())


def test_identities_link_what_the_logs_hold(small: Sample) -> None:
    rows = identity_rows(small)
    seen: set[str] = set()
    for path in small.content():
        if path.suffix != ".parquet":
            text = b"\n".join(lines_of(path)).decode(errors="replace")
            seen.update(CONTRACT_CELL.findall(text))
        elif path.name != "part-99999.parquet":
            seen.update(str(document["_source"].get("Contract")) for document in documents(path))
    users = {user for (user,) in small.search("select distinct user_id from log")}
    assert all(len(row) >= 2 for row in rows)
    assert {row["contract"] for row in rows if "contract" in row} <= seen
    assert {row["user_id"] for row in rows if "user_id" in row} <= users
    assert len({row.get("contract") for row in rows}) == pytest.approx(0.4 * 400, rel=0.25)
    assert any("user_id" not in row for row in rows)
    assert any("email" not in row for row in rows)


@pytest.mark.parametrize("name", ["small", "searchers", "crowd"])
def test_one_false_hub_and_no_other(name: str, request: pytest.FixtureRequest) -> None:
    sample: Sample = request.getfixturevalue(name)
    sizes = components(identity_rows(sample))
    assert [size for size in sizes if size > 20] == [max(sizes)]
    assert max(size for size in sizes if size <= 20) <= 8


def test_some_customers_have_two_contracts_or_users(crowd: Sample, searchers: Sample) -> None:
    mails = Counter(r.get("email", "").strip().lower() for r in identity_rows(crowd))
    assert sum(1 for mail, n in mails.items() if mail and n == 2) == 160
    accounts = (searchers.out / "identities" / "app_accounts.csv").read_text().splitlines()
    assert accounts[0] == "contract,user_id"
    assert len(accounts) == 2


def test_library_has_a_few_dozen_genres(small: Sample) -> None:
    path = small.out / "library" / "operator_genres.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 24 <= len(rows) <= 100
    assert all(GENRES[folded(row["keyword"])] == row["category"] for row in rows)


# --- the same bytes, or others ------------------------------------------------------------------


def test_same_seed_same_bytes(small: Sample, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of threads and of days that one query makes."""
    plain_connect = write.connect

    def one_thread(path: Path) -> duckdb.DuckDBPyConnection:
        con = plain_connect(path)
        con.execute("set threads = 1")
        return con

    monkeypatch.setattr(write, "connect", one_thread)
    monkeypatch.setattr(content_files, "CHUNK_ROWS", 400 * 11)
    monkeypatch.setattr(search_files, "CHUNK_ROWS", 70 * 12)
    again = made(replace(small.options, out=root / "again"))
    assert fingerprint(again.out) == fingerprint(small.out)
    assert again.summary == small.summary


def test_other_seed_other_bytes(small: Sample, root: Path) -> None:
    other = made(replace(small.options, out=root / "other", seed=361))
    first, second = fingerprint(small.out), fingerprint(other.out)
    skipped = {"log_content/README.txt", "log_content/notes.json"}
    skipped.add("log_content/20220621/part-99999.parquet")
    same = {path for path in first.keys() & second.keys() if first[path] == second[path]}
    assert {path for path in same if "_SUCCESS" not in path} == skipped


def test_summary_and_progress_agree_with_the_files(small: Sample) -> None:
    files = [
        p
        for p in small.out.rglob("*")
        if p.is_file() and not p.name.startswith((".", "_", "README", "notes"))
    ]
    assert small.summary.files == len(files) == len(small.progress)
    assert small.summary.bytes == sum(p.stat().st_size for p in files)
    assert [done for _, done, _ in small.progress] == list(range(1, len(files) + 1))
    assert {total for _, _, total in small.progress} == {len(files)}
    assert {what for what, _, _ in small.progress} == {
        p.relative_to(small.out).as_posix() for p in files
    }
    lines = 0
    for path in small.content():
        if path.name != "part-99999.parquet" and path.suffix != ".parquet":
            lines += sum(1 for line in lines_of(path) if line.strip()) - (path.suffix == ".csv")
        elif path.name != "part-99999.parquet":
            lines += sum(1 for _ in documents(path))
    assert small.summary.rows["log_content"] == lines
    assert small.summary.rows["log_search"] == small.search("select count(*) from log")[0][0]


# --- clean and unreadable -----------------------------------------------------------------------


def test_clean_sample_has_no_dirt(clean: Sample) -> None:
    assert len(clean.content()) == 31
    for path in clean.content():
        assert path.suffix == ".json"
        assert set(dirt_in(path)) == {"clean"}
    assert not (clean.out / "log_content" / "README.txt").exists()
    [(rows, bad, events)] = clean.search(r"""
        select count(*), count(distinct eventID), count(*) filter (
            user_id is null or keyword is null or category <> 'enter' or platform is null
            or keyword <> lower(nfc_normalize(trim(keyword))) or length(keyword) < 2
            or not regexp_full_match(datetime, '2022-07-[0-9]{2} [0-9:]{8}[.][0-9]{3}')
            or replace(datetime[:10], '-', '') <> log_date
        ) from log
    """)
    assert (rows > 1500, bad - rows, events) == (True, 0, 0)


def test_unreadable_file_only_when_asked_for(small: Sample, crowd: Sample) -> None:
    path = small.out / "log_content" / "20220621" / "part-99999.parquet"
    with duckdb.connect() as con, pytest.raises(duckdb.Error):
        con.execute("select * from read_parquet(?)", [str(path)])
    assert not list(crowd.out.rglob("part-99999.parquet"))


# --- the directory ------------------------------------------------------------------------------


def tiny(out: Path) -> SampleOptions:
    return SampleOptions(out=out, customers=20, months=(JUNE,))


def test_replaces_only_its_own_directory(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    out.mkdir()  # an empty directory is nobody's
    write_sample(tiny(out))
    assert (out / SAMPLE_MARKER).is_file()
    before = fingerprint(out)
    write_sample(replace(tiny(out), seed=1))
    assert fingerprint(out) != before
    assert [p.name for p in tmp_path.iterdir()] == ["raw"]


@pytest.mark.parametrize("foreign", ["log_content/20220801.json", "own.txt"])
def test_refuses_other_peoples_files(tmp_path: Path, foreign: str) -> None:
    out = tmp_path / "raw"
    (out / foreign).parent.mkdir(parents=True)
    (out / foreign).write_text("mine")
    with pytest.raises(ConfigurationError, match="has not written") as caught:
        write_sample(tiny(out))
    assert caught.value.exit_code is ExitCode.WRONG_USAGE
    assert [p.name for p in out.rglob("*") if p.is_file()] == [Path(foreign).name]


def test_refuses_a_sample_with_files_added_to_it(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    write_sample(tiny(out))
    (out / "log_content" / "20230101.json").write_text("mine")
    before = fingerprint(out)
    with pytest.raises(ConfigurationError, match="20230101"):
        write_sample(tiny(out))
    assert fingerprint(out) == before


def test_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("mine")
    with pytest.raises(ConfigurationError, match="is a file"):
        write_sample(tiny(tmp_path / "raw"))


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from c360.sample import SampleOptions, write_sample

def stop(what, done, total):
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

write_sample(SampleOptions(out=Path(sys.argv[1]), customers=20, months=(date(2022, 6, 1),)), stop)
"""


def killed_run(out: Path) -> None:
    """Run the generator and kill it after the fortieth file."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(out), "40"], check=False)
    assert done.returncode == -signal.SIGKILL


def test_killed_run_leaves_out_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    killed_run(out)
    assert not out.exists()
    assert len(list(tmp_path.iterdir())) == 1  # what the killed run left beside it
    write_sample(replace(tiny(out), seed=2))
    assert [p.name for p in tmp_path.iterdir()] == ["raw"]
    before = fingerprint(out)
    killed_run(out)
    assert fingerprint(out) == before


def test_failed_run_leaves_nothing(tmp_path: Path) -> None:
    def full(what: str, done: int, total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(CustomerError, match="No space left"):
        write_sample(tiny(tmp_path / "raw"), full)
    assert list(tmp_path.iterdir()) == []


# --- options ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("2022-06", [(2022, 6)]),
        ("2022-06..2022-07", [(2022, 6), (2022, 7)]),
        ("2021-12 .. 2022-02", [(2021, 12), (2022, 1), (2022, 2)]),
        ("2022-08,2022-06", [(2022, 6), (2022, 8)]),
        ("2022-06..2022-07,2022-07", [(2022, 6), (2022, 7)]),
    ],
)
def test_parse_months(text: str, months: list[tuple[int, int]]) -> None:
    assert parse_months(text) == tuple(date(year, month, 1) for year, month in months)


@pytest.mark.parametrize(
    "text", ["", "2022", "2022-13", "2022-6", "June", "2022-07..2022-06", "2022-06..", "2022-06-01"]
)
def test_parse_months_refuses(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_months(text)


@pytest.mark.parametrize(
    "change",
    [
        {"customers": 0},
        {"customers": 10**9},
        {"search_users": 0},
        {"search_rows": 0},
        {"months": ()},
        {"months": (date(2022, 6, 2),)},
        {"months": (JULY, JUNE)},
        {"months": (JUNE, JUNE)},
    ],
)
def test_options_refuse(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        replace(tiny(tmp_path / "raw"), **change)


def test_headline_options(tmp_path: Path) -> None:
    options = headline_options(tmp_path, seed=7)
    assert (options.customers, options.seed) == (1_920_546, 7)
    assert options.months == (JUNE, JULY)
    assert options.months_of_content == (JULY,)
    assert options.rows_per_search_day == 70_000
    assert {file.path for file in content_files.plan_content(options)} == {
        f"log_content/202207{day:02d}.json" for day in range(1, 32)
    }


def test_one_customer_is_enough(tmp_path: Path) -> None:
    summary = write_sample(SampleOptions(out=tmp_path / "raw", customers=1, months=(JUNE,)))
    assert summary.rows["log_content"] > 0
