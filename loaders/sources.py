"""What can be loaded: one `Source` for each folder of a raw directory (SPEC section 2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

FileFormat = Literal["json_lines", "csv", "parquet"]
Compression = Literal["none", "gzip", "zstd"]


@dataclass(frozen=True)
class Field:
    """One field of a raw record: its name in the files and its column in schema `raw`."""

    name: str
    column: str
    required: bool = False


@dataclass(frozen=True)
class Source:
    """One raw table: where its files lie and how they are read.

    Attributes:
        name: the folder in the raw directory and the table in schema `raw`.
        dated: whether a file needs eight digits of a date in its path.
        formats: file extension -> format; a longer extension (`.json.gz`) wins.
        fields: what is kept of a record, in table order, as text.
        nested_in: the object that holds the fields, when records have one (`_source`).
        document_id: a field that lies beside `nested_in`, not inside it.
    """

    name: str
    dated: bool
    formats: dict[str, tuple[FileFormat, Compression]]
    fields: tuple[Field, ...]
    nested_in: str | None = None
    document_id: Field | None = None

    def missing_columns(self, names: Collection[str]) -> list[str]:
        """Columns for want of which a CSV or Parquet file is not one of this source.

        Without any known column it is not one either; else what is not there counts as null, so
        that a field that was renamed shows in the reasons.
        """
        if not any(field.name in names for field in self.fields):
            return [field.name for field in self.fields]
        return [field.name for field in self.fields if field.required and field.name not in names]

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """The document id, when there is one, then the fields."""
        return ((self.document_id,) if self.document_id else ()) + self.fields


COMPRESSIONS: dict[str, Compression] = {"": "none", ".gz": "gzip", ".zst": "zstd"}
JSON_LINES: dict[str, tuple[FileFormat, Compression]] = {
    f".{extension}{suffix}": ("json_lines", compression)
    for extension in ("json", "jsonl", "ndjson")
    for suffix, compression in COMPRESSIONS.items()
}
CSV: dict[str, tuple[FileFormat, Compression]] = {".csv": ("csv", "none")}
PARQUET: dict[str, tuple[FileFormat, Compression]] = {".parquet": ("parquet", "none")}

LOG_CONTENT = Source(
    name="log_content",
    dated=True,
    formats=JSON_LINES | CSV | PARQUET,
    document_id=Field("_id", "document_id"),
    nested_in="_source",
    fields=(
        Field("Contract", "contract", required=True),
        Field("Mac", "mac"),
        Field("TotalDuration", "total_duration", required=True),
        Field("AppName", "app_name", required=True),
    ),
)
LOG_SEARCH = Source(
    name="log_search",
    dated=True,
    formats=PARQUET,
    fields=(
        Field("eventID", "event_id"),
        Field("datetime", "event_datetime"),
        Field("user_id", "user_id"),
        Field("keyword", "keyword"),
        Field("category", "category"),
        Field("proxy_isp", "proxy_isp"),
        Field("platform", "platform"),
        Field("networkType", "network_type"),
        Field("action", "action"),
        Field("userPlansMap", "user_plans"),
    ),
)
LIBRARY = Source(
    name="library",
    dated=False,
    formats=CSV,
    fields=(
        Field("keyword", "keyword", required=True),
        Field("category", "category"),
    ),
)
IDENTITIES = Source(
    name="identities",
    dated=False,
    formats=CSV,
    fields=(
        Field("contract", "contract"),
        Field("user_id", "user_id"),
        Field("email", "email"),
        Field("subscriber_id", "subscriber_id"),
    ),
)

SOURCES: dict[str, Source] = {
    source.name: source for source in (LOG_CONTENT, LOG_SEARCH, LIBRARY, IDENTITIES)
}

# What an error shows when a raw directory holds nothing that can be loaded.
EXPECTED_LAYOUT = """\
  log_content/YYYYMMDD.json     also .jsonl, .ndjson, each plain, .gz or .zst; .csv; .parquet;
                                or a folder YYYYMMDD/ of such files
  log_search/YYYYMMDD.parquet   or a folder YYYYMMDD/ of .parquet files
  library/*.csv                 header keyword,category
  identities/*.csv              two or more of contract,user_id,email,subscriber_id"""
