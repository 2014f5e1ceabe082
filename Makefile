# make run    the explorer, training on the yearly sunspot numbers
# make test   the whole test suite
# make check  format, lint, types and layer contracts
# make docs   the guide as a site, build/site/guide/index.html, every link checked
# make dist   wheel and sdist in dist/
# make bench  the measurements that README quotes
# make search the property tests on examples that no run has seen (ARGS=tests/FOLDER)
# make mutate small changes for the worse that no test notices (MINUTES for each of FOLDERS)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
MINUTES ?= 10
FIT := --target csv:examples/data/sunspots.csv --depth 5 --width 64 --init kaiming --lr 0.002 --schedule cosine --epochs 60000

.PHONY: run test search check docs dist bench mutate clean

$(VENV)/.base: pyproject.toml constraints.txt
	test -x $(BIN)/python -o -x $(BIN)/python.exe || $(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	touch $@

$(VENV)/.compiled: $(VENV)/.base
	$(BIN)/nnexpr-tui doctor --compile > /dev/null
	touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) -e '.[dev]'
	touch $@

run: $(VENV)/.compiled
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BIN)/nnexpr-tui --start $(FIT) $(ARGS); \
	else exec $(BIN)/nnexpr-tui fit $(FIT) $(ARGS); fi

test: $(VENV)/.dev $(VENV)/.compiled
	$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

search: $(VENV)/.dev $(VENV)/.compiled
	$(BIN)/python -m pytest -n 2 --hypothesis-profile=search --timeout 0 $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet -f docs/site/mkdocs.yml

dist: $(VENV)/.base
	$(PIP) build
	rm -rf dist
	PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(BIN)/python -m build --quiet

bench: $(VENV)/.dev $(VENV)/.compiled
	$(BIN)/nnexpr-tui bench
	$(BIN)/python benchmarks/ensembles.py
	$(BIN)/python benchmarks/optimisers.py
	$(BIN)/python benchmarks/regions.py
	$(BIN)/python benchmarks/plane.py
	$(BIN)/python benchmarks/least_squares.py
	$(BIN)/python benchmarks/spectrum.py
	$(BIN)/python benchmarks/reproduce.py
	$(BIN)/python benchmarks/charts.py
	$(BIN)/python benchmarks/terminal.py

mutate: $(VENV)/.dev $(VENV)/.compiled
	$(BIN)/python tests/mutation/mutate.py --minutes $(MINUTES) $(FOLDERS)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache
