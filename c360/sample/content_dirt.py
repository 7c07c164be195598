"""The dirt of SPEC 2.1 and 3 in content files: rows beside the clean ones, as SQL.

Clean rows stay as they are, so the shares of tastes and activity hold after cleaning. Dirt that
is accepted in the end (`"3600"`, `KPlus`, a missing MAC ...) is one more TV record of a household
that had only `CHANNEL` on that day.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from c360.sample import content, shares
from c360.sample.content import ContentFile
from c360.sample.draws import literal, lookup, pick, remix, salt

ACCEPTED = ("duration_text", "app_spelling", "extra_field", "missing_mac", "carriage_return")
LINES_ONLY = ("extra_field", "carriage_return", "missing_source", "garbage")  # not in Parquet
JSON_ONLY = ("extra_field", "missing_source")
TEXT_DURATIONS = ("duration_text", "duration_word", "duration_fraction", "duration_boolean")
IMPOSSIBLE: dict[str, tuple[str, ...]] = {
    "json": (),
    "csv": JSON_ONLY,
    "flat": LINES_ONLY,
    "nested": LINES_ONLY + TEXT_DURATIONS,
}
SPARE = 4  # candidates for every row of dirt: enough, though only some households qualify


def create_dirt(
    con: duckdb.DuckDBPyConnection, seed: int, dirt: bool, files: Sequence[ContentFile]
) -> None:
    """Create table `dirt` from `content_rows`: file, place, n, kind and the cells of a document.

    Every kind that a file's form can hold has its share of the file's rows, at least one. Null
    stands for "not in the row". `place` orders rows within the file.
    """
    rows = dict(con.execute("select file, count(*) from content_rows group by all").fetchall())
    plan = [planned_kinds(seed, files, i, count) for i, count in sorted(rows.items())]
    con.execute(f"""
        create or replace temp table dirt as
        with planned as (
            select file, kind, salt, first + unnest(range(count)) as number
            from (values {", ".join(plan)}) as v(file, kind, first, count, salt)
        ), source as (
            {sources(seed, files, rows)}
        ), drawn as (
            select
                p.file, p.kind, s.n, s.contract, s.mac, s.seconds,
                {content.app_name(dirt)} as source_app,
                {content.document_word(dirt)} as source_word,
                s.y as old_y, s.z as old_z,
                {remix("s.y", salt(seed, "dirt"))} as new_y,
                mix32(s.z + p.salt + p.number) as new_z
            from planned as p
            join source as s on s.file = p.file and s.ordinal = p.number % s.sources
        ), numbered as (
            select *, new_z as place,
                case kind when 'duplicate_id' then old_y else new_y end as y,
                case kind when 'duplicate_id' then old_z else new_z end as z
            from drawn
        )
        {spoiled(seed, files)}
    """)


def planned_kinds(seed: int, files: Sequence[ContentFile], file: int, rows: int) -> str:
    """SQL tuples (file, kind, first number, count, salt) of the dirt in one file."""
    first, tuples = 0, []
    for kind, share in shares.CONTENT_DIRT:
        if kind not in IMPOSSIBLE[files[file].form]:
            count = max(1, round(share * rows))
            number = salt(seed, "dirt", files[file].path, kind)
            tuples.append(f"({file}, {literal(kind)}, {first}, {count}, {number}::ubigint)")
            first += count
    return ", ".join(tuples)


def sources(seed: int, files: Sequence[ContentFile], rows: dict[int, int]) -> str:
    """SQL: rows of `content_rows` that dirt is made from, with an ordinal within their file.

    `CHANNEL` rows of households without another TV record on the day come first, and only they
    are used (`sources` of them) unless a tiny file has none. Taking the rows with the smallest
    `z` makes the choice random and cheap.
    """
    share = sum(share for _, share in shares.CONTENT_DIRT)
    limits = ", ".join(
        f"({file}, {min(1 << 32, int((SPARE * share * count + 400) / count * (1 << 32)))}::ubigint)"
        for file, count in sorted(rows.items())
    )
    extra = next(i for i, a in enumerate(shares.ACTIVITIES) if not a.certain)
    return f"""
        select *,
            row_number() over (partition by file order by fits desc, z, n, activity) - 1
                as ordinal,
            greatest(1, count(*) filter (where fits) over (partition by file)) as sources
        from (
            select r.*, r.activity = 0 and e.n is null as fits
            from content_rows as r
            join (values {limits}) as l(file, z_limit) on l.file = r.file and r.z < l.z_limit
            left join (select file, n from content_rows where activity = {extra}) as e
                on e.file = r.file and e.n = r.n
        )
    """


def spoiled(seed: int, files: Sequence[ContentFile]) -> str:
    """SQL: the numbered rows, each with the one thing wrong that its kind says."""
    accepted = literal(list(ACCEPTED))
    placeholder = lookup(shares.PLACEHOLDERS, pick("z", len(shares.PLACEHOLDERS)))
    unknown = lookup(shares.UNKNOWN_APPS, pick("z", len(shares.UNKNOWN_APPS)))
    return f"""
        select
            file, place, n, kind,
            case
                when kind = 'app_spelling' then 'kplus'
                when list_contains({accepted}, kind) then 'app'
                else source_word
            end as word,
            {content.document_id(seed, files)} as id,
            case kind
                when 'contract_null' then null
                when 'contract_blank' then ''
                when 'contract_zero' then '0'
                when 'contract_ipv4' then concat('203.0.113.', z % 254 + 1)
                when 'contract_placeholder' then {placeholder}
                else contract
            end as contract,
            case kind when 'missing_mac' then null else mac end as mac,
            case kind
                when 'duration_negative' then (-1 - seconds)::varchar
                when 'duration_missing' then null
                when 'duration_word' then 'abc'
                when 'duration_fraction' then concat(seconds // 60, '.5')
                when 'duration_boolean' then 'true'
                when 'duration_huge' then ({shares.MAX_SECONDS + 1} + seconds * 30)::varchar
                else seconds::varchar
            end as duration,
            case
                when kind = 'unknown_app' then {unknown}
                when kind = 'app_spelling' then 'KPlus'
                when list_contains({accepted}, kind) then 'APP'
                else source_app
            end as app
        from numbered
    """


def json_line() -> str:
    """SQL: a row of `dirt` as one line of JSON (or of what is left of it)."""
    garbage = lookup(shares.GARBAGE_LINES, pick("place", len(shares.GARBAGE_LINES)))
    quoted = literal(["duration_text", "duration_word"])
    quote = f"case when list_contains({quoted}, kind) then '\"' else '' end"
    return f"""
        case kind
            when 'garbage' then {garbage} || '\n'
            when 'missing_source'
                then concat('{{"_index":"history","_type":"', word, '","_id":"', id, '"}}', '\n')
            else concat(
                '{{"_index":"history","_type":"', word, '","_id":"', id, '","_score":0',
                case kind when 'extra_field' then ',"_routing":null,"sort":[0]' end,
                ',"_source":{{"Contract":',
                case when contract is null then 'null' else '"' || contract || '"' end,
                ',"Mac":"' || mac || '"',
                ',"TotalDuration":' || {quote} || duration || {quote},
                ',"AppName":"', app, '"',
                case kind when 'extra_field'
                    then ',"Firmware":"4.2.1","Profile":{{"kids":false}}' end,
                '}}}}',
                case kind when 'carriage_return' then chr(13) end,
                '\n'
            )
        end
    """


def csv_line() -> str:
    """SQL: a row of `dirt` as one line of CSV."""
    return """
        case kind
            when 'garbage' then 'not,a' || '\n'
            else concat(
                contract, ',', mac, ',', duration, ',', app, ',', id,
                case kind when 'carriage_return' then chr(13) end, '\n'
            )
        end
    """
