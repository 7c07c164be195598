"""The fields of one JSON record as texts, as Python reads them (SPEC section 2.1)."""

from __future__ import annotations

import json
from collections.abc import Callable

from loaders.sources import Source

# White space between the tokens of JSON.
JSON_SPACE = b" \t\r\n"


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def _first_of_each_name(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record: dict[str, object] = {}
    for name, value in pairs:
        record.setdefault(name, value)
    return record


# json.loads would make one for each line.
DECODER = json.JSONDecoder(
    object_pairs_hook=_first_of_each_name, parse_int=_Number, parse_float=_Number
)
# What `decode` does, without its search for white space, which is gone already.
_SCAN: Callable[[str, int], tuple[object, int]] = DECODER.scan_once  # type: ignore[attr-defined]


def record_fields(line: bytes, source: Source) -> list[str | None] | None:
    """The texts of one record's fields, document id first, or None when the line is malformed.

    Of a name that occurs twice in an object the first value counts, as in DuckDB.
    """
    document = line.strip(JSON_SPACE)
    # Most bad lines are cut off, which shows without parsing them.
    if not (document.startswith(b"{") and document.endswith(b"}")):
        return None
    try:
        text = document.decode("utf-8")
        value, end = _SCAN(text, 0)
    except (ValueError, StopIteration, RecursionError):
        return None
    texts = _texts_of(value, source) if end == len(text) else None
    if texts is None or not all(text is None or _is_storable(text) for text in texts):
        return None
    return texts


def _texts_of(value: object, source: Source) -> list[str | None] | None:
    if not isinstance(value, dict):
        return None
    record = value.get(source.nested_in)
    if not isinstance(record, dict):
        return None
    values = [value.get(source.document_id.name)] if source.document_id else []
    values += [record.get(field.name) for field in source.fields]
    return [_text_of(item) for item in values]


def _text_of(value: object) -> str | None:
    """A text as it is; anything else as the JSON that it was."""
    if value is None or isinstance(value, str):
        return value
    return _json_of(value)


def _json_of(value: object) -> str:
    if isinstance(value, _Number):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json_of(n)}:{_json_of(v)}" for n, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _is_storable(text: str) -> bool:
    """Half a surrogate pair is valid JSON but no text."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
