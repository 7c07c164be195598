"""Which genre a keyword has (SPEC 5): the operator's library, the lexicon, else Unknown."""

from collections.abc import Iterable
from pathlib import Path

from .files import UnreadableFile, files_below, read_bytes, read_csv
from .seeds import UNKNOWN, Seeds
from .settings import Row
from .text import normalise


def read_library(raw_dir: Path) -> list[tuple[str, str]]:
    """Keyword and category of every row of `library/`, by path and row."""
    pairs = []
    for path, location in files_below(raw_dir, "library"):
        if not path.endswith(".csv"):
            continue
        try:
            rows = read_csv(read_bytes(location), required={"keyword", "category"})
        except UnreadableFile:
            continue
        pairs += [(str(row["keyword"]), str(row["category"])) for _, row in rows if row]
    return pairs


def decisions(pairs: Iterable[tuple[str, str]], genres: set[str]) -> dict[str, str]:
    """Normalised keyword -> genre; the first row with a genre of the seed wins."""
    decided: dict[str, str] = {}
    for keyword, category in pairs:
        genre = category.strip()
        if genre in genres:
            decided.setdefault(normalise(keyword), genre)
    return decided


def keyword_genres(
    keywords: Iterable[str], library: list[tuple[str, str]], seeds: Seeds
) -> list[Row]:
    """One row per distinct keyword."""
    by_library = decisions(library, seeds.genres)
    by_lexicon = decisions(seeds.lexicon, seeds.genres)
    rows: list[Row] = []
    for keyword in sorted(set(keywords)):
        if keyword in by_library:
            genre, source, confidence = by_library[keyword], "library", 1.0
        elif keyword in by_lexicon:
            genre, source, confidence = by_lexicon[keyword], "lexicon", 1.0
        else:
            genre, source, confidence = UNKNOWN, "none", 0.0
        rows.append(
            {"keyword": keyword, "genre": genre, "source": source, "confidence": confidence}
        )
    return rows
