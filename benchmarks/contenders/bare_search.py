"""The floor of search: one DuckDB script, `bare_search.sql`, from raw Parquet to the search marts.

It keeps the accepted events with their ids, and normalises each distinct keyword once. It reads
times of one form only, takes only the project's lexicon for genres, and looks for no duplicates.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.contenders.definitions import SEEDS, arguments, memory_limit

DATABASE = "bare.duckdb"
SCRIPT = Path(__file__).with_suffix(".sql")


def main() -> None:
    """Run the script on the Parquet files of a raw directory."""
    raw_dir, out = arguments()
    files = [str(path) for path in sorted((raw_dir / "log_search").rglob("*.parquet"))]
    with duckdb.connect(str(out / DATABASE)) as connection:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set variable files = $files", {"files": files})
        connection.execute("set variable seeds = $seeds", {"seeds": str(SEEDS)})
        connection.execute(SCRIPT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
