"""Counter-based random numbers and weighted choices as DuckDB SQL, in integers only.

DuckDB's own `hash()` may change between releases and its `random()` depends on threads; the same
seed must give the same bytes. So every draw is a mix of (seed, what it is for, a counter), and
nothing else: no state, no order, no floating point.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

import duckdb

Value = TypeVar("Value")

GOLDEN = 2_654_435_769  # 2**32 / golden ratio, spreads consecutive counters

# The 32-bit mixer `lowbias32` (C. Wellons, public domain). 32-bit values in UBIGINT: a product of
# two stays below 2**64, where DuckDB would raise an overflow error.
MACROS = (
    "create or replace temp macro fold32(x) as (x & 4294967295::ubigint)",
    "create or replace temp macro mix_a(x) as fold32(xor(x, x >> 16) * 2146121005::ubigint)",
    "create or replace temp macro mix_b(x) as fold32(xor(x, x >> 15) * 2221713035::ubigint)",
    "create or replace temp macro mix_c(x) as xor(x, x >> 16)",
    "create or replace temp macro mix32(x) as mix_c(mix_b(mix_a(fold32(x))))",
)


def install(con: duckdb.DuckDBPyConnection) -> None:
    """Create the mixing macros that `draw` and `remix` use."""
    for macro in MACROS:
        con.execute(macro)


def salt(seed: int, *names: object) -> int:
    """A 32-bit number for one purpose, from the seed and the purpose's names."""
    text = "\x1f".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.blake2s(text.encode(), digest_size=4).digest(), "big")


def draw(counter: str, number: int) -> str:
    """SQL: 32 random bits (UBIGINT) for a counter column of type UBIGINT below 2**31."""
    return f"mix32({counter} * {GOLDEN}::ubigint + {number}::ubigint)"


def remix(column: str, number: int) -> str:
    """SQL: 32 more random bits from a column that already holds 32 of them."""
    return f"mix32(xor({column}, {number}::ubigint))"


def chance(bits: str, share: float, *, shift: int = 0, width: int = 16) -> str:
    """SQL: true in `share` of the cases, using `width` bits of the draw from `shift` on."""
    return f"((({bits}) >> {shift}) & {(1 << width) - 1}) < {round(share * (1 << width))}"


def pick(bits: str, count: int, *, shift: int = 0, width: int = 16) -> str:
    """SQL: a whole number from 0 to count - 1 (BIGINT), all equally likely."""
    taken = f"((({bits}) >> {shift}) & {(1 << width) - 1})"
    return f"(({taken} * {count}::ubigint) >> {width})::bigint"


def quotas(weights: Sequence[int], total: int) -> list[int]:
    """Split `total` in proportion to the weights, exactly, by largest remainder."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def by_rank(rank: str, values: Iterable[tuple[Value, int]], total: int) -> str:
    """SQL: the value of a rank in 0..total - 1, each value in exact proportion to its weight."""
    pairs = list(values)
    end, branches, last = 0, [], "null"
    for (value, _), size in zip(pairs, quotas([w for _, w in pairs], total), strict=True):
        if size:
            end, last = end + size, literal(value)
            branches.append(f"when {rank} < {end} then {last}")
    if len(branches) < 2:
        return last
    return f"(case {' '.join(branches[:-1])} else {last} end)"


def lookup(values: Sequence[object], index: str) -> str:
    """SQL: the entry at a zero-based index (any integer type) of a constant list."""
    return f"({literal(values)})[({index})::bigint + 1]"


def choose(
    bits: str, values: Iterable[tuple[Value, int]], *, shift: int = 0, width: int = 8
) -> str:
    """SQL: a weighted choice by `width` bits of a draw, best a column: it is written often."""
    return by_rank(f"((({bits}) >> {shift}) & {(1 << width) - 1})", values, 1 << width)


def literal(value: object) -> str:
    """A Python value as an SQL literal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(v) for v in value) + "]"
    raise TypeError(f"no SQL literal for {type(value).__name__}")
