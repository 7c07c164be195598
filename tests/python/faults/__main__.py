"""`make faults`: every fault with its full number of tries, and a table of what was survived.

    python -m faults [--tries N] [--seed N] [--out DIR] [NAME ...]

NAME is a part of a fault's name. Writes `faults.json` and `faults.md` to `benchmarks/results/`
when all faults were tried in full, else only to a directory that is named. Exits with 1 when a
promise did not hold.
"""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import servers

from benchmarks.measure import describe_machine
from benchmarks.results import RESULTS
from exporters.url import ServerUrl
from faults.outcome import Bench, Fault, Outcome
from faults.registry import FAULTS

MOST_NOTES = 20


@dataclass(frozen=True)
class Tried:
    """A fault and what became of it."""

    fault: Fault
    outcome: Outcome
    seconds: float


def main() -> int:
    """Try what the arguments name; 0 when everything held."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names; without any, all faults")
    parser.add_argument("--tries", type=int, help="instead of each fault's full number")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="random by default")
    parser.add_argument("--out", type=Path, help=f"default for a full run: {RESULTS}")
    arguments = parser.parse_args()
    chosen = [
        fault
        for fault in FAULTS
        if not arguments.names or any(name in fault.name for name in arguments.names)
    ]
    if not chosen:
        parser.error("no fault has such a name: " + "; ".join(fault.name for fault in FAULTS))
    # Folders, disks and the server are to go, also when somebody ends this run.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    say(f"seed {arguments.seed}")
    with servers.server() as server:
        tried = [try_one(fault, arguments.tries, arguments.seed, server) for fault in chosen]
        machine = f"{describe_machine()}, {version_of(server)}"
    is_full = len(chosen) == len(FAULTS) and arguments.tries is None
    text = as_markdown(tried, machine, arguments.seed)
    print(text)
    if out := arguments.out or (RESULTS if is_full else None):
        write(out, text, as_json(tried, machine, arguments.seed))
    return 0 if all(one.outcome.passed for one in tried) else 1


def try_one(fault: Fault, tries: int | None, seed: int, server: ServerUrl) -> Tried:
    """Try one fault in a folder of its own; a crash of the fault itself counts as not survived."""
    started = time.monotonic()
    tries = tries or fault.full
    say(f"{fault.name}: {tries} tries ...")
    with bench_of(tries, seed, server) as bench:
        try:
            outcome = fault.inject(bench)
        except Exception as error:  # noqa: BLE001 - the other faults are tried all the same
            outcome = Outcome(tries, 0, notes=(f"seed {seed}: {type(error).__name__}: {error}",))
    seconds = time.monotonic() - started
    say(f"{fault.name}: {outcome.survived} of {outcome.tries} survived in {seconds:.0f} s")
    for note in outcome.notes[:MOST_NOTES]:
        say(f"  {note}")
    return Tried(fault, outcome, seconds)


@contextmanager
def bench_of(tries: int, seed: int, server: ServerUrl) -> Iterator[Bench]:
    """A bench with a new folder, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="c360-fault-") as folder:
        yield Bench(Path(folder), tries, seed, server)


def version_of(server: ServerUrl) -> str:
    """Name and version of the server."""
    ((version,),) = servers.run(server, None, "select version()")
    return str(version) if "mariadb" in str(version).lower() else f"MySQL {version}"


def as_json(tried: Sequence[Tried], machine: str, seed: int) -> dict[str, object]:
    """Everything that is known."""
    return {
        "measured_at": today(),
        "machine": machine,
        "seed": seed,
        "faults": [
            {"name": one.fault.name, "seconds": round(one.seconds, 1)} | asdict(one.outcome)
            for one in tried
        ],
    }


def as_markdown(tried: Sequence[Tried], machine: str, seed: int) -> str:
    """The table of the README, and below it what was measured and what was not survived."""
    lines = [
        f"Measured {today()} on {machine}; seed {seed}.",
        "",
        "| fault | tries | survived | rows lost | rows doubled |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.fault.name} | {one.outcome.tries:,} | {one.outcome.survived:,} "
        f"| {one.outcome.rows_lost:,} | {one.outcome.rows_doubled:,} |"
        for one in tried
    ]
    remarks = [f"- {one.fault.name}: {one.outcome.remark}" for one in tried if one.outcome.remark]
    notes = [f"- {one.fault.name}: {note}" for one in tried for note in one.outcome.notes]
    for part in (remarks, notes[:MOST_NOTES]):
        lines += ["", *part] if part else []
    return "\n".join(lines) + "\n"


def write(folder: Path, markdown: str, data: dict[str, object]) -> None:
    """Write both forms of the results."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    (folder / "faults.json").write_text(text, encoding="utf-8")
    (folder / "faults.md").write_text(markdown, encoding="utf-8")


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def say(text: str) -> None:
    """Progress; the table alone goes to standard output."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
