"""What the tests of the loaders and the command share: raw files, a database, the command.

Every load made through `Workspace` is checked for what SPEC 3 promises of all of them: rows read =
rows kept + rows in quarantine, file by file, and no row without its file.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from loaders.load import LoadOptions, LoadSummary, load

DAY = date(2022, 7, 1)
C360 = Path(sys.executable).parent / "c360"
COMMAND_SECONDS = 60
TABLES = ("log_content", "log_search", "library", "identities")


# Raw files


def record(**changes: Any) -> dict[str, Any]:
    """A good record of log_content, with some fields changed."""
    fields = {"Contract": "BDH013139", "Mac": "E4AB8927BC01", "TotalDuration": 72, "AppName": "VOD"}
    return fields | changes


def line(identifier: object = "AX1", **changes: Any) -> bytes:
    """One line of a content log as Elasticsearch writes it, without its end."""
    document = {
        "_index": "history",
        "_type": "channel",
        "_id": identifier,
        "_score": 0,
        "_source": record(**changes),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def lines(*contents: bytes) -> bytes:
    """Lines as a file, the last with an end too."""
    return b"".join(content + b"\n" for content in contents)


def parquet(rows: Sequence[Mapping[str, object]], schema: pa.Schema | None = None) -> bytes:
    """Rows as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(rows), schema), sink)
    return bytes(sink.getvalue().to_pybytes())


SEARCH_SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in (
            "eventID",
            "datetime",
            "user_id",
            "keyword",
            "category",
            "proxy_isp",
            "platform",
            "networkType",
            "action",
        )
    ]
    + [("userPlansMap", pa.list_(pa.string()))]
)


def event(**changes: Any) -> dict[str, Any]:
    """A good row of log_search, with some columns changed."""
    row = {
        "eventID": "e1",
        "datetime": "2022-07-01 20:25:09.79",
        "user_id": "00012345",
        "keyword": "Naruto",
        "category": "enter",
        "proxy_isp": "vnpt",
        "platform": "smarttv",
        "networkType": "wifi",
        "action": "search",
        "userPlansMap": ["Kênh Gia Đình:giftcode"],
    }
    return row | changes


def searches(*rows: Mapping[str, object]) -> bytes:
    """Rows as a search log."""
    return parquet(rows, SEARCH_SCHEMA)


def zstd(content: bytes) -> bytes:
    """One zstd frame."""
    return zstandard.ZstdCompressor(level=1).compress(content)


def gz(content: bytes) -> bytes:
    """One gzip member."""
    return gzip.compress(content, compresslevel=1)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gz, ".zst": zstd}


# A raw directory and its database

_readers: dict[Path, duckdb.DuckDBPyConnection] = {}


def reader(database: Path) -> duckdb.DuckDBPyConnection:
    """A connection that only reads, kept open because opening one costs more than a query."""
    if database not in _readers:
        _readers[database] = duckdb.connect(str(database), read_only=True)
    return _readers[database]


def close_readers() -> None:
    """Let others write."""
    for connection in _readers.values():
        connection.close()
    _readers.clear()


@dataclass(frozen=True)
class Workspace:
    """A raw directory and the database that it is loaded into."""

    raw: Path
    database: Path

    @classmethod
    def make(cls, folder: Path) -> Workspace:
        """One with an empty raw directory."""
        (folder / "raw").mkdir()
        return cls(folder / "raw", folder / "customer360.duckdb")

    def put(self, path: str, content: bytes) -> Path:
        """Write a raw file and the folders above it."""
        location = self.raw / path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_bytes(content)
        return location

    def load(self, **options: Any) -> LoadSummary:
        """Load the directory and check that every row is accounted for."""
        close_readers()
        summary = load(LoadOptions(self.raw, self.database, **{"threads": 2} | options))
        self.check_conservation()
        return summary

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of one query."""
        return reader(self.database).execute(sql, list(values)).fetchall()

    def content(self, columns: str = "contract", path: str | None = None) -> list[tuple[Any, ...]]:
        """Line number and some columns of raw.log_content, by path and line."""
        return self.rows("log_content", columns, path)

    def rows(self, table: str, columns: str, path: str | None = None) -> list[tuple[Any, ...]]:
        """Line number and some columns of a raw table, by path and line."""
        return self.query(
            f"select line_number, {columns} from raw.{table} as rows "
            "join raw.files as files using (file_id) where coalesce(files.path = ?, true) "
            "order by files.path, line_number",
            path,
        )

    def quarantine(self, path: str | None = None) -> list[tuple[Any, ...]]:
        """Line number, reason and text of every rejected line, by path and line."""
        return self.rows("quarantine", "reason, line", path)

    def files(self) -> dict[str, tuple[str, int, int]]:
        """Path -> status, rows read and rows rejected, as the manifest has them."""
        rows = self.query("select path, status, rows_read, rows_rejected from raw.files")
        return {path: (status, read, rejected) for path, status, read, rejected in rows}

    def skipped(self) -> dict[str, str]:
        """Path -> why it is not a log."""
        return dict(self.query("select path, reason from raw.skipped_paths"))

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all raw tables that a second load must leave as they are."""
        names = (*TABLES, "quarantine", "files")
        return {name: self.query(f"from raw.{name} order by all") for name in names}

    def check_conservation(self) -> None:
        """Rows read = rows kept + rows in quarantine for each file; no row without a file."""
        kept = " union all ".join(f"select file_id from raw.{table}" for table in TABLES)
        unbalanced = self.query(
            f"""
            with kept as (select file_id, count(*) as n from ({kept}) group by file_id),
            rejected as (select file_id, count(*) as n from raw.quarantine group by file_id)
            select path, rows_read, rows_rejected, kept.n, rejected.n
            from raw.files
            full join kept using (file_id)
            full join rejected using (file_id)
            where path is null
                or rows_rejected <> coalesce(rejected.n, 0)
                or rows_read <> coalesce(kept.n, 0) + coalesce(rejected.n, 0)
            """
        )
        assert not unbalanced, unbalanced


# The command


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str


def run_c360(
    *arguments: object,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    file_bytes: int | None = None,
) -> Result:
    """Run the command; whatever happens it may not end in a traceback.

    Args:
        folder: the working directory, so that default paths lie in it.
        environment: variables beside those of this process, whose own settings are left out.
        file_bytes: no file may grow larger, as on a full disk.
    """
    close_readers()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("C360_")}

    def limit_files() -> None:
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    done = subprocess.run(
        [str(C360), *map(str, arguments)],
        cwd=folder,
        env=inherited | dict(environment or {}),
        capture_output=True,
        encoding="utf-8",
        timeout=COMMAND_SECONDS,
        preexec_fn=limit_files,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
    return Result(done.returncode, done.stdout, done.stderr)
