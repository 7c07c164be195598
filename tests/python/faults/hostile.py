"""Files that are not what their names say: what each must come to is computed in plain Python."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from faults.compare import SAME, Difference, not_whole, row_difference
from faults.outcome import Bench, Outcome
from faults.prepared import load
from faults.processes import Ended
from faults.tally import Tally

DAY = "20220701"
BOM = b"\xef\xbb\xbf"
MALFORMED, UNREADABLE = "malformed", "unreadable_file"
DONE, SET_ASIDE = 0, 3


@dataclass(frozen=True)
class Case:
    """A raw file and what must become of it.

    Attributes:
        accepted: line number and document id of every record.
        rejected: line number, reason and text of everything else; the text of an unreadable file
            is the loader's own.
    """

    path: str
    content: bytes
    accepted: tuple[tuple[int, str | None], ...] = ()
    rejected: tuple[tuple[int, str, str], ...] = ()

    @classmethod
    def unreadable(cls, path: str, content: bytes) -> Case:
        """One that is set aside as a whole."""
        return cls(path, content, (), ((0, UNREADABLE, ""),))

    @classmethod
    def of_lines(cls, path: str, content: bytes, stored: bytes | None = None) -> Case:
        """One whose lines are judged one by one.

        Args:
            content: the lines.
            stored: what stands in the file, when that is something else (compressed).
        """
        accepted, rejected = judge(content)
        return cls(path, content if stored is None else stored, accepted, rejected)


def judge(
    content: bytes,
) -> tuple[tuple[tuple[int, str | None], ...], tuple[tuple[int, str, str], ...]]:
    """What SPEC 3 says of each line, without the loader."""
    accepted, rejected = [], []
    for number, line in enumerate(content.removeprefix(BOM).split(b"\n"), 1):
        text = line.removesuffix(b"\r")
        if not text.strip():
            continue
        try:
            document = json.loads(text.decode("utf-8"))
        except ValueError:
            document = None
        if isinstance(document, dict) and isinstance(document.get("_source"), dict):
            accepted.append((number, document.get("_id")))
        else:
            rejected.append((number, MALFORMED, text.decode("utf-8", "backslashreplace")))
    return tuple(accepted), tuple(rejected)


def record(identifier: str, **more: object) -> bytes:
    """A good line, without its end."""
    source = {"Contract": "BDH013139", "Mac": "E4AB8927BC01", "TotalDuration": 72, "AppName": "VOD"}
    return json.dumps({"_id": identifier, "_source": source | more}, ensure_ascii=False).encode()


def records(count: int, name: str = "r", **more: object) -> bytes:
    """Good lines."""
    return b"".join(record(f"{name}{number}", **more) + b"\n" for number in range(count))


@dataclass(frozen=True)
class Loaded:
    """What a load made of a raw directory."""

    ended: Ended
    accepted: Mapping[str, list[tuple[object, ...]]]
    rejected: Mapping[str, list[tuple[object, ...]]]
    skipped: Mapping[str, str]
    problems: list[str] = field(default_factory=list)


def load_all(folder: Path, raw: Path, code: int) -> Loaded:
    """Load a directory with the real command and read what is in the database."""
    database = folder / "c360.duckdb"
    command = load(raw, database, folder)
    ended = command.run()
    problems = ended.problems(code)
    if problems:
        return Loaded(ended, {}, {}, {}, problems)
    problems += not_whole(database) + command.leftovers()
    with duckdb.connect(str(database), read_only=True) as connection:
        return Loaded(
            ended,
            _by_path(connection, "line_number, document_id", "log_content"),
            _by_path(
                connection,
                f"line_number, reason, case when reason <> '{UNREADABLE}' then line else '' end",
                "quarantine",
            ),
            dict(connection.execute("select path, reason from raw.skipped_paths").fetchall()),
            problems,
        )


def _by_path(
    connection: duckdb.DuckDBPyConnection, columns: str, table: str
) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    rows = connection.execute(
        f"select files.path, {columns} from raw.{table} join raw.files using (file_id)"
    )
    while batch := rows.fetchmany(100_000):
        for path, *row in batch:
            found.setdefault(path, []).append(tuple(row))
    return found


def try_cases(bench: Bench, cases: Iterable[Case], code: int) -> Outcome:
    """Load all cases at once, with a good file beside them; each case is a try."""
    raw = bench.folder / "raw"
    good = Case.of_lines(f"log_content/{DAY}/good.json", records(3))
    expected = list(cases)
    for case in (good, *expected):
        location = raw / case.path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_bytes(case.content)
    loaded = load_all(bench.folder, raw, code)
    problems = loaded.problems
    if loaded.accepted and difference(good, loaded):
        problems = [*problems, "the good file beside it is not as it should be"]
    tally = Tally()
    for case in expected:
        name = f"seed {bench.seed}, {case.path}"
        tally.add(name, problems, difference(case, loaded) if loaded.accepted else SAME)
    return tally.outcome(remark(loaded.ended))


def difference(case: Case, loaded: Loaded) -> Difference:
    """Rows of one file that are missing or too many."""
    return row_difference("log_content", case.accepted, loaded.accepted.get(case.path, ())) + (
        row_difference("quarantine", case.rejected, loaded.rejected.get(case.path, ()))
    )


def remark(ended: Ended) -> str:
    """What a load cost."""
    return f"one load of {ended.seconds:.1f} s with at most {ended.peak_mib:.0f} MiB"


def fault_of(
    make: Callable[[int, random.Random], Iterable[Case]], code: int
) -> Callable[[Bench], Outcome]:
    """A fault whose tries are files, all in one load."""

    def inject(bench: Bench) -> Outcome:
        return try_cases(bench, make(bench.tries, random.Random(bench.seed)), code)

    return inject
