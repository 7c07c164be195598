"""Marts for the export tests, and the comparison of a mart with what arrived."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import servers

from exporters.catalog import Column, ExportTable
from exporters.results import Progress

SCHEMA = "main_marts"
ROWS = 3000

# Three tables of which every row carries the version of the set.
VERSIONED = [
    ExportTable("apples", SCHEMA, ("id",), (("name",),), description="Apples by id."),
    ExportTable("pears", SCHEMA, ("id", "month")),
    ExportTable("plums", SCHEMA, ("name",)),
]

HOSTILE = ExportTable(
    "hostile",
    SCHEMA,
    ("word",),
    (("day", "note"),),
    (
        Column("word", "string", 'it\'s a \\ "key" with 100% %s'),
        Column("note", "string", "Ghi chú 🎬\nsecond line"),
    ),
    "Text that breaks \\ 'naive' \"exports\" 100% %s.",
)

# Pairs that a collation could take for equal, and characters that could end a value.
HOSTILE_WORDS = [
    *("Truyền", "Truyen", "truyền", "TRUYỀN", "Truye\u0302\u0300n", "Truyền ", " Truyền"),
    *("a", "a ", "a  ", "A", "á", "a\u0301", "đ", "d", "Đ", "ß", "ss", "ﬁ", "fi"),
    *("", " ", "NULL", "null", "\\N", "N", "\\", "\\\\", "\\n", "\\'", "'", "''", '"', '""'),
    *("a,b", "a;b", "a\tb", "a\nb", "a\r\nb", "a\rb", "\n", "nul\0byte", "\0", "\x1a", "\x7f"),
    *(
        "🎬",
        "👩‍👩‍👧",
        "\U0010ffff",
        "\ufeff",
        "\u200b",
        "\u202e",
        "中文",
        "ไทย",
        "%s",
        "%(a)s",
        "{}",
        "?",
    ),
    *("'); drop table hostile; --", "/* x */", "-- x", "# x", "`", "$1", "x" * 300),
]


def write_database(path: Path, statements: dict[str, str]) -> Path:
    """Create `path` anew with the table that each query gives."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create schema {SCHEMA}")
        for name, query in statements.items():
            connection.execute(f"create table {SCHEMA}.{name} as {query}")
    return path


def write_versioned(path: Path, version: int, rows: int = ROWS) -> Path:
    """The marts of `VERSIONED`."""
    numbers = f"range({rows}) as numbers(id)"
    return write_database(
        path,
        {
            "apples": f"select id, 'Táo ' || id as name, {version} as version from {numbers}",
            "pears": "select id, date '2022-07-01' as month, id / 7 as share, "
            f"{version} as version from {numbers}",
            "plums": f"select 'Mận ' || id as name, {version} as version from {numbers}",
        },
    )


def write_hostile(path: Path, *, words: int = 500) -> Path:
    """The mart `HOSTILE`: every type, extremes, nulls, the words above and random ones."""
    dice = random.Random(360)
    everything = {*HOSTILE_WORDS, *(_random_word(dice) for _ in range(words))}
    rows = [
        (word, None if dice.random() < 0.3 else _random_word(dice), _random_double(dice))
        for word in sorted(everything)
    ]
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create schema {SCHEMA}")
        connection.execute("create temp table words (word varchar, note varchar, ratio double)")
        connection.executemany("insert into words values (?, ?, ?)", rows)
        connection.execute(f"create table {SCHEMA}.hostile as {_HOSTILE_QUERY}")
    return path


_HOSTILE_QUERY = """
    with numbered as (select *, row_number() over (order by word) as place from words)
    select word, note, ratio,
        case place % 5 when 0 then 9223372036854775807 when 1 then -9223372036854775808
            when 2 then null else place end::bigint as big,
        case place % 4 when 0 then 2147483647 when 1 then -2147483648
            else null end::integer as small,
        case place % 3 when 0 then true when 1 then false end as flag,
        case place % 4 when 0 then date '1000-01-01' when 1 then date '9999-12-31'
            when 2 then null else date '2024-02-29' end as day,
        case place % 4 when 0 then timestamp '1000-01-01 00:00:00'
            when 1 then timestamp '9999-12-31 23:59:59.999999' when 2 then null
            else timestamp '2022-07-01 10:11:12' + to_microseconds(place) end as moment,
        case place % 3 when 0 then -place / 100 when 1 then null else place end::decimal(18, 2)
            as money
    from numbered
"""


