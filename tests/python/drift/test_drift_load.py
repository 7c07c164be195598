"""Drift is stored with its file, shown by `c360 load` and `c360 status`, and never in the way."""

from __future__ import annotations

import os

import duckdb
from support import Workspace, close_readers, event, gz, line, lines, parquet, record, run_c360

NEW = line("a", Firmware="4.2.1")
OLD_NAME, NEW_NAME = b'"Contract"', b'"contract_id"'


def stored(workspace: Workspace) -> set[tuple[object, ...]]:
    return set(
        workspace.query(
            "select path, field, drift.problem, kind "
            "from raw.field_drift as drift join raw.files using (file_id)"
        )
    )


def test_every_format_says_what_it_found_and_loads_the_rest(workspace: Workspace) -> None:
    workspace.put("log_content/20220701.json", lines(NEW, b"no"))
    workspace.put("log_content/20220702.json.gz", gz(lines(NEW)))
    workspace.put("log_content/20220703.json", b"\xef\xbb\xbf" + lines(NEW))
    workspace.put(
        "log_content/20220704.csv", b"Contract,Mac,TotalDuration,AppName,Firmware\nC,M,1,VOD,4\n"
    )
    workspace.put("log_content/20220705.parquet", parquet([record(Firmware="4.2.1")]))
    renamed = {("user" if name == "user_id" else name): v for name, v in event().items()}
    workspace.put("log_search/20220701.parquet", parquet([renamed]))
    workspace.load()
    assert stored(workspace) == {
        ("log_content/20220701.json", "_source.Firmware", "new", "text"),
        ("log_content/20220702.json.gz", "_source.Firmware", "new", "text"),
        ("log_content/20220703.json", "_source.Firmware", "new", "text"),
        ("log_content/20220704.csv", "Firmware", "new", None),
        ("log_content/20220705.parquet", "Firmware", "new", "text"),
        ("log_search/20220701.parquet", "user_id", "missing", None),
        ("log_search/20220701.parquet", "user", "new", "text"),
    }
    assert [row[1:] for row in workspace.content("contract, total_duration")][1:3] == [
        ("BDH013139", "72"),
        ("BDH013139", "72"),
    ]


def test_drift_goes_with_its_file(workspace: Workspace) -> None:
    first = workspace.put("log_content/20220701.json", lines(NEW))
    second = workspace.put("log_content/20220702.json", lines(NEW))
    workspace.load()
    assert len(stored(workspace)) == 2
    first.write_bytes(lines(line("b")))
    workspace.load()
    assert {row[0] for row in stored(workspace)} == {"log_content/20220702.json"}
    second.unlink()
    workspace.load(prune=True)
    assert workspace.query("select count(*) from raw.field_drift") == [(0,)]


def test_hostile_names_are_values_and_no_value_is_stored(workspace: Workspace) -> None:
    name = "x'); drop table raw.files; --\x1b[2J"
    workspace.put("log_content/20220701.json", lines(line("a", **{name: "secret"})))
    workspace.load()
    ((_, field, _, _),) = stored(workspace)
    assert field == "_source.x'); drop table raw.files; --\\x1b[2J"
    assert "secret" not in str(workspace.query("from raw.field_drift"))


def test_load_and_status_show_it_once_and_always(workspace: Workspace) -> None:
    environment = {
        "C360_RAW_DIR": str(workspace.raw),
        "C360_DATABASE": str(workspace.database),
        "COLUMNS": "160",
    }
    folder = workspace.raw.parent
    workspace.put("log_content/20220705.json", lines(NEW))
    workspace.put("log_content/20220706.json", lines(NEW, line("b")))
    first = run_c360("load", folder=folder, environment=environment)
    assert first.code == 0
    shown = "log_content: new field _source.Firmware since 2022-07-05 (2 files); not loaded"
    assert shown in first.out.splitlines()
    second = run_c360("load", folder=folder, environment=environment)
    assert "Firmware" not in second.out
    workspace.put("log_content/20220707.json", lines(line("c")).replace(OLD_NAME, NEW_NAME))
    third = run_c360("load", folder=folder, environment=environment)
    assert third.code == 0
    assert "Firmware" not in third.out
    assert "field _source.Contract is missing since 2022-07-07 (1 file)" in third.out
    assert "new field _source.contract_id since 2022-07-07" in third.out
    status = run_c360("status", folder=folder, environment=environment)
    rows = [row.split() for row in status.out.splitlines() if "_source." in row]
    cells = {row[3]: [cell for cell in row if cell != "│"] for row in rows}
    assert cells["_source.Firmware"][2:] == ["new", "text", "2022-07-05", "2022-07-06", "2"]
    assert set(cells) == {"_source.Firmware", "_source.Contract", "_source.contract_id"}


def test_many_fields_do_not_flood_the_screen(workspace: Workspace) -> None:
    fields = {f"field_{number}": 1 for number in range(15)}
    workspace.put("log_content/20220705.json", lines(line("a", **fields)))
    result = run_c360(
        "load",
        folder=workspace.raw.parent,
        environment={"C360_RAW_DIR": str(workspace.raw), "C360_DATABASE": str(workspace.database)},
    )
    assert result.out.count("new field") == 10
    assert "and 5 more fields (c360 status lists them)" in result.out


def test_a_database_of_an_older_version_has_no_list_yet(workspace: Workspace) -> None:
    workspace.put("log_content/20220705.json", lines(NEW))
    workspace.load()
    close_readers()
    with duckdb.connect(str(workspace.database)) as connection:
        connection.execute("drop table raw.field_drift")
    status = run_c360(
        "status",
        folder=workspace.raw.parent,
        environment={"C360_DATABASE": str(workspace.database)},
    )
    assert status.code == 0
    assert "Firmware" not in status.out
    os.utime(workspace.raw / "log_content/20220705.json", (1, 1))
    workspace.load()
    assert workspace.query("select count(*) from raw.field_drift") == [(0,)]
