"""Event times of search rows (SPEC 5): what a device wrote -> a time, or null."""

import re
import unicodedata
from datetime import date, datetime

CLOCK_MARKS = {"SA": "AM", "AM": "AM", "CH": "PM", "PM": "PM"}

SHAPE = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"[\sT]\s*"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
    r"([.,][0-9]*)?"
    r"\s*(?P<mark>SA|AM|CH|PM)?",
    re.IGNORECASE,
)


def ascii_digits(text: str) -> str:
    """The text with the decimal digits of any script as ASCII digits."""
    return "".join(
        char if (digit := unicodedata.decimal(char, None)) is None else str(digit) for char in text
    )


def gregorian_year(year: int) -> int:
    """Buddhist and Reiwa years as Gregorian ones; all others as they are."""
    if 2500 <= year <= 2600:
        return year - 543
    if 1 <= year <= 99:
        return year + 2018
    return year


def hour_of_day(hour: int, mark: str) -> int:
    """An hour of a 12-hour clock as an hour of the day."""
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} {mark} is not on a 12-hour clock")
    return hour % 12 + (12 if CLOCK_MARKS[mark] == "PM" else 0)


def event_time(text: str | None, log_date: date) -> tuple[datetime | None, str]:
    """The event time and its `event_time_quality`."""
    written = (text or "").strip()
    readable = ascii_digits(written)
    match = SHAPE.fullmatch(readable)
    if match is None:
        return None, "unreadable"
    year, mark = int(match["year"]), match["mark"]
    try:
        moment = datetime(
            gregorian_year(year),
            int(match["month"]),
            int(match["day"]),
            hour_of_day(int(match["hour"]), mark.upper()) if mark else int(match["hour"]),
            int(match["minute"]),
            int(match["second"]),
        )
    except ValueError:
        return None, "unreadable"
    if abs((moment.date() - log_date).days) > 1:
        return None, "clock_off"
    corrected = readable != written or gregorian_year(year) != year or mark
    return moment, "corrected" if corrected else "ok"
