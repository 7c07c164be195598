"""Two ways of rows from DuckDB into a table on the server.

LOAD DATA LOCAL reads CSV that DuckDB writes into a pipe. A server with local_infile = OFF, the
default of MySQL 8 and 9, gets multi-row INSERTs instead, at about half the speed. In both, DuckDB
renders the values; Python passes on bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import duckdb

from exporters.duck import readable
from exporters.guarded import STREAM_NAME
from exporters.identifiers import for_duckdb, for_server
from exporters.plan import Plan, PlannedColumn
from exporters.session import Session

_CHUNK_BYTES = 1 << 16
_PIPE_BYTES = 1 << 20
ROWS_A_STATEMENT = 1000
_STATEMENT_BYTES = 1 << 20
_STATEMENTS_A_COMMIT = 20

OnRows = Callable[[int], None]

FASTER = (
    "The server has local_infile = OFF: rows go by INSERT statements, about half as fast. "
    "An administrator can allow the faster way with: SET GLOBAL local_infile = ON"
)


class Marts:
    """The rows of several marts, to be sent in the order of `plans`.

    While the CSV of one mart is sent, DuckDB sorts the next one: the server need not wait for it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> None:
        self.connection = connection
        self._later = deque(plans)
        self._ahead: CsvStream | None = None

    def __enter__(self) -> Marts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ahead:
            self._ahead.close()

    def csv(self, plan: Plan, on_rows: OnRows) -> CsvStream:
        """The CSV of a mart, to be closed after reading; begins that of the mart behind it."""
        if self._later.popleft() is not plan:
            raise ValueError(f"{plan.table.name} is not the mart whose turn it is")
        stream, self._ahead = self._ahead or self._begin(plan), None
        stream.on_rows = on_rows
        if self._later:
            self._ahead = self._begin(self._later[0])
        return stream

    def _begin(self, plan: Plan) -> CsvStream:
        return CsvStream(self.connection.cursor(), csv_copy(plan))


def send_rows(marts: Marts, session: Session, plan: Plan, target: str, on_rows: OnRows) -> int:
    """Write the mart's rows, ordered by key, into the table `target`; return how many arrived."""
    way = _load if session.server.local_infile else _insert
    with readable(plan.table.name):
        return way(marts, session, plan, target, on_rows)


def _load(
    marts: Marts,
    session: Session,
    plan: Plan,
    target: str,
    on_rows: OnRows,
) -> int:
    statement = load_statement(plan, target, STREAM_NAME)
    with contextlib.closing(marts.csv(plan, on_rows)) as stream:
        return session.load(statement, stream, doing=f"Loading {plan.table.name}")


def load_statement(plan: Plan, target: str, file: str) -> str:
    """LOAD DATA LOCAL of what `csv_copy` writes, from `file` into the table `target`."""
    # Unquoted NULL is null, quoted "NULL" is text; without an escape character, backslashes are
    # letters. 0x22 and 0x0A are the quote and the line end.
    return (
        f"load data local infile '{file}' into table {for_server(target)} "
        "character set utf8mb4 fields terminated by ',' optionally enclosed by 0x22 "
        f"escaped by '' lines terminated by 0x0A ({_server_names(plan)})"
    )


def csv_copy(plan: Plan) -> str:
    """The COPY statement, whose target stands as `{target}`."""
    texts = [for_duckdb(column.name) for column in plan.columns if column.kind == "text"]
    quoted = f", force_quote ({', '.join(texts)})" if texts else ""
    selected = ", ".join(f"{_sent(column)} as {for_duckdb(column.name)}" for column in plan.columns)
    return (
        f"copy (select {selected} from {plan.source} order by {_key(plan)}) to '{{target}}' "
        "(format csv, header false, delimiter ',', quote '\"', escape '\"', "
        f"nullstr 'NULL'{quoted})"
    )


