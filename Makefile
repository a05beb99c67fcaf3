# Everything a newcomer needs: `make run` and `make test`. The rest is for those who work on Gatepost.
PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKS = requirements.txt requirements-build.txt requirements-test.txt
DATA ?= ../shared/data
CORPUS = $(addprefix tests/corpus/,$(addsuffix .jsonl,own advertising hard_cases languages readers technical_readers schemes promotion audience))
COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command "make lock"

.PHONY: run test lint format types bench evaluate experiments lock clean help

run: .venv/run ## start the service with a demonstration article
	$(BIN)/gatepost serve --demo

test: .venv/test .venv/clients lint types ## run everything that must hold
	$(BIN)/python -m tests.chromium
	$(BIN)/python -m pytest

lint: .venv/test ## look for mistakes and untidiness
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

types: .venv/test ## check the types
	$(BIN)/mypy

format: .venv/test ## tidy the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/test ## measure beside what the machine could do, for a quarter of an hour; QUICK=1 for a look
	$(BIN)/python -m bench $(if $(QUICK),--quick,--readme)

evaluate: .venv/run ## say how good the judging is: own comments, and each source in DATA by a model of the others
	$(BIN)/gatepost evaluate tests/corpus/held_out.jsonl
	$(if $(wildcard $(DATA)),$(BIN)/python -m bench.judging $(DATA) $(CORPUS))

experiments: .venv/test ## kill, fill and cut off what can be, in many rounds, and count what was lost
	ROUNDS=20 $(BIN)/python -m pytest -rP tests/experiments tests/test_postgres.py tests/test_copies.py

lock: ## choose the newest versions anew (needs uv)
	$(COMPILE) pyproject.toml --extra postgres -o requirements.txt
	$(COMPILE) --group build -o requirements-build.txt
	$(COMPILE) pyproject.toml --extra test -o requirements-test.txt

clean: ## remove what was made, but no data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build

help: ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Gatepost needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python requirements.txt requirements-build.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --require-hashes -r requirements-build.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test: .venv/run requirements-test.txt
	$(PIP) install --require-hashes -r requirements-test.txt
	@touch $@

# Published clients in other languages, where there is npm; their tests are skipped where there is none.
.venv/clients: .venv/bin/python tests/clients/package-lock.json
	@mkdir -p $@
	cp tests/clients/package.json tests/clients/package-lock.json $@
	if command -v npm > /dev/null; then npm ci --prefix $@ --silent --no-audit --no-fund || echo "The client in JavaScript cannot be installed; its test is skipped."; fi
	@touch $@
