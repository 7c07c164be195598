"""Marts to the embedded set (Parquet and CSV) and to MySQL or MariaDB (SPEC section 8)."""
