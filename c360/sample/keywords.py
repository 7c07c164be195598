"""The titles that people search for, with their genres, and how they are spelled (SPEC 2.2, 5)."""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import duckdb
import pyarrow

from c360.sample import search_shares


@dataclass(frozen=True)
class Title:
    """One searched title: lower case, NFC, single spaces."""

    keyword: str
    genre: str


@cache
def titles() -> tuple[Title, ...]:
    """The pool, by genre in the order of search_shares.GENRE_WEIGHTS, popular titles first."""
    text = files("c360.sample").joinpath("keywords.csv").read_text(encoding="utf-8")
    rows = [Title(row["keyword"], row["genre"]) for row in csv.DictReader(text.splitlines())]
    order = [genre for genre, _ in search_shares.GENRE_WEIGHTS]
    return tuple(sorted(rows, key=lambda title: order.index(title.genre)))


def folded(keyword: str) -> str:
    """The keyword without accents, `đ` as `d`: how it is typed on a remote (SPEC 5 `folded`)."""
    plain = "".join(
        c for c in unicodedata.normalize("NFD", keyword.lower()) if not unicodedata.combining(c)
    )
    return plain.replace("đ", "d")


def titled(keyword: str) -> str:
    """The keyword with a capital at every word, as suggestions show it."""
    return " ".join(word[:1].upper() + word[1:] for word in keyword.split(" "))


def create_pool(con: duckdb.DuckDBPyConnection) -> None:
    """Create table `pool`: title (counter), keyword, genre, bare, titled, decomposed."""
    words = [title.keyword for title in titles()]
    columns: dict[str, list[object]] = {
        "title": list(range(len(words))),
        "keyword": list(words),
        "genre": [title.genre for title in titles()],
        "bare": [folded(word) for word in words],
        "titled": [titled(word) for word in words],
        "decomposed": [unicodedata.normalize("NFD", word) for word in words],
    }
    con.register("pool_rows", pyarrow.table(columns))
    con.execute("create or replace temp table pool as select * from pool_rows order by title")
    con.unregister("pool_rows")


def genre_bounds() -> list[tuple[int, int]]:
    """First title and number of titles of each genre, in the order of GENRE_WEIGHTS."""
    genres = [title.genre for title in titles()]
    return [(genres.index(g), genres.count(g)) for g, _ in search_shares.GENRE_WEIGHTS]
