"""Days of searching as SQL: visits, searches, and the rows that each search sends (SPEC 2.2, 5).

A visit is one user's short time with the search page; a search is a title, typed at once or in
prefixes (`VE D`, `VE DEP`), sent once or several times; a `quit` row may follow it. A query makes
several days of one month; how many does not change a row.

Every draw gets a column before it is used: written out where it is used, the expressions would
take longer to plan than to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from c360.sample import search_shares as shares
from c360.sample.draws import GOLDEN, chance, choose, literal, lookup, pick, remix, salt
from c360.sample.keywords import genre_bounds
from c360.sample.options import SampleOptions

LAST_SECOND = 86_399
STYLE_SALTS = (0x51ED270B, 0x2545F491, 0x9E6C63D0)  # any three numbers: independent draws


def visits_of_day(options: SampleOptions, day: date) -> int:
    """How many visits make the day's rows on average."""
    rows = shares.ROWS_PER_VISIT if options.dirt else shares.ROWS_PER_CLEAN_VISIT
    shift = shares.WEEKEND_SHIFT if day.weekday() >= 5 else -0.4 * shares.WEEKEND_SHIFT
    return max(1, round(options.rows_per_search_day * (1 + shift) / rows))


def create_families(con: duckdb.DuckDBPyConnection, dirt: bool) -> None:
    """Create table `families`: how devices behave; without dirt, only how they type."""
    names = ("anonymous", "quits", "empty_quit", "empty_enter", "capitals", "unaccented",
             "titled", "padded")  # fmt: skip
    columns = ", ".join((*(f"{name} bigint" for name in names), "typed bigint"))
    con.execute(f"create or replace temp table families (family varchar, {columns})")
    for f in shares.FAMILIES:
        values = [round(getattr(f, name) * 65_536) * dirt for name in names]
        numbers = ", ".join(str(v) for v in (*values, round(f.typed * 65_536)))
        con.execute(f"insert into families values ({literal(f.name)}, {numbers})")


def days_table(options: SampleOptions, days: Sequence[date]) -> str:
    """SQL: the days of one query with the number of their visits and their salts."""
    rows = ", ".join(
        f"(date '{day}', {visits_of_day(options, day)}, "
        f"{salt(options.seed, 'visit', day)}::ubigint, {salt(options.seed, 'row', day)}::ubigint)"
        for day in days
    )
    return f"select * from (values {rows}) as v(day, visits, visit_salt, row_salt)"


def create_searches(
    con: duckdb.DuckDBPyConnection, options: SampleOptions, days: Sequence[date]
) -> None:
    """Create table `searches`: one row a search, with its user, title, second and shape.

    Columns a and b hold 32 random bits each.
    """
    lists = genre_bounds()
    weights = [(i, w) for i, (_, w) in enumerate(shares.GENRE_WEIGHTS)]
    names = ("title", "shape", "sends", "quit")
    draws = ", ".join(
        f"{remix('a', salt(options.seed, name))} as {column}"
        for name, column in zip(names, "bcdq", strict=True)
    )
    con.execute(f"""
        create or replace temp table searches as
        with each_search as (
            select *, unnest(range(searches))::ubigint as j from ({known_visits(options, days)})
        ), first_draw as (
            select *, mix32(x + (j + 1) * {GOLDEN}::ubigint) as a from each_search
        ), draws as (
            select *, {draws} from first_draw
        ), genres as (
            select *,
                case when not anonymous and {chance("a", shares.FAVOURITE_SHARE)} then favourite
                    else {choose("a", weights, shift=16)} end as genre
            from draws
        )
        select day, row_salt, v, j, u, a, b, family, anonymous, capitals, unaccented, titled,
            padded, empty_enter, empty_quit,
            {lookup([first for first, _ in lists], "genre")}
                + {popular(lookup([count for _, count in lists], "genre"))} as title,
            start + j::bigint * (12 + (b >> 25)::bigint) as second,
            {shape()}
        from genres
    """)


