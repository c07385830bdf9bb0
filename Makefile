# The commands people and CI use. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# A toolchain in its usual places is found even where no profile put it on the PATH.
export PATH := $(PATH):/opt/swift/usr/bin:/usr/share/swift/usr/bin

.PHONY: help deps build dist quickstart test test-tsan test-asan testssl soak bench format lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

deps: ## install what is missing: Debian packages and the Python environment of the tests
	@scripts/deps.sh

build: deps ## release build of daemon, ctl and plugins into dist/
	@scripts/build.sh

dist: build ## the same as a tarball
	@tar -C dist --transform 's,^\.,kcm,' -czf .build/kcm-$$(uname -m).tar.gz . && echo ".build/kcm-$$(uname -m).tar.gz"

quickstart: build ## development PKI, Core and Edge on loopback, and a first KMIP conversation
	@scripts/quickstart.sh

test: deps ## every test: Swift, then end to end against real daemons
	@scripts/test.sh

test-tsan: deps ## the same with the thread sanitizer, built into .build-tsan
	@scripts/sanitize.sh thread

test-asan: deps ## the same with the address sanitizer, built into .build-asan
	@scripts/sanitize.sh address

soak: build ## ten minutes of mixed load: memory and descriptors have to stay flat
	@scripts/soak.sh

testssl: build ## Debian's testssl.sh against a fresh Core and Edge
	@command -v testssl >/dev/null || scripts/deps.sh testssl.sh
	@scripts/testssl.sh

bench: build ## measure daemon and ceiling, and write the tables of docs/performance.md
	@scripts/bench.sh

format: ## format the Swift sources in place
	@swift format --recursive --in-place Sources Tests Package.swift

lint: ## check the format without changing anything
	@swift format lint --strict --recursive Sources Tests Package.swift

clean: ## remove what was built (the demo folder stays: it holds keys)
	rm -rf .build .build-tsan .build-asan dist .venv
