"""What was exported when, for `c360 status` (SPEC section 1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from c360.errors import ExportError
from exporters.embedded import MANIFEST
from exporters.file_set import CURRENT
from exporters.marks import BOOKKEEPING, read_marks
from exporters.session import connect
from exporters.url import parse_url


@dataclass(frozen=True)
class ExportRecord:
    """The newest export to a place: when (UTC), by which run, from what, rows by table."""

    run_id: str
    exported_at: datetime
    source: str
    rows: dict[str, int]


def last_mysql(url: str) -> ExportRecord | None:
    """The newest export to a server, None if there is none."""
    with connect(parse_url(url)) as session:
        if not read_marks(session).get(BOOKKEEPING):
            return None
        newest = session.rows(
            "select run_id, exported_at, source, table_name, row_count from customer360_export "
            "where status <> 'dropped' and exported_at = "
            "(select max(exported_at) from customer360_export)"
        )
    if not newest:
        return None
    run_id, exported_at, source = newest[0][:3]
    rows = {name: int(count) for *_, name, count in sorted(newest)}
    return ExportRecord(run_id, exported_at.replace(tzinfo=UTC), source, rows)


def last_embedded(export_dir: Path) -> ExportRecord | None:
    """The set that is published in `export_dir`, None if there is none."""
    path = export_dir / CURRENT / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        return ExportRecord(
            run_id=manifest["run_id"],
            exported_at=datetime.fromisoformat(manifest["exported_at"]),
            source=manifest["database"],
            rows={table["name"]: int(table["rows"]) for table in manifest["tables"]},
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(
            f"The record of the last export, {path}, cannot be read ({type(error).__name__}).",
            hint="Run c360 export again; it writes the whole set anew.",
        ) from error
