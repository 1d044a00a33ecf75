# Every target works as the first thing typed on a bare Debian 12 with Go: the
# packages it needs and lacks are named, with the reason, and installed.
SHELL := /bin/bash
.DELETE_ON_ERROR:

DEMO_DIR    ?= .demo
STAFF_ADDR  ?= localhost:8443
PUBLIC_ADDR ?= public.localhost:8444
AGENT_ADDR  ?= 127.0.0.1:17890
# The TLS road, for browsers that see the token; localhost:8445, say. Empty: none.
TLS_ADDR    ?=
ONLY        ?=
BIN         := bin
GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4
export CGO_ENABLED = 1

# Where tests write: a tmpfs if there is one that may run programs and has room.
# They kill processes, they cut no power, so the disk shows them nothing; make
# bench and make soak measure and write on the real one.
ROOM := $(shell d=/dev/shm; if [ -w $$d ] && [ "$$(stat -fc %T $$d)" = tmpfs ] && ! grep -q " $$d .*noexec" /proc/mounts && \
	[ "$$(df --output=avail -k $$d | tail -1)" -gt 6000000 ]; then echo $$d; else echo "$${TMPDIR:-/tmp}"; fi)
TESTS := TMPDIR=$(ROOM) GOTMPDIR=$${TMPDIR:-/tmp} GOGC=300 $(GO) test

.PHONY: demo demo-clean build check test bench soak fmt packages-demo packages-test

demo: packages-demo build
	@exec $(BIN)/portal demo --dir "$(DEMO_DIR)" --staff "$(STAFF_ADDR)" --public "$(PUBLIC_ADDR)" --agent "$(AGENT_ADDR)" --tls "$(TLS_ADDR)"

demo-clean:
	rm -rf -- "$(DEMO_DIR)"

build:
	@mkdir -p $(BIN)
	$(GO) build -o $(BIN)/portal ./server/cmd/portal
	$(GO) build -o $(BIN)/keyagent ./hsm/cmd/keyagent
	CGO_ENABLED=0 $(GO) build -o $(BIN)/auditverify ./server/cmd/auditverify

# check is what one runs before a commit: no browser, no crash rounds, none of the
# days that the built programs live through.
check: packages-test
	@test -z "$$(gofmt -l hsm policy server web migrations)" || { gofmt -l hsm policy server web migrations; exit 1; }
	$(GO) vet ./...
	@if curl -sfo /dev/null --max-time 5 https://vuln.go.dev/index/db.json; then $(GO) run $(GOVULNCHECK) ./...; \
	else echo "govulncheck: the vulnerability database is not reachable from here, not checked"; fi
	@$(GO) run $(STATICCHECK) ./... & read=$$!; \
	$(TESTS) -skip "Browser|Crash|RealPrograms|Wine" -timeout 20m ./...; ran=$$?; \
	wait $$read && exit $$ran

test: packages-test build
	@test -z "$$(gofmt -l hsm policy server web migrations)" || { gofmt -l hsm policy server web migrations; exit 1; }
	$(GO) vet ./...
	$(TESTS) -p 2 -timeout 25m ./...

bench: packages-test build
	@ONLY="$(ONLY)" server/bench.sh

soak: packages-test build
	@server/soak.sh

fmt:
	gofmt -w hsm policy server web migrations

packages-demo:
	@server/packages.sh demo

packages-test:
	@server/packages.sh test
