"""The files of `log_search/`: a folder a day as Spark writes it (SPEC 2.2)."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow

from c360.sample import search_day, search_dirt
from c360.sample import search_shares as shares
from c360.sample.content_files import days_of
from c360.sample.draws import choose, remix, salt
from c360.sample.options import SampleOptions
from c360.sample.writers import write_parquet

FOLDER = "log_search"
CHUNK_ROWS = 100_000

LOG_COLUMNS = (
    '"eventID", datetime, user_id, keyword, category, proxy_isp, platform, "networkType", action, '
    '"userPlansMap"'
)

# A version 4 UUID from the draws e (unique among the day's rows), f, g and h.
EVENT_ID = """lower(concat(
    lpad(hex(r.e), 8, '0'), '-', lpad(hex(r.f >> 16), 4, '0'), '-4',
    lpad(hex(r.f & 4095), 3, '0'), '-', hex(((r.g >> 16) & 16383) | 32768), '-',
    lpad(hex(r.g & 65535), 4, '0'), lpad(hex(r.h), 8, '0')
))"""
CHECKSUM_BLOCK = 512  # bytes under one checksum in Hadoop's `.crc` files


@dataclass(frozen=True)
class SearchDay:
    """One day of search logs: its date, its number within the sample, its part files."""

    day: date
    position: int
    paths: tuple[str, ...]


def plan_search(options: SampleOptions) -> list[SearchDay]:
    """Every day of search logs, in order, with the paths of its part files."""
    parts = max(2, round(options.rows_per_search_day / shares.ROWS_PER_PART))
    days = [day for month in options.months for day in days_of(month)]
    return [SearchDay(day, i, part_paths(options.seed, day, parts)) for i, day in enumerate(days)]


def part_paths(seed: int, day: date, parts: int) -> tuple[str, ...]:
    """Paths below the raw directory, named as Spark names its part files."""
    digest = hashlib.blake2s(f"{seed} {day}".encode(), digest_size=16).digest()
    job = UUID(bytes=digest, version=4)
    return tuple(
        f"{FOLDER}/{day:%Y%m%d}/part-{part:05d}-{job}-c000.snappy.parquet" for part in range(parts)
    )


def chunks(options: SampleOptions, plan: Sequence[SearchDay]) -> Iterator[list[SearchDay]]:
    """The days in pieces of one month with about CHUNK_ROWS rows; their size changes no byte."""
    size = max(1, CHUNK_ROWS // options.rows_per_search_day)

    def piece(item: SearchDay) -> tuple[int, int, int]:
        return item.day.year, item.day.month, (item.day.day - 1) // size

    for _, days in groupby(plan, key=piece):
        yield list(days)


def write_chunk(
    con: duckdb.DuckDBPyConnection, root: Path, options: SampleOptions, plan: list[SearchDay]
) -> Iterator[tuple[str, int]]:
    """Write the folders of some days of one month; yields (path, rows) of each part file.

    Adds the users found in the rows to table `seen_users`.
    """
    search_day.create_searches(con, options, [item.day for item in plan])
    search_day.create_rows(con, options.dirt)
    con.execute(f"create or replace temp table search_log as {log_rows(options, plan)}")
    con.execute("insert into seen_users select u from search_log where user_id is not null")
    rows = con.sql(f"""
        select {LOG_COLUMNS} from search_log order by day, place, key, e
    """).to_arrow_table()
    totals = dict(con.execute("select day, count(*) from search_log group by all").fetchall())
    start = 0
    for item in plan:
        total, parts = int(totals.get(item.day, 0)), len(item.paths)
        for part, path in enumerate(item.paths):
            first, last = (total * i // parts for i in (part, part + 1))
            piece = rows.slice(start + first, last - first)
            yield path, write_part(piece, root / path)
        start += total
        success = root / FOLDER / f"{item.day:%Y%m%d}" / "_SUCCESS"
        success.write_bytes(b"")
        write_checksum(success)


def write_part(rows: pyarrow.Table, path: Path) -> int:
    """Write one part file and its checksum; returns its rows."""
    count = write_parquet(rows, path)
    write_checksum(path)
    return count


def log_rows(options: SampleOptions, plan: Sequence[SearchDay]) -> str:
    """SQL: the days' rows: LOG_COLUMNS, u, and day, place, key, e, which order them."""
    draws = ", ".join(
        f"{remix('e', salt(options.seed, 'row', column))} as {column}"
        for column in ("f", "g", "h", "clock_draw", "word_draw", "network_draw")
    )
    marked = search_dirt.marked_rows(options, [(item.day, item.position) for item in plan])
    return f"""
        with marked as (
            select *, day::timestamp + to_seconds(second) as moment from ({marked})
        ), sent as (
            select *, e as key from marked
            union all
            select *, mix_a(e) as key from marked where row_kind = 'duplicate_event'
        ), drawn as (
            select *, {draws}, {remix("key", salt(options.seed, "place"))} as place from sent
        ), clocks as (
            select *, {search_dirt.clock_columns(options.dirt)} from drawn
        ), written as (
            select *,
                {search_dirt.event_time(options.dirt)} as event_time,
                {search_dirt.keyword("word_draw")} as word,
                {network(options.dirt)} as network
            from clocks
        )
        select
            r.day, r.place, r.key, r.e, r.u, {EVENT_ID} as "eventID", r.event_time as datetime,
            case when not r.anonymous then u.user_id end as user_id,
            r.word as keyword, r.category, u.isp as proxy_isp,
            case when r.row_kind is distinct from 'platform_null' then u.platform end as platform,
            r.network as "networkType",
            'search' as action,
            case when not r.anonymous then u.plans end as "userPlansMap"
        from written as r
        join users as u using (u)
    """


def network(dirt: bool) -> str:
    """SQL: the network as the family of devices names it."""
    if not dirt:
        return "case when family in ('web', 'nextgen') then null else 'wifi' end"
    cases = " ".join(
        f"when '{f.name}' then {choose('network_draw', f.networks)}" for f in shares.FAMILIES
    )
    return f"case family {cases} end"


def write_checksum(path: Path) -> None:
    """Write Hadoop's checksum file beside a data file: CRC32 of every 512 bytes."""
    data = path.read_bytes()
    sums = b"".join(
        zlib.crc32(data[i : i + CHECKSUM_BLOCK]).to_bytes(4, "big")
        for i in range(0, len(data), CHECKSUM_BLOCK)
    )
    head = b"crc\x00" + CHECKSUM_BLOCK.to_bytes(4, "big")
    path.with_name(f".{path.name}.crc").write_bytes(head + sums)