def known_visits(options: SampleOptions, days: Sequence[date]) -> str:
    """SQL: visits with what is known of their users.

    Columns: day, row_salt, v (counter in the day), x (32 random bits), u, favourite (genre),
    anonymous, searches (how many), start (second of the day), and those of `families`.
    """
    seed, users = options.seed, options.users
    fraction = "(x::double / 4294967296.0)"  # sqrt is exact in IEEE arithmetic, pow is not
    hours = list(enumerate(shares.HOUR_WEIGHTS))
    return f"""
        select
            y.day, y.row_salt, y.v, y.x, y.u, f.* exclude (anonymous), w.genre as favourite,
            (y.z & 65535) < f.anonymous as anonymous,
            {choose("y.y", shares.SEARCHES_PER_VISIT)} as searches,
            {choose("y.y", hours, shift=8)} * 3600 + {pick("y.z", 3600, shift=16)} as start
        from (
            select *,
                {remix("x", salt(seed, "time"))} as y,
                {remix("x", salt(seed, "minute"))} as z,
                least({users - 1}, floor({users} * {fraction} * sqrt({fraction})))::ubigint as u
            from (
                select *, mix32(v * {GOLDEN}::ubigint + visit_salt) as x
                from (
                    select *, unnest(range(visits))::ubigint as v
                    from ({days_table(options, days)})
                )
            )
        ) as y
        join users using (u)
        join families as f using (family)
        join favourites as w using (u)
    """


def popular(count: str) -> str:
    """SQL: a position below `count`, the first ones far more often."""
    return f"(({count} * (b & 65535)::bigint * (b & 65535)::bigint) >> 32)"


def shape() -> str:
    """SQL columns of a search's rows: prefixes, sends, quits (how many of each), pace (seconds)."""
    return f"""
        case when (c & 65535) < typed then 1 + {pick("c", 3, shift=16, width=8)} else 0 end
            as prefixes,
        case
            when (q & 65535) < quits and {chance("q", shares.LONELY_QUIT, shift=16)} then 0
            when {chance("d", shares.BURST_SHARE)} then 5 + {pick("d", 8, shift=16, width=8)}
            when {chance("d", shares.BURST_SHARE + shares.REPEATED_SHARE)}
                then 2 + {pick("d", 5, shift=16, width=8)} // 4
            else 1
        end as sends,
        (q & 65535) < quits as quits,
        1 + {pick("c", 7, shift=24, width=8)} as pace
    """


def create_rows(con: duckdb.DuckDBPyConnection, dirt: bool) -> None:
    """Create table `search_rows` from `searches`: what arrives of each search.

    Columns: day, e (32 random bits, unique in the day), u, anonymous, family, category, keyword,
    second (of the day, 0..86399).
    """
    least_length = "case when family = 'web' then 1 else 2 end" if dirt else "3"
    part = "length(text) * (step + 1)::bigint // (prefixes + 2)"
    prefix = f"left(text, greatest(least_length, {part}))"
    prefix = prefix if dirt else f"rtrim({prefix})"
    styles = ", ".join(f"{remix('a', number)} as s{i}" for i, number in enumerate(STYLE_SALTS))
    number = "(v * 4096 + j * 64 + step)"
    con.execute(f"""
        create or replace temp table search_rows as
        with texts as (
            select s.*, {text(dirt)} as text, {least_length} as least_length
            from (select *, {styles} from searches) as s
            join pool as p using (title)
        ), steps as (
            select *, unnest(range(prefixes + sends + quits::bigint))::ubigint as step from texts
        ), drawn as (
            select *, mix32({number} * {GOLDEN}::ubigint + row_salt) as e,
                case when step >= prefixes + sends then 'quit' else 'enter' end as category
            from steps
        )
        select day, e, u, anonymous, family, category,
            least({LAST_SECOND}, second + least(step, prefixes)::bigint * pace
                + greatest(step::bigint - prefixes, 0) * pace // 8) as second,
            case
                when step < prefixes then {prefix}
                when (e >> 16) < case category when 'quit' then empty_quit else empty_enter end
                    then null
                else text
            end as keyword
        from drawn
    """)


def text(dirt: bool) -> str:
    """SQL: the keyword of a search as its user writes it."""
    if not dirt:
        return "p.keyword"
    style = f"""
        case
            when (s0 & 65535) < s.capitals then upper(p.bare)
            when (s0 >> 16) < s.unaccented then p.bare
            when (s1 & 65535) < s.titled then p.titled
            when {chance("s1", shares.DECOMPOSED_SHARE, shift=16)} then p.decomposed
            else p.keyword
        end
    """
    cut = f"({chance('s2', shares.CUT_SHARE)} and length(p.bare) > 7)"
    spaces = "(s2 >> 16) < s.padded"
    return f"""
        case when {spaces} and (s.b & 7) = 0 then ' ' else '' end
        || case when {cut} then left({style}, -2) else {style} end
        || case when {spaces} and (s.b & 7) <> 0 then ' ' else '' end
    """
