# Two targets are all a newcomer needs: `make demo` and `make test`. Both build first what they need.
SHELL := /bin/sh
.DELETE_ON_ERROR:

export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export VIRTUAL_ENV := $(CURDIR)/.venv

BIN := .venv/bin
PY := $(BIN)/python
JOBS ?= 2
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find protocol/core -path '*/target' -prune -o \( -name '*.rs' -o -name Cargo.toml \) -print)
CODE := protocol keyshare hsm cosign tools benchmarks demo tests

.PHONY: help setup gen fmt lint types imports check test test-rust test-python demo bench load docs run timing fuzz soak clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# --- environment -------------------------------------------------------------

setup: .venv/native.stamp ## create .venv, install what is needed, build the native core

.venv/python.stamp: tools/prerequisites.sh
	@python=$$(tools/prerequisites.sh) || exit 1; \
	echo "==> creating .venv with $$python"; \
	$$python -m venv .venv
	@touch $@

.venv/packages.stamp: .venv/python.stamp pyproject.toml constraints.txt
	@echo "==> installing Python packages and building the native core (a few minutes the first time)"
	@$(BIN)/pip install --quiet maturin
	@$(BIN)/maturin develop --release --extras dev
	@touch $@

.venv/native.stamp: .venv/packages.stamp $(RUST_SOURCES)
	@echo "==> building the native core"
	@$(BIN)/maturin develop --release --skip-install
	@touch $@

# --- generated files ---------------------------------------------------------

gen: setup ## write generated files: API code, error catalogue, worked example
	@$(PY) -m tools.generate

fmt: setup ## format Python and Rust
	@$(BIN)/ruff check --quiet --select I --fix $(CODE)
	@$(BIN)/ruff format --quiet $(CODE)
	@cargo fmt

# --- gates -------------------------------------------------------------------

lint: setup ## ruff, cargo fmt, clippy
	@echo "==> ruff";      $(BIN)/ruff format --check --quiet $(CODE) && $(BIN)/ruff check --quiet $(CODE)
	@echo "==> cargo fmt"; cargo fmt --check
	@echo "==> clippy";    cargo clippy --quiet --all-targets -- -D warnings
	@echo "==> clippy, Python binding"; cargo clippy --quiet --features python -- -D warnings

types: setup ## mypy --strict
	@echo "==> mypy";      $(BIN)/mypy

imports: setup ## direction of imports
	@echo "==> imports";   $(BIN)/lint-imports --no-cache --no-logo

docs: setup ## check the documentation: links, named files and commands, labels, generated parts
	@echo "==> docs";      $(PY) -m tools.doc_links && $(PY) -m tools.spec_labels && $(PY) -m tools.generate --check docs

check: lint types imports docs ## every gate
	@echo "==> generated code"; $(PY) -m tools.generate --check code
	@echo "==> native stub";    $(PY) -m tools.stub_drift
	@echo "==> file sizes";     $(PY) -m tools.file_size
	@echo "==> personal data";  $(PY) -m tools.personal_data
	@echo "==> protos";         $(PY) -m tools.protos
	@echo "check: all gates passed"

# --- tests -------------------------------------------------------------------

test: test-rust test-python ## everything; about twenty-five minutes on two cores
	@echo "test: everything passed"

test-rust: setup
	@tools/prerequisites.sh openssl valgrind >/dev/null
	@echo "==> cargo test"; cargo test --release --features ct-gate --quiet

test-python: setup
	@tools/prerequisites.sh --install openssl valgrind postgresql softhsm2-util >/dev/null
	@echo "==> pytest";     $(BIN)/pytest -n $(JOBS) --dist worksteal -q

timing: setup ## statistical timing test of the native core (dudect style), several minutes
	@cargo run --release --quiet --example timing

FUZZ_SECONDS ?= 30
fuzz: ## run every fuzz target for FUZZ_SECONDS (needs cargo-fuzz and a nightly toolchain)
	@tools/fuzz.sh $(FUZZ_SECONDS)

SOAK_MINUTES ?= 5
soak: setup ## kill workers and supervisors under load for SOAK_MINUTES on SQLite, then on PostgreSQL
	@tools/prerequisites.sh postgresql >/dev/null
	@$(PY) -m tests.end_to_end.kill_run --minutes $(SOAK_MINUTES)
	@$(PY) -m tests.end_to_end.kill_run --minutes $(SOAK_MINUTES) --postgres

# --- programs ----------------------------------------------------------------

demo: setup ## a user logs in, signs and decrypts with a server, and loses a phone; OpenSSL verifies
	@tools/prerequisites.sh openssl >/dev/null
	@$(PY) -m demo

run: setup ## start a server on loopback with default settings
	@$(BIN)/cosignd serve

bench: setup ## measure; writes build/bench/results.json
	@tools/prerequisites.sh openssl >/dev/null
	@$(PY) -m benchmarks $(addprefix --only ,$(PART))

load: setup ## short load test: 64 virtual phones for 20 seconds
	@$(PY) -m benchmarks.load --phones 64 --seconds 20

clean: ## remove what was built
	rm -rf build target .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
