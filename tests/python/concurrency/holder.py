"""Open a database and keep it open: holder.py DATABASE write|read SECONDS, or until stdin ends."""

import select
import sys

import duckdb

if __name__ == "__main__":
    path, mode, seconds = sys.argv[1:]
    connection = duckdb.connect(path, read_only=mode == "read")
    connection.execute("select 1").fetchall()
    print("held", flush=True)
    select.select([sys.stdin], [], [], float(seconds))
    connection.close()
