"""The project keeps its own rules: grains tested, macros described, linters that see models."""

from __future__ import annotations

import csv
import re
import subprocess
import unicodedata
from typing import Any

import pytest
from project.runs import BIN, PROJECT, Built, dbt

from loaders.keywords import normalise

MAX_MODEL_LINES = 100
# Views with a row for each row of the logs: the tables made of them are tested, and
# load_quality__sums_to_the_rows_in_the_files counts them.
WITHOUT_GRAIN_TEST = {"stg_log_content__rows", "stg_log_content__records", "stg_log_search__rows"}


def models(built: Built) -> dict[str, Any]:
    nodes = built.manifest()["nodes"]
    return {node["name"]: node for node in nodes.values() if node["resource_type"] == "model"}


def generic_tests(built: Built, name: str) -> list[dict[str, Any]]:
    """Generic tests of a model or seed."""
    nodes = built.manifest()["nodes"].values()
    return [
        node["test_metadata"]
        for node in nodes
        if node["resource_type"] == "test"
        and node.get("test_metadata")
        and (node.get("attached_node") or "").split(".")[-1] == name
    ]


def test_the_declared_grain_is_the_tested_one(sample: Built) -> None:
    untested = set()
    for name, model in models(sample).items():
        grain = model["config"]["meta"]["grain"]
        tests = generic_tests(sample, name)
        tested = [test["kwargs"]["columns"] for test in tests if test["name"] == "grain"]
        if tested:
            assert tested == [grain], name
        else:
            untested.add(name)
    assert untested == WITHOUT_GRAIN_TEST


READ = re.compile(
    r"from {{ ref\('(?P<input>\w+)'\) }}\n +where {{ of_stale_periods\('\w+'(?P<window>[^)]*)\) }}"
)


def test_declared_windows_are_those_of_the_queries(sample: Built) -> None:
    """What a month reads beside itself stands in its SQL, and in meta.reads for its version."""
    checked = 0
    for name, model in models(sample).items():
        windows = {}
        for read in READ.finditer(model["raw_code"]):
            if months := re.fullmatch(r", months_before=(\d+)", read["window"]):
                windows[read["input"]] = {"months_before": int(months[1])}
            elif days := re.fullmatch(r", (\d+)", read["window"]):
                windows[read["input"]] = {"days": int(days[1])}
            else:
                assert read["window"] == "", name
        assert windows == model["config"]["meta"].get("reads", {}), name
        checked += len(windows)
    everywhere = "".join(model["raw_code"] for model in models(sample).values())
    assert checked == len(re.findall(r"of_stale_periods\('\w+',", everywhere)) >= 5


def months(*numbers: int) -> list[str]:
    """First days of months of 2022."""
    return [f"2022-{number:02}-01" for number in numbers]


def test_every_period_between_the_ends_of_a_window_reads(sample: Built) -> None:
    cases = [
        ("2022-07-04", "month", {"days": 7}, months(6, 7)),
        ("2022-07-15", "month", {"days": 7}, months(7)),
        ("2022-03-01", "month", {"days": 60}, ["2021-12-01", *months(1, 2, 3, 4)]),
        ("2022-02-01", "month", {"months_before": 2}, months(2, 3, 4)),
        ("2022-07-15", "day", {"days": 2}, [f"2022-07-{day}" for day in range(13, 18)]),
        ("2022-07-15", "day", {}, ["2022-07-15"]),
    ]
    calls = [
        f"{{{{ readers_of('{period}', '{kind}', {window}) | sort | join(' ') }}}}"
        for period, kind, window, _ in cases
    ]
    shown = dbt(
        "--quiet",
        "compile",
        "--inline",
        "\n".join(calls),
        target=sample.target,
        C360_DATABASE=str(sample.database),
    )
    assert shown.code == 0, shown.output
    found = shown.output.strip().splitlines()
    assert found == [" ".join(expected) for *_, expected in cases]


def test_every_mart_has_a_contract_a_grain_test_and_an_exported_key(sample: Built) -> None:
    marts = {name: model for name, model in models(sample).items() if model["schema"] == "marts"}
    assert len(marts) == 13
    exposed = sample.manifest()["exposures"]["exposure.customer360.mysql_serving_set"]
    for name, model in marts.items():
        assert model["config"]["contract"]["enforced"], name
        assert model["config"]["meta"]["export"]["key"] == model["config"]["meta"]["grain"], name
        assert "grain" in [test["name"] for test in generic_tests(sample, name)], name
        assert model["unique_id"] in exposed["depends_on"]["nodes"], name
        for column in model["columns"].values():
            assert column["description"], f"{name}.{column['name']}"
            assert column["data_type"], f"{name}.{column['name']}"


def test_every_macro_that_models_call_is_described(sample: Built) -> None:
    macros = [
        macro
        for macro in sample.manifest()["macros"].values()
        if macro["package_name"] == "customer360"
    ]
    assert len(macros) > 30
    for macro in macros:
        if not macro["name"].startswith(("default__", "duckdb__")):
            assert macro["description"], macro["name"]


def test_models_are_short_and_end_alike(sample: Built) -> None:
    for name, model in models(sample).items():
        text = (PROJECT / model["original_file_path"]).read_text(encoding="utf-8")
        assert len(text.splitlines()) <= MAX_MODEL_LINES, name
        assert text.startswith("with\n"), name
        assert text.endswith("select * from final\n"), name
        assert "target.type" not in text, name


def test_dbt_bouncer_sees_the_models(sample: Built) -> None:
    """It passes quietly on a manifest without models; its table says how many it saw."""
    subprocess.run(
        [BIN / "dbt", "--quiet", "parse", "--no-partial-parse"],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "C360_DATABASE": str(sample.database)},
        check=True,
    )
    done = subprocess.run(
        [BIN / "dbt-bouncer", "run"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    seen = {
        cells[-2].strip(): int(cells[-1])
        for line in output.splitlines()
        if len(cells := line.strip(" │").split("│")) >= 2 and cells[-1].strip().isdigit()
    }
    assert seen["Nodes"] == len(models(sample))


@pytest.mark.parametrize("seed", ["keyword_genres", "ignored_keywords"])
def test_keywords_of_seeds_are_normalised(seed: str) -> None:
    path = PROJECT / "seeds" / f"{seed}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        keywords = [row["keyword"] for row in csv.DictReader(file)]
    assert keywords
    assert [keyword for keyword in keywords if normalise(keyword) != keyword] == []
    assert all(unicodedata.is_normalized("NFC", keyword) for keyword in keywords)


def test_the_lexicon_has_500_titles_and_more() -> None:
    path = PROJECT / "seeds" / "keyword_genres.csv"
    assert len(path.read_text(encoding="utf-8").splitlines()) > 500
