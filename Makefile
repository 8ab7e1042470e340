# Every command of the book. The first one makes the environment (.venv).
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
NBVAL := --nbval-current-env --nbval-cell-timeout=900 \
	--nbval-sanitize-with=tests/nbval.cfg

# a program keeps the memory that it has once taken: where Linux fetches it
# anew for large arrays, a training step takes up to a seventh longer
export MALLOC_MMAP_MAX_ := 0
export MALLOC_TRIM_THRESHOLD_ := 17179869184

.DEFAULT_GOAL := help
.PHONY: help book browser test test-gpu bench bench-pages results chapters \
	check times text lab serve lint clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

book: $(READY) ## build the pages into _build/html
	$(BIN)/jupyter-book build . -W --keep-going -q
	@echo "The book is built: open _build/html/index.html, or: make serve"

browser: $(READY) ## find the Chromium that tests the pages, or install one
	@$(BIN)/python chapters/browser.py

test: book browser ## run every test, and every chapter against its outputs
	$(BIN)/python -m pytest -q --nbval $(NBVAL)

test-gpu: $(READY) ## run every chapter on the GPU
	@$(BIN)/python -c 'import torch; exit(not torch.cuda.is_available())' || \
		{ echo "test-gpu needs a CUDA device; torch finds none here."; exit 1; }
	$(BIN)/python -m pytest -q --nbval-lax $(NBVAL) \
		tests/test_cuda.py chapters

bench: $(READY) ## time the nets and their parts, into chapters/results
	$(BIN)/python tests/bench.py

bench-pages: book browser ## weigh and time the pages; Lighthouse (npx)
	$(BIN)/python tests/bench_pages.py

results: $(READY) ## measure what chapters/results lacks, or older code made
	$(BIN)/python -m fcn_lib results

chapters: browser ## bring the notebooks up to date with chapters/src
	$(BIN)/python chapters/pipeline.py execute

check: $(READY) ## say where a chapter's text, notebook, module, test disagree
	@$(BIN)/python chapters/pipeline.py check

times: browser ## run all chapters from an empty cache, and time them
	$(BIN)/python chapters/pipeline.py times

text: $(READY) ## bring edits of the notebooks back into chapters/src
	$(BIN)/python chapters/pipeline.py text

lab: $(READY) ## open copies of the chapters (in scratch/) in JupyterLab
	$(BIN)/python chapters/pipeline.py lab

serve: book ## show the book at http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

lint: $(READY) ## check the style of the code, and the spelling
	$(BIN)/ruff check -q .
	$(BIN)/codespell

clean: ## remove what was built (not .venv, not scratch)
	rm -rf _build .ruff_cache

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, this is" \
		"$$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12"; \
		exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -r requirements.txt
	$(BIN)/python -m pip install -q --no-deps -e .
	touch $@
