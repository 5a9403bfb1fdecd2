# Everything a person types. `make demo` and `make test` do all set-up themselves; a second run installs nothing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Compiled once at installation, so that no command has to.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types sql unit dev bench programmes faults mutants fuzz lock clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed; set PYTHON=… to one"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c 'from pipelines import warehouse; from pipelines.programme import load_programme; warehouse.manifest(load_programme("pfl"))'
	@touch $@

setup: $(STAMP) ## build .venv from pinned requirements

demo: $(STAMP) ## simulate a small programme and run the main job on it
	$(BIN)/kortlaegning demo

test: lint types sql unit ## everything that must hold

lint: $(STAMP) ## style, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

sql: $(STAMP) ## style of the models, rules of the dbt project
	$(BIN)/python -m tests.sql_checks

unit: $(STAMP) ## pytest
	$(BIN)/python -m pytest -n 2

dev: $(STAMP) ## Dagster's web page on this machine
	$(BIN)/kortlaegning dev

bench: $(STAMP) ## heavy measurements; prints tables
	$(BIN)/python -m tests.bench

programmes: $(STAMP) ## every programme of the founding documents from simulated extracts to a release; takes ten minutes
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/programmes/founding.py

faults: $(STAMP) ## whole runs stopped at one point after the other; takes an hour
	$(BIN)/python -m tests.reliability.whole_runs

mutants: $(STAMP) ## break every rule of models and inference, list what no cheap test notices
	$(BIN)/python -m tests.mutants

fuzz: $(STAMP) ## 10,000 damaged extracts; the seed is printed (again: make fuzz SEED=…)
	$(BIN)/python -m tests.fuzz 10000 $(SEED)

lock: ## pin requirements anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header \
	  --all-extras --output-file requirements.txt pyproject.toml

clean: ## remove what was built; data stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache dbt_project/target
