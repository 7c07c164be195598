"""Files into schema `raw`: one transaction a file, several files at once (SPEC section 3)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb

from c360.errors import LoadError
from loaders import manifest
from loaders.database import cursor, explain
from loaders.discovery import RawFile
from loaders.manifest import Entry, FileState
from loaders.readers import readers_for
from loaders.readers.base import Landed, RejectedLine, TryNextReader
from loaders.scan import UnreadableFile, hash_file

# `vanished`: gone since the directory was listed; what it had contributed is kept.
Outcome = Literal["loaded", "replaced", "unchanged", "unreadable", "vanished"]
UNREADABLE_FILE = "unreadable_file"


class FileChangedError(Exception):
    """A file was written to while it was read; it is tried again once."""


@dataclass(frozen=True)
class LandedFile:
    """What became of one file."""

    path: str
    source: str
    outcome: Outcome
    rows_read: int
    rows_rejected: int
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
            running: set[Future[LandedFile]] = set()
            waiting = iter(files)
            try:
                for file in _first(waiting, self.workers):
                    running.add(pool.submit(self._land_one, file))
                while running:
                    finished, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        result = future.result()
                        done.append(result)
                        on_file(result)
                    for file in _first(waiting, len(finished)):
                        running.add(pool.submit(self._land_one, file))
            finally:
                for future in running:
                    future.cancel()
        return sorted(done, key=lambda result: result.path)

    def _land_one(self, file: RawFile) -> LandedFile:
        connection = cursor(self.connection)
        try:
            for attempt in (1, 2):
                try:
                    return self._land(connection, file)
                except FileChangedError:
                    if attempt == 2:
                        raise
            raise AssertionError("unreachable")
        except FileChangedError as error:
            raise LoadError(
                f"{file.path} is being written to while it is read",
                hint="Run c360 load again when the file is complete; nothing of it was changed.",
            ) from error
        except (duckdb.Error, OSError) as error:
            raise explain(error, self.database) from error
        finally:
            connection.close()

    def _land(self, connection: duckdb.DuckDBPyConnection, file: RawFile) -> LandedFile:
        before = self.known.get(file.path)
        try:
            state = FileState.of(file.absolute)
        except FileNotFoundError:
            return LandedFile(file.path, file.source.name, "vanished", 0, 0)
        if before and before.state == state:
            return self._unchanged(before)
        try:
            content_hash = hash_file(file.absolute)
        except OSError as error:
            return self._set_aside(connection, file, self._take_id(), "", state, str(error))
        if before and before.content_hash == content_hash:
            manifest.update_state(connection, before.file_id, state)
            return self._unchanged(before)
        file_id = self._take_id()
        for reader in readers_for(file):
            try:
                with transaction(connection):
                    if before:
                        manifest.remove(connection, before)
                    landed = reader(connection, file, file_id)
                    if FileState.of(file.absolute) != state:
                        raise FileChangedError(file.path)
                    entry = self._entry(file, file_id, content_hash, state, landed, None)
                    self._write(connection, file, entry, landed)
                return _result(entry, "replaced" if before else "loaded")
            except TryNextReader:
                continue
            except UnreadableFile as error:
                problem = str(error).replace(str(file.absolute), file.path)
                return self._set_aside(connection, file, file_id, content_hash, state, problem)
        raise AssertionError(f"no reader took {file.path}")

    def _set_aside(
        self,
        connection: duckdb.DuckDBPyConnection,
        file: RawFile,
        file_id: int,
        content_hash: str,
        state: FileState,
        problem: str,
    ) -> LandedFile:
        """Count an unreadable file as one rejected row in place of what it had contributed."""
        self._check_strict(file.path, problem)
        before = self.known.get(file.path)
        landed = Landed(1, [RejectedLine(0, UNREADABLE_FILE, problem)])
        entry = self._entry(file, file_id, content_hash, state, landed, problem)
        with transaction(connection):
            if before:
                manifest.remove(connection, before)
            self._write(connection, file, entry, landed)
        return _result(entry, "unreadable")

    def _entry(
        self,
        file: RawFile,
        file_id: int,
        content_hash: str,
        state: FileState,
        landed: Landed,
        problem: str | None,
    ) -> Entry:
        return Entry(
            file_id=file_id,
            source=file.source.name,
            path=file.path,
            log_date=file.log_date,
            status=manifest.UNREADABLE if problem else manifest.LOADED,
            problem=problem,
            content_hash=content_hash,
            state=state,
            rows_read=landed.rows_read,
            rows_rejected=len(landed.rejected),
            is_sample=self.is_sample,
        )

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
        self, connection: duckdb.DuckDBPyConnection, file: RawFile, entry: Entry, landed: Landed
    ) -> None:
        now = datetime.now(UTC).replace(tzinfo=None)
        manifest.write_entry(connection, entry, file, self.load_id, now)
        manifest.write_rejected(connection, entry, landed.rejected)

    def _take_id(self) -> int:
        with self._lock:
            self._next_id += 1
            return self._next_id - 1


def _first(files: Iterator[RawFile], count: int) -> Iterator[RawFile]:
    for _, file in zip(range(count), files, strict=False):
        yield file


def _result(entry: Entry, outcome: Outcome) -> LandedFile:
    return LandedFile(
        entry.path, entry.source, outcome, entry.rows_read, entry.rows_rejected, entry.problem
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
