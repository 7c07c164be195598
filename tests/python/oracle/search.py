"""Searches and the search marts (SPEC 5)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from .reasons import SearchRow, month_of
from .seeds import UNKNOWN
from .settings import Row, Settings


@dataclass(frozen=True)
class Search:
    """A run of typing."""

    user_id: str
    keyword: str
    log_date: date
    ended_at: datetime | None
    """Event time of the last row of the run; None for rows without a time."""


@dataclass(frozen=True)
class SearchSummary:
    """All search columns of somebody in a month."""

    search_events: int
    searches: int
    keywords: int
    most_search: str | None
    most_search_count: int
    genre: str
    platform: str | None
    plans: str | None
    last_searched_at: datetime | None


Summaries = dict[tuple[str, date], SearchSummary]
"""(user, month) or (customer, month) -> summary."""


# Runs of typing


def order_of_typing(row: SearchRow) -> tuple[datetime, bool, str, str, int]:
    """Event time, event id (null last), then place in the files."""
    return (
        row.event_time or datetime.max,
        row.event_id is None,
        row.event_id or "",
        row.path,
        row.position,
    )


def continues(before: SearchRow, row: SearchRow, settings: Settings) -> bool:
    """Whether the row goes on typing what the row before it has."""
    assert before.event_time is not None
    assert row.event_time is not None
    in_time = row.event_time - before.event_time <= timedelta(seconds=settings.search_run_seconds)
    extends = row.folded.startswith(before.folded) or before.folded.startswith(row.folded)
    return in_time and extends


def runs_of_typing(rows: list[SearchRow], settings: Settings) -> list[list[SearchRow]]:
    """One user's rows with an event time, cut into runs."""
    ordered = sorted(rows, key=order_of_typing)
    runs = [ordered[:1]] if ordered else []
    for before, row in pairwise(ordered):
        if continues(before, row, settings):
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def search_of_run(run: list[SearchRow]) -> Search:
    """The longest keyword of the run, the last of them on a tie; the date of its first row."""
    longest = max(len(row.keyword) for row in run)
    return Search(
        user_id=run[0].user_id,
        keyword=[row.keyword for row in run if len(row.keyword) == longest][-1],
        log_date=run[0].log_date,
        ended_at=run[-1].event_time,
    )


def searches_of(rows: list[SearchRow], settings: Settings) -> list[Search]:
    """All searches of all users."""
    timed: dict[str, list[SearchRow]] = {}
    untimed: set[tuple[str, date, str]] = set()
    for row in rows:
        if row.event_time is None:
            untimed.add((row.user_id, row.log_date, row.keyword))
        else:
            timed.setdefault(row.user_id, []).append(row)
    return [
        search_of_run(run)
        for user_rows in timed.values()
        for run in runs_of_typing(user_rows, settings)
    ] + [
        Search(user_id, keyword, log_date, ended_at=None)
        for user_id, log_date, keyword in sorted(untimed)
    ]


# Profiles


def most_searched(searches: list[Search]) -> tuple[str | None, int]:
    """The keyword with the most searches, and how many; None and 0 without any search."""
    if not searches:
        return None, 0
    counts = Counter(search.keyword for search in searches)
    ends: dict[str, datetime] = {}
    for search in searches:
        if search.ended_at is not None:
            ends[search.keyword] = max(search.ended_at, ends.get(search.keyword, datetime.min))
    most = max(counts.values())
    tied = [keyword for keyword, count in counts.items() if count == most]
    latest = max(ends.get(keyword, datetime.min) for keyword in tied)
    return min(keyword for keyword in tied if ends.get(keyword, datetime.min) == latest), most


def most_frequent(values: Iterable[str | None]) -> str | None:
    """The most frequent value that is not null; ties alphabetical by code point."""
    counts = Counter(value for value in values if value is not None)
    return min(counts, key=lambda value: (-counts[value], value), default=None)


def plan_names(rows: Iterable[SearchRow]) -> str | None:
    """Distinct plan names without the part after the last `:`, sorted, joined."""
    names = {plan.rsplit(":", 1)[0].strip() for row in rows for plan in row.plans}
    return " | ".join(sorted(names - {""})) or None


def summarise_search(
    rows: list[SearchRow], searches: list[Search], genres: dict[str, str]
) -> SearchSummary:
    """The accepted rows and the searches that somebody has in a month."""
    most_search, most_search_count = most_searched(searches)
    times = [row.event_time for row in rows if row.event_time is not None]
    return SearchSummary(
        search_events=len(rows),
        searches=len(searches),
        keywords=len({search.keyword for search in searches}),
        most_search=most_search,
        most_search_count=most_search_count,
        genre=UNKNOWN if most_search is None else genres.get(most_search, UNKNOWN),
        platform=most_frequent(row.platform for row in rows),
        plans=plan_names(rows),
        last_searched_at=max(times, default=None),
    )


