# One entry point for people, hooks and CI. Everything that is made lies in var/, and is made once.
PORT ?= 8000
# Not ?=, because some shells export a HOST that is this machine's name. To change it: make serve HOST=0.0.0.0
HOST = 127.0.0.1
BIN = var/venv/bin
export PORT

.PHONY: help demo serve test check verify-engine bench-engine bench-dedupe bench-ingest simulate lock setup clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    set up, build the demonstration reviews, serve them at http://$(HOST):$(PORT)/"
	@echo "make serve   set up and serve, without the demonstration"
	@echo "make test    set up and run the test suite"
	@echo "make check   everything that CI runs"
	@echo "make verify-engine REF=DIR   compare the engine with reference numbers from R, case by case"
	@echo "make bench-engine            time the engine beside R on this machine; exits 1 where a goal is missed"
	@echo "make bench-dedupe DATA=DIR    find the duplicates of labelled sets beside bib-dedupe, and of 50,000 records"
	@echo "make bench-ingest DATA=DIR   time reading and storing beside other packages; exits 1 where a goal is missed"
	@echo "make simulate                coverage and bias by simulation, the numbers of docs/simulation.md"
	@echo "make lock    lock the requirements anew"
	@echo "make clean   remove the virtual environment and the collected files; the database stays"
	@echo "PORT=8001 or HOST=0.0.0.0 change where it listens."

demo: var/stamps/base
	$(BIN)/python manage.py up --demo --host $(HOST) --port $(PORT)

serve: var/stamps/base
	$(BIN)/python manage.py up --host $(HOST) --port $(PORT)

test: var/stamps/dev
	$(BIN)/python -m pytest

check:
	.ci/run

verify-engine: var/stamps/dev
	$(BIN)/python -m validation.reference "$(REF)"

# One thread, as R has: idle threads of a linear algebra library would count as CPU seconds.
bench-engine: var/stamps/dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.engine $(TASKS)

bench-dedupe: var/stamps/bench
	$(BIN)/python -m benchmarks.dedupe "$(DATA)"

# Needs PostgreSQL (DATABASE_URL); without DATA it takes ../shared/data/ingest, else records made up for it.
bench-ingest: var/stamps/bench
	$(BIN)/python -m benchmarks.ingest "$(DATA)"

simulate: var/stamps/dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m validation.simulation

setup: var/stamps/dev

var/stamps/%: requirements/%.txt scripts/setup.sh
	@sh scripts/setup.sh $*

lock: var/stamps/dev
	cd requirements && for name in base dev bench; do \
	  ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --custom-compile-command "make lock" $$name.in -o $$name.txt || exit 1; done

clean:
	rm -rf var/venv var/stamps var/static var/static.stamp
