# Every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
HOME_DIR ?= data
PORT ?= 3000
JOBS ?= 2
MUTANTS ?= 20000
FUZZ_SECONDS ?= 60
# The lock names every library, so nothing is left to resolve (pip 23 cannot resolve extras in hash mode at all); Python
# compiles what is imported when it is imported, which halves the set-up.
PIP_FLAGS := -qq --disable-pip-version-check --no-deps --no-compile

.DEFAULT_GOAL := help
.PHONY: help setup run ui test test-faults fuzz check bench clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: $(STAMP) ## make the virtual environment and install the pinned libraries

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Bidwright needs Python 3.11 or newer as $(PYTHON); install it or call make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) lacks the venv module; install it (Debian: apt-get install python3-venv) and try again"; exit 1; }
	@echo "Setting up $(VENV) (about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install $(PIP_FLAGS) --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install $(PIP_FLAGS) --no-build-isolation -e .
	@$(BIN)/python -m pip check --disable-pip-version-check >/dev/null || { \
	  echo "The installed libraries do not fit each other: $(BIN)/python -m pip check says how; try make clean"; exit 1; }
	@touch $@

run: setup ## a simulated shop's 60 days of exports, one night, a summary and the paths of its files
	@test -d $(HOME_DIR)/inbox && ls $(HOME_DIR)/inbox | grep -q . || $(BIN)/bidwright simulate --home $(HOME_DIR) --days 60 --seed 7
	@$(BIN)/bidwright run --home $(HOME_DIR); status=$$?; \
	  if [ $$status -eq 3 ]; then \
	    echo "Done, with a platform held (status 3 of bidwright run): the simulated bad report is meant to be caught."; \
	  else exit $$status; fi

ui: setup ## the Dagster UI of the demo home on 127.0.0.1
	@$(BIN)/bidwright ui --home $(HOME_DIR) --port $(PORT)

test: setup ## everything that a reviewer needs to trust a change
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --cov --cov-report=term --cov-fail-under=90 -q

test-faults: setup ## read MUTANTS damaged and hostile files; each is read right, set aside or refused
	@$(BIN)/python -m tests.faults.run --mutants $(MUTANTS) --processes $(JOBS) --save .faults

fuzz: setup ## let a coverage-guided fuzzer look for files that break the reader, for FUZZ_SECONDS
	@$(BIN)/python -c 'import atheris' 2>/dev/null || { \
	  echo "The fuzzer needs Linux on x86_64 with Python 3.11 to 3.13; make test-faults runs everywhere."; exit 0; } && \
	  mkdir -p .faults/corpus && \
	  $(BIN)/python -m tests.fuzz.fuzz_reader .faults/corpus tests/samples -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=.faults/

check: setup ## ruff, mypy, import-linter, architecture test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy assets optimizers configs pipelines simulator benchmarks
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/architecture

bench: setup ## speed and decision quality, each against a peer in the same run
	@$(BIN)/python -m benchmarks.run

clean: ## remove the virtual environment and caches; the home stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .faults
