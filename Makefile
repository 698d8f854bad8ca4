# Everything a checkout needs. Only python3 (3.11 or newer, with its venv module) has to be there.
#
#   make serve ARGS="--port 7400"       make test ARGS="-k storage"

VENV = .venv
ARGS =
run = exec $(VENV)/bin/python

.POSIX:
.NOTPARALLEL:
.PHONY: help install serve test lint bench lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

install: $(VENV)/.runtime-installed ## set up .venv with the locked packages

serve: install ## start a server; ARGS="..." are options of `kizuna serve`
	@$(run) -m kizuna serve $(ARGS)

test: $(VENV)/.dev-installed ## run the test-suite; ARGS="..." are options of pytest
	@$(run) -m pytest $(ARGS)

lint: $(VENV)/.dev-installed ## ruff, mypy and import-linter
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

bench: $(VENV)/.dev-installed ## run the benchmarks; ARGS="..." are their options
	@$(run) -m benchmarks $(ARGS)

lock: ## renew the locked versions from pyproject.toml (needs uv)
	@sh scripts/lock.sh

# A stamp is newer than its lock file when the environment holds what the lock says.
# It is older than the interpreter after an upgrade of Python, and then checked again.
$(VENV)/.runtime-installed: requirements.txt $(VENV)/bin/python
	@sh scripts/install.sh $(VENV) requirements.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt $(VENV)/bin/python
	@sh scripts/install.sh $(VENV) requirements-dev.txt
	@touch $@ $(VENV)/.runtime-installed

$(VENV)/bin/python:
	@sh scripts/venv.sh $(VENV)