def summarise_by_owner(
    rows: list[SearchRow],
    searches: list[Search],
    owner_of_user: dict[str, str],
    genres: dict[str, str],
) -> Summaries:
    """A summary for each owner and month with rows or searches."""
    groups: dict[tuple[str, date], tuple[list[SearchRow], list[Search]]] = {}
    for row in rows:
        key = (owner_of_user[row.user_id], month_of(row.log_date))
        groups.setdefault(key, ([], []))[0].append(row)
    for search in searches:
        key = (owner_of_user[search.user_id], month_of(search.log_date))
        groups.setdefault(key, ([], []))[1].append(search)
    return {key: summarise_search(*group, genres) for key, group in sorted(groups.items())}


def user_summaries(
    rows: list[SearchRow], searches: list[Search], genres: dict[str, str]
) -> Summaries:
    """A summary for each user and month."""
    every_user_alone = {row.user_id: row.user_id for row in rows}
    return summarise_by_owner(rows, searches, every_user_alone, genres)


def search_profiles(summaries: Summaries) -> list[Row]:
    """One row per user and month."""
    return [
        {
            "user_id": user_id,
            "month": month,
            "search_events": summary.search_events,
            "searches": summary.searches,
            "keywords": summary.keywords,
            "most_search": summary.most_search,
            "most_search_count": summary.most_search_count,
            "genre": summary.genre,
            "platform": summary.platform,
            "plans": summary.plans,
            "last_searched_at": summary.last_searched_at,
        }
        for (user_id, month), summary in summaries.items()
    ]


# From month to month


def month_before(month: date) -> date:
    """First day of the calendar month before."""
    return month_of(month - timedelta(days=1))


def months_with_search(summaries: Summaries) -> set[date]:
    """Months that have search logs."""
    return {month for _, month in summaries}


def behavior(previous: SearchSummary | None, current: SearchSummary | None) -> tuple[str, str]:
    """`behavior_change` and `explain_changed` of somebody active in one of two months."""
    if previous is None:
        return "New", "New"
    if current is None:
        return "Lapsed", "Lapsed"
    if UNKNOWN in (previous.genre, current.genre):
        return "Unknown", "Unknown"
    if previous.genre == current.genre:
        return "Unchanged", "Unchanged"
    return "Changed", f"{previous.genre}>{current.genre}"


def search_behavior(summaries: Summaries) -> list[Row]:
    """One row per user active in a month or the month before, when both have search logs."""
    months = months_with_search(summaries)
    users = sorted({user_id for user_id, _ in summaries})
    rows: list[Row] = []
    for month in sorted(month for month in months if month_before(month) in months):
        for user_id in users:
            previous = summaries.get((user_id, month_before(month)))
            current = summaries.get((user_id, month))
            if previous is None and current is None:
                continue
            change, explanation = behavior(previous, current)
            rows.append(
                {
                    "user_id": user_id,
                    "month": month,
                    "previous_month": month_before(month),
                    "previous_most_search": previous and previous.most_search,
                    "most_search": current and current.most_search,
                    "previous_genre": previous and previous.genre,
                    "genre": current and current.genre,
                    "behavior_change": change,
                    "explain_changed": explanation,
                }
            )
    return rows


def genre_transitions(summaries: Summaries) -> list[Row]:
    """Users per pair of genres, and their share of all users active in both months."""
    pairs: dict[date, Counter[tuple[str, str]]] = {}
    for (user_id, month), current in summaries.items():
        previous = summaries.get((user_id, month_before(month)))
        if previous is not None:
            pairs.setdefault(month, Counter())[previous.genre, current.genre] += 1
    return [
        {
            "month": month,
            "previous_month": month_before(month),
            "previous_genre": previous_genre,
            "genre": genre,
            "users": users,
            "share": users / counts.total(),
        }
        for month, counts in sorted(pairs.items())
        for (previous_genre, genre), users in sorted(counts.items())
    ]


# Trending


def search_trending(
    searches: list[Search], genres: dict[str, str], settings: Settings
) -> list[Row]:
    """The keywords with the most searches of each month."""
    counts: dict[date, Counter[str]] = {}
    users: dict[tuple[date, str], set[str]] = {}
    for search in searches:
        month = month_of(search.log_date)
        counts.setdefault(month, Counter())[search.keyword] += 1
        users.setdefault((month, search.keyword), set()).add(search.user_id)

    ranks: dict[tuple[date, str], int] = {}
    for month, in_month in counts.items():
        ordered = sorted(
            in_month, key=lambda word: (-in_month[word], -len(users[month, word]), word)
        )
        for rank, keyword in enumerate(ordered[: settings.trending_ranks], 1):
            ranks[month, keyword] = rank

    return [
        {
            "month": month,
            "rank": rank,
            "keyword": keyword,
            "genre": genres.get(keyword, UNKNOWN),
            "searches": counts[month][keyword],
            "users": len(users[month, keyword]),
            "previous_rank": ranks.get((month_before(month), keyword)),
        }
        for (month, keyword), rank in sorted(ranks.items(), key=lambda item: (item[0][0], item[1]))
    ]
