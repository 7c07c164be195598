"""Which tables are exported: dbt declares it, this reads it from the manifest (SPEC section 8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from c360.errors import ConfigurationError
from exporters.identifiers import require_name

# The kinds of personal data that a column's `meta: {pii: KIND}` may name (docs/privacy.md).
IDENTIFIERS = frozenset(
    {
        *("contract", "user_id", "email", "subscriber_id", "identifier"),
        *("device", "ip", "pseudonym"),
    }
)
PII_KINDS = IDENTIFIERS | {"search_text", "raw_text"}

_SHAPE = "Write it as meta: {export: {key: [column, ...], indexes: [[column, ...], ...]}}."


@dataclass(frozen=True)
class Column:
    """A column as its model declares it.

    `data_type` is dbt's, `description` may be empty, and `pii` is the kind of personal data it
    holds, empty for none.
    """

    name: str
    data_type: str
    description: str
    pii: str = ""


@dataclass(frozen=True)
class ExportTable:
    """One model to export: `schema` is where DuckDB keeps it, `key` is unique and never null.

    `catalog` names the attached database that holds it; empty for the one that is open.
    """

    name: str
    schema: str
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    columns: tuple[Column, ...] = ()
    description: str = ""
    catalog: str = ""


def read_catalog(manifest_path: Path) -> list[ExportTable]:
    """Read the models that declare `meta: {export: {key: [...]}}`, sorted by name.

    Args:
        manifest_path: `target/manifest.json` as dbt-core 1.11 writes it.

    Raises:
        ConfigurationError: there is no manifest, or a declaration is wrong.
    """
    tables = [
        _table(node, export)
        for node in _nodes(manifest_path)
        if node.get("resource_type") == "model" and (export := _export_of(node)) is not None
    ]
    return sorted(tables, key=lambda table: table.name)


def _nodes(manifest_path: Path) -> Iterable[Mapping[str, Any]]:
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
        nodes: Mapping[str, Mapping[str, Any]] = manifest["nodes"]
        return nodes.values()
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no dbt manifest at {manifest_path}.", hint="Run dbt build first."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"The dbt manifest {manifest_path} cannot be read ({type(error).__name__}).",
            hint="Run dbt build again; it writes the manifest anew.",
        ) from error


def _export_of(node: Mapping[str, Any]) -> object:
    """The declaration, from config.meta (dbt 1.10 and newer) or from meta."""
    config_meta = (node.get("config") or {}).get("meta") or {}
    return config_meta.get("export", (node.get("meta") or {}).get("export"))


def _pii_of(column: Mapping[str, Any], model: str) -> str:
    """The kind of personal data: a word nobody knows would let an identifier out as it is."""
    config_meta = (column.get("config") or {}).get("meta") or {}
    kind = config_meta.get("pii", (column.get("meta") or {}).get("pii", ""))
    if kind == "" or kind in PII_KINDS:
        return str(kind)
    raise ConfigurationError(
        f"The column {column['name']} of model {model} has an unknown kind of personal data.",
        hint=f"Write meta: {{pii: KIND}} with one of {', '.join(sorted(PII_KINDS))}.",
    )


def _table(node: Mapping[str, Any], export: object) -> ExportTable:
    name = require_name(node.get("alias") or node.get("name"), "Model")
    if not isinstance(export, Mapping) or set(export) - {"key", "indexes"}:
        raise ConfigurationError(f"The export of model {name} is declared wrongly.", hint=_SHAPE)
    columns = tuple(
        Column(
            name=require_name(column["name"], f"Column of {name}:"),
            data_type=column.get("data_type") or "",
            description=(column.get("description") or "").strip(),
            pii=_pii_of(column, name),
        )
        for column in (node.get("columns") or {}).values()
    )
    known = {column.name for column in columns}
    indexes = export.get("indexes") or []
    if not isinstance(indexes, list):
        raise ConfigurationError(f"The indexes of model {name} are no list.", hint=_SHAPE)
    return ExportTable(
        name=name,
        schema=require_name(node.get("schema"), f"Schema of {name}:"),
        key=_column_list(export.get("key"), known, f"key of model {name}"),
        indexes=tuple(_column_list(index, known, f"index of model {name}") for index in indexes),
        columns=columns,
        description=(node.get("description") or "").strip(),
    )


def _column_list(value: object, known: set[str], what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value):
        raise ConfigurationError(f"The {what} is no list of distinct columns.", hint=_SHAPE)
    for column in value:
        if column not in known:
            raise ConfigurationError(
                f"The {what} names the column {column!r}, which the model does not declare.",
                hint=f"Declare it in the model's YAML or correct the {what}; then run dbt build.",
            )
    return tuple(value)