class CsvStream:
    """CSV from a COPY that runs in a thread of its own, through a pipe, from now on.

    `chunks` ends without an error only if the COPY did: a COPY that stops half-way closes the pipe
    too, which looks like an end.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, copy: str) -> None:
        self.on_rows: OnRows = lambda rows: None
        self._connection = connection
        self._error: Exception | None = None
        self._read_end, write_end = os.pipe()
        with contextlib.suppress(OSError, AttributeError):  # Linux only, and only an optimisation
            fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._thread = threading.Thread(
            target=self._produce, args=(copy, write_end), name="mart-to-csv", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """End the COPY, if it has not ended."""
        # Closing our end makes a COPY that is still writing fail and end.
        os.close(self._read_end)
        if self._thread.is_alive():
            self._connection.interrupt()
        self._thread.join()
        self._connection.close()

    def chunks(self) -> Iterator[bytes]:
        """The CSV piece by piece."""
        lines = 0
        while chunk := os.read(self._read_end, _CHUNK_BYTES):
            yield chunk
            lines += chunk.count(b"\n")  # as good as rows for a progress bar
            self.on_rows(lines)
        self._thread.join()
        if self._error:
            raise self._error

    def _produce(self, copy: str, write_end: int) -> None:
        try:
            self._connection.execute(copy.format(target=f"/dev/fd/{write_end}"))
        except Exception as error:  # noqa: BLE001 - handed over to the thread that reads
            self._error = error
        finally:
            os.close(write_end)


def _insert(
    marts: Marts,
    session: Session,
    plan: Plan,
    target: str,
    on_rows: OnRows,
) -> int:
    literals = ", ".join(_literal(column) for column in plan.columns)
    rendered = marts.connection.cursor().execute(
        f"select '(' || concat_ws(',', {literals}) || ')' from {plan.source} order by {_key(plan)}"
    )
    start = f"insert into {for_server(target)} ({_server_names(plan)}) values\n"
    arrived = 0
    session.execute("start transaction")
    for number in count(1):
        rows = [row[0] for row in rendered.fetchmany(ROWS_A_STATEMENT)]
        if not rows:
            break
        for part in _statements(rows, min(_STATEMENT_BYTES, session.server.max_packet_bytes // 2)):
            arrived += session.execute(start + part, doing=f"Writing {plan.table.name}")
        on_rows(arrived)
        if number % _STATEMENTS_A_COMMIT == 0:
            session.execute("commit")
            session.execute("start transaction")
    session.execute("commit")
    return arrived


def _statements(rows: list[str], limit: int) -> Iterator[str]:
    """Join rendered rows into lists of at most `limit` bytes (or one row, if that is longer)."""
    part: list[str] = []
    size = 0
    for row in rows:
        bytes_of_row = len(row.encode()) + 2
        if part and size + bytes_of_row > limit:
            yield ",\n".join(part)
            part, size = [], 0
        part.append(row)
        size += bytes_of_row
    yield ",\n".join(part)


def _sent(column: PlannedColumn) -> str:
    name = for_duckdb(column.name)
    if column.kind == "boolean":
        return f"cast({name} as integer)"
    if column.kind == "double":  # the server has no -0.0 in literals
        return f"case when {name} = 0 then 0e0 else {name} end"
    return name


def _literal(column: PlannedColumn) -> str:
    """A DuckDB expression that renders a value as an SQL literal.

    The session's NO_BACKSLASH_ESCAPES leaves the quote as the only character with a meaning.
    """
    text = f"cast({_sent(column)} as varchar)"
    if column.kind in ("text", "date", "timestamp"):
        text = f"'''' || replace({text}, '''', '''''') || ''''"
    return f"coalesce({text}, 'NULL')"


def _key(plan: Plan) -> str:
    return ", ".join(for_duckdb(name) for name in plan.table.key)


def _server_names(plan: Plan) -> str:
    return ", ".join(for_server(column.name) for column in plan.columns)
