# Every command of the project; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then command -v "$$name"; break; fi; done)
PY := .venv/bin/python

# Coverage of `make lint`: the product, its tests, and what is at the top.
CODE := algorithms app archives benchmarks config reader_studies tests viewer $(wildcard demo) manage.py

.PHONY: help venv demo demo-reset worker viewer-server dev lint format test-fast test check accept bench-conversion \
	requirements screenshots clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: .venv/.dev ## build ./.venv with all that the portal, its tests and checks need

.venv/.base: requirements/base.txt config/local/venv.py
	@$(if $(PYTHON),$(PYTHON),$(error Python 3.11 or newer is needed: apt-get install python3)) \
		config/local/venv.py base

.venv/.dev: .venv/.base requirements/dev.txt
	@$(PYTHON) config/local/venv.py dev

demo: .venv/.base ## run the whole portal here (HOST, PORT, TLS=1, DEMO_PASSWORD, HOUNSFIELD_HOME)
	@$(PY) -m config.local.demo

demo-reset: .venv/.base ## stop the demo and delete its data
	@$(PY) -m config.local.reset

worker: .venv/.base ## run jobs here for a portal elsewhere (BROKER_URL, SITE_URL, WORKER_TOKEN)
	@$(PY) -m config.local.worker

viewer-server: .venv/.base ## serve viewers' sockets (VIEWER_SERVER_NAME, or SITE_URL with VIEWER_SERVER_TOKEN)
	@$(PY) -m config.local.viewer_server

dev: .venv/.dev ## run the portal and restart what a changed file affects
	@DJANGO_SETTINGS_MODULE=config.settings.dev $(PY) -m config.local.demo --reload

lint: .venv/.dev ## check style, types, layers and templates
	@$(PY) -m config.local.lint

format: .venv/.dev ## let the formatters rewrite the code
	@$(PY) -m ruff format $(CODE)
	@$(PY) -m ruff check --fix $(CODE)

test-fast: .venv/.dev ## run the tests that need no Docker, browser or outside server
	@$(PY) -m config.local.checks --fast $(ARGS)

test: .venv/.dev ## run all tests (installs and starts what they need, when it may)
	@$(PY) -m config.local.checks $(ARGS)

check: lint test ## run all that CI runs

accept: .venv/.dev ## run an issue's long checks: make accept ISSUE=name
	@$(if $(ISSUE),$(PY) -m tests.accept $(ISSUE),$(error Name the checks: make accept ISSUE=name))

bench-conversion: .venv/.dev ## measure the converter beside its peers (ARGS="--slices 140 --large 0")
	@$(PY) -m benchmarks.conversion $(ARGS)

screenshots: .venv/.dev ## take the pictures of docs/screenshots with the browser test
	@HOUNSFIELD_SCREENSHOTS=docs/screenshots $(PY) -m config.local.checks --only browser $(ARGS)

requirements: .venv/.dev ## compile requirements/*.in to hashed *.txt
	@$(PY) -m config.local.requirements

clean: ## delete what was built here (not the demo's data)
	@rm -rf .venv node_modules build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
		.hypothesis .hounsfield-test test-results
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
