"""What is watched: the clean rows of content logs as SQL (SPEC 2.1).

The clean rows of a day are a pure function of (seed, household, day, activity); how many days one
query makes does not matter. Every row carries `y` and `z`, 32 random bits each: `y` decides
chance, app and device, `z` the seconds and the place in the file.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import exp
from statistics import NormalDist

from c360.sample import shares
from c360.sample.draws import GOLDEN, choose, draw, literal, lookup, remix, salt

APP_BITS = 7  # weights of apps are rounded to 1/128
STEPS = 128  # durations are read from a table of 128 quantiles, straight lines between them
CHANCE_BITS = 16


@dataclass(frozen=True)
class ContentFile:
    """One file of a day.

    Args:
        path: below the raw directory.
        form: `json`, `csv`, `flat` or `nested` (both Parquet).
        day: the log date.
        part, parts: it holds the households whose n modulo `parts` is `part`.
    """

    path: str
    form: str
    day: date
    part: int = 0
    parts: int = 1


def clean_rows(seed: int, dirt: bool, files: Sequence[ContentFile]) -> str:
    """SQL of the clean rows of some files of one month, from table `households`.

    Columns: file (position in `files`), n, activity, y, z, app_index, contract, mac, seconds.
    """
    length = monthrange(files[0].day.year, files[0].day.month)[1]
    return f"""
        select
            file, n, activity, y, z, contract,
            {app_index(dirt)} as app_index,
            case when mac_b is not null and ((y >> {APP_BITS}) & 3) = 0
                then mac_b else mac_a end as mac,
            {seconds("z", "activity")} as seconds
        from (
            select *, {remix("y", salt(seed, "seconds"))} as z
            from (
                select h.*, a.*, mix32(h.n * {GOLDEN}::ubigint + a.salt) as y
                from (
                    select
                        n, contract, mac_a, mac_b, taste, d.day,
                        d.first_file + (n % d.parts)::integer as file,
                        (stride * d.day + shift) % {length} as place
                    from households
                    cross join ({days_table(files)}) as d
                    where (stride * d.day + shift) % {length} < days
                ) as h
                join ({activities_table(seed, files)}) as a
                    on a.day = h.day and (h.taste & a.type_bit) <> 0
            )
            where (certain and (place = 0 or (taste & (type_bit - 1)::utinyint) = 0))
                or (y >> {32 - CHANCE_BITS}) < threshold
        )
    """


def days_table(files: Sequence[ContentFile]) -> str:
    """SQL: each day (from 0) with the position of its first file and the number of its files."""
    rows = ", ".join(
        f"({f.day.day - 1}::usmallint, {i}, {f.parts}::ubigint)"
        for i, f in enumerate(files)
        if f.part == 0
    )
    return f"select * from (values {rows}) as v(day, first_file, parts)"


def activities_table(seed: int, files: Sequence[ContentFile]) -> str:
    """SQL: the activities of shares.ACTIVITIES on each day, with a salt for each pair."""
    days = sorted({f.day for f in files})
    rows = ", ".join(
        f"({day.day - 1}::usmallint, {i}::utinyint, {a.type_bit}::utinyint, {literal(a.certain)}, "
        f"{round(a.chance * (1 << CHANCE_BITS))}::ubigint, "
        f"{salt(seed, 'activity', day.isoformat(), a.name)}::ubigint)"
        for day in days
        for i, a in enumerate(shares.ACTIVITIES)
    )
    return f"select * from (values {rows}) as v(day, activity, type_bit, certain, threshold, salt)"


def app_table(dirt: bool) -> list[str]:
    """App names by `app_index`."""
    return sorted({name for a in shares.ACTIVITIES for name, _ in spelled(a.apps, dirt)})


def app_index(dirt: bool) -> str:
    """SQL: which app of `app_table`, by activity and weight, from the low bits of y."""
    names = app_table(dirt)
    branches = []
    for i, activity in enumerate(shares.ACTIVITIES):
        apps = [(names.index(name), weight) for name, weight in spelled(activity.apps, dirt)]
        choice = choose("y", apps, width=APP_BITS) if len(apps) > 1 else literal(apps[0][0])
        branches.append(f"when {i} then {choice}")
    return f"(case activity {' '.join(branches)} end)::utinyint"


def spelled(apps: tuple[tuple[str, int], ...], dirt: bool) -> list[tuple[str, int]]:
    """The weights of an activity's apps in hundredths, `KPlus` split off from KPLUS with dirt."""
    weights = [(name, weight * 100) for name, weight in apps]
    variant = round(shares.KPLUS_VARIANT_SHARE * dict(weights).get("KPLUS", 0))
    if not dirt or not variant:
        return weights
    return [(n, w - variant if n == "KPLUS" else w) for n, w in weights] + [("KPlus", variant)]


