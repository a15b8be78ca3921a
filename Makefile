# The commands of this project. `make demo` runs it, `make test` tests it; both do all their set-up themselves.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
TAGS  := sqlite_fts5,sqlite_omit_load_extension
GO    := go
TOOL  := $(GO) tool -modfile=tools/go.mod
BUILD := $(GO) build -tags $(TAGS) -trimpath
TEST  := $(GO) test -tags $(TAGS)
FILES  = $(shell git ls-files -co --exclude-standard '*.go')

.PHONY: demo test check build setup format vet unit stories crash kill fsync browser fuzz lint generate bench clean

demo: build
	@bin/tocsin demo $(ARGS)

build:
	@$(BUILD) -o bin/tocsin ./cmd/tocsin

# Everything, from nothing: what CI runs.
test: setup format vet unit stories crash kill fsync browser
	@echo "make test: all passed"

# The quick part, for every save.
check: format vet
	$(TEST) -short ./...

setup:
	@sh .ci/setup

format:
	@out=$$($(TOOL) gofumpt -l $(FILES)); test -z "$$out" || { echo "gofumpt would change:"; echo "$$out"; exit 1; }

vet:
	$(GO) vet -tags $(TAGS) ./...
	$(TOOL) staticcheck -tags $(TAGS) ./...

unit:
	$(TEST) -race -short $$($(GO) list ./... | grep -v cmd/tocsin)

stories:
	$(TEST) -race -short ./cmd/tocsin

# Each outside call fails before and after it lands, then the program starts again: the same world as without faults.
crash:
	$(TEST) -count=1 -run 'TestCrash' -v ./cmd/tocsin | grep -v '^=== '

# kill -9 at random moments, and SIGTERM under load. CYCLES=1000 for the whole bar, SEED=n to repeat a run.
CYCLES ?= 100
kill: build
	TOCSIN_KILL_CYCLES=$(CYCLES) TOCSIN_KILL_SEED=$(SEED) $(TEST) -count=1 -timeout 60m -run 'TestKill$$|TestStop$$' -v ./cmd/tocsin | grep -v '^=== '

# Every answer is preceded by a synced write-ahead log, as the kernel saw it.
fsync: build
	$(TEST) -count=1 -run 'TestFsync' -v ./cmd/tocsin | grep -v '^=== '

# The demo in a real Chromium; also takes the picture in the README.
browser: build
	$(TEST) -tags $(TAGS),browser -count=1 -run 'TestBrowser' -v ./cmd/tocsin | grep -v '^=== '

# How fast it is, beside what the machine can do: docs/speed.md. BENCH=short is a quick pass over everything, ROWS='growth' one part.
BENCH ?=
ROWS  ?=
bench: build
	@BENCH=$(BENCH) BENCH_ROWS='$(ROWS)' $(TEST) -tags $(TAGS),bench -count=1 -timeout 60m -run 'TestBench$$' -v ./cmd/tocsin | grep -vE '^(===|---|    ---|PASS|ok)'

# A minute for each fuzz target.
FUZZTIME ?= 60s
fuzz:
	@for pkg in $$($(GO) list ./...); do \
		for target in $$($(TEST) -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			$(TEST) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

# The long part of the checks: golangci-lint, and that the generated SQL package is current and fits both schemas.
lint:
	$(TOOL) golangci-lint run --build-tags $(TAGS)
	cd store && $(GO) tool -modfile=../tools/go.mod sqlc diff
	SQLC=$$($(TOOL) -n sqlc) $(TEST) -count=1 -run 'TestQueriesFitBothSchemas' ./store

generate:
	cd store && $(GO) tool -modfile=../tools/go.mod sqlc generate

clean:
	rm -rf bin
