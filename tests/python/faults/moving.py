"""Raw files that change, grow, are replaced or vanish while they are read (SPEC 3).

The file that moves contributes what it was at one moment, or what it had contributed before, and
is named; all others are loaded. Once it stands still the next load brings everything.
"""

from __future__ import annotations

import gzip
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from faults.compare import Difference, not_whole, row_difference
from faults.hostile import DONE, SET_ASIDE, record
from faults.kills import put
from faults.outcome import Bench, Fault, Outcome
from faults.prepared import load
from faults.processes import Ended
from faults.tally import Tally
from loaders.load import LoadOptions
from loaders.load import load as load_directory

FORMATS = ("json", "json.gz", "json.zst", "csv", "parquet")
APPENDABLE = ("json", "json.gz", "json.zst", "csv")
ROWS = 30_000
OTHERS = 12
OTHER_ROWS = 2000
# Between two changes; reading the file takes many times as long.
PAUSE_SECONDS = 0.002
# From the first commit of a load until something happens that happens only once.
LONGEST_DELAY = 0.15
COMMITTED_BYTES = 50_000
# So many times the wanted tries until one load meets the file while it moves.
MOST_TRIES = 5
KNOWN_TO_CHANGE = "log_content/20220701.json"
CSV_HEADER = "Contract,Mac,TotalDuration,AppName,_id\n"

Row = tuple[int, str | None]
# Changes a file once; called again and again until the load has ended.
Move = Callable[[Path, int], None]


def ids(version: str, rows: int = ROWS) -> list[str]:
    """The document ids of a version."""
    return [f"{version}-{number}" for number in range(rows)]


def content_of(names: Sequence[str], extension: str) -> bytes:
    """Records with these document ids, as a file of that extension."""
    if extension == "parquet":
        columns = {"_id": names, "Contract": ["BDH013139"] * len(names)}
        more = {"TotalDuration": [72] * len(names), "AppName": ["VOD"] * len(names)}
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns | more), sink)
        return bytes(sink.getvalue().to_pybytes())
    if extension == "csv":
        return (CSV_HEADER + "".join(f"BDH013139,,72,VOD,{name}\n" for name in names)).encode()
    return pack(b"".join(record(name) + b"\n" for name in names), extension)


def pack(content: bytes, extension: str) -> bytes:
    """Lines as they stand in a file; of gzip and zstd a member or frame."""
    if extension.endswith(".gz"):
        return gzip.compress(content, 1)
    return zstandard.compress(content, 1) if extension.endswith(".zst") else content


def rows_of(names: Sequence[str], extension: str) -> set[Row]:
    """Line numbers and document ids: the header of a CSV file is its first line."""
    return set(enumerate(names, 2 if extension == "csv" else 1))