def word_of(app: str) -> str:
    """The document type (`_type`) beside an app name."""
    return shares.DOCUMENT_WORDS[app.upper()]


def app_name(dirt: bool) -> str:
    """SQL: the app name of a row."""
    return lookup(app_table(dirt), "app_index")


def document_word(dirt: bool) -> str:
    """SQL: the document type of a row."""
    return lookup([word_of(app) for app in app_table(dirt)], "app_index")


def seconds(bits: str, activity: str) -> str:
    """SQL: seconds of one record, log-normal by activity, from 17 bits of a draw."""
    table = [q for a in shares.ACTIVITIES for q in quantiles(a)]
    index = f"{activity}::integer * {STEPS + 1} + ({bits} & {STEPS - 1})"
    low, high = lookup(table, index), lookup(table, f"{index} + 1")
    return f"({low} + ((({high} - {low}) * (({bits} >> 7) & 1023)::bigint) >> 10))::integer"


def quantiles(activity: shares.Activity) -> list[int]:
    """Seconds at 0, 1/128 ... 1 of an activity's records, at most a day."""
    normal = NormalDist()
    result = []
    for step in range(STEPS + 1):
        share = min(max(step / STEPS, 0.000_5), 0.999_5)
        value = activity.median_seconds * exp(activity.sigma * normal.inv_cdf(share))
        opened_only = step / STEPS < activity.opened_only
        result.append(0 if opened_only else min(shares.MAX_SECONDS, max(1, round(value))))
    return result


def document_id(seed: int, files: Sequence[ContentFile]) -> str:
    """SQL: 20 characters of [A-Za-z0-9_-], unique among the rows of a day (from y, z and n)."""
    top = 1 << 63  # a fixed top bit keeps the hexadecimal text at its full width
    low = draw("n", salt(seed, "id"))
    text = f"hex((y << 32) | z | {top}::ubigint) || hex({low} | {1 << 31}::ubigint)"
    body = f"replace(replace(to_base64(unhex({text})), '+', '-'), '/', '_')"
    return f"{lookup([id_prefix(f.day) for f in files], 'file')} || {body}"


def id_prefix(day: date) -> str:
    """The four characters that every document id of a day starts with."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    days = (day - date(2000, 1, 1)).days
    return "A" + letters[days // 4096] + letters[days // 64 % 64] + letters[days % 64]


def json_line(seed: int, dirt: bool, files: Sequence[ContentFile]) -> str:
    """SQL: a clean row as one JSON document and a line end, in the layout of SPEC 2.1."""
    apps = app_table(dirt)
    head = [f'{{"_index":"history","_type":"{word_of(app)}","_id":"' for app in apps]
    tail = [f',"AppName":"{app}"}}}}\n' for app in apps]
    parts = (
        lookup(head, "app_index"),
        document_id(seed, files),
        literal('","_score":0,"_source":{"Contract":"'),
        "contract",
        literal('","Mac":"'),
        "mac",
        literal('","TotalDuration":'),
        "seconds",
        lookup(tail, "app_index"),
    )
    return f"concat({', '.join(parts)})"


def csv_line(seed: int, dirt: bool, files: Sequence[ContentFile]) -> str:
    """SQL: a clean row as `Contract,Mac,TotalDuration,AppName,_id` and a line end."""
    cells = ("contract", "mac", "seconds", app_name(dirt), document_id(seed, files))
    return "concat(" + ", ',', ".join(cells) + ", '\n')"
