"""What devices make of a search row: event times and rare keywords (SPEC 2.2), as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from c360.sample import search_shares as shares
from c360.sample.draws import chance, choose, literal, lookup, pick, remix, salt
from c360.sample.options import SampleOptions

ARABIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
FIRST_REIWA_YEAR = 2019
MILLISECONDS = f"lpad(({pick('clock_draw', 1000)})::varchar, 3, '0')"
WRONG_DATES = ("1970-01-01", "2018-01-01", "2020-01-01", "2000-01-01")


CANDIDATES = 0.1  # ten times the rows that a group marks

# The kinds by what they change; within a group a row has one, and these rows come first.
GROUPS = {
    "time": (shares.RARE_TIMES, "family = 'ios'"),
    "word": (shares.RARE_KEYWORDS, "category = 'enter' and keyword is not null"),
    "row": (shares.RARE_ROWS, "category = 'enter'"),
}


def rows_of_kind(share: float, rows: int, position: int) -> int:
    """How many of a day's rows have a kind, on the sample's day number `position` (from 0).

    Over the days a kind approaches its share from above, so the first day has one of each.
    """
    millionths = round(share * 1_000_000) * rows
    until = [-(-millionths * days // 1_000_000) for days in (position, position + 1)]
    return until[1] - until[0]


def limits_table(options: SampleOptions, days: Sequence[tuple[date, int]]) -> str:
    """SQL: for each (day, position) and kind the last rank, from 1, of the rows that have it."""
    rows = []
    for day, position in days:
        ends = []
        for kinds, _ in GROUPS.values():
            end = 0
            for kind, share in kinds:
                if kind != "japanese_era" or day.year >= FIRST_REIWA_YEAR:
                    end += rows_of_kind(share, options.rows_per_search_day, position)
                ends.append(str(end))
        rows.append(f"(date '{day}', {', '.join(ends)})")
    names = ", ".join(kind for kinds, _ in GROUPS.values() for kind, _ in kinds)
    return f"select * from (values {', '.join(rows)}) as v(day, {names})"


def marked_rows(options: SampleOptions, days: Sequence[tuple[date, int]]) -> str:
    """SQL: `search_rows` with time_kind, word_kind and row_kind (null for most)."""
    if not options.dirt:
        nothing = ", ".join(f"null::varchar as {group}_kind" for group in GROUPS)
        return f"select *, {nothing} from search_rows"
    draws = ", ".join(
        f"{remix('e', salt(options.seed, 'rank', group))} as {group}_draw, "
        f"({first}) as {group}_first"
        for group, (_, first) in GROUPS.items()
    )
    ranks = ", ".join(
        f"row_number() over (partition by day order by {group}_first desc, {group}_draw, e)"
        f" as {group}_rank"
        for group in GROUPS
    )
    lowest = ", ".join(f"{group}_draw" for group in GROUPS)
    branches = {
        group: " ".join(f"when {group}_rank <= l.{k} then {literal(k)}" for k, _ in kinds)
        for group, (kinds, _) in GROUPS.items()
    }
    columns = ", ".join(f"case {cases} end as {group}_kind" for group, cases in branches.items())
    return f"""
        select *
        from search_rows
        left join (
            select r.day, r.e, {columns}
            from (
                select day, e, {ranks}
                from (select day, e, {draws} from search_rows)
                where least({lowest}) < {candidates(options.rows_per_search_day)}
            ) as r
            join ({limits_table(options, days)}) as l using (day)
        ) as m using (day, e)
    """


def candidates(rows: int) -> int:
    """The draw below which a row may be marked: sorting all rows of a large day would be waste."""
    return round(min(1.0, CANDIDATES + 1000 / rows) * (1 << 32))


def keyword(x: str) -> str:
    """SQL: the keyword of a row, or what stands in its place; x is a column of 32 random bits."""
    digits = f"lpad(({x} % 100000000)::varchar, 8, '0')"
    return f"""
        case word_kind
            when 'voice_label' then {literal(shares.VOICE_LABEL)}
            when 'junk' then {lookup(shares.JUNK, pick(x, len(shares.JUNK)))}
            when 'control' then case ({x} >> 16) % 3
                when 0 then keyword || '\n\n'
                when 1 then keyword || '\t'
                else chr(8203) || keyword
            end
            when 'blank' then '  '
            when 'phone' then case when ({x} >> 16) % 2 = 0 then '09' || {digits}
                else '+84 9' || substr({digits}, 1, 2) || ' ' || substr({digits}, 3, 3)
                    || '-' || substr({digits}, 6, 3) end
            when 'url' then {lookup(shares.URLS, pick(x, len(shares.URLS)))}
            when 'ipv4' then concat('192.0.2.', {x} % 254 + 1)
            else keyword
        end
    """


def event_time(dirt: bool) -> str:
    """SQL: the text of `datetime`, as the row's device writes it.

    Uses the columns moment (timestamp), time_text (of the moment), fraction, time_kind and
    clock_draw (32 random bits).
    """
    if not dirt:
        return "time_text || '.' || fraction"
    half = f"""substr(time_text, 1, 11) || ((hour(moment) + 11) % 12 + 1)
        || substr(time_text, 14) || '.' || {MILLISECONDS} || ' '"""
    usual = "time_text || '.' || fraction"
    wrong = choose("clock_draw", [(d, 1) for d in WRONG_DATES], shift=16, width=4)
    return f"""
        case time_kind
            when 'buddhist_era' then (year(moment) + 543) || substr(time_text, 5) || '.' || fraction
            when 'japanese_era'
                then lpad((year(moment) - 2018)::varchar, 4, '0') || substr(time_text, 5)
                    || '.' || fraction
            when 'arabic_digits' then translate({usual}, '0123456789', '{ARABIC_DIGITS}')
            when 'persian_digits' then translate({usual}, '0123456789', '{PERSIAN_DIGITS}')
            when 'clock_sa_ch' then {half} || case when hour(moment) < 12 then 'SA' else 'CH' end
            when 'clock_am_pm' then {half} || case when hour(moment) < 12 then 'AM' else 'PM' end
            when 'one_digit_hour' then substr(time_text, 1, 11) || hour(moment) % 10
                || substr(time_text, 14) || '.' || fraction
            when 'wrong_clock' then {wrong} || substr(time_text, 11) || '.' || fraction
            when 'neighbour_day' then {neighbour("clock_draw")} || '.' || fraction
            else {usual}
        end
    """


def clock_columns(dirt: bool) -> str:
    """SQL columns time_text and fraction from moment, family and clock_draw."""
    styles = {
        "padded": MILLISECONDS,
        "bare": f"({pick('clock_draw', 1000)})::varchar",
        "doubled": "concat(month(moment), second(moment))",
    }
    cases = " ".join(f"when {literal(f.name)} then {styles[f.clock]}" for f in shares.FAMILIES)
    fraction = f"case family {cases} end" if dirt else MILLISECONDS
    return f"moment::varchar as time_text, {fraction} as fraction"


def neighbour(bits: str) -> str:
    """SQL: a time shortly after midnight of the next day, or late on the day before."""
    after = f"day::timestamp + interval 1 day + to_seconds({bits} % 3600)"
    before = f"day::timestamp - to_seconds({bits} % 14400 + 1)"
    late = f"case when {chance(bits, 0.4, shift=16)} then {after} else {before} end"
    return f"({late})::varchar"
