"""Files into schema `raw`: each whole or not at all, several at once (SPEC section 3).

A large file has a transaction of its own. Small ones share one, because committing costs more than
reading them; when one of them needs more than its first reader, all of them are landed one by one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb

from c360.errors import LoadError
from loaders import manifest
from loaders.database import concerns_the_machine, cursor, explain
from loaders.discovery import RawFile
from loaders.forgotten import Forgotten
from loaders.manifest import Entry, FileState
from loaders.readers import Reader, land_together, readers_for
from loaders.readers.base import Landed, RejectedLines, TryNextReader
from loaders.scan import UnreadableFile, hash_file

# `vanished`: gone since the directory was listed; `changing`: written to whenever it was read. Of
# both, what they had contributed is kept.
Outcome = Literal["loaded", "replaced", "unchanged", "unreadable", "vanished", "changing"]
UNREADABLE_FILE = "unreadable_file"
CHANGING = "it was written to while it was read; what it had contributed is kept"
# A file that has just been finished is whole when it is read again.
ATTEMPTS = 2
# Files that share a transaction: up to here committing one costs more than reading it.
PARCEL_FILES = 64
PARCEL_BYTES = 8 << 20


class FileChangedError(Exception):
    """A file was written to while it was read; it is tried again once."""


class FileVanishedError(Exception):
    """A file was removed before it was read to its end."""


ReaderOfSome = Callable[
    [duckdb.DuckDBPyConnection, Sequence[tuple[RawFile, int]]], Iterable[Landed]
]

# What a parcel of files cannot deal with: its files are landed one by one then.
NEEDS_MORE = (TryNextReader, UnreadableFile, FileChangedError, FileVanishedError, OSError)


@dataclass(frozen=True)
class LandedFile:
    """What became of one file."""

    path: str
    source: str
    outcome: Outcome
    rows_read: int
    rows_rejected: int
    problem: str | None = None
    rows_forgotten: int = 0


@dataclass(frozen=True)
class Incoming:
    """A file that has to be read.

    Attributes:
        before: what it has contributed so far.
        state: when it was hashed; whatever is read must be of this state.
        problem: why it could not even be hashed.
    """

    file: RawFile
    before: Entry | None
    state: FileState
    content_hash: str
    file_id: int
    problem: str | None = None


@dataclass
class Landing:
    """Lands files through several connections to one open database.

    Attributes:
        load_id: names this load in the manifest.
        workers: files read at the same time; DuckDB reads one file with little more than a core.
        strict: stop at the first unreadable file instead of setting it aside.
        is_sample: whether the files are made up.
    """

    connection: duckdb.DuckDBPyConnection
    database: Path
    load_id: str
    workers: int
    strict: bool = False
    is_sample: bool = False
    known: dict[str, Entry] = field(init=False)

    def __post_init__(self) -> None:
        self.known = manifest.read_manifest(self.connection)
        self._next_id = manifest.next_file_id(self.connection)
        self._forgotten = Forgotten.read(self.connection)
        self._lock = threading.Lock()

    def land(
        self, files: tuple[RawFile, ...], on_file: Callable[[LandedFile], None]
    ) -> list[LandedFile]:
        """Land every file, calling `on_file` after each, and return the results by path.

        Raises:
            CustomerError: the database or the disk failed, or a file was unreadable and `strict`.
        """
        done: list[LandedFile] = []
        with ThreadPoolExecutor(self.workers, thread_name_prefix="load") as pool:
            running: set[Future[list[LandedFile]]] = set()
            waiting = _parcels(files, min(PARCEL_FILES, len(files) // (8 * self.workers)))
            try:
                for parcel in _first(waiting, self.workers):
                    running.add(pool.submit(self._land_parcel, parcel))
                while running:
                    finished, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        for result in future.result():
                            done.append(result)
                            on_file(result)
                    for parcel in _first(waiting, len(finished)):
                        running.add(pool.submit(self._land_parcel, parcel))
            finally:
                for future in running:
                    future.cancel()
        return sorted(done, key=lambda result: result.path)

    def _land_parcel(self, files: list[RawFile]) -> list[LandedFile]:
        connection = cursor(self.connection)
        try:
            if len(files) > 1:
                with suppress(*NEEDS_MORE), transaction(connection):
                    return self._land_together(connection, files)
            return [self._land_alone(connection, file) for file in files]
        except (duckdb.Error, OSError) as error:
            raise explain(error, self.database) from error
        finally:
            connection.close()

    def _land_together(
        self, connection: duckdb.DuckDBPyConnection, files: list[RawFile]
    ) -> list[LandedFile]:
        seen = [self._look(connection, file) for file in files]
        incoming = [found for found in seen if isinstance(found, Incoming)]
        for found in incoming:
            if found.problem:
                raise UnreadableFile(found.problem)
        read = self._read(connection, incoming, land_together)
        done = [found for found in seen if isinstance(found, LandedFile)]
        return done + read

    def _land_alone(self, connection: duckdb.DuckDBPyConnection, file: RawFile) -> LandedFile:
        """Land one file; one that never stands still is left for the next load."""
        for _ in range(ATTEMPTS):
            with suppress(FileChangedError):
                return self._land(connection, file)
        if self.strict:
            raise LoadError(
                f"{file.path} is being written to while it is read",
                hint="Load again when the file is complete; nothing of it was changed.",
            )
        return LandedFile(file.path, file.source.name, "changing", 0, 0, CHANGING)

    def _land(self, connection: duckdb.DuckDBPyConnection, file: RawFile) -> LandedFile:
        found = self._look(connection, file)
        if isinstance(found, LandedFile):
            return found
        if found.problem:
            return self._set_aside(connection, found, found.problem)
        for reader in readers_for(file):
            try:
                with transaction(connection):
                    (landed,) = self._read(connection, [found], alone(reader))
                    return landed
            except TryNextReader:
                continue
            except FileVanishedError:
                return _vanished(file)
            except UnreadableFile as error:
                problem = str(error).replace(str(file.absolute), file.path)
                return self._set_aside(connection, found, problem)
            except OSError as error:
                if concerns_the_machine(error):
                    raise
                return self._set_aside(connection, replace(found, content_hash=""), str(error))
        raise AssertionError(f"no reader took {file.path}")

    def _look(self, connection: duckdb.DuckDBPyConnection, file: RawFile) -> LandedFile | Incoming:
        """What there is to do for a file."""
        before = self.known.get(file.path)
        try:
            state = FileState.of(file.absolute)
        except (FileNotFoundError, NotADirectoryError):
            return _vanished(file)
        # One that the system would not give is tried again by each load.
        if before and before.state == state and before.content_hash:
            return self._unchanged(before)
        try:
            content_hash = hash_file(file.absolute)
        except FileNotFoundError:
            return _vanished(file)
        except OSError as error:
            return Incoming(file, before, state, "", self._take_id(), str(error))
        if before and before.content_hash == content_hash:
            manifest.update_state(connection, before.file_id, state)
            return self._unchanged(before)
        return Incoming(file, before, state, content_hash, self._take_id())

    def _read(
        self,
        connection: duckdb.DuckDBPyConnection,
        incoming: list[Incoming],
        reader: ReaderOfSome,
    ) -> list[LandedFile]:
        """Put what files hold in place of what they had contributed; the caller commits."""
        with ExitStack() as stack:
            for found in incoming:
                if found.before:
                    manifest.remove(connection, found.before)
                stack.enter_context(standing_still(found.file.absolute, found.state))
            files = [(found.file, found.file_id) for found in incoming]
            given = list(reader(connection, files))
        results: list[LandedFile] = []
        for found, landed in zip(incoming, given, strict=True):
            kept, kept_out = self._forgotten.keep_out(
                connection, found.file.source.name, found.file_id, landed
            )
            entry = self._write(connection, found, kept, None, kept_out)
            results.append(_result(entry, "replaced" if found.before else "loaded"))
        return results

    def _set_aside(
        self, connection: duckdb.DuckDBPyConnection, found: Incoming, problem: str
    ) -> LandedFile:
        """Count an unreadable file as one rejected row in place of what it had contributed."""
        self._check_strict(found.file.path, problem)
        landed = Landed(1, RejectedLines([0], [problem], UNREADABLE_FILE))
        with transaction(connection):
            if found.before:
                manifest.remove(connection, found.before)
            entry = self._write(connection, found, landed, problem)
        return _result(entry, "unreadable")

    def _check_strict(self, path: str, problem: str) -> None:
        if self.strict:
            raise LoadError(
                f"{path} cannot be read: {problem}",
                hint="Mend or remove the file, or load without --strict to set it aside.",
            )

    def _unchanged(self, entry: Entry) -> LandedFile:
        """An unreadable file that is still the same is still reported."""
        if entry.problem is None:
            return _result(entry, "unchanged")
        self._check_strict(entry.path, entry.problem)
        return _result(entry, "unreadable")

    def _write(
        self,
        connection: duckdb.DuckDBPyConnection,
        found: Incoming,
        landed: Landed,
        problem: str | None,
        rows_forgotten: int = 0,
    ) -> Entry:
        """Note what a file gave, in the manifest and in the quarantine."""
        file = found.file
        entry = Entry(
            file_id=found.file_id,
            source=file.source.name,
            path=file.path,
            log_date=file.log_date,
            status=manifest.UNREADABLE if problem else manifest.LOADED,
            problem=problem,
            content_hash=found.content_hash,
            state=found.state,
            rows_read=landed.rows_read,
            rows_rejected=len(landed.rejected),
            is_sample=self.is_sample,
            rows_forgotten=rows_forgotten,
        )
        now = datetime.now(UTC).replace(tzinfo=None)
        manifest.write_entry(connection, entry, file, self.load_id, now)
        if landed.rejected:
            manifest.write_rejected(connection, entry, landed.rejected)
        if landed.drift:
            manifest.write_drift(connection, entry, landed.drift)
        return entry

    def _take_id(self) -> int:
        with self._lock:
            self._next_id += 1
            return self._next_id - 1


def alone(reader: Reader) -> ReaderOfSome:
    """A reader of one file as one of some."""

    def read(
        connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[RawFile, int]]
    ) -> Iterator[Landed]:
        for file, file_id in files:
            yield reader(connection, file, file_id)

    return read


def _parcels(files: Iterable[RawFile], most: int) -> Iterator[list[RawFile]]:
    """Runs of at most `most` files that are small together; any other file is a run of its own."""
    parcel: list[RawFile] = []
    room = PARCEL_BYTES
    for file in files:
        size = _size_of(file)
        if parcel and (len(parcel) >= most or size > room):
            yield parcel
            parcel, room = [], PARCEL_BYTES
        parcel.append(file)
        room -= size
    if parcel:
        yield parcel


def _size_of(file: RawFile) -> int:
    """Bytes; 0 of a file that is gone, which costs nothing."""
    try:
        return file.absolute.stat().st_size
    except OSError:
        return 0


def _first(parcels: Iterator[list[RawFile]], count: int) -> Iterator[list[RawFile]]:
    for _, parcel in zip(range(count), parcels, strict=False):
        yield parcel


@contextmanager
def standing_still(path: Path, state: FileState) -> Iterator[None]:
    """Whatever came of reading a file means nothing if the file moved meanwhile.

    Raises:
        FileChangedError: it is not of that state any more, even if reading it failed.
        FileVanishedError: it is gone.
    """
    try:
        yield
    except Exception as error:
        # Of any kind: bytes that are not where they were can break any step of a reader.
        if not concerns_the_machine(error):
            _check_state(path, state)
        raise
    _check_state(path, state)


def _check_state(path: Path, state: FileState) -> None:
    try:
        now = FileState.of(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileVanishedError(path) from error
    if now != state:
        raise FileChangedError(path)


def _vanished(file: RawFile) -> LandedFile:
    return LandedFile(file.path, file.source.name, "vanished", 0, 0)


def _result(entry: Entry, outcome: Outcome) -> LandedFile:
    return LandedFile(
        entry.path,
        entry.source,
        outcome,
        entry.rows_read,
        entry.rows_rejected,
        entry.problem,
        entry.rows_forgotten,
    )


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of a block or nothing of it."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # A failed commit has ended the transaction already.
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise
