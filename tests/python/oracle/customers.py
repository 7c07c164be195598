"""Customer 360 (SPEC 6)."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from .content import month_quartiles, summarise_content
from .identity import Identifier, Identities
from .reasons import ContentRecord, SearchRow, month_of
from .search import (
    Search,
    Summaries,
    behavior,
    month_before,
    months_with_search,
    summarise_by_owner,
)
from .seeds import Seeds
from .settings import Row, Settings

Key = tuple[str, date]
"""(customer, month)."""


@dataclass(frozen=True)
class Activity:
    """What the logs know of all customers."""

    content: dict[Key, Row]
    """The content columns of each customer-month with content."""
    search: dict[Key, Row]
    """The search columns of each customer-month with search."""
    content_dates: dict[Key, set[date]]
    search_dates: dict[Key, set[date]]


def content_columns(seeds: Seeds) -> list[str]:
    """The content columns of customer360, in order."""
    return [f"{code}_seconds" for code in seeds.content_types] + [
        "total_seconds",
        "most_watch",
        "taste",
        "iqr_type",
        "activeness",
        "active",
        "clinginess",
        "devices",
    ]


SEARCH_COLUMNS = [
    "searches",
    "most_search",
    "genre",
    "behavior_change",
    "explain_changed",
    "platform",
    "plans",
]


def search_columns(key: Key, summaries: Summaries, months: set[date]) -> Row:
    """The search columns of a customer-month; `months` are those that have search logs."""
    customer_id, month = key
    summary = summaries[key]
    change: str | None = None
    explanation: str | None = None
    if month_before(month) in months:
        previous = summaries.get((customer_id, month_before(month)))
        change, explanation = behavior(previous, summary)
    return {
        "searches": summary.searches,
        "most_search": summary.most_search,
        "genre": summary.genre,
        "behavior_change": change,
        "explain_changed": explanation,
        "platform": summary.platform,
        "plans": summary.plans,
    }


def activity_of(
    records: list[ContentRecord],
    rows: list[SearchRow],
    searches: list[Search],
    genres: dict[str, str],
    identities: Identities,
    seeds: Seeds,
    settings: Settings,
) -> Activity:
    """Everything computed again from a customer's rows together."""
    records_of: dict[Key, list[ContentRecord]] = {}
    for record in records:
        customer_id = identities.customer_of["contract", record.contract]
        records_of.setdefault((customer_id, month_of(record.log_date)), []).append(record)
    quartiles = month_quartiles(records)  # those of content_profiles

    customer_of_user = {
        value: customer_id
        for (kind, value), customer_id in identities.customer_of.items()
        if kind == "user_id"
    }
    summaries = summarise_by_owner(rows, searches, customer_of_user, genres)
    months = months_with_search(summaries)
    search_dates: dict[Key, set[date]] = {}
    for row in rows:
        key = (customer_of_user[row.user_id], month_of(row.log_date))
        search_dates.setdefault(key, set()).add(row.log_date)

    return Activity(
        content={
            key: summarise_content(group, quartiles[key[1]], seeds, settings)
            for key, group in records_of.items()
        },
        search={key: search_columns(key, summaries, months) for key in summaries},
        content_dates={
            key: {record.log_date for record in group} for key, group in records_of.items()
        },
        search_dates=search_dates,
    )


def seen(dates: set[date]) -> Row:
    """First and last date; null when there is none."""
    return {
        "first_seen_date": min(dates, default=None),
        "last_seen_date": max(dates, default=None),
    }


def latest_months(keys: dict[Key, Row]) -> dict[str, date]:
    """The latest month of each customer."""
    latest: dict[str, date] = {}
    for customer_id, month in keys:
        latest[customer_id] = max(month, latest.get(customer_id, month))
    return latest


def customer360(
    identities: Identities, linked: set[Identifier], activity: Activity, seeds: Seeds
) -> list[Row]:
    """One row per customer; `linked` are the identifiers that `identities/` knows."""
    counts: dict[str, Counter[str]] = {}
    sources: dict[str, set[str]] = {}
    for (kind, value), customer_id in identities.customer_of.items():
        counts.setdefault(customer_id, Counter())[kind] += 1
        sources.setdefault(customer_id, set())
        if (kind, value) in linked:
            sources[customer_id].add("identities")
    dates: dict[str, set[date]] = {customer_id: set() for customer_id in counts}
    for source, dates_of in (
        ("log_content", activity.content_dates),
        ("log_search", activity.search_dates),
    ):
        for (customer_id, _), days in dates_of.items():
            sources[customer_id].add(source)
            dates[customer_id] |= days

    content_months = latest_months(activity.content)
    # A search is a run of typing (SPEC 5): the end of one begun earlier is no month with search.
    search_months = latest_months(
        {key: row for key, row in activity.search.items() if row["searches"]}
    )
    rows: list[Row] = []
    for customer_id in sorted(counts):
        content_month = content_months.get(customer_id)
        search_month = search_months.get(customer_id)
        content = activity.content[customer_id, content_month] if content_month else {}
        search = activity.search[customer_id, search_month] if search_month else {}
        rows.append(
            {
                "customer_id": customer_id,
                "contracts": counts[customer_id]["contract"],
                "user_ids": counts[customer_id]["user_id"],
                "emails": counts[customer_id]["email"],
                "subscriber_ids": counts[customer_id]["subscriber_id"],
                "content_month": content_month,
                **{column: content.get(column) for column in content_columns(seeds)},
                "search_month": search_month,
                **{column: search.get(column) for column in SEARCH_COLUMNS},
                **seen(dates[customer_id]),
                "sources": ",".join(sorted(sources[customer_id])),
            }
        )
    return rows


def customer360_monthly(activity: Activity, seeds: Seeds) -> list[Row]:
    """One row per customer and month with any activity."""
    rows: list[Row] = []
    for key in sorted(activity.content.keys() | activity.search.keys()):
        content = activity.content.get(key, {})
        search = activity.search.get(key, {})
        days = activity.content_dates.get(key, set()) | activity.search_dates.get(key, set())
        sources = [
            source
            for source, columns in (("log_content", content), ("log_search", search))
            if columns
        ]
        rows.append(
            {
                "customer_id": key[0],
                "month": key[1],
                **{column: content.get(column) for column in content_columns(seeds)},
                **{column: search.get(column) for column in SEARCH_COLUMNS},
                **seen(days),
                "sources": ",".join(sources),
            }
        )
    return rows
