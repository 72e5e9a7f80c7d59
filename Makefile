# Everything a contributor or a host needs. `make run` and `make test` set themselves up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: aims entrykeys install run test lint contracts generated unit bench accuracy families recall rows diagnosis health hub proposals agreement modelfiles fuzz abuse kills markup load channels screenshots docs facts commands golden notes prose audit lock clean newconfig

install: $(STAMP)

$(STAMP): locks/dev.txt locks/build.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt -r locks/build.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q bot cogs knowledge
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
	$(BIN)/pytest -n auto --dist worksteal

# Slow work has its own target; each prints what it measured. What needs reference data says so where it is absent.

bench: install
	$(BIN)/python benchmarks/check_speed.py
	$(BIN)/python benchmarks/bounds.py
	$(BIN)/python benchmarks/faq_search.py

accuracy: install
	$(BIN)/python benchmarks/plan_accuracy.py
	$(BIN)/python benchmarks/memory_accuracy.py
	$(BIN)/python benchmarks/sharded_accuracy.py
	$(BIN)/python benchmarks/duration_accuracy.py

families: install
	$(BIN)/python benchmarks/families_accuracy.py

recall: install
	$(BIN)/python benchmarks/cases_recall.py

# make rows LOADER=PYTHON also asks that Python, which has Axolotl, to render random conversations
rows: install
	$(BIN)/python benchmarks/rows_agreement.py
	$(BIN)/python benchmarks/template_shapes.py $(LOADER)

health: install
	$(BIN)/python benchmarks/health_accuracy.py
	$(BIN)/python benchmarks/health_robustness.py
	$(BIN)/python benchmarks/health_fresh.py $(AXOLOTL)

hub: install
	$(BIN)/python benchmarks/hub_delay.py

questions: install
	$(BIN)/python benchmarks/questions.py

diagnosis: install
	$(BIN)/python benchmarks/diagnosis_accuracy.py

# VALIDATOR="PYTHON SCRIPT" also asks Axolotl itself about a sample of the corrected copies
proposals: install
	$(BIN)/python -m benchmarks.proposals $(if $(VALIDATOR),--validator $(VALIDATOR))

# Configs written over models, cards, aims and rows; VALIDATOR="PYTHON SCRIPT" and LOADER=PYTHON also ask Axolotl itself
newconfig: install
	$(BIN)/python -m benchmarks.new_configs $(if $(VALIDATOR),--validator $(VALIDATOR)) $(if $(LOADER),--loader $(LOADER))

# make agreement VALIDATOR="PYTHON SCRIPT" CONFIGS="FOLDER ..."
MUTATIONS ?= 5000
SEED ?= 3
agreement: install
	$(BIN)/python scripts/compare_with_axolotl.py --validator $(VALIDATOR) --configs $(CONFIGS) --mutations $(MUTATIONS) --seed $(SEED) --mend 300

fuzz: install
	$(BIN)/pip install --quiet --disable-pip-version-check 'atheris>=2.3'
	$(BIN)/python benchmarks/fuzz.py

# One member with the worst inputs, and everybody else
abuse: install
	$(BIN)/python -m benchmarks.abuse

# A process killed 200 times in the middle of its changes
kills: install
	KILLS=200 $(BIN)/pytest tests/bot/store/test_faults.py -q -n auto -k killed_process

# What a diagnosis proposes, against many more configs
aims: install
	SEEDS=100 $(BIN)/pytest tests/knowledge/test_aims.py -q

# Hostile values everywhere, and every surface searched for live markup and secrets
markup: install
	$(BIN)/python -m benchmarks.markup

# 10,000 messages of a simulated help channel, and 50 authors at once
channels: install
	$(BIN)/python benchmarks/channels.py

load: install
	$(BIN)/python benchmarks/load.py

screenshots: install
	$(BIN)/python -m scripts.screenshots

docs: install
	$(BIN)/python scripts/write_docs.py

# The facts of model families: PYTHON -m scripts.families.sampling FOLDER, then python scripts/sync_families.py FOLDER
# make facts AXOLOTL=PYTHON, an interpreter that has Axolotl; without it only what the reference data tell is renewed
facts: install
	$(BIN)/python scripts/sync_axolotl.py $(if $(AXOLOTL),--python $(AXOLOTL))

# Whether the Modelfiles of `helpbot next` print what the tokenizer prints
modelfiles: install
	$(BIN)/python -m benchmarks.modelfiles

# make commands AXOLOTL=PYTHON: whether Axolotl's command line takes what `helpbot next` prints
commands: install
	$(BIN)/python scripts/check_commands.py $(AXOLOTL)

golden: install
	$(BIN)/python scripts/write_golden.py

# How complete the notes behind /explain are
notes: install
	$(BIN)/python benchmarks/notes_complete.py

# make entrykeys AXOLOTL=PYTHON: whether the notes say which keys of a dataset's entry are read where
entrykeys: install
	$(BIN)/python benchmarks/entry_keys.py $(AXOLOTL)

# How easily the texts read; make prose BASE=REV also shows each changed sentence
prose: install
	$(BIN)/python benchmarks/prose.py $(if $(BASE),--base $(BASE))

audit: install
	$(BIN)/pip-audit --requirement locks/dev.txt --require-hashes --disable-pip

lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra dev pyproject.toml -o locks/dev.txt
	uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra postgres pyproject.toml -o locks/run.txt
	echo "setuptools>=80" | uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 - -o locks/build.txt

clean:
	rm -rf $(VENV) build dist *.egg-info
