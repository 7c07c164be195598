"""The local Spark that both PySpark contenders use: two cores, everything inside one process.

The scratch folder lies below the contender's own folder, so that nothing is left elsewhere. Heap:
`BENCH_SPARK_MEMORY`, more than other contenders may use, so that Spark's times are not those of a
full heap.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession  # type: ignore[import-not-found]

DEFAULT_MEMORY = "6g"


def spark_memory() -> str:
    """The heap, as Java writes it."""
    return os.environ.get("BENCH_SPARK_MEMORY") or DEFAULT_MEMORY


def start(name: str, out: Path, **settings: str) -> SparkSession:
    """A session on two cores; `settings` with `__` for each dot of their names."""
    from pyspark.sql import SparkSession

    scratch = out.absolute() / "spark-scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_LOCAL_DIRS"] = str(scratch)
    os.environ["TMPDIR"] = str(scratch)
    builder = (
        SparkSession.builder.appName(name)
        .master("local[2]")
        .config("spark.driver.memory", spark_memory())
        .config("spark.driver.extraJavaOptions", f"-Djava.io.tmpdir={scratch} -XX:-UsePerfData")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.local.dir", str(scratch))
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
    )
    for setting, value in settings.items():
        builder = builder.config(setting.replace("__", "."), value)
    return builder.getOrCreate()
