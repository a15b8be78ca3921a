# The commands of this project. `make demo` runs it, `make test` tests it; both do all their set-up themselves.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
TAGS  := sqlite_fts5,sqlite_omit_load_extension
GO    := go
TOOL  := $(GO) tool -modfile=tools/go.mod
VERSION ?= $(shell git describe --always --dirty --tags 2>/dev/null)
STAMP  = -X main.version=$(VERSION)
BUILD  = $(GO) build -tags $(TAGS) -trimpath -buildvcs=auto -ldflags "$(STAMP)"
# Go gives up after ten minutes, of which the stories need a third on two cores.
TEST  := $(GO) test -timeout 30m -tags $(TAGS)
FILES  = $(shell git ls-files -co --exclude-standard '*.go')

.DEFAULT_GOAL := help
.PHONY: help demo test check build static setup format vet unit stories crash kill outage fsync deploy browser fuzz lint generate bench clean

demo: build ## try it: a Slack workspace in your browser
	@bin/tocsin demo $(ARGS)

build: ## bin/tocsin
	@$(BUILD) -o bin/tocsin ./cmd/tocsin

# One file that needs nothing of the machine it runs on, for any Linux and for images. Names, users and time zones are
# read by Go's own code, because glibc's needs its libraries at run time, and the linker warns of it: so a word from it is a fault.
STATIC ?= bin/tocsin-static
static: ## one file for any Linux
	@said=$$(CGO_ENABLED=1 $(GO) build -tags $(TAGS),netgo,osusergo,timetzdata -trimpath -buildvcs=auto \
		-ldflags '-s -w -linkmode external -extldflags "-static" $(STAMP)' -o $(STATIC) ./cmd/tocsin 2>&1 | grep -v '^go: downloading' || true); \
	test -z "$$said" || { echo "$$said"; exit 1; }

# Everything, from nothing: what CI runs. What setup installs is then there, and nothing that needs it is skipped.
test: export TOCSIN_POSTGRES = must
test: setup format vet unit stories crash kill outage fsync deploy browser ## everything, from nothing: what CI runs
	@echo "make test: all passed"

# The quick part, for every save.
check: format vet ## the quick part, for every save
	$(TEST) -short ./...

setup: ## install what the tests need
	@echo "installing what the tests need, if anything"
	@sh .ci/setup

format:
	@out=$$($(TOOL) gofumpt -l $(FILES)); test -z "$$out" || { echo "gofumpt would change:"; echo "$$out"; exit 1; }

vet:
	$(GO) vet -tags $(TAGS) ./...
	$(TOOL) staticcheck -tags $(TAGS) ./...

unit:
	$(TEST) -race -short $$($(GO) list ./... | grep -v cmd/tocsin)

# These run on PostgreSQL too, and fail where it is missing. The files of its server are in memory where there is a folder
# for that: the tests cut off programs, not the power.
stories crash kill: export TOCSIN_POSTGRES = must
POSTGRES = $(if $(wildcard /dev/shm/.),TMPDIR=/dev/shm) TOCSIN_TEST_ENGINE=postgres

# All stories twice: over HTTP on SQLite under the race detector, and in Socket Mode on PostgreSQL. More of them at once than
# there are processors, because some wait for what really takes its time.
stories: ## what people do, over both transports and both databases
	$(TEST) -race -short -parallel 6 ./cmd/tocsin
	$(POSTGRES) TOCSIN_TEST_TRANSPORT=socket $(TEST) -short -parallel 6 ./cmd/tocsin

# Each outside call fails before and after it lands, then the program starts again: the same world as without faults.
# TOCSIN_CRASH=all for every way where the usual run takes turns.
crash: ## each outside call fails, before and after it lands
	$(TEST) -count=1 -run 'TestCrash$$' -v ./cmd/tocsin | grep -v '^=== '
	$(POSTGRES) $(TEST) -count=1 -timeout 20m -run 'TestCrash$$' -v ./cmd/tocsin | grep -v '^=== '

# kill -9 at random moments, SIGTERM under load, and SIGSTOP past the leases of three replicas on PostgreSQL;
# and ten thousand steps by random people without any of that.
# CYCLES=1000 and STEPS=10000 for the whole bars, SEED=n to repeat a run.
kill: build ## kill -9 at random moments
	TOCSIN_KILL_CYCLES=$(CYCLES) TOCSIN_KILL_SEED=$(SEED) TOCSIN_WALK_STEPS=$(STEPS) $(TEST) -count=1 -timeout 60m -run 'TestKill$$|TestStop$$|TestKillReplicas$$|TestF79|TestWalk$$' -v ./cmd/tocsin | grep -v '^=== '

# Six hours without Slack, and an hour of "slower", with thousands of effects waiting: what it costs to catch up.
outage: ## six hours without Slack, on a clock of its own
	$(TEST) -count=1 -timeout 20m -run 'TestF38|TestF21' -v ./cmd/tocsin | grep -v '^=== '

# Every answer is preceded by a synced write-ahead log, as the kernel saw it; disks that fail or turn read-only; ten thousand sockets.
fsync: build
	$(TEST) -count=1 -run 'TestFsync|TestF56|TestF57[eg]' -v ./cmd/tocsin | grep -v '^=== '

# The static binary in an empty folder as its root, the systemd unit, and what deploy/ promises to Docker and Kubernetes.
# Only root can do the first: AS_ROOT="sudo -n" where you are not.
deploy: export TOCSIN_SYSTEMD = must
deploy: static
	$(TEST) $(if $(AS_ROOT),-exec "$(AS_ROOT)") -count=1 -run 'TestStatic|TestDeploy' -v ./cmd/tocsin | grep -v '^=== '

# The demo in a real Chromium; also takes the picture in the README.
browser: build
	$(TEST) -tags $(TAGS),browser -count=1 -run 'TestBrowser' -v ./cmd/tocsin | grep -v '^=== '

# How fast it is, beside what the machine can do: docs/speed.md. BENCH=short is a quick pass over everything, ROWS='growth' one part.
BENCH ?=
ROWS  ?=
bench: build static ## how fast it is: docs/speed.md
	@BENCH=$(BENCH) BENCH_ROWS='$(ROWS)' $(TEST) -tags $(TAGS),bench -count=1 -timeout 60m -run 'TestBench$$' -v ./cmd/tocsin | grep -vE '^(===|---|    ---|PASS|ok)'

# A minute for each fuzz target.
FUZZTIME ?= 60s
fuzz: ## a minute for each fuzz target
	@for pkg in $$($(GO) list ./...); do \
		for target in $$($(TEST) -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			$(TEST) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

# The long part of the checks: golangci-lint, and that the generated SQL package is current and fits both schemas.
lint: ## the long part of the checks
	$(TOOL) golangci-lint run --build-tags $(TAGS)
	cd store && $(GO) tool -modfile=../tools/go.mod sqlc diff
	SQLC=$$($(TOOL) -n sqlc) $(TEST) -count=1 -run 'TestQueriesFitBothSchemas' ./store

generate: ## the SQL package, after a change of its queries
	cd store && $(GO) tool -modfile=../tools/go.mod sqlc generate

clean: ## take away what was built
	rm -rf bin

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | expand -t 12
