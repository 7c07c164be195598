"""Content marts (SPEC 4)."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from .reasons import ContentRecord, month_of
from .seeds import Seeds
from .settings import Row, Settings

TASTE_ORDER = ("relax", "movie", "sport", "kids", "tv")
"""Giải Trí, Phim Truyện, Thể Thao, Thiếu Nhi, Truyền Hình."""

Quartiles = tuple[Fraction, Fraction]


def percentile(values: list[int], share: Fraction) -> Fraction:
    """The exact percentile with linear interpolation, as SQL `percentile_cont`."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def by_contract_and_month(
    records: Iterable[ContentRecord],
) -> dict[tuple[str, date], list[ContentRecord]]:
    """The records of each contract and month."""
    groups: dict[tuple[str, date], list[ContentRecord]] = {}
    for record in records:
        groups.setdefault((record.contract, month_of(record.log_date)), []).append(record)
    return groups


def month_quartiles(records: Iterable[ContentRecord]) -> dict[date, Quartiles]:
    """q1 and q3 of the total seconds over all contracts of each month."""
    totals: dict[date, list[int]] = {}
    for (_, month), group in by_contract_and_month(records).items():
        totals.setdefault(month, []).append(sum(record.seconds for record in group))
    return {
        month: (percentile(values, Fraction(1, 4)), percentile(values, Fraction(3, 4)))
        for month, values in totals.items()
    }


def clinginess(iqr_type: str, activeness: int, settings: Settings) -> str:
    """How often somebody comes, against how much they watch."""
    if iqr_type == "lower":
        return "low" if activeness <= settings.clinginess_lower_days else "medium"
    return "medium" if activeness <= settings.clinginess_days else "high"


def summarise_content(
    records: list[ContentRecord], quartiles: Quartiles, seeds: Seeds, settings: Settings
) -> Row:
    """All content columns for the records that somebody has in a month (at least one)."""
    seconds: dict[str, int] = {}
    for record in records:
        seconds[record.content_type] = seconds.get(record.content_type, 0) + record.seconds
    total = sum(seconds.values())

    watched = [code for code in seeds.content_types if code in seconds]
    most_watch = max(watched, key=lambda code: seconds[code])  # the first of equals
    taste = "-".join(seeds.labels[code] for code in TASTE_ORDER if code in seconds)

    q1, q3 = quartiles
    iqr_type = "lower" if total < q1 else "upper" if total > q3 else "middle"
    activeness = len({record.log_date for record in records})
    return {
        **{f"{code}_seconds": seconds.get(code) for code in seeds.content_types},
        "total_seconds": total,
        "most_watch": seeds.labels[most_watch],
        "taste": taste,
        "iqr_type": iqr_type,
        "activeness": activeness,
        "active": "High" if activeness >= settings.active_high_days else "Low",
        "clinginess": clinginess(iqr_type, activeness, settings),
        "devices": len({record.mac for record in records if record.mac}),
    }


def content_profiles(records: list[ContentRecord], seeds: Seeds, settings: Settings) -> list[Row]:
    """One row per contract and month."""
    quartiles = month_quartiles(records)
    return [
        {
            "contract": contract,
            "month": month,
            **summarise_content(group, quartiles[month], seeds, settings),
        }
        for (contract, month), group in sorted(by_contract_and_month(records).items())
    ]


def content_daily(records: list[ContentRecord]) -> list[Row]:
    """One row per log date and content type."""
    groups: dict[tuple[date, str], list[ContentRecord]] = {}
    for record in records:
        groups.setdefault((record.log_date, record.content_type), []).append(record)
    return [
        {
            "log_date": log_date,
            "content_type": content_type,
            "contracts": len({record.contract for record in group}),
            "devices": len({record.mac for record in group if record.mac}),
            "records": len(group),
            "seconds": sum(record.seconds for record in group),
        }
        for (log_date, content_type), group in sorted(groups.items())
    ]


def taste_summary(profiles: list[Row]) -> list[Row]:
    """How many contracts have each taste and activity in a month."""
    counts = Counter(
        (str(profile["month"]), str(profile["taste"]), str(profile["active"]))
        for profile in profiles
    )
    return [
        {
            "month": date.fromisoformat(month),
            "taste": taste,
            "active": active,
            "contracts": contracts,
        }
        for (month, taste, active), contracts in sorted(counts.items())
    ]
