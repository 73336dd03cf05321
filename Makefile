# Needs: Python >= 3.11 with venv, a Rust toolchain, a C compiler.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILT := $(VENV)/.built
RUST_SOURCES := $(shell find rust -type f \( -name '*.rs' -o -name Cargo.toml \))

export VIRTUAL_ENV := $(abspath $(VENV))
export PATH := $(abspath $(BIN)):$(PATH)
export PIP_CONSTRAINT := $(abspath requirements.lock)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup run test lint format bench clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-8s %s\n", $$1, $$2}'

setup: $(BUILT) ## Make the virtual environment, install the dependencies, build the core (release)

$(BIN)/maturin: pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c requirements.lock maturin
	touch $@

$(BUILT): $(BIN)/maturin Cargo.toml Cargo.lock $(RUST_SOURCES)
	$(BIN)/maturin develop --release --locked --extras dev
	touch $@

run: setup ## Rate, split, bill, settle and post a month of 1,000,000 made-up records
	$(BIN)/partita demo --records 1000000

test: setup ## Run the Rust and the Python tests
	cargo test --locked --workspace --exclude partita-python
	$(BIN)/python -m pytest

lint: setup ## Check formats, lints and types
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict python/partita

format: ## Format the sources and fix what the linter can
	cargo fmt --all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Run the benchmarks; BENCH="flat --records 1000000" runs less
	$(BIN)/python -m benches $(BENCH)

clean: ## Remove everything that was built
	rm -rf $(VENV) target dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find python tests -name __pycache__ -type d -prune -exec rm -rf {} +
	find python -name '*.so' -delete
