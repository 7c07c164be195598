"""What differs between the rows of the oracle and those of a mart."""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

from .settings import Row

Key = tuple[object, ...]


def equal(expected: object, actual: object) -> bool:
    """The same value; numbers with a relative tolerance of 1e-9 when one of them is a float."""
    if isinstance(expected, (int, float, Decimal)) and isinstance(actual, (int, float, Decimal)):
        if isinstance(expected, float) or isinstance(actual, float):
            return math.isclose(expected, actual, rel_tol=1e-9)
        return expected == actual
    return type(expected) is type(actual) and expected == actual


def by_key(rows: Iterable[Row], key: Sequence[str], side: str) -> tuple[dict[Key, Row], list[str]]:
    """The rows by their key, and a complaint for every key that stands twice."""
    found: dict[Key, Row] = {}
    complaints = []
    for row in rows:
        values = tuple(row.get(column) for column in key)
        if values in found:
            complaints.append(f"{side} twice: {describe(key, values)}")
        found[values] = row
    return found, complaints


def describe(key: Sequence[str], values: Key) -> str:
    """The key, for people."""
    return ", ".join(f"{name}={value!r}" for name, value in zip(key, values, strict=True))


def compare(
    expected_rows: Iterable[Row], actual_rows: Iterable[Row], key: Sequence[str]
) -> list[str]:
    """One line for every difference; an empty list when there is none.

    Columns that only the actual rows have are not a difference: later issues add columns.
    """
    expected, twice_expected = by_key(expected_rows, key, "expected")
    actual, twice_actual = by_key(actual_rows, key, "actual")
    differences = twice_expected + twice_actual
    differences += [f"missing: {describe(key, at)}" for at in expected if at not in actual]
    differences += [f"unexpected: {describe(key, at)}" for at in actual if at not in expected]
    for at, row in expected.items():
        for column, value in row.items() if at in actual else ():
            if column not in actual[at]:
                differences.append(f"no column {column}: {describe(key, at)}")
            elif not equal(value, actual[at][column]):
                differences.append(
                    f"{column}: expected {value!r}, actual {actual[at][column]!r}:"
                    f" {describe(key, at)}"
                )
    return differences
