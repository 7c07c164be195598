"""Event times as devices write them (SPEC section 5, Event time)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

EventTimeQuality = Literal["ok", "corrected", "clock_off", "unreadable"]

BUDDHIST_ERA_OFFSET = 543  # 2565 is 2022
REIWA_OFFSET = 2018  # year 4 of Reiwa is 2022
MAX_DAYS_OFF = 1  # a device's day may differ from the log's by one

_EVENT_TIME = re.compile(
    r"([0-9]{4}|[0-9]{1,2})-([0-9]{1,2})-([0-9]{1,2})[ T]+"
    r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.[0-9]*)?"
    r"(?: *(SA|AM|CH|PM))?",
    re.IGNORECASE,
)


class EventTime(NamedTuple):
    """A time without zone, to the second, and how it was come by."""

    at: datetime | None
    quality: EventTimeQuality


UNREADABLE = EventTime(None, "unreadable")


def parse_event_time(text: str | None, log_date: date) -> EventTime:
    """Read one device's time; never raises.

    Args:
        text: as in the log, in any script and era; None is unreadable.
        log_date: the day of the file; a time more than a day away from it is a wrong clock.
    """
    if text is None:
        return UNREADABLE
    ascii_text = text.strip()
    corrected = False
    if not ascii_text.isascii():
        ascii_text = _ascii_digits(ascii_text)
        corrected = True
    match = _EVENT_TIME.fullmatch(ascii_text)
    if match is None:
        return UNREADABLE
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    clock = match.group(7)
    if 2500 <= year <= 2600:
        year, corrected = year - BUDDHIST_ERA_OFFSET, True
    elif 1 <= year <= 99:
        year, corrected = year + REIWA_OFFSET, True
    if clock is not None:
        if hour > 12:
            return UNREADABLE
        hour, corrected = hour % 12 + (12 if clock.upper() in ("CH", "PM") else 0), True
    try:
        at = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return UNREADABLE
    if abs(at.date() - log_date) > timedelta(days=MAX_DAYS_OFF):
        return EventTime(None, "clock_off")
    return EventTime(at, "corrected" if corrected else "ok")


def _ascii_digits(text: str) -> str:
    """Digits of any script as ASCII, invisible marks out, any white space as a space."""
    characters: list[str] = []
    for character in text:
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            characters.append(str(digit))
        elif character.isspace():
            characters.append(" ")
        elif unicodedata.category(character) != "Cf":
            characters.append(character)
    return "".join(characters)
