# Sluice. `make` alone lists what there is; `make run` and `make test` need a Swift toolchain and root, nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help
SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
PROGRAM := .build/release/sluice
# What is tested is also what is held to be without a warning; the release build bears the warnings of newer compilers.
STRICT := SLUICE_STRICT=1 $(SWIFT)
BENCHMARKS ?= ../shared/bench
SOURCES := Sources Tests Package.swift

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: dependencies
dependencies: ## install what building, running and testing need (Debian; asks apt only for what is missing)
	@Scripts/install-dependencies build run test

.PHONY: build
build: ## the optimised program, at .build/release/sluice
	@Scripts/install-dependencies build
	$(SWIFT) build -c release --product sluice --static-swift-stdlib

.PHONY: run
run: build ## two hosts, a switch between them, and what to type next; Ctrl-C puts everything back
	@Scripts/install-dependencies run
	@Examples/two-hosts

.PHONY: test
test: dependencies ## every test, on the embedded datapath here and on the kernel's in user-mode Linux
	$(STRICT) build --build-tests --explicit-target-dependency-import-check error
	$(STRICT) test --skip-build --disable-xctest

.PHONY: corruptions
corruptions: ## every prefix of every message among the tests, and every other value for each byte of it (hours)
	$(SWIFT) build -c release --package-path Fuzzing --product FuzzMessages
	@program="$$($(SWIFT) build -c release --package-path Fuzzing --show-bin-path)/FuzzMessages"; \
	"$$program" --exhaustive 1/2 & first=$$!; "$$program" --exhaustive 2/2 && wait $$first

.PHONY: lint
lint: ## formatting, warnings as errors, imports that are declared, shell scripts that parse
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)
	@for script in $$(git ls-files | xargs grep -lE '^#!/bin/(ba)?sh'); do bash -n "$$script" || exit 1; done
	@Scripts/install-dependencies build
	$(STRICT) build --build-tests --explicit-target-dependency-import-check error

.PHONY: format
format: ## rewrite the sources as .swift-format has it
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

.PHONY: documentation
documentation: ## the reference of the module OpenFlow, by DocC
	Scripts/build-documentation

.PHONY: bench
bench: build ## this switch against Open vSwitch, figure by figure (root; minutes)
	@if [ -d Benchmarks ]; then $(SWIFT) run -c release --package-path Benchmarks; fi
	@if [ -x $(BENCHMARKS)/compare.sh ]; then \
	    $(MAKE) -C $(BENCHMARKS) BIN=$(CURDIR)/.build/bench && \
	    BENCH_BIN=$(CURDIR)/.build/bench SLUICE=$(CURDIR)/$(PROGRAM) \
	        $(BENCHMARKS)/compare.sh --out .build/bench-results $(BENCH_OPTIONS) \
	            --a $(BENCHMARKS)/sut-ovs.sh --b $(BENCHMARKS)/sut-sluice.sh && \
	    Scripts/plot-benchmarks .build/bench-results/table.txt >.build/bench-results/table.svg && \
	    echo "As a picture: .build/bench-results/table.svg"; \
	else \
	    echo "The comparison with Open vSwitch is not here: it is looked for in $(BENCHMARKS) (BENCHMARKS=DIR says where)."; \
	fi

.PHONY: install
install: build ## the program, its manual pages and its systemd unit, below DESTDIR and PREFIX
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/sbin/sluice
	install -D -m 644 docs/man/sluice.8 $(DESTDIR)$(PREFIX)/share/man/man8/sluice.8
	install -D -m 644 docs/man/sluice-decode.1 $(DESTDIR)$(PREFIX)/share/man/man1/sluice-decode.1
	install -D -m 644 docs/man/sluice-error.1 $(DESTDIR)$(PREFIX)/share/man/man1/sluice-error.1
	install -D -m 644 docs/man/sluice.yaml.5 $(DESTDIR)$(PREFIX)/share/man/man5/sluice.yaml.5
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|g' packaging/sluice.service.in >$(DESTDIR)$(PREFIX)/lib/systemd/system/sluice.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/sluice.service

.PHONY: certificates
certificates: ## a test authority with RSA and ECDSA keys, in certs/authority
	@certs/make-test-certificates.sh

.PHONY: clean
clean: ## remove what was built
	rm -rf .build
