"""The numbers that the SPEC makes variable, and the types that all modules share."""

from dataclasses import dataclass

Row = dict[str, object]
"""One row of a mart: column -> value."""


@dataclass(frozen=True)
class Settings:
    """The SPEC's variables with their default values."""

    max_record_seconds: int = 86_400
    """One content record may not be longer than this."""
    active_high_days: int = 15
    """`active` is High from this many days."""
    clinginess_lower_days: int = 15
    """`lower` contracts: low up to this many days, medium above."""
    clinginess_days: int = 10
    """`middle` and `upper` contracts: medium up to this many days, high above."""
    search_run_seconds: int = 120
    """A row joins the run of typing when it comes at most this long after the row before it."""
    trending_ranks: int = 10
    """How many keywords `search_trending` ranks per month."""
    max_identifiers: int = 20
    """Components with more identifiers than this are not merged."""
