"""`make bench`: one month of content logs from raw JSON to marts, against a bare DuckDB script.

Both read the same files, by turns, in processes of their own. First both compute a small clean
month and must agree. Writes `benchmarks/results/<name>.json` and `.md`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from benchmarks.measure import BIN, PROJECT, Measured, describe_machine, measure
from c360.sample import SampleOptions, headline_options, write_sample

RESULTS = PROJECT / "benchmarks" / "results"
CONTENT_MARTS = ["+content_profiles", "+content_daily", "+taste_summary"]
CHECKED = "contract, total_seconds, activeness, devices, iqr_type, tv_seconds, movie_seconds"


def main() -> None:
    """Measure what the arguments say and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000, help="contracts of the month")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contender")
    parser.add_argument("--headline", action="store_true", help="1,920,546 contracts, 7 GB")
    parser.add_argument(
        "--work", type=Path, help="folder for the logs; kept (default: a temporary one)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as temporary:
        work = arguments.work or Path(temporary)
        check_equal(Path(temporary))
        raw_dir = make_logs(work, arguments.customers, arguments.headline)
        rounds = [one_round(raw_dir, work) for _ in range(arguments.runs)]
        write_results("headline" if arguments.headline else "month", rounds, raw_dir)


def make_logs(work: Path, customers: int, headline: bool) -> Path:
    """A month of dirty content logs as plain JSON, made once in a folder that is kept."""
    raw_dir = work / ("headline" if headline else f"raw-{customers}")
    if not raw_dir.exists():
        month = (date(2022, 7, 1),)
        options = SampleOptions(
            out=raw_dir,
            customers=customers,
            months=month,
            search_users=1000,
            search_rows=100,
            plain=True,
        )
        write_sample(headline_options(raw_dir) if headline else options)
    return content_only(raw_dir, work)


def content_only(raw_dir: Path, work: Path) -> Path:
    """The same directory without its other sources, which the bare script does not read."""
    folder = work / f"{raw_dir.name}-content"
    folder.mkdir(exist_ok=True)
    link = folder / "log_content"
    link.unlink(missing_ok=True)
    link.symlink_to((raw_dir / "log_content").absolute())
    return folder


def check_equal(work: Path) -> None:
    """Both contenders give the same profiles for clean logs; else their times mean nothing."""
    raw_dir = work / "clean"
    month = (date(2022, 7, 1),)
    write_sample(SampleOptions(out=raw_dir, customers=5000, months=month, dirt=False, plain=True))
    one_round(content_only(raw_dir, work), work)
    with duckdb.connect() as connection:
        for name in ("bare", "project"):
            connection.execute(f"attach '{work / name}.duckdb' as {name} (read_only)")
        different = connection.execute(
            f"""
            (select {CHECKED} from bare.content_profiles
             except all select {CHECKED} from project.marts.content_profiles)
            union all
            (select {CHECKED} from project.marts.content_profiles
             except all select {CHECKED} from bare.content_profiles)
            """
        ).fetchall()
    if different:
        raise SystemExit(f"the contenders disagree on {len(different)} rows: {different[:3]}")


def one_round(raw_dir: Path, work: Path) -> dict[str, Measured]:
    """The bare script, then the project's steps, each on a database that is not there yet."""
    bare, project = work / "bare.duckdb", work / "project.duckdb"
    for database in (bare, project):
        for file in database.parent.glob(f"{database.name}*"):
            file.unlink()
    python = str(BIN / "python")
    environment = {"C360_DATABASE": str(project)}
    target = work / "target"
    build = [str(BIN / "dbt"), "--quiet", "build", "--exclude-resource-type", "unit_test", "test"]
    build += ["--target-path", str(target), "--select", *CONTENT_MARTS]
    measured = {
        "bare DuckDB": measure([python, "-m", "benchmarks.bare_duckdb", str(raw_dir), str(bare)]),
        "load": measure([str(BIN / "c360"), "load", "--raw", str(raw_dir)], environment),
        "build": measure(build, environment),
    }
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    measured["models alone"] = Measured(wall_seconds=model_seconds(results))
    return measured


def model_seconds(results: dict[str, Any]) -> float:
    """Seconds from the first model's start to the last one's end: dbt without its own start."""
    times = [
        datetime.fromisoformat(timing[edge])
        for result in results["results"]
        for timing in result["timing"]
        if timing["name"] == "execute"
        for edge in ("started_at", "completed_at")
    ]
    return (max(times) - min(times)).total_seconds()


def write_results(name: str, rounds: list[dict[str, Measured]], raw_dir: Path) -> None:
    """Medians and ratios as JSON and as a Markdown table."""
    files = sorted((raw_dir / "log_content").glob("*.json"))
    size = sum(file.stat().st_size for file in files)
    middle = {
        step: Measured(
            wall_seconds=median(one[step].wall_seconds for one in rounds),
            cpu_seconds=median(one[step].cpu_seconds for one in rounds),
            peak_mib=max(one[step].peak_mib for one in rounds),
        )
        for step in rounds[0]
    }
    floor = middle["bare DuckDB"]
    whole = Measured(
        wall_seconds=middle["load"].wall_seconds + middle["build"].wall_seconds,
        cpu_seconds=middle["load"].cpu_seconds + middle["build"].cpu_seconds,
        peak_mib=max(middle["load"].peak_mib, middle["build"].peak_mib),
    )
    middle["load + build, whole processes"] = whole
    middle["load + models, without dbt's start"] = Measured(
        wall_seconds=middle["load"].wall_seconds + middle["models alone"].wall_seconds
    )
    result = {
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": describe_machine(),
        "logs": {"files": len(files), "bytes": size},
        "runs": len(rounds),
        "steps": {step: vars(one) for step, one in middle.items()},
        "ratios": {
            step: round(one.wall_seconds / floor.wall_seconds, 2) for step, one in middle.items()
        },
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    lines = [
        f"Measured {result['measured_at']} on {result['machine']}; medians of {len(rounds)} runs, "
        f"{len(files)} files, {size / 1e6:,.0f} MB.",
        "",
        "| step | seconds | CPU seconds | ratio | peak MiB |",
        "|---|---|---|---|---|",
    ]
    lines += [table_row(step, one, floor) for step, one in middle.items()]
    text = "\n".join(lines) + "\n"
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def table_row(step: str, one: Measured, floor: Measured) -> str:
    """One line of the Markdown table; what was not measured stays blank."""
    cpu = f"{one.cpu_seconds:.1f}" if one.cpu_seconds else ""
    peak = f"{one.peak_mib:,.0f}" if one.peak_mib else ""
    ratio = one.wall_seconds / floor.wall_seconds
    return f"| {step} | {one.wall_seconds:.1f} | {cpu} | {ratio:.2f} | {peak} |"


if __name__ == "__main__":
    main()
