"""The project's seeds."""

import csv
from dataclasses import dataclass
from pathlib import Path

from .text import normalise

UNKNOWN = "Unknown"
"""The genre of a keyword that nobody has decided yet."""


@dataclass(frozen=True)
class Seeds:
    """Everything that the definitions read from `seeds/`."""

    content_types: list[str]
    """Type codes in the order that decides ties."""
    labels: dict[str, str]
    """Type code -> label."""
    apps: dict[str, str]
    """App name -> type code."""
    genres: set[str]
    """Genres that are a decision: all of the seed but Unknown."""
    ignored_keywords: set[str]
    lexicon: list[tuple[str, str]]
    """Keyword and genre, as the seed has them."""


def read_seed(path: Path) -> list[dict[str, str]]:
    """The rows of one seed."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def read_seeds(folder: Path) -> Seeds:
    """All seeds of the folder."""
    types = sorted(read_seed(folder / "content_types.csv"), key=lambda seed: int(seed["position"]))
    return Seeds(
        content_types=[seed["content_type"] for seed in types],
        labels={seed["content_type"]: seed["label"] for seed in types},
        apps={
            seed["app_name"]: seed["content_type"] for seed in read_seed(folder / "app_types.csv")
        },
        genres={seed["genre"] for seed in read_seed(folder / "genres.csv")} - {UNKNOWN},
        ignored_keywords={
            normalise(seed["keyword"]) for seed in read_seed(folder / "ignored_keywords.csv")
        },
        lexicon=[
            (seed["keyword"], seed["genre"]) for seed in read_seed(folder / "keyword_genres.csv")
        ],
    )
