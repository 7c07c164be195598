"""The list of exported tables comes from dbt's manifest (SPEC section 8)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from c360.errors import ConfigurationError, ExitCode
from exporters.catalog import Column, ExportTable, read_catalog


def model(model_name: str = "pears", export: object = None, **more: Any) -> dict[str, Any]:
    columns = {
        column: {"name": column, "data_type": "string", "description": f"The {column}. "}
        for column in ("id", "month", "name")
    }
    return {
        "resource_type": "model",
        "name": model_name,
        "alias": model_name,
        "schema": "main_marts",
        "description": f"Grain: one row a {model_name}.\n",
        "config": {"meta": {} if export is None else {"export": export}},
        "columns": columns,
        **more,
    }


def write(tmp_path: Path, *nodes: dict[str, Any]) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"nodes": {str(n): node for n, node in enumerate(nodes)}}))
    return path


def test_models_that_declare_an_export_by_name(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        model("plums", {"key": ["name"]}),
        model("unserved"),
        model("seeded", {"key": ["id"]}, resource_type="seed"),
        model("apples", {"key": ["id", "month"], "indexes": [["name"], ["month", "name"]]}),
    )
    columns = tuple(Column(name, "string", f"The {name}.") for name in ("id", "month", "name"))
    assert read_catalog(path) == [
        ExportTable(
            name="apples",
            schema="main_marts",
            key=("id", "month"),
            indexes=(("name",), ("month", "name")),
            columns=columns,
            description="Grain: one row a apples.",
        ),
        ExportTable("plums", "main_marts", ("name",), (), columns, "Grain: one row a plums."),
    ]


def test_the_older_place_of_meta_and_an_alias(tmp_path: Path) -> None:
    node = model("pears", alias="served_pears", meta={"export": {"key": ["id"]}})
    (table,) = read_catalog(write(tmp_path, node))
    assert (table.name, table.key) == ("served_pears", ("id",))


def test_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no dbt manifest") as caught:
        read_catalog(tmp_path / "manifest.json")
    assert "dbt build" in caught.value.hint
    assert caught.value.exit_code == ExitCode.WRONG_USAGE


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"nodes": 3}'])
def test_a_manifest_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_catalog(tmp_path / "manifest.json")


@pytest.mark.parametrize(
    ("export", "message"),
    [
        ({"key": ["number"]}, "number"),
        ({"key": []}, "no list of distinct columns"),
        ({"key": "id"}, "no list of distinct columns"),
        ({"key": ["id", "id"]}, "no list of distinct columns"),
        ({}, "no list of distinct columns"),
        (True, "declared wrongly"),
        ({"key": ["id"], "index": [["name"]]}, "declared wrongly"),
        ({"key": ["id"], "indexes": "name"}, "are no list"),
        ({"key": ["id"], "indexes": ["name"]}, "no list of distinct columns"),
        ({"key": ["id"], "indexes": [["number"]]}, "number"),
    ],
)
def test_wrong_declarations(tmp_path: Path, export: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        read_catalog(write(tmp_path, model("pears", export)))
    assert "pears" in caught.value.what


@pytest.mark.parametrize("name", ["pe`ars", "1pears", "pears-2", "p" * 49, "", "pears; drop"])
def test_names_that_cannot_be_served(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be exported under that name"):
        read_catalog(write(tmp_path, model("x", {"key": ["id"]}, name=name, alias=name)))
