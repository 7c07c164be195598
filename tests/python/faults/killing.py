"""Kill a command at random moments, run it again, and see what became of its work.

A moment is drawn from the time that the command takes; for a command that writes to a database, by
turns with the writes to its log: most of the time of a build nothing is at stake.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Protocol

from faults.compare import Difference
from faults.outcome import Bench, Outcome
from faults.processes import Command
from faults.tally import Tally

# Of the kills, how many are followed by a second one while the work is done again.
KILLED_AGAIN = 0.25
# A command that ends before its kill does not count; this often in a row something is wrong.
MOST_MISSES = 20
# After the write that was drawn: until then the next step of the command may have begun.
MOST_DELAY = 0.01
COUNT_ALL = 1_000_000


class Place(Protocol):
    """What is killed, and what was promised of it."""

    def prepare(self) -> None:
        """Bring everything to where the command starts."""

    @property
    def written(self) -> Path | None:
        """A file that grows whenever something is committed; None if there is none."""

    def command(self) -> Command:
        """The command that is killed and then run again."""

    def after_kill(self) -> list[str]:
        """What does not hold right after a kill."""

    def after_rerun(self) -> tuple[list[str], Difference]:
        """What does not hold after the command was run to its end, and the rows that differ."""


@dataclass
class Moments:
    """Random moments of a command, drawn from what was seen of it so far."""

    seconds: list[float]
    writes: int = 1

    def kill(self, place: Place, one: random.Random, *, at_write: bool) -> bool:
        """Kill the place's command; False when it had ended before."""
        command = place.command()
        if place.written is None or not at_write:
            return command.kill_after(one.uniform(0, median(self.seconds)))
        number = one.randint(1, self.writes)
        seen = command.kill_at_write(place.written, number, one.uniform(0, MOST_DELAY))
        if seen < number:
            self.writes = max(seen, 1)
        return seen == number


def kill_many(bench: Bench, place: Place, code: int, first_guess: float | None = None) -> Outcome:
    """Kill the command `bench.tries` times.

    Args:
        code: how an undisturbed run ends.
        first_guess: seconds that it takes; None = measure one. What follows corrects it.
    """
    moments = Moments([first_guess or _undisturbed(place, code)])
    if place.written:
        place.prepare()
        moments.writes = max(place.command().kill_at_write(place.written, COUNT_ALL, 0), 1)
    tally = Tally()
    kills, misses = 0, 0
    dice = random.Random(bench.seed)
    while tally.tries < bench.tries:
        seed = dice.getrandbits(32)
        one = random.Random(seed)
        place.prepare()
        if not moments.kill(place, one, at_write=tally.tries % 2 == 0):
            misses += 1
            if misses > MOST_MISSES:
                raise RuntimeError("the command ends before it can be killed")
            continue
        kills, misses = kills + 1, 0
        problems = place.after_kill()
        if one.random() < KILLED_AGAIN and moments.kill(place, one, at_write=False):
            kills += 1
            problems += place.after_kill()
        ended = place.command().run()
        moments.seconds.append(ended.seconds)
        after, difference = place.after_rerun()
        tally.add(f"seed {seed}", [*problems, *ended.problems(code), *after], difference)
    return tally.outcome(f"{kills} kills within {median(moments.seconds):.1f} s")


def _undisturbed(place: Place, code: int) -> float:
    """Seconds of a run that nobody kills; it must hold the promises too."""
    place.prepare()
    ended = place.command().run()
    problems, difference = place.after_rerun()
    problems += ended.problems(code)
    if problems or difference:
        raise RuntimeError(f"an undisturbed run: {problems} {difference}")
    return ended.seconds
