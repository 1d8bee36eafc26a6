# The door to everything. `make demo` and `make test` need only python3 (3.11 to 3.13), make and git.

VENV := .venv
BIN := $(VENV)/bin
# The newest of the supported Pythons that runs here.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $$p && break; done)
# In the order of their names: by their number of tests the files that take longest come last.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help

help: ## What there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/ready ## Make 14 days of 100 homes on the local cloud; print what came of them
	@$(BIN)/wattif demo

dev: $(VENV)/ready ## Keep the local cloud up and serve the Dagster UI on http://127.0.0.1:3000
	@$(BIN)/wattif dev

screenshots: demo ## Make the pictures of docs/pictures: pages of the Dagster UI, and the demo's plots
	@$(BIN)/python -m wattif_dagster_tests.support.screenshots docs/pictures

test: $(VENV)/ready googlesql ## The whole suite, its SQL judged by Google's analyzer
	$(PYTEST)

test-fast: $(VENV)/ready ## The tests that take seconds
	$(PYTEST) -m 'not slow and not gcp'

check: $(VENV)/ready ## ruff, pyright, codespell, dg check defs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/codespell
	$(BIN)/dg check defs

googlesql: $(VENV)/ready ## Install Google's SQL analyzer for the tests, where it can be had
	@$(BIN)/python -m wattif_dagster_tests.googlesql.install

docs: $(VENV)/ready ## Build the documents into .wattif/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir .wattif/site

bench: $(VENV)/ready ## Measure against the predecessor's way and other tools, side by side
	$(BIN)/python -m benchmarks

torture: $(VENV)/ready ## Kill processes that make days, for minutes, and see that every day stays whole
	$(BIN)/python -m wattif_dagster_tests.torture

fuzz: $(VENV)/ready ## Give the parsers far more garbage than the tests do
	$(PYTEST) --hypothesis-profile=fuzz wattif_dagster_tests/ingest/test_manifest.py \
	  wattif_dagster_tests/ingest/test_shard_lists.py \
	  wattif_dagster_tests/ingest/test_labels.py wattif_dagster_tests/metering/test_state.py \
	  wattif_dagster_tests/resources/dataplex/test_rules.py wattif_dagster_tests/planning/test_prices.py \
	  wattif_dagster_tests/local_cloud/bigquery/test_garbage.py wattif_dagster_tests/importing

audit: ## Look for known vulnerabilities of the pinned packages, where the package index tells them
	@$(PYTHON) -m venv .wattif/audit
	@.wattif/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	@.wattif/audit/bin/python .ci/audit.py .wattif/audit/bin/pip-audit constraints.txt

clean: ## Remove the environment, the analyzer and the local cloud's data
	-@[ -x $(BIN)/wattif ] && $(BIN)/wattif down
	rm -rf $(VENV) .wattif .googlesql

$(VENV)/ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "no Python 3.11, 3.12 or 3.13 with venv was found; install one, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local,dev]'
	@touch $@

.PHONY: help demo dev screenshots test test-fast check googlesql docs bench torture fuzz audit clean
