# Everything a contributor or a host needs. `make run` and `make test` set themselves up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install run test lint contracts generated unit lock clean

install: $(STAMP)

$(STAMP): locks/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

run: install
	@exec $(BIN)/python -m bot

test: install lint contracts generated unit

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports

generated: install
	$(BIN)/python scripts/sync_axolotl.py --check
	$(BIN)/python scripts/write_docs.py --check

unit: install
	$(BIN)/pytest

lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra dev pyproject.toml -o locks/dev.txt
	uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra postgres pyproject.toml -o locks/run.txt

clean:
	rm -rf $(VENV) build dist *.egg-info
