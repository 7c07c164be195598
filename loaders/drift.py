"""Schema drift: how the fields of a file differ from those its source has (SPEC section 2).

A new field is kept out of the tables and named; a field that is missing or has become another kind
of value is named too, because the rows it spoils are rejected later, in staging. Names in logs are
written by others: they are shortened, made printable and only ever passed as values. No value of a
field is kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Literal

import duckdb

from loaders.sources import Source

Problem = Literal["new", "missing", "retyped"]

# Of a file of JSON lines only its beginning is looked at, so that looking costs next to nothing.
SAMPLED_LINES = 250
SAMPLED_BYTES = 1 << 20
# A writer that uses data as names must not flood the table: of one object so many are named.
MAX_NEW_FIELDS = 20
OTHER_FIELDS = "(more names)"
FIELD_CHARACTERS = 64

# json.loads would look for an encoding in every line.
DECODER = json.JSONDecoder()
# What Elasticsearch writes beside a document.
ENVELOPE = ("_index", "_type", "_score")
TEXT: frozenset[str] = frozenset({"text"})
# (source, field) -> kinds it may have; every other field is text.
KINDS: dict[tuple[str, str], frozenset[str]] = {
    ("log_content", "_source"): frozenset({"object"}),
    ("log_content", "TotalDuration"): frozenset({"number", "text"}),
    ("log_search", "userPlansMap"): frozenset({"list"}),
}
# Files of these sources hold some of the columns, never all (SPEC 2.4).
ANY_COLUMNS = frozenset({"identities"})

JSON_KINDS: dict[type, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "boolean",
    list: "list",
    dict: "object",
}
PARQUET_KINDS: dict[str, str | None] = {
    "VARCHAR": "text",
    "ENUM": "text",
    "BOOLEAN": "boolean",
    "STRUCT": "object",
    "MAP": "object",
    '"NULL"': None,
} | dict.fromkeys(
    [f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")]
    + ["INTEGER", "UINTEGER", "FLOAT", "DOUBLE", "DECIMAL"],
    "number",
)


@dataclass(frozen=True)
class FieldDrift:
    """One field of one file that is not as expected.

    Attributes:
        field: its name, after `_source.` when it lies or should lie inside; safe to show.
        kind: text, number, boolean, list, object, or a Parquet type in lower case; None when the
            field is missing or was null wherever it was looked at.
    """

    field: str
    problem: Problem
    kind: str | None = None


@dataclass(frozen=True)
class DriftSummary:
    """The same drift of all files of a source; the days are None for sources without days.

    Attributes:
        is_news: whether a file of the newest load has it.
    """

    source: str
    field: str
    problem: Problem
    kinds: str | None
    first_day: date | None
    last_day: date | None
    files: int
    is_news: bool


def of_header(source: Source, names: Collection[str]) -> tuple[FieldDrift, ...]:
    """Drift of a CSV file; a header has no kinds."""
    return tuple(_record_drift(source, dict.fromkeys(names), nested=False))


def of_columns(
    source: Source, columns: Mapping[str, str], inner: Mapping[str, str] | None = None
) -> tuple[FieldDrift, ...]:
    """Drift of a Parquet file.

    Args:
        columns: column -> DuckDB type.
        inner: the same of the object that holds the fields, when there is one.
    """
    outer = {name: _parquet_kind(kind) for name, kind in columns.items()}
    if inner is None:
        return tuple(_record_drift(source, outer, nested=False))
    kinds = {name: _parquet_kind(kind) for name, kind in inner.items()}
    return (*_envelope_drift(source, outer), *_record_drift(source, kinds, nested=True))


def of_lines(source: Source, lines: Iterable[bytes]) -> tuple[FieldDrift, ...]:
    """Drift of the first lines of a file of JSON lines; lines that are no objects do not count."""
    documents = [value for value in map(_parsed, _first(lines)) if isinstance(value, dict)]
    if not documents:
        return ()
    drift = list(_envelope_drift(source, _json_kinds(documents)))
    records = [document.get(source.nested_in) for document in documents]
    objects = [record for record in records if isinstance(record, dict)]
    if objects:
        drift += _record_drift(source, _json_kinds(objects), nested=True)
    return tuple(drift)


def summarise(connection: duckdb.DuckDBPyConnection) -> list[DriftSummary]:
    """What has drifted in the files that are loaded, by source and field."""
    rows = connection.execute(
        """
        with last_load as (select max_by(load_id, loaded_at) as load_id from raw.files)
        select
            drift.source, drift.field, drift.problem,
            string_agg(distinct drift.kind, ', ' order by drift.kind) as kinds,
            min(files.log_date), max(files.log_date), count(distinct files.file_id),
            bool_or(files.load_id = last_load.load_id)
        from raw.field_drift as drift
        join raw.files as files using (file_id)
        cross join last_load
        group by drift.source, drift.field, drift.problem
        order by drift.source, drift.field, drift.problem
        """
    ).fetchall()
    return [DriftSummary(*row) for row in rows]


def describe(drift: DriftSummary) -> str:
    """One line for the user: what has drifted, since when, and what became of it."""
    since = f" since {drift.first_day}" if drift.first_day else ""
    files = f"{drift.files} file{'s' if drift.files > 1 else ''}"
    if drift.problem == "new":
        return f"{drift.source}: new field {drift.field}{since} ({files}); not loaded"
    if drift.problem == "missing":
        return f"{drift.source}: field {drift.field} is missing{since} ({files}); was it renamed?"
    name = drift.field.split(".")[-1]
    expected = " or ".join(sorted(KINDS.get((drift.source, name), TEXT)))
    return f"{drift.source}: field {drift.field} is {drift.kinds}, not {expected},{since} ({files})"


def _envelope_drift(source: Source, found: Mapping[str, str | None]) -> list[FieldDrift]:
    """Drift beside the object that holds the fields."""
    expected = [name for name in (_document_id(source), source.nested_in) if name]
    return _drift(source, found, expected, [*expected, *ENVELOPE], "")


def _record_drift(
    source: Source, found: Mapping[str, str | None], *, nested: bool
) -> list[FieldDrift]:
    """Drift among the fields; a flat file may hold the envelope beside them."""
    fields = [field.name for field in source.fields]
    expected = [] if source.name in ANY_COLUMNS else fields
    if nested:
        return _drift(source, found, expected, fields, f"{source.nested_in}.")
    envelope = [name for name in (_document_id(source), *ENVELOPE) if name]
    return _drift(source, found, expected, fields + (envelope if source.nested_in else []), "")


def _drift(
    source: Source,
    found: Mapping[str, str | None],
    expected: Collection[str],
    known: Collection[str],
    prefix: str,
) -> list[FieldDrift]:
    drift = [FieldDrift(prefix + name, "missing") for name in expected if name not in found]
    typed = [name for name in found if name in known and name not in ENVELOPE]
    drift += [
        FieldDrift(prefix + name, "retyped", found[name])
        for name in typed
        if found[name] is not None and found[name] not in KINDS.get((source.name, name), TEXT)
    ]
    new = {printable(name): kind for name, kind in found.items() if name not in known}
    drift += [
        FieldDrift(prefix + name, "new", kind) for name, kind in islice(new.items(), MAX_NEW_FIELDS)
    ]
    if len(new) > MAX_NEW_FIELDS:
        drift.append(FieldDrift(prefix + OTHER_FIELDS, "new"))
    return drift


def printable(name: str) -> str:
    """A name from a log, short and without characters that a terminal would obey."""
    start = name[: FIELD_CHARACTERS + 1]
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in start
    )
    if len(shown) > FIELD_CHARACTERS:
        return shown[: FIELD_CHARACTERS - 1] + "…"
    return shown or "(blank)"


def _document_id(source: Source) -> str | None:
    return source.document_id.name if source.document_id else None


def _first(lines: Iterable[bytes]) -> Iterable[bytes]:
    size = 0
    for line in islice(lines, SAMPLED_LINES):
        size += len(line)
        if size > SAMPLED_BYTES:
            return
        yield line


def _parsed(line: bytes) -> object:
    """A line's value, None when it is not JSON."""
    try:
        return DECODER.decode(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _json_kinds(objects: list[dict[str, object]]) -> dict[str, str | None]:
    """Name -> the kind that most of its values have, the most frequent names first."""
    names: Counter[str] = Counter()
    for shape, count in Counter(map(tuple, objects)).items():
        for name in shape:
            names[name] += count
    return {
        name: None if name in ENVELOPE else _usual_kind([found.get(name) for found in objects])
        for name, _ in names.most_common()
    }


def _usual_kind(values: list[object]) -> str | None:
    kinds = Counter(map(type, values))
    del kinds[type(None)]
    return JSON_KINDS[kinds.most_common(1)[0][0]] if kinds else None


def _parquet_kind(kind: str) -> str | None:
    """text, number, ...; other types by their own name."""
    if kind.endswith("]"):
        return "list"
    base = kind.split("(")[0]
    return PARQUET_KINDS.get(base, base.lower())
