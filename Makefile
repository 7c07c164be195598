# Every command a person or CI needs; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
LINTED := c360 loaders exporters benchmarks tests/python
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help

.PHONY: help
help:  ## list the targets
	@awk 'BEGIN {FS = ":.*##"} /^[a-z-]+:.*##/ {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One environment: what `make run` needs first, what the checks need on top of it.
$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)

$(VENV)/.run: requirements/run.lock pyproject.toml $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@touch $@

# dbt-mysql needs dbt-core 1.7: an environment of its own.
.venv-mysql/.done: requirements/mysql.lock $(BIN)/uv
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-mysql
	$(BIN)/uv pip install --quiet --python .venv-mysql/bin/python --require-hashes -r requirements/mysql.lock
	@touch $@

# The benchmarks' contenders: Spark, Polars and a plotting library, which nothing else needs.
.venv-bench/.done: requirements/bench.lock $(BIN)/uv
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-bench
	$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --require-hashes -r requirements/bench.lock
	@touch $@

.PHONY: setup
setup: $(VENV)/.dev .venv-mysql/.done  ## all environments, from the lock files

.PHONY: run
run: $(VENV)/.run  ## set up, then load, build and export (a sample when there are no logs)
	$(BIN)/c360 run

.PHONY: test
test: lint types sql-lint rules unit  ## set up, then every check that CI runs

.PHONY: lint
lint: $(VENV)/.dev  ## ruff on Python
	$(BIN)/ruff check $(LINTED)
	$(BIN)/ruff format --check $(LINTED)

.PHONY: types
types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy $(LINTED)

# The checks of the project itself read no logs: their database stays in target/.
CHECK_ENV := C360_DATABASE=target/check.duckdb

.PHONY: sql-lint
sql-lint: $(VENV)/.dev target/check.duckdb  ## sqlfluff with dbt's templater on every model and test
	$(CHECK_ENV) $(BIN)/sqlfluff lint models tests/marts tests/staging

.PHONY: rules
rules: $(VENV)/.dev  ## architecture rules of dbt-bouncer
	$(CHECK_ENV) $(BIN)/dbt --quiet parse --no-partial-parse
	$(BIN)/dbt-bouncer run

target/check.duckdb: $(VENV)/.dev
	mkdir -p target
	$(CHECK_ENV) $(BIN)/dbt --quiet seed

.PHONY: unit
unit: $(VENV)/.dev .venv-mysql/.done  ## dbt unit tests and data tests on a sample, then pytest
	scripts/install-mysql.sh
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadgroup

# Each run has examples of its own; SEED=... repeats a run.
SEED ?= $(shell od -An -N3 -tu4 /dev/urandom | tr -d ' ')
PROPERTY_EXAMPLES ?= 20

.PHONY: properties
properties: $(VENV)/.dev  ## the property tests alone, with 20 times as many examples (PROPERTY_EXAMPLES=20)
	PROPERTY_EXAMPLES=$(PROPERTY_EXAMPLES) $(BIN)/pytest tests/python/properties --hypothesis-seed=$(SEED)

.PHONY: export-tests
export-tests: $(VENV)/.dev .venv-mysql/.done  ## the export tests alone (C360_TEST_MYSQL_URL names a server)
	$(BIN)/pytest tests/python/exporters

.PHONY: docs
docs: $(VENV)/.run  ## dbt docs as one static file, target/static_index.html
	$(BIN)/dbt docs generate --static

.PHONY: bench-java
bench-java:
	@command -v java > /dev/null || { echo "PySpark needs Java 17 or newer; on Debian: apt-get install openjdk-17-jre-headless" >&2; exit 2; }

.PHONY: bench
bench: bench-java $(VENV)/.dev .venv-bench/.done  ## against Spark, Polars and bare DuckDB, small (BENCH=...: options); writes benchmarks/results/
	$(BIN)/python -m benchmarks $(BENCH)

.PHONY: bench-headline
bench-headline: bench-java $(VENV)/.dev .venv-bench/.done  ## the same with 1,920,546 contracts, 7.9 GB of JSON
	$(BIN)/python -m benchmarks --headline $(BENCH)

.PHONY: bench-scaling
bench-scaling: $(VENV)/.dev .venv-bench/.done  ## time and memory by size and by months loaded (BENCH="--shares 0.1 1")
	$(BIN)/python -m benchmarks.scaling $(BENCH)

.PHONY: bench-load
bench-load: $(VENV)/.dev  ## what hashing, counting and bad lines cost a load; writes benchmarks/results/
	$(BIN)/python -m benchmarks.loading

.PHONY: bench-day
bench-day: $(VENV)/.dev  ## what one more day costs against its whole month; writes benchmarks/results/
	$(BIN)/python -m benchmarks.one_day

.PHONY: bench-mysql
bench-mysql: $(VENV)/.dev  ## the export to MySQL against a bare LOAD DATA (BENCH=...: options); writes benchmarks/results/
	scripts/install-mysql.sh
	$(BIN)/python -m benchmarks.mysql_export $(or $(BENCH),--headline)

.PHONY: faults
faults: $(VENV)/.dev  ## every fault with its full number of tries (about an hour); writes benchmarks/results/
	scripts/install-mysql.sh
	PYTHONPATH=tests/python $(BIN)/python -m faults

.PHONY: lock
lock: $(BIN)/uv  ## resolve the lock files anew
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --group run --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/dev.lock -o requirements/run.lock
	$(BIN)/uv pip compile --quiet --upgrade --group pyproject.toml:mysql --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements/mysql.lock
	$(BIN)/uv pip compile --quiet --upgrade --group pyproject.toml:bench --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements/bench.lock

.PHONY: clean
clean:  ## remove what was built; never data/
	rm -rf target logs .venv .venv-mysql .venv-bench .mypy_cache .pytest_cache .ruff_cache .hypothesis
