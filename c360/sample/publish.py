"""All or nothing: a sample appears in its directory when it is complete, never before.

A run writes into a hidden sibling of the directory and renames it at the end. The marker file in
a finished sample lists its files, so that a later run can tell a sample from other people's data.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from c360.errors import ConfigurationError
from loaders.load import SAMPLE_MARKER

PARTIAL = ".partial"


@contextmanager
def published(out: Path) -> Iterator[Path]:
    """Give a directory to write the sample into; at the end it takes the place of `out`.

    Raises:
        ConfigurationError: `out` holds something that no sample run has written.
    """
    out = out.expanduser().resolve()
    check_replaceable(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(out)
    root = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=PARTIAL, dir=out.parent))
    root.chmod(0o755)
    try:
        with locked(root):
            write_marker(root, [])
            yield root
            write_marker(root, files_below(root))
            check_replaceable(out)
            put_in_place(root, out)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def put_in_place(root: Path, out: Path) -> None:
    """Rename a finished sample to `out`, the earlier sample out of the way."""
    if not out.exists():
        root.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=PARTIAL, dir=out.parent))
    out.rename(old / "old")
    root.rename(out)
    shutil.rmtree(old)


def check_replaceable(out: Path) -> None:
    """Refuse a path with anything in it that a sample run has not written."""
    if not out.exists():
        return
    hint = "Choose another directory with --out, or empty this one."
    if not out.is_dir():
        raise ConfigurationError(f"{out} is a file, not a directory.", hint=hint)
    if not any(out.iterdir()):
        return
    if not (out / SAMPLE_MARKER).is_file():
        raise ConfigurationError(
            f"{out} holds files that `c360 sample` has not written; nothing was changed.", hint=hint
        )
    foreign = sorted(set(files_below(out)) - set(read_marker(out)) - {SAMPLE_MARKER})
    if foreign:
        raise ConfigurationError(
            f"{out} holds {foreign[0]} beside an earlier sample; nothing was changed.", hint=hint
        )


def files_below(root: Path) -> list[str]:
    """Every file below a directory, relative, sorted."""
    return sorted(
        (Path(folder) / name).relative_to(root).as_posix()
        for folder, _, names in os.walk(root)
        for name in names
    )


def write_marker(root: Path, files: list[str]) -> None:
    """Write the marker: what this directory is, and the files of the sample."""
    note = "Written by `c360 sample`, which may replace this directory."
    text = json.dumps({"note": note, "files": files}, indent=0, ensure_ascii=False)
    (root / SAMPLE_MARKER).write_text(text + "\n", encoding="utf-8")


def read_marker(root: Path) -> list[str]:
    """The files of the sample by its marker; none when the marker cannot be read."""
    try:
        return list(json.loads((root / SAMPLE_MARKER).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold a directory as one that a living run writes to."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def remove_leftovers(out: Path) -> None:
    """Remove what killed runs for the same `out` have left, unless another run still writes it."""
    for leftover in sorted(out.parent.glob(f".{out.name}.*{PARTIAL}")):
        handle = os.open(leftover, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        else:
            if (leftover / SAMPLE_MARKER).exists() or (leftover / "old" / SAMPLE_MARKER).exists():
                shutil.rmtree(leftover, ignore_errors=True)
        finally:
            os.close(handle)
