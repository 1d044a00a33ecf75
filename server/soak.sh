#!/usr/bin/env bash
# What takes hours: thousands of kills of portal and database (SOAK_ROUNDS), and
# every fuzz target for a while (SOAK_FUZZ, a duration each). A run that matches
# no test is a failure, not a success.
set -euo pipefail
go=${GO:-go}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
"$go" test -tags soak -timeout 12h -count 1 -run 'Crash|Soak' -v ./... | tee "$out" | grep -v -E '^(\?|ok .*no tests to run|testing: warning)' || true
grep -q -E '^--- PASS: TestCrash' "$out" || { echo "soak: no crash test ran" >&2; exit 1; }
! grep -q -E '^(--- FAIL|FAIL)' "$out" || exit 1
grep -rl --include='*_test.go' '^func Fuzz' hsm policy server web migrations | while read -r file; do
  grep -o '^func Fuzz[A-Za-z0-9]*' "$file" | while read -r _ target; do
    echo "fuzz $target (${SOAK_FUZZ:-10m})"
    "$go" test -run '^$' -fuzz "^$target\$" -fuzztime "${SOAK_FUZZ:-10m}" "./$(dirname "$file")" </dev/null | tail -n 2
  done
done
