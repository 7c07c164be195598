"""Who watches: contracts with their devices, and each month's households (SPEC 2.1, 4)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from math import gcd

import duckdb

from c360.sample import shares
from c360.sample.draws import by_rank, chance, draw, lookup, pick, remix, salt
from c360.sample.options import SampleOptions

CODE_DIGITS = 1_000_000  # a contract code is three letters and six digits
CODE_STEP = 741_457  # coprime with CODE_DIGITS: the codes of a region are scattered, not counted
MAC_STEP = 10_368_889  # odd: scatters devices over the 24 low bits of a MAC address


def newcomers_per_month(customers: int) -> int:
    """Contracts that come and go from one month to the next."""
    return round(customers * shares.CHURN_PER_MONTH)


def create_contracts(con: duckdb.DuckDBPyConnection, options: SampleOptions) -> None:
    """Create table `contracts`: every contract of the whole sample, once.

    Columns: n (counter), contract, mac_a, mac_b (null for most), joined (position of its first
    month), leaving (0..9999, small ones leave first).
    """
    seed = options.seed
    newcomers = newcomers_per_month(options.customers)
    total = options.customers + newcomers * (len(options.months_of_content) - 1)
    joined = f"1 + (n - {options.customers}) // {max(1, newcomers)}"
    region = by_rank("rank", [(i, w) for i, (_, w) in enumerate(shares.REGIONS)], total)
    letters = lookup([name for name, _ in shares.REGIONS], "region")
    offset = draw("region::ubigint", salt(seed, "code"))
    code = f"(number * {CODE_STEP} + ({offset})::bigint) % {CODE_DIGITS}"
    con.execute(f"""
        create or replace temp table contracts as
        with drawn as (
            select i::ubigint as n, {draw("i::ubigint", salt(seed, "contract"))} as x
            from range({total}) as r(i)
        ), ranked as (
            select *, row_number() over (order by x, n) - 1 as rank from drawn
        ), placed as (
            select *, {region} as region from ranked
        ), numbered as (
            select *, row_number() over (partition by region order by n) - 1 as number from placed
        )
        select
            n,
            {letters} || lpad(({code})::varchar, 6, '0') as contract,
            {mac("n * 2", seed)} as mac_a,
            case when {chance("x", shares.SECOND_DEVICE_SHARE)}
                then {mac("n * 2 + 1", seed)} end as mac_b,
            case when n < {options.customers} then 0 else {joined} end::integer as joined,
            {pick(draw("n", salt(seed, "leaving")), 10_000)}::integer as leaving
        from numbered
        order by n
    """)


def mac(device: str, seed: int) -> str:
    """SQL: a unique MAC address, 12 upper-case hexadecimal digits, of a device counter."""
    bits = draw(device, salt(seed, "vendor"))
    vendor = lookup(shares.DEVICE_VENDORS, pick(bits, len(shares.DEVICE_VENDORS)))
    low = f"(({device}) * {MAC_STEP} + {salt(seed, 'mac') & 0xFFFFFF}) & 16777215"
    return f"{vendor} || lpad(hex({low}), 6, '0')"


def create_households(con: duckdb.DuckDBPyConnection, options: SampleOptions, month: date) -> None:
    """Create table `households`: the contracts of one month and how they watch.

    Columns: n, contract, mac_a, mac_b, taste (bits of shares.TV ...), days (active days in the
    month), stride and shift: the household is active on day d (from 0) of a month of D days when
    (stride * d + shift) % D < days, which holds on exactly `days` days.
    """
    position = options.months_of_content.index(month)
    length = monthrange(month.year, month.month)[1]
    count = create_members(con, options, month, position)
    strides = [s for s in range(1, length) if gcd(s, length) == 1]
    tastes = by_rank("taste_rank", shares.TASTE_CONTRACTS, count)
    days = by_rank("days_rank", day_weights(length), count)
    con.execute(f"""
        create or replace temp table households as
        select
            n, contract, mac_a, mac_b,
            ({tastes})::utinyint as taste,
            ({days})::utinyint as days,
            ({lookup(strides, pick("rhythm", len(strides)))})::usmallint as stride,
            ({pick("rhythm", length, shift=16)})::usmallint as shift
        from (
            select
                *,
                row_number() over (order by taste_key, n) - 1 as taste_rank,
                row_number() over (order by days_key, n) - 1 as days_rank
            from members
        )
        order by n
    """)
    con.execute("drop table members")


def create_members(
    con: duckdb.DuckDBPyConnection, options: SampleOptions, month: date, position: int
) -> int:
    """Create table `members`: who is there this month, with sort keys; returns how many.

    From month to month a household keeps its keys, or (1 - shares.TASTE_KEPT) draws new ones.
    """
    seed, name = options.seed, month.isoformat()
    kept = "true" if position == 0 else chance("x", shares.TASTE_KEPT)
    leavers = round(10_000 * shares.CHURN_PER_MONTH)

    def key(purpose: str) -> str:
        fresh = remix("x", salt(seed, purpose, name))
        return f"case when {kept} then {draw('n', salt(seed, purpose))} else {fresh} end"

    con.execute(f"""
        create or replace temp table members as
        select
            n, contract, mac_a, mac_b,
            {key("taste")} as taste_key,
            {key("days")} as days_key,
            {remix("x", salt(seed, "rhythm", name))} as rhythm
        from (select *, {draw("n", salt(seed, "month", name))} as x from contracts)
        where joined <= {position} and leaving >= {leavers} * ({position} - joined)
    """)
    (count,) = con.execute("select count(*) from members").fetchall()[0]
    return int(count)


def day_weights(length: int) -> list[tuple[int, int]]:
    """Active days in a month of `length` days and their weights: 71.6% on 15 days or more."""
    low = [(n, 1) for n in range(1, shares.HIGH_DAYS)]
    ramp = shares.HIGH_RAMP - shares.HIGH_DAYS
    high = [(n, ramp + n) for n in range(shares.HIGH_DAYS, length + 1)]
    low_sum, high_sum = sum(w for _, w in low), sum(w for _, w in high)
    permille = round(shares.HIGH_SHARE * 1000)
    return [(n, w * high_sum * (1000 - permille)) for n, w in low] + [
        (n, w * low_sum * permille) for n, w in high
    ]
