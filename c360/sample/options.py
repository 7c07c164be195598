"""What `c360 sample` can be asked for, checked before anything is written (SPEC section 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path

from c360.errors import ConfigurationError
from c360.sample import search_shares, shares

MAX_CUSTOMERS = 5_000_000  # contract codes are unique below it: six digits in the largest region
MAX_SEARCH_USERS = 4_000_000  # user ids of six to eight digits are unique below it
MAX_MONTHS = 36
MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
MONTHS_HINT = "Write months as 2022-06, as a range 2022-06..2022-07, or as a list with commas."


@dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """What to write and where.

    Args:
        out: directory to create; an earlier sample there is replaced, anything else is refused.
        customers: contracts with content logs in a month.
        months: first days of the months, in order.
        seed: every random choice follows from it; same options, same bytes.
        dirt: write every kind of dirt of SPEC 2 and a few days in other file forms.
        search_users: users of the search logs; None derives them from `customers`.
        unreadable: with `dirt`, one content file that cannot be read (SPEC 3 `unreadable_file`).
        plain: content logs only as `YYYYMMDD.json`, no day in another form.
        content_months: months with content logs; None means `months`.
        search_rows: search rows a day; None derives them from the users.
    """

    out: Path
    customers: int = 2000
    months: tuple[date, ...] = (date(2022, 6, 1), date(2022, 7, 1))
    seed: int = 360
    dirt: bool = True
    search_users: int | None = None
    unreadable: bool = False
    plain: bool = False
    content_months: tuple[date, ...] | None = None
    search_rows: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be generated (ConfigurationError)."""
        check_range("customers", self.customers, MAX_CUSTOMERS)
        if self.search_users is not None:
            check_range("search users", self.search_users, MAX_SEARCH_USERS)
        if self.search_rows is not None:
            check_range("search rows a day", self.search_rows, 10 * MAX_SEARCH_USERS)
        check_months(self.months)
        check_months(self.months_of_content)

    @property
    def months_of_content(self) -> tuple[date, ...]:
        """First days of the months with content logs."""
        return self.months if self.content_months is None else self.content_months

    @property
    def users(self) -> int:
        """Users of the search logs."""
        if self.search_users is not None:
            return self.search_users
        derived = round(self.customers * search_shares.USERS_PER_CUSTOMER)
        return min(MAX_SEARCH_USERS, max(1, derived))

    @property
    def rows_per_search_day(self) -> int:
        """Rows a day that the search logs aim at."""
        if self.search_rows is not None:
            return self.search_rows
        return max(1, round(self.users * search_shares.ROWS_PER_USER_AND_DAY))


@dataclass(frozen=True)
class SampleSummary:
    """What was written.

    Args:
        files: data files; companions such as `_SUCCESS`, checksums and the marker do not count.
        rows: rows by source (`log_content`, `log_search`, `library`, `identities`), blank lines
            not counted.
        bytes: size of the data files.
    """

    files: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    bytes: int = 0


def headline_options(out: Path, seed: int = 360) -> SampleOptions:
    """The issue's scale: July 2022 of 1,920,546 contracts, June and July of search logs.

    Every content log is a plain `.json` file; `dataclasses.replace(options, dirt=False)` leaves
    the dirt out.
    """
    return SampleOptions(
        out=out,
        seed=seed,
        customers=shares.HEADLINE_CONTRACTS,
        content_months=(date(2022, 7, 1),),
        search_users=shares.HEADLINE_SEARCH_USERS,
        search_rows=shares.HEADLINE_SEARCH_ROWS,
        plain=True,
    )


def parse_months(text: str) -> tuple[date, ...]:
    """Read `2022-06`, `2022-06..2022-07` or `2022-06,2022-08` as first days of months.

    Raises:
        ConfigurationError: the text is something else, or a range runs backwards.
    """
    months: set[date] = set()
    for piece in text.split(","):
        first, dots, last = (part.strip() for part in piece.partition(".."))
        start = parse_month(first, text)
        end = parse_month(last, text) if dots else start
        if end < start:
            raise ConfigurationError(f"The months {piece.strip()} run backwards.", hint=MONTHS_HINT)
        while start <= end:
            months.add(start)
            start = next_month(start)
    return check_months(tuple(sorted(months)))


def parse_month(text: str, whole: str) -> date:
    """One `YYYY-MM` of the option `whole` as the first day of that month."""
    match = MONTH.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"{whole!r} does not name months.", hint=MONTHS_HINT)
    return date(int(match[1]), int(match[2]), 1)


def next_month(month: date) -> date:
    """The first day of the following month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def check_months(months: tuple[date, ...]) -> tuple[date, ...]:
    """The same months, if they are first days in order, 1 to MAX_MONTHS of them."""
    ordered = all(a < b for a, b in pairwise(months))
    if not months or not ordered or any(m.day != 1 or not 2000 <= m.year < 2100 for m in months):
        raise ConfigurationError(
            "A sample needs one or more months, as first days in order.", hint=MONTHS_HINT
        )
    if len(months) > MAX_MONTHS:
        raise ConfigurationError(
            f"A sample of {len(months)} months is too long.",
            hint=f"Ask for at most {MAX_MONTHS} months.",
        )
    return months


def check_range(what: str, value: int, most: int) -> None:
    """Refuse a count outside 1..most."""
    if not 1 <= value <= most:
        raise ConfigurationError(
            f"A sample of {value:,} {what} cannot be generated.",
            hint=f"Choose between 1 and {most:,} {what}.",
        )
