"""What readers share: their result, a path DuckDB takes literally, an insert of texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from loaders.discovery import RawFile
from loaders.drift import FieldDrift
from loaders.scan import as_text
from loaders.sources import Source

MALFORMED = "malformed"
BATCH_ROWS = 100_000
GLOB_CHARACTERS = frozenset("*?[]{}")


@dataclass(frozen=True)
class RejectedLines:
    """The lines of a file that are no records (SPEC 3), in two columns: there may be millions.

    Attributes:
        numbers: line numbers from 1; 0 is the file as a whole.
        lines: as texts, or as they were read.
        reason: the same for all of them.
    """

    numbers: Sequence[int] = ()
    lines: Sequence[str | bytes] = ()
    reason: str = MALFORMED

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class Landed:
    """What one file gave: `rows_read` counts the rejected ones too.

    Attributes:
        drift: fields that are not as expected.
    """

    rows_read: int
    rejected: RejectedLines = RejectedLines()
    drift: tuple[FieldDrift, ...] = ()


class TryNextReader(Exception):
    """This reader cannot read the file, another one may; nothing of it is kept."""


@contextmanager
def literal_path(path: Path) -> Iterator[str]:
    """A name for the file that DuckDB does not take for a pattern."""
    if not GLOB_CHARACTERS.intersection(str(path)):
        yield str(path)
        return
    # A link to it in a temporary folder would be left behind by a process that is killed.
    with path.open("rb") as file:
        yield f"/dev/fd/{file.fileno()}"


def as_texts(lines: Sequence[str | bytes]) -> pa.Array:
    """Lines as the quarantine keeps them; made at once where all of them are UTF-8."""
    try:
        return pa.array(lines, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        texts = [line if isinstance(line, str) else as_text(line) for line in lines]
        return pa.array(texts, pa.string())


def insert_texts(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    file_id: int,
    numbers: list[int],
    columns: dict[str, list[str | None]],
) -> None:
    """Insert records given column by column; `numbers` are their line numbers."""
    arrays: dict[str, Any] = {"line_number": pa.array(numbers, pa.int64())}
    arrays |= {name: pa.array(texts, pa.string()) for name, texts in columns.items()}
    connection.register("records", pa.table(arrays))
    dated = {"log_date": "?"} if file.source.dated else {}
    targets = ["file_id", "line_number", *dated, *columns]
    values = ["?", "line_number", *dated.values(), *columns]
    connection.execute(
        f"insert into raw.{file.source.name} ({', '.join(targets)}) "
        f"select {', '.join(values)} from records",
        [file_id, file.log_date] if dated else [file_id],
    )
    connection.unregister("records")


def by_column(source: Source, records: list[list[str | None]]) -> dict[str, list[str | None]]:
    """Records whose fields are in the order of `Source.all_fields`, column by column."""
    return {
        field.column: [record[position] for record in records]
        for position, field in enumerate(source.all_fields)
    }
