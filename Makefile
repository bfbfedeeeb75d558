# make bench   sets up and ranks activations on a target:  make bench TARGET='abs(x)' BENCH='--domain -1 1'
# make test    sets up and runs the whole test suite
# make check   lint, types and tests, as CI runs them
# make docs    builds the documentation site in docs/_build/html; a warning or a broken link is an error
# make notebooks runs docs/notebooks/*.ipynb and writes their outputs into them
# make torture runs the hundred cases of bad input and faults, and prints which of them passed
# make fuzz    fuzzes the formula language with atheris for FUZZ_SECONDS=600
# make speed   measures the training engine against other ways; scikit-learn and jax where they are installed

PYTHON ?= python3
VENV ?= .venv
TARGET ?= sin
BENCH ?=
FUZZ_SECONDS ?= 600
FUZZ_CORPUS ?= .fuzz
BIN := $(VENV)/bin

.PHONY: bench test torture fuzz lint check docs notebooks speed clean

bench: $(VENV)/.run
	$(BIN)/activations bench '$(TARGET)' $(BENCH)

test: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal --durations=20

# Ends with an error below 100/100. The marks are on tests everywhere; see tests/torture.
torture: $(VENV)/.dev
	PYTHONPATH="$(CURDIR)/tests" OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m torture -p torture.score -n auto --dist worksteal

# What it finds on its way comes into FUZZ_CORPUS; a fault into a file crash-….
fuzz: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet atheris
	mkdir -p $(FUZZ_CORPUS)
	OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz/fuzz_formula.py $(FUZZ_CORPUS) tests/fuzz/corpus -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test

docs: $(VENV)/.dev
	rm -rf docs/_build
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -q -n -W --keep-going -j auto -d docs/_build/doctrees docs docs/_build/html
	@echo "open docs/_build/html/index.html"

notebooks: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python docs/notebooks/run.py

$(VENV)/.run: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@ $(VENV)/.run

speed: $(VENV)/.run
	$(BIN)/python benchmarks/speed.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis $(FUZZ_CORPUS)
	rm -rf docs/_build docs/activations docs/commands docs/reference docs/notebooks/*.md
