# Two commands matter: `make run` and `make test`. Both make .venv and install what they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check lint types format bench clean

.venv/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Homeward needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

.venv/.run: .venv/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/.test: .venv/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[models,notebooks]' --group dev
	touch $@ .venv/.run

run: .venv/.run ## start with the sample data at http://127.0.0.1:8000
	$(BIN)/homeward demo

test: .venv/.test ## everything: style, types, direction, tests
	$(MAKE) --no-print-directory lint types
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=40

check: test ## the same, under the name some expect

lint: .venv/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/.test
	$(BIN)/mypy

format: .venv/.test ## put style in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.run ## measure this machine; see README
	$(BIN)/homeward bench

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build dist
