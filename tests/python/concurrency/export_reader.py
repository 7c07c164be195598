"""Read exported files in a loop, as dashboards do, until stdin ends; print what was seen, as JSON.

`export_reader.py FOLDER TABLE...`; every row of a set has the same number in column `version`.
"""

import json
import select
import sys
from pathlib import Path

import duckdb


def versions(connection: duckdb.DuckDBPyConnection, file: Path) -> set[int]:
    """The versions that stand in one file."""
    rows = connection.execute("select version from read_parquet(?)", [str(file)]).fetchall()
    return {version for (version,) in rows}


if __name__ == "__main__":
    folder, tables = Path(sys.argv[1]), sys.argv[2:]
    connection = duckdb.connect()
    seen: list[int] = []
    wrong: list[str] = []
    print("reading", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            for table in tables:  # one file at a time, by its public name
                if len(found := versions(connection, folder / f"{table}.parquet")) != 1:
                    wrong.append(f"{table}: {found}")
            one_set = (folder / ".current").resolve()  # several files: through one set
            together = [versions(connection, one_set / f"{table}.parquet") for table in tables]
            if len(set().union(*together)) != 1:
                wrong.append(f"mixed: {together}")
            seen.append(max(together[0]))
        except (duckdb.Error, OSError) as error:
            wrong.append(str(error).splitlines()[0])
    print(json.dumps({"seen": seen, "wrong": wrong}))
