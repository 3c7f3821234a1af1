# `make report` and `make test` need only make and Python >= 3.11; the rest is set up in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REPORT ?= build/report
DOCS ?= build/docs/html
PYTEST_ARGS ?=
SPHINXOPTS ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help report docs test test-slow lint types format doctest clean

help:
	@echo "make report     solve, compare with the theorems, write $(REPORT)/index.html"
	@echo "make docs       write the documentation to $(DOCS)/index.html"
	@echo "make test       run the tests"
	@echo "make test-slow  run the slow tests"
	@echo "make lint       check style (ruff)"
	@echo "make types      check types (mypy)"
	@echo "make format     format the sources (ruff)"
	@echo "make doctest    run the examples in the docstrings and on the pages"
	@echo "make clean      remove what the commands above wrote, except $(VENV)"

# The virtual environment, made once. Another interpreter: make PYTHON=python3.12 report
$(VENV)/.stamp-venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "fokker needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)"; \
	  echo "Name a newer one, for example: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { \
	  echo "Could not create $(VENV). On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"  # --group needs pip 25.1
	@touch $@

$(VENV)/.stamp-report: $(VENV)/.stamp-venv pyproject.toml
	$(BIN)/python -m pip install --quiet -e ".[validate]"
	@touch $@

$(VENV)/.stamp-test: $(VENV)/.stamp-venv pyproject.toml
	$(BIN)/python -m pip install --quiet -e ".[validate]" --group test
	@touch $@

$(VENV)/.stamp-docs: $(VENV)/.stamp-venv pyproject.toml
	$(BIN)/python -m pip install --quiet -e ".[validate,sweep]" --group docs
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-venv pyproject.toml
	$(BIN)/python -m pip install --quiet -e ".[validate]" --group dev
	@touch $@

report: $(VENV)/.stamp-report
	$(BIN)/fokker validate --report $(REPORT)

# Every example of the gallery runs, and every theorem where there is no report yet. Without the gallery's figures:
# make docs SPHINXOPTS="-D sphinx_gallery_conf.plot_gallery=0"
docs: $(VENV)/.stamp-docs
	test -f $(REPORT)/report.json || $(BIN)/fokker validate --report $(REPORT) --workers 2
	MPLBACKEND=Agg $(BIN)/python -m sphinx --fail-on-warning --keep-going --nitpicky \
	  -D validation_report=$(abspath $(REPORT))/report.json $(SPHINXOPTS) docs $(DOCS)
	$(BIN)/python docs/check_links.py $(DOCS)
	if command -v node >/dev/null; then node docs/check_formulas.js $(DOCS); fi
	@echo "documentation: $(DOCS)/index.html"

test: $(VENV)/.stamp-test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-slow: $(VENV)/.stamp-test
	$(BIN)/python -m pytest -m slow $(PYTEST_ARGS)

lint: $(VENV)/.stamp-dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: $(VENV)/.stamp-dev
	$(BIN)/mypy

format: $(VENV)/.stamp-dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

doctest: $(VENV)/.stamp-test
	$(BIN)/python -m pytest --doctest-modules fokker
	MPLBACKEND=Agg $(BIN)/python -m pytest docs README.md

clean:
	rm -rf docs/_drawn docs/examples docs/validation docs/reference/generated docs/reference/backreferences
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find fokker tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
