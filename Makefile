# A thin door to CMake, CTest and the scripts in tools/. `make help` lists everything.
SHELL := /bin/sh
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
DESTDIR ?=
SECONDS_EACH ?= 60

.DEFAULT_GOAL := build
.PHONY: help up build check bench bench-scan bench-respond bench-decoy fuzz soak check-corpora check-peers lint install clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile
	@echo "  variables       JOBS=$(JOBS) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) SECONDS_EACH=$(SECONDS_EACH) CORPORA= REQUIRE="

# Not this folder: its tests bring vulnerable jars and broken archives.
up: build ## install what is missing, build, and run caltrop up on this host
	@build/caltrop up --exclude '$(CURDIR)' || { s=$$?; test $$s -eq 1 || test $$s -eq 3; }

build: ## install what is missing and build build/caltrop (the default)
	@tools/deps.sh build
	@cmake --preset release >/dev/null
	@cmake --build build -j $(JOBS)

check: ## build with the tests and sanitizers and run all of them; REQUIRE=all makes a skip a failure
	@tools/deps.sh build check
	@python3 tools/check.py --jobs $(JOBS)

bench: build ## speed and memory against rg, zcat and limits, then bench-scan; writes bench/results.md
	@tools/deps.sh bench
	@python3 bench/run.py --build build --write bench/results.md; s=$$?; $(MAKE) --no-print-directory bench-scan && exit $$s

bench-scan: build ## a scan of 35,153 files against log4jscanner, syft and limits; writes bench/results-scan.md
	@tools/deps.sh build check
	@python3 bench/scan/run.py --build build --write bench/results-scan.md

bench-respond: build ## the store at 10,000 assets and 2 million instances, against its limits; writes bench/results-respond.md
	@tools/deps.sh build
	@python3 bench/respond.py build --write bench/results-respond.md

bench-decoy: build ## the decoy against a bare acceptor, its limits and endlessh; writes bench/results-decoy.md
	@tools/deps.sh build check bench
	@python3 bench/decoy/bench_decoy.py build --write bench/results-decoy.md

fuzz: ## every fuzz target for SECONDS_EACH seconds
	@tools/deps.sh build check
	@tools/fuzz.sh $(SECONDS_EACH)

soak: ## millions of lines against the real Log4j, then ten minutes of each fuzz target
	@tools/deps.sh build check
	@tools/soak.sh

check-corpora: build ## real data from outside: make check-corpora CORPORA=DIR
	@tools/deps.sh build check
	@cmake --preset check >/dev/null
	@cmake --build build/check -j $(JOBS) --target version_tool advisory_tool vex_tool
	@python3 -B tools/check-corpora.py --caltrop build/caltrop --tools build/check/tests "$(CORPORA)"

check-peers: build ## beside syft, osv-scanner and log4jscanner, built from their Go modules (needs Go 1.26.8)
	@tools/deps.sh build check
	@python3 -B tools/check-peers.py --caltrop build/caltrop --peers build/peers --prepare build/differential

# One file a process: of several, clang-tidy 14 knows va_start in the first alone, and every vsnprintf after it is a note.
lint: ## clang-tidy over src (advice, not a gate)
	@tools/deps.sh build check lint
	@cmake --preset clang >/dev/null
	@git ls-files 'src/*.c' | xargs -P $(JOBS) -n 1 clang-tidy -p build/clang --quiet

install: build ## install below DESTDIR/PREFIX
	@DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(PREFIX)"

clean: ## remove build/
	rm -rf build
