"""How long the project takes, against a bare DuckDB script on the same files, in one run."""
