"""A folder of files that changes all at once, made of plain POSIX symlinks (SPEC section 8).

    export_dir/NAME.parquet -> .current/NAME.parquet     one link a file, made once
    export_dir/.current     -> .sets/<run id>            the one link that a publication replaces
    export_dir/.sets/<run id>/NAME.parquet               the files of one export

Links of new files are made before `.current` is replaced and links of vanished files removed
after it, so that the replacement alone decides what is visible. A reader that opens several
files while an export ends should resolve `.current` once and open the files through it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from c360.errors import ExportError
from loaders.database import first_line

CURRENT = ".current"
SETS = ".sets"
_NEXT = ".current.next"
_LOCK = ".lock"
LOCK_WAIT_SECONDS = 5.0
# Whoever is just following the old link gets to its file before that is removed.
_GRACE_SECONDS = 0.5
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_TEXTS = ("no space left", "disk quota exceeded", "file too large")


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system frees it when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take_lock(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def _take_lock(descriptor: int, folder: Path) -> None:
    give_up = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < give_up:
                time.sleep(0.1)
                continue
        holder = os.pread(descriptor, 32, 0).decode(errors="replace") or "unknown"
        raise ExportError(
            f"Another export is writing to {folder}: PID {holder}.",
            hint="Wait until it has ended and run the export again.",
        )


def refuse_foreign_files(folder: Path, names: Iterable[str]) -> None:
    """Stop if something that is not ours has a name that this set needs."""
    for name in names:
        path = folder / name
        if os.path.lexists(path) and not _is_our_link(path):
            _refuse(path)
    current = folder / CURRENT
    if os.path.lexists(current) and _current_set(folder) is None:
        _refuse(current)
    sets = folder / SETS
    if os.path.lexists(sets) and (sets.is_symlink() or not sets.is_dir()):
        _refuse(sets)


def _refuse(path: Path) -> None:
    raise ExportError(
        f"{path} was not made by an export and is in the way; nothing was changed.",
        hint="Move it elsewhere, or choose another directory with C360_EXPORT_DIR.",
    )


def _is_our_link(path: Path) -> bool:
    return path.is_symlink() and str(path.readlink()) == f"{CURRENT}/{path.name}"


def _current_set(folder: Path) -> str | None:
    """The name of the published set, None if there is none (or `.current` is not our link)."""
    current = folder / CURRENT
    if not current.is_symlink():
        return None
    parent, _, name = str(current.readlink()).partition("/")
    return name if parent == SETS and name and "/" not in name else None


def clean(folder: Path) -> None:
    """Remove every set but the published one, and links to files it does not have."""
    current = _current_set(folder)
    (folder / SETS).mkdir(exist_ok=True)
    for old in (folder / SETS).iterdir():
        if old.name != current:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    for path in folder.iterdir():
        if (path.name == _NEXT and path.is_symlink()) or (_is_our_link(path) and not path.exists()):
            path.unlink()


@contextmanager
def draft(folder: Path, run_id: str) -> Iterator[Path]:
    """A new folder for the files of this export, removed again if they cannot all be written."""
    path = folder / SETS / run_id
    number = 1
    while path.exists():  # the same run exported once more
        number += 1
        path = folder / SETS / f"{run_id}-{number}"
    path.mkdir(parents=True)
    try:
        yield path
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def publish(folder: Path, new_set: Path) -> None:
    """Make the files of `new_set` what readers see, in one step, and remove the set before it."""
    for path in new_set.iterdir():
        sync(path)
        link = folder / path.name
        if not link.is_symlink():
            link.symlink_to(f"{CURRENT}/{path.name}")
    sync(new_set)
    sync(new_set.parent)
    (folder / _NEXT).symlink_to(f"{SETS}/{new_set.name}")
    (folder / _NEXT).replace(folder / CURRENT)  # the one moment of change
    sync(folder)
    time.sleep(_GRACE_SECONDS)
    clean(folder)


def sync(path: Path) -> None:
    """Wait until a file or directory is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn the errors of disks and of DuckDB's writers into one that says what to do."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        text = str(error)
        full = isinstance(error, OSError) and error.errno in _FULL
        if full or any(sign in text.lower() for sign in _FULL_TEXTS):
            raise ExportError(
                f"The disk is full: the export to {folder} stopped; the set before it is intact.",
                hint="Make room (an export needs space for two sets) and run it again.",
            ) from error
        raise ExportError(
            f"The export to {folder} stopped: {first_line(error)}",
            hint="Check that the directory exists and is writable; the set before it is intact.",
        ) from error
