# make bench   sets up and ranks activations on a target:  make bench TARGET='abs(x)' BENCH='--domain -1 1'
# make test    sets up and runs the whole test suite
# make check   lint, types and tests, as CI runs them
# make docs    builds the documentation site in docs/_build/html; a warning or a broken link is an error
# make speed   measures the training engine against other ways; scikit-learn and jax where they are installed

PYTHON ?= python3
VENV ?= .venv
TARGET ?= sin
BENCH ?=
BIN := $(VENV)/bin

.PHONY: bench test lint check docs speed clean

bench: $(VENV)/.run
	$(BIN)/activations bench '$(TARGET)' $(BENCH)

test: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal --durations=20

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test

docs: $(VENV)/.dev
	rm -rf docs/_build
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -q -n -W --keep-going -j auto -d docs/_build/doctrees docs docs/_build/html
	@echo "open docs/_build/html/index.html"

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
	rm -rf $(VENV) build dist docs/_build docs/activations docs/commands docs/reference .pytest_cache .mypy_cache .ruff_cache .hypothesis
