"""Counts the tries of one fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from faults.compare import SAME, Difference
from faults.outcome import Outcome


@dataclass
class Tally:
    """What has become of the tries so far."""

    tries: int = 0
    survived: int = 0
    difference: Difference = SAME
    notes: list[str] = field(default_factory=list)

    def add(self, name: object, problems: Sequence[str], difference: Difference = SAME) -> None:
        """Count one try.

        Args:
            name: says how to do it again, such as its seed.
            problems: what was promised and did not hold.
        """
        self.tries += 1
        self.difference += difference
        problems = [*problems, *([str(difference)] if difference else [])]
        if problems:
            self.notes.append(f"{name}: {'; '.join(problems)}")
        else:
            self.survived += 1

    def outcome(self, remark: str = "") -> Outcome:
        """All tries together."""
        return Outcome(
            self.tries,
            self.survived,
            self.difference.lost,
            self.difference.doubled,
            tuple(self.notes),
            remark,
        )
