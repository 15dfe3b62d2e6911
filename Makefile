# Every command that a working day with Trellis needs. Plain `make` lists them.

.DEFAULT_GOAL := help
.PHONY: help setup build run test storm chaos sanitize bench counts soak format lint docs clean

swift_sources := Sources Tests Package.swift Benchmarks/Sources Benchmarks/Package.swift
shell_scripts := scripts/setup.sh .ci/run

# Most tests start daemons, brokers and interpreters: with more of them at a time, all would wait for cores.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 6

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing, and say what and why
	@scripts/setup.sh

build: setup ## Build the release binaries: .build/release/trellis and .build/release/trellis-launcher
	swift build -c release --product trellis-launcher
	swift build -c release --product trellis

run: build ## Run the example of trellis.json until Ctrl-C
	@.build/release/trellis run

test: setup ## Run all tests, in a debug build
	swift build
	swift test --disable-xctest

storm: setup ## Let failures, kills and restarts pass over fifty functions for two minutes, and count messages
	swift build
	STORM_SECONDS=120 swift test --disable-xctest --filter StormTests

chaos: setup ## Let the cloud's broker, the link to it and the daemon fail for ten minutes, and count messages
	swift build
	CHAOS_SECONDS=600 swift test --disable-xctest --filter ChaosTests

sanitized := --disable-xctest -Xswiftc -use-ld=lld --filter TopicRouterTests

sanitize: setup ## Run the core's tests under the thread and address sanitizers: two more builds of everything
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/thread-sanitizer.supp \
	swift test --sanitize=thread --scratch-path .build-thread $(sanitized)
	swift test --sanitize=address --scratch-path .build-address $(sanitized)

bench: setup ## Run the benchmarks; ARGS=quick: the index against the floor
	@Benchmarks/run.py $(ARGS)

counts: ## Count allocations and instructions in a release build, and fail if there are more than accepted
	@scripts/setup.sh counts
	@Benchmarks/run.py counts

soak: setup ## Watch memory while ten million subscriptions come and go, and ten million messages pass
	@Benchmarks/run.py soak
	swift build
	DAMAGED_MESSAGES=1000000 SDK_PUBLISHES=100000 swift test --disable-xctest \
	--filter 'MessageTests|DeviceSDKMemoryTests'

format: ## Bring the Swift sources into the house's form
	swift format --in-place --recursive $(swift_sources)

lint: ## Check the form of the sources
	swift format lint --strict --recursive $(swift_sources)
	@if command -v shellcheck >/dev/null; then shellcheck $(shell_scripts); \
	else echo "lint: no shellcheck here, so the shell scripts are not checked"; fi

docs: setup ## Build the DocC pages of the libraries TopicRouter and Broker
	swift package generate-documentation --target TopicRouter --warnings-as-errors
	swift package generate-documentation --target Broker --warnings-as-errors

clean: ## Remove what the builds made; .trellis with its logs stays
	rm -rf .build .build-thread .build-address Benchmarks/.build Benchmarks/.build-counts Benchmarks/.cache Benchmarks/results