def _random_word(dice: random.Random) -> str:
    plain = "abcĂÂêđ'\"\\,;\n\r\t\0%`-"
    size = dice.randrange(1, 24)
    return "".join(
        dice.choice(plain) if dice.random() < 0.7 else chr(_code_point(dice)) for _ in range(size)
    )


def _code_point(dice: random.Random) -> int:
    while 0xD800 <= (code := dice.randrange(0x110000)) < 0xE000:  # surrogates are no characters
        pass
    return code


def _random_double(dice: random.Random) -> float | None:
    special = [None, 0.0, -0.0, 5e-324, -5e-324, 1.7976931348623157e308, 0.1, 1e-5, 1e20, 2.0**53]
    if dice.random() < 0.2:
        return dice.choice(special)
    if dice.random() < 0.5:
        return dice.random()
    (number,) = struct.unpack("<d", dice.randbytes(8))
    return float(number) if number - number == 0 else None  # neither infinite nor not a number


def mart_rows(database: Path, table: ExportTable) -> list[tuple[Any, ...]]:
    """The mart in DuckDB, ordered by its rows' text."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return _ordered(connection.execute(f"from {table.schema}.{table.name}").fetchall())


def served_rows(served: servers.Database, name: str) -> list[tuple[Any, ...]]:
    """The table on the server, in the same order; its booleans are 0 and 1."""
    return _ordered(served.read(f"select * from `{name}`"))


def _ordered(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    plain = (tuple(int(v) if isinstance(v, bool) else v for v in row) for row in rows)
    return sorted(plain, key=repr)


def served_version(served: servers.Database, rows: int = ROWS) -> int:
    """The version of the served set, which must be whole."""
    ((*versions,),) = served.read(VERSION_QUERY)
    assert versions == [versions[0], rows] * len(VERSIONED) * 2, versions
    return int(versions[0])


# One statement, so that a reader gets one version of each table or an error.
VERSION_QUERY = "select " + ", ".join(
    f"(select {aggregate}(version) from {table.name}), (select count(*) from {table.name})"
    for table in VERSIONED
    for aggregate in ("min", "max")
)


class Recorder:
    """Keeps what an export reports."""

    def __init__(self, action: Callable[[Progress], None] = lambda _: None) -> None:
        self.steps: list[Progress] = []
        self._action = action

    def __call__(self, progress: Progress) -> None:
        self.steps.append(progress)
        self._action(progress)

    @property
    def notes(self) -> list[str]:
        """The lines meant for the user."""
        return [step.note for step in self.steps if step.note]


# The visible files of the embedded set, without its record.
FILES = {f"{table.name}.{end}" for table in VERSIONED for end in ("parquet", "csv")}

# And what is on a server.
SERVED = {"apples", "pears", "plums", "customer360_export"}


def visible_files(folder: Path) -> set[str]:
    """The names in the folder that are not hidden and lead to a file."""
    return {path.name for path in folder.iterdir() if path.exists() and path.name[0] != "."}


def set_version(folder: Path) -> int:
    """The version of the published set, which must be whole."""
    current = (folder / ".current").resolve()
    versions = set()
    for table in VERSIONED:
        for read, end in (("read_parquet", "parquet"), ("read_csv", "csv")):
            query = f"select min(version), max(version), count(*) from {read}(?)"
            with duckdb.connect() as connection:
                (row,) = connection.execute(
                    query, [str(current / f"{table.name}.{end}")]
                ).fetchall()
            assert row[2] == ROWS
            versions |= set(row[:2])
    assert len(versions) == 1, versions
    return int(versions.pop())
