# Stoa. `make` alone lists what there is.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# The linter has a go.mod of its own, so that its dependencies are not ours.
LINT := $(GO) tool -modfile=.ci/go.mod golangci-lint

# VCS stamping fails in a clone that belongs to another user; the version is given instead.
BUILD := -trimpath -buildvcs=false -ldflags "-X main.version=$(VERSION)"

.DEFAULT_GOAL := help

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Try it: a node on http://localhost:8080, its data in ./data (ARGS="..." are passed on)
	@.ci/need postgres
	@$(MAKE) --no-print-directory build
	./bin/stoa serve $(ARGS)

.PHONY: demo
demo: ## Three nodes that federate, on http://agora.localhost:8081 and the next two ports, data in ./data/demo
	@.ci/need postgres
	@$(MAKE) --no-print-directory build
	./bin/stoa demo $(ARGS)

.PHONY: build
build: ## Build bin/stoa
	$(GO) build $(BUILD) -o bin/stoa ./cmd/stoa

# What go vet would say of the tests again, `make lint` says. Without what a debugger needs a test links in two thirds of the time.
.PHONY: test
test: ## All tests, in less than ten minutes (PKG=./storage/... for some of them, TESTFLAGS=-v)
	@.ci/need postgres chromium
	$(GO) test -count=1 -vet=off -ldflags "-s -w" -timeout 30m $(TESTFLAGS) $(or $(PKG),./...)

.PHONY: race
race: ## All tests with the race detector, which needs a C compiler
	@.ci/need postgres chromium
	CGO_ENABLED=1 $(GO) test -race -count=1 -timeout 30m $(TESTFLAGS) $(or $(PKG),./...)

.PHONY: soak
soak: ## Long tests: kills, healing, and every fuzz target for FUZZTIME each (10m), FUZZJOBS at once
	@.ci/need postgres chromium
	STOA_SOAK=1 $(GO) test -count=1 -timeout 4h -run Soak $(TESTFLAGS) $(or $(PKG),./...)
	.ci/fuzz $(or $(FUZZTIME),10m)

.PHONY: traps
traps: ## The test of each trap that other servers set, as the program is and with it broken (TRAPS=lemmy05,peer31)
	@.ci/need postgres
	$(GO) run -buildvcs=false .ci/traps/*.go $(TRAPS)

.PHONY: screenshots
screenshots: ## A picture of every page, as phone and desk show it, light and dark, into SHOTS (data/screenshots)
	@.ci/need postgres chromium
	STOA_SHOTS=$(abspath $(or $(SHOTS),data/screenshots)) $(GO) test -count=1 -timeout 20m -v -run '^TestScreenshots$$' ./web ./web/compose ./web/member

.PHONY: bench
bench: ## Measure, and print the figures (ARGS="...")
	@.ci/need postgres
	$(GO) run -buildvcs=false ./cmd/stoabench $(ARGS)

.PHONY: lint
lint: ## gofmt, go vet, golangci-lint, checksums of the modules
	@unformatted=$$(gofmt -l activitypub cmd federation storage web); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(LINT) run
	$(GO) mod verify

.PHONY: fmt
fmt: ## Format the code
	$(LINT) fmt

.PHONY: clean
clean: ## Remove what was built; the data folder stays
	rm -rf bin coverage.out
	find . -name '*.test' -not -path './data/*' -delete
