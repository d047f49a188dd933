PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help venv demo picture estimators test lint format types real clean operators fuzz mutants frameworks distributed

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(READY) ## create .venv with everything that is needed

$(READY): pyproject.toml constraints.txt
	@echo "Installing PyTorch and the tools into $(VENV); this happens once and takes a while."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,browser]'
	@touch $@

demo: $(READY) ## inspect a faulty GAN that is shipped; the result goes to build/demo
	$(BIN)/python scripts/demo.py

picture: $(READY) ## draw the picture in README anew; needs chromium
	$(BIN)/python scripts/screenshot.py

estimators: $(READY) ## train the GANs of docs/estimators.md, draw its picture
	$(BIN)/python scripts/estimators.py

test: lint types ## run every check: lint, types, tests
	$(BIN)/pytest -n 2

frameworks: $(READY) ## install Lightning, accelerate and others, run the programs that use them
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[frameworks]'
	$(BIN)/pytest -m frameworks

lint: $(READY) ## check style, change nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(READY) ## rewrite the source in the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(READY) ## check types
	$(BIN)/mypy

real: $(READY) ## run public GANs from the checkouts in FOLDER, write docs/real-world.md
	$(BIN)/pip install --quiet --disable-pip-version-check -r benchmarks/real/requirements.txt
	$(BIN)/python -m benchmarks.real $(FOLDER) --update docs/real-world.md

operators: $(READY) ## compare verdicts on torch's operators with autograd, write docs/accuracy.md
	$(BIN)/python -m benchmarks.operators --update docs/accuracy.md

distributed: $(READY) ## inspect programs of several processes that fail, die, hang
	$(BIN)/pytest tests/distributed

fuzz: $(READY) ## inspect random and broken programs, look for the tool's own faults
	$(BIN)/python -m benchmarks.fuzz

mutants: $(READY) ## plant faults in right GANs, count what is found, write docs/accuracy.md
	$(BIN)/python -m benchmarks.mutants --update docs/accuracy.md

clean: ## remove everything that was made
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