@dataclass(frozen=True)
class Scene:
    """One file that moves among others that do not, after some seconds."""

    folder: Path
    extension: str
    delay: float

    @property
    def path(self) -> str:
        return f"log_content/20220715.{self.extension}"

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def file(self) -> Path:
        return self.raw / self.path

    @property
    def database(self) -> Path:
        return self.folder / "c360.duckdb"

    def others(self) -> dict[str, list[str]]:
        """Path -> document ids of the files that stand still."""
        return {
            f"log_content/202207{day:02}.json": ids(f"other{day}", OTHER_ROWS)
            for day in (*range(1, OTHERS // 2 + 1), *range(31 - OTHERS // 2, 31))
        }

    def prepare(self, *, known: bool) -> None:
        """Write all files; `known` loads the first version of the one that will move."""
        put(None, self.database)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        for path, names in self.others().items():
            (self.raw / path).write_bytes(content_of(names, "json"))
        for old in self.file.parent.glob("*20220715.*"):
            old.unlink()
        self.file.write_bytes(content_of(ids("v0"), self.extension))
        if known:
            restored = self.raw / KNOWN_TO_CHANGE
            content = restored.read_bytes()
            restored.write_bytes(b"")
            self.load_here()
            restored.write_bytes(content)
            self.file.write_bytes(content_of(ids("v1"), self.extension))

    def load(self) -> Ended:
        """The real command, while something happens to the file."""
        return load(self.raw, self.database, self.folder).run()

    def load_here(self) -> None:
        """The same in this process, while nothing happens."""
        load_directory(LoadOptions(self.raw, self.database))

    def loaded(self) -> tuple[dict[str, set[Row]], list[str]]:
        """Rows by path, and the lines that were rejected of the file that moves."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            rows = connection.execute(
                "select path, line_number, document_id from raw.log_content "
                "join raw.files using (file_id)"
            ).fetchall()
            rejected = connection.execute(
                "select reason from raw.quarantine join raw.files using (file_id) where path = ?",
                [self.path],
            ).fetchall()
        found: dict[str, set[Row]] = {}
        for path, *row in rows:
            found.setdefault(path, set()).add((row[0], row[1]))
        return found, [reason for (reason,) in rejected]

    def problems_of_others(self, found: dict[str, set[Row]]) -> tuple[list[str], Difference]:
        """Every file that stands still must be whole, whatever the other one does."""
        total = Difference()
        for path, names in self.others().items():
            total += row_difference(path, rows_of(names, "json"), found.get(path, ()))
        return not_whole(self.database), total


@contextmanager
def moving(file: Path, move: Move) -> Iterator[None]:
    """Change a file again and again while the block runs."""
    done = threading.Event()

    def run() -> None:
        number = 0
        while not done.is_set():
            move(file, number)
            number += 1
            done.wait(PAUSE_SECONDS)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@dataclass(frozen=True)
class Motion:
    """How a file moves.

    Attributes:
        move: what is done to it, called with the file and how often that was done before.
        extensions: of the files to which it can be done.
        may_be: whether rows with these line numbers are something the file was at one moment.
        codes: with which a load may end that met it.
    """

    move: Callable[[Scene], Move]
    extensions: tuple[str, ...]
    may_be: Callable[[set[Row], str], bool]
    codes: tuple[int, ...] = (DONE, SET_ASIDE)


def try_motion(bench: Bench, motion: Motion) -> Outcome:
    """Load while the file moves, then once more when it stands still."""
    tally = Tally()
    met = 0
    dice = random.Random(bench.seed)
    while tally.tries < bench.tries or (not met and tally.tries < MOST_TRIES * bench.tries):
        seed = dice.getrandbits(32)
        one = random.Random(seed)
        extension = motion.extensions[tally.tries % len(motion.extensions)]
        scene = Scene(bench.folder, extension, one.uniform(0, LONGEST_DELAY))
        known = one.random() < 0.5
        scene.prepare(known=known)
        with moving(scene.file, motion.move(scene)):
            ended = scene.load()
        met += any(word in ended.output for word in ("not ready", "vanished", "set aside"))
        found, rejected = scene.loaded()
        problems, difference = scene.problems_of_others(found)
        problems += ended.problems(*motion.codes)
        rows = found.get(scene.path, set())
        before = rows_of(ids("v0"), scene.extension) if known else set()
        if rows != before and not rejected and not motion.may_be(rows, scene.extension):
            problems.append(f"{len(rows)} rows that the file never held together")
        if rows != before and ended.code == SET_ASIDE and "unreadable_file" not in rejected:
            problems.append("it was not ready, and what it had contributed is gone")
        again, differing = _stand_still(scene)
        tally.add(f"seed {seed}, {scene.extension}", problems + again, difference + differing)
    if not met:
        raise RuntimeError("no load met the file while it moved")
    return tally.outcome(f"{met} of {tally.tries} loads met the file while it moved")


def _stand_still(scene: Scene) -> tuple[list[str], Difference]:
    """What is wrong after the load that reads the last version."""
    scene.file.write_bytes(content_of(ids("v9"), scene.extension))
    scene.load_here()
    found, rejected = scene.loaded()
    problems, difference = scene.problems_of_others(found)
    if rejected:
        problems.append(f"{len(rejected)} lines are rejected")
    wanted = rows_of(ids("v9"), scene.extension)
    return problems, difference + row_difference(scene.path, wanted, found.get(scene.path, ()))


def is_version(rows: set[Row], extension: str) -> bool:
    """Whether rows are one whole version."""
    return rows in [rows_of(ids(f"v{number}"), extension) for number in range(3)]


def is_beginning(rows: set[Row], extension: str) -> bool:
    """Whether rows are one version up to some line."""
    return any(rows == rows_of(ids(f"v{number}")[: len(rows)], extension) for number in range(3))


def is_grown(rows: set[Row], extension: str) -> bool:
    """Whether rows are a whole version and lines that were appended to it."""
    more = ids("more", max(0, len(rows) - ROWS))
    return any(rows == rows_of(ids(f"v{number}") + more, extension) for number in range(2))


def append(scene: Scene) -> Move:
    """One record more."""

    def move(file: Path, number: int) -> None:
        name = f"more-{number}"
        is_csv = scene.extension == "csv"
        line = f"BDH013139,,72,VOD,{name}\n".encode() if is_csv else record(name) + b"\n"
        with file.open("ab") as stream:
            stream.write(pack(line, scene.extension))

    return move


def write_anew(scene: Scene) -> Move:
    """In place, in two steps, two versions by turns."""
    contents = [content_of(ids(f"v{number}"), scene.extension) for number in (1, 2)]

    def move(file: Path, number: int) -> None:
        content = contents[number % 2]
        with file.open("wb") as stream:
            stream.write(content[: len(content) // 2])
            stream.flush()
            time.sleep(PAUSE_SECONDS)
            stream.write(content[len(content) // 2 :])

    return move


def replace(scene: Scene) -> Move:
    """By another file that takes its name, two versions by turns."""
    contents = [content_of(ids(f"v{number}"), scene.extension) for number in (1, 2)]

    def move(file: Path, number: int) -> None:
        beside = file.with_name(f".{file.name}")
        beside.write_bytes(contents[number % 2])
        beside.replace(file)

    return move


def vanish(scene: Scene) -> Move:
    """For good, when the load has read the first of the other files."""
    log = scene.database.with_name(f"{scene.database.name}.wal")

    def move(file: Path, _: int) -> None:
        if log.exists() and log.stat().st_size > COMMITTED_BYTES:
            time.sleep(scene.delay)
            file.unlink(missing_ok=True)

    return move


def come_and_go(_: Scene) -> Move:
    """Renamed to a hidden name and back."""

    def move(file: Path, number: int) -> None:
        beside = file.with_name(f".{file.name}")
        (beside if number % 2 else file).rename(file if number % 2 else beside)

    return move


MOTIONS = {
    "a file grows while it is read": Motion(append, APPENDABLE, is_grown),
    "a file is written anew while it is read": Motion(write_anew, FORMATS, is_beginning),
    "a file is replaced while it is read": Motion(replace, FORMATS, is_version),
    "a file vanishes while it is read": Motion(vanish, FORMATS, is_version, (DONE,)),
    "a file comes and goes while it is read": Motion(come_and_go, FORMATS, is_version),
}
FAULTS = tuple(
    Fault(name, 20, 1, partial(try_motion, motion=motion)) for name, motion in MOTIONS.items()
)
