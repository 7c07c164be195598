"""From a raw directory to all marts."""

from collections import Counter
from datetime import date
from pathlib import Path

from . import content, customers, genres, identity, reasons, search
from .seeds import read_seeds
from .settings import Row, Settings

REPOSITORY = Path(__file__).resolve().parents[3]


def load_quality(outcomes: list[Row]) -> list[Row]:
    """Rows per source, log date and outcome."""
    counts = Counter(
        (str(row["source"]), str(row["log_date"]), str(row["reason"])) for row in outcomes
    )
    return [
        {
            "source": source,
            "log_date": date.fromisoformat(log_date),
            "outcome": outcome,
            "rows": rows,
        }
        for (source, log_date, outcome), rows in sorted(counts.items())
    ]


def compute_marts(
    raw_dir: Path, settings: Settings | None = None, seeds_dir: Path = REPOSITORY / "seeds"
) -> dict[str, list[Row]]:
    """Mart name -> rows.

    Beside the marts, `rejected_rows` has one row for every row that was read, with `reason`
    `accepted` or why not (`line_number` is null for a whole file).
    """
    settings = settings or Settings()
    seeds = read_seeds(seeds_dir)

    records, content_outcomes = reasons.judge_content(raw_dir, seeds, settings)
    rows, search_outcomes = reasons.judge_search(raw_dir, seeds)
    outcomes = content_outcomes + search_outcomes

    profiles = content.content_profiles(records, seeds, settings)

    keyword_genres = genres.keyword_genres(
        (row.keyword for row in rows), genres.read_library(raw_dir), seeds
    )
    genre_of = {str(row["keyword"]): str(row["genre"]) for row in keyword_genres}
    searches = search.searches_of(rows, settings)
    summaries = search.user_summaries(rows, searches, genre_of)

    links = identity.read_identities(raw_dir)
    linked = {identifier for link in links for identifier in link}
    logged = {("contract", record.contract) for record in records}
    logged |= {("user_id", row.user_id) for row in rows}
    identities = identity.resolve(logged | linked, links, settings)
    activity = customers.activity_of(records, rows, searches, genre_of, identities, seeds, settings)

    return {
        "load_quality": load_quality(outcomes),
        "content_profiles": profiles,
        "content_daily": content.content_daily(records),
        "taste_summary": content.taste_summary(profiles),
        "search_profiles": search.search_profiles(summaries),
        "search_behavior": search.search_behavior(summaries),
        "search_trending": search.search_trending(searches, genre_of, settings),
        "genre_transitions": search.genre_transitions(summaries),
        "keyword_genres": keyword_genres,
        "customer_identifiers": identity.customer_identifiers(identities),
        "identity_conflicts": identities.conflicts,
        "customer360": customers.customer360(identities, linked, activity, seeds),
        "customer360_monthly": customers.customer360_monthly(activity, seeds),
        "rejected_rows": outcomes,
    }
