"""Who searches: app users with their devices and plans, and their favourite genres (SPEC 2.2)."""

from __future__ import annotations

from datetime import date

import duckdb

from c360.sample import search_shares as shares
from c360.sample.draws import by_rank, chance, choose, draw, literal, remix, salt
from c360.sample.options import SampleOptions

ID_STEP = 6_180_339  # coprime with ten: the ids of a length are scattered, not counted
FIRST_DIGITS = (("4", 52), ("9", 34), ("2", 4), ("1", 3), ("8", 3), ("7", 2), ("3", 2))


def create_users(con: duckdb.DuckDBPyConnection, options: SampleOptions) -> None:
    """Create table `users`: u (counter), user_id, platform, family (name), isp, plans."""
    seed, total = options.seed, options.users
    first = choose("w", FIRST_DIGITS, shift=16)
    zero = chance("w", shares.USER_ID_LEADING_ZERO)
    width = "(length - 1)"
    number = f"(number * {ID_STEP} + {salt(seed, 'user id') % 10**7}) % (10 ** {width})::bigint"
    plans = ", ".join(
        f"({i}, {literal(names)}::varchar[])" for i, (names, _) in enumerate(shares.PLANS)
    )
    families = ", ".join(f"({literal(p)}, {literal(f)})" for p, f, _ in shares.PLATFORMS)
    con.execute(f"""
        create or replace temp table users as
        with drawn as (
            select i::ubigint as u, {draw("i::ubigint", salt(seed, "user"))} as x
            from range({total}) as r(i)
        ), ranked as (
            select *, row_number() over (order by x, u) - 1 as rank from drawn
        ), sized as (
            select *, {by_rank("rank", shares.USER_ID_LENGTHS, total)} as length from ranked
        ), numbered as (
            select *,
                {remix("x", salt(seed, "user id"))} as w,
                {remix("x", salt(seed, "isp"))} as y,
                {remix("x", salt(seed, "plans"))} as z,
                row_number() over (partition by length order by u) - 1 as number
            from sized
        ), described as (
            select u,
                case when {zero} then '0' else {first} end
                    || lpad(({number})::varchar, {width}::integer, '0') as user_id,
                {choose("x", [(p, w) for p, _, w in shares.PLATFORMS], width=10)} as platform,
                {choose("y", shares.ISPS, width=10)} as isp,
                {choose("z", plan_weights(), width=10)} as plan
            from numbered
        )
        select d.u, d.user_id, d.platform, f.family, d.isp, p.plans
        from described as d
        join (values {plans}) as p(plan, plans) using (plan)
        join (values {families}) as f(platform, family) using (platform)
        order by d.u
    """)


def plan_weights() -> list[tuple[int, int]]:
    """The positions in search_shares.PLANS with their weights."""
    return [(i, weight) for i, (_, weight) in enumerate(shares.PLANS)]


def create_favourites(con: duckdb.DuckDBPyConnection, options: SampleOptions, month: date) -> None:
    """Create table `favourites`: each user's favourite genre (a position) in this month.

    The first month draws it; every later one draws it anew for search_shares.REPLACED_GENRE of
    the users and keeps it for the others.
    """
    weights = [(i, weight) for i, (_, weight) in enumerate(shares.GENRE_WEIGHTS)]
    first = month == options.months[0]
    kept = "false" if first else f"not {chance('y', shares.REPLACED_GENRE)}"
    source = "(select u, null as genre from users)" if first else "favourites"
    con.execute(f"""
        create or replace temp table favourites as
        select u, case when {kept} then genre else {choose("x", weights, width=12)} end as genre
        from (
            select *,
                {draw("u", salt(options.seed, "genre", month))} as x,
                {draw("u", salt(options.seed, "replaced", month))} as y
            from {source}
        )
    """)
