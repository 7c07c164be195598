"""What every contender computes from, read from the project's own seeds and plain to see."""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import dataclass
from pathlib import Path

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
MAX_SECONDS = 86_400
ACTIVE_HIGH_DAYS = 15
CLINGINESS_LOW_DAYS = 15
CLINGINESS_HIGH_DAYS = 10
DEFAULT_MEMORY_LIMIT = "3GB"


@dataclass(frozen=True)
class ContentType:
    """One content type: its code, its label, its place for ties and its place in a taste."""

    code: str
    label: str
    position: int
    taste_position: int


def content_types() -> list[ContentType]:
    """In the order that decides ties."""
    with (SEEDS / "content_types.csv").open(encoding="utf-8", newline="") as file:
        types = [
            ContentType(
                row["content_type"], row["label"], int(row["position"]), int(row["taste_position"])
            )
            for row in csv.DictReader(file)
        ]
    return sorted(types, key=lambda one: one.position)


def taste_order() -> list[ContentType]:
    """In the order of a taste."""
    return sorted(content_types(), key=lambda one: one.taste_position)


def app_types() -> dict[str, str]:
    """App name in upper case -> code of its content type."""
    with (SEEDS / "app_types.csv").open(encoding="utf-8", newline="") as file:
        return {row["app_name"]: row["content_type"] for row in csv.DictReader(file)}


def content_files(raw_dir: Path) -> list[Path]:
    """The days of the month, each one file `YYYYMMDD.json`."""
    return sorted((raw_dir / "log_content").glob("[0-9]" * 8 + ".json"))


def memory_limit() -> str:
    """What a contender's engine may use, as DuckDB writes it."""
    return os.environ.get("C360_MEMORY_LIMIT") or DEFAULT_MEMORY_LIMIT


def arguments() -> tuple[Path, Path]:
    """The raw directory and the folder for the results, which is made."""
    raw_dir, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    return raw_dir, out
