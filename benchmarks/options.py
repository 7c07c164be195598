"""What all benchmarks can be told on the command line."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import end_on_signals
from benchmarks.results import BENCH_PYTHON, RESULTS, require_tools


def parser_of(program: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--out", type=Path, help="folder for the results of a trial")
    parser.add_argument(
        "--work", type=Path, help="folder for logs and databases; the logs stay there"
    )
    parser.add_argument("--bench-python", type=Path, default=BENCH_PYTHON, help=argparse.SUPPRESS)
    return parser


def folder_of_results(
    parser: argparse.ArgumentParser, options: argparse.Namespace, sizes: Sequence[str]
) -> Path:
    """Where results go: with other sizes than the documented ones it is a trial and lies elsewhere.

    Args:
        sizes: names of the options that say how much is measured.
    """
    others = [
        f"--{name.replace('_', '-')}"
        for name in sizes
        if getattr(options, name) != parser.get_default(name)
    ]
    if others and options.out is None:
        parser.error(
            f"{', '.join(others)} makes this a trial: say with --out DIR where its results go; "
            "benchmarks/results/ has those of the full sizes only"
        )
    return Path(options.out or RESULTS)


@contextmanager
def workplace(options: argparse.Namespace) -> Iterator[Path]:
    """The work folder, with what a run made in it removed at its end, however it ends.

    A temporary folder unless one was named; there the logs stay, for the next run.
    """
    require_tools(options.bench_python)
    end_on_signals()
    if options.work is not None:
        options.work.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="c360-bench-", dir=options.work) as temporary:
            yield Path(temporary)
    except KeyboardInterrupt as error:
        raise SystemExit("Interrupted; no process is left.") from error
