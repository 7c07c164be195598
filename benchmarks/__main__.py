"""`make bench`: from raw logs to marts, against what else could do it, on the same files.

Content: one month of JSON, against PySpark, Polars, a bare DuckDB script and reading alone. Search:
two months of Parquet, against a bare DuckDB script. Start-up: `dbt build` without logs and on a
small sample. Before a time counts, the contenders' marts must equal the project's. Results go to
`benchmarks/results/`; what is compared, and how fairly, is told in docs/benchmarks.md.
"""

from __future__ import annotations

import subprocess

from benchmarks import content, content_report, search, startup
from benchmarks.options import folder_of_results, parser_of, workplace
from benchmarks.results import RESULTS, write
from c360.sample.shares import HEADLINE_CONTRACTS, HEADLINE_SEARCH_ROWS

__all__ = ["RESULTS", "main"]

PARTS = ("content", "search", "startup")
SIZES = ("customers", "search_rows", "sample", "contenders")
MIN_JAVA = 17


def main() -> None:
    """Measure what the arguments say and write the results."""
    parser = parser_of("benchmarks", __doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    modules = [one.module for one in content.CONTENDERS]
    parser.add_argument("--contenders", nargs="+", choices=modules, default=modules)
    parser.add_argument("--headline", action="store_true", help="1,920,546 contracts, 7.9 GB")
    parser.add_argument("--dirty", action="store_true", help="content logs with dirt; see docs")
    parser.add_argument("--customers", type=int, default=200_000, help="contracts of the month")
    parser.add_argument("--search-rows", type=int, default=HEADLINE_SEARCH_ROWS, help="a day")
    parser.add_argument("--sample", type=int, default=2_000, help="customers of the small sample")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contender")
    options = parser.parse_args()
    out = folder_of_results(parser, options, SIZES)
    python = options.bench_python
    with workplace(options) as work:
        logs = options.work or work
        if "content" in options.parts:
            if any(module.startswith("pyspark") for module in options.contenders):
                require_java()
            customers = HEADLINE_CONTRACTS if options.headline else options.customers
            dirty = options.dirty
            contenders = content.chosen(options.contenders, dirty)
            found, raw_dir = content.run(
                work, logs, customers, options.runs, dirty, contenders, python
            )
            versions = content_report.versions_of(python)
            result = content_report.as_result(
                found, raw_dir, customers, options.runs, dirty, versions
            )
            name = "headline" if options.headline else "month"
            name += "_dirty" if dirty else ""
            write(out, name, result, content_report.as_text(result), python)
        if "search" in options.parts:
            result = search.run(work, logs, options.search_rows, options.runs, python)
            write(out, "search", result, search.as_text(result), python)
        if "startup" in options.parts:
            result = startup.run(work, options.sample, options.runs)
            write(out, "startup", result, startup.as_text(result), python)


def require_java() -> None:
    """Stop before anything is measured when PySpark could not start.

    Raises:
        SystemExit: says what to install.
    """
    try:
        said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True)
        version = java_version(said.stderr + said.stdout)
    except (OSError, subprocess.CalledProcessError):
        version = 0
    if version < MIN_JAVA:
        raise SystemExit(
            f"PySpark needs Java {MIN_JAVA} or newer as `java` (found: {version or 'none'}). On "
            f"Debian: apt-get install openjdk-{MIN_JAVA}-jre-headless. Or leave it out: "
            "--contenders bare_duckdb polars_streaming reading."
        )


def java_version(said: str) -> int:
    """The major version that `java -version` names; 0 when it names none."""
    for word in said.split():
        first, *rest = word.strip('"').split(".")
        if word.startswith('"') and first.split("-")[0].isdecimal():
            major = int(first.split("-")[0])
            return int(rest[0]) if major == 1 and rest else major
    return 0


if __name__ == "__main__":
    main()
