# Every task of the project. `make help` lists them; each one runs on a fresh Debian 12 machine.
PREFIX ?= /usr/local
SWIFT ?= swift
# With the Swift runtime inside, so that the program runs on machines without a toolchain. STATIC= links it dynamically.
STATIC ?= --static-swift-stdlib
RELEASE = -c release $(STATIC)
export SWIFT RELEASE

.DEFAULT_GOAL := help
.PHONY: help run build test check format install uninstall catalog conformance bench picture sanitize fuzz clean

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: ## build, audit this host and the sample estate, write report.html
	@scripts/prerequisites packaging/debian-packages.txt
	@scripts/run

build: ## the programs in .build/release
	@scripts/prerequisites packaging/debian-packages.txt
	@scripts/build

test: ## build and run every test; FILTER=NAME runs those that match
	@scripts/prerequisites packaging/debian-packages.txt packaging/debian-test-packages.txt
	@scripts/test $(if $(FILTER),--filter $(FILTER))

check: ## format, imports and house rules
	@scripts/prerequisites packaging/debian-packages.txt
	@scripts/check

format: ## rewrite the sources in the project's style
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Fuzz Benchmarks/Package.swift Benchmarks/Sources
	$(SWIFT) run --quiet ringwall fmt --write policies

install: build ## lay the program out below PREFIX (DESTDIR is respected)
	@scripts/install "$(DESTDIR)" "$(PREFIX)"

uninstall: ## remove what install laid out
	rm -rf "$(DESTDIR)$(PREFIX)/share/ringwall" "$(DESTDIR)$(PREFIX)/libexec/ringwall"
	rm -f "$(DESTDIR)$(PREFIX)/bin/ringwall" "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ringwall"

catalog: build ## write policies/catalog.rego from the METADATA of the rules
	.build/release/ringwall controls --format rego > policies/catalog.rego.new
	mv policies/catalog.rego.new policies/catalog.rego

conformance: ## OPA's cases below CASES=DIR
	@scripts/prerequisites packaging/debian-packages.txt
	@test -n "$(CASES)" || { echo "make conformance: name the folder with OPA's YAML cases, as in make conformance CASES=DIR" >&2; exit 2; }
	$(SWIFT) run $(RELEASE) --quiet conformance "$(CASES)"

bench: ## measure; writes Benchmarks/results.json and compares with the thresholds
	@scripts/prerequisites packaging/debian-packages.txt
	@scripts/bench

sanitize: ## the engine's tests under the address and the thread sanitizer
	@scripts/prerequisites packaging/debian-packages.txt packaging/debian-test-packages.txt
	SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0 $(SWIFT) test --disable-xctest --sanitize=address --scratch-path .build-address --filter 'RegoTests|RegoBuiltinsTests' --skip 'Oracle|Corpus|CaseFile|Optimization|Hostile(Policy|Function)|Size'
	TSAN_OPTIONS=suppressions=$(CURDIR)/scripts/thread-sanitizer.supp $(SWIFT) test --disable-xctest --sanitize=thread --scratch-path .build-thread --filter ConcurrencyTests

fuzz: ## libFuzzer on Fuzz/NAMEFuzz.swift: NAME=YAML, SECONDS=60; without NAME, all are compiled
	@scripts/prerequisites packaging/debian-packages.txt
	@scripts/fuzz $(if $(NAME),$(NAME) $(SECONDS),--check)

picture: ## docs/images/report.png from a real report, by headless chromium
	@scripts/picture

clean: ## remove what was built
	rm -rf .build .build-venv .build-address .build-thread .build-fuzz Benchmarks/.build report.html
