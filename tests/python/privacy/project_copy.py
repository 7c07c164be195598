"""A copy of the project with artefacts of its own, and what can be read after its commands."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from project.runs import PROJECT, Run, c360

# `python` holds tests; dbt needs the other ones.
LEFT_OUT = (".*", "target", "logs", "data", "benchmarks", "python", "__pycache__")


@dataclass(frozen=True)
class Copy:
    """Where a copied project runs: its code, and a folder with logs, database and exports."""

    project: Path
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def database(self) -> Path:
        return self.folder / "customer360.duckdb"

    @property
    def export_dir(self) -> Path:
        return self.folder / "export"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(self.project),
            "C360_RAW_DIR": str(self.raw),
            "C360_DATABASE": str(self.database),
            "C360_EXPORT_DIR": str(self.export_dir),
            **self.settings,
        }

    def c360(self, *arguments: str) -> Run:
        """Run the command; it may fail, but not with a traceback."""
        done = c360(*arguments, **self.environment)
        assert "Traceback" not in done.output, done.output
        return done

    def with_folder(self, folder: Path, **settings: str) -> Copy:
        """The same project on a copy of the logs, the database and the exports."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Copy(self.project, folder, self.settings | settings)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def relations(self) -> list[str]:
        """Every table and view of every schema."""
        rows = self.query(
            "select table_schema, table_name from information_schema.tables order by all"
        )
        return [f'"{schema}"."{name}"' for schema, name in rows]

    def everything(self) -> str:
        """All rows of all tables, views and exported files as text."""
        found = [str(self.query(f"from {relation}")) for relation in self.relations()]
        for path in sorted(self.export_dir.rglob("*")):
            if path.suffix == ".parquet":
                found.append(str(duckdb.execute("from read_parquet(?)", [str(path)]).fetchall()))
            elif path.is_file():
                found.append(path.read_text(encoding="utf-8"))
        return "\n".join(found)

    def bytes_on_disk(self) -> dict[str, bytes]:
        """Every file that commands have written: artefacts, logs, database, exports."""
        folders = (self.project / "target", self.project / "logs", self.folder)
        return {
            str(path): path.read_bytes()
            for folder in folders
            for path in sorted(folder.rglob("*"))
            if path.is_file() and self.raw not in path.parents
        }


def copy_project(folder: Path) -> Path:
    """The project without what is private to this checkout."""
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return folder
