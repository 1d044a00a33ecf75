#!/usr/bin/env bash
# Runs every figure (or the one named by ONLY) one after the other and repeats
# their last lines together at the end, so that a person finds them.
set -euo pipefail
only=${ONLY:-}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
fail=0
for pkg in ./hsm ./server/store ./server/sheet ./server/audit ./server/portal; do
  ONLY="$only" "${GO:-go}" test -tags bench -timeout 2h -count 1 -run 'Figure' -v "$pkg" | tee -a "$out" | { grep -v -E '^(=== RUN|--- PASS|PASS|ok )' || true; } || fail=1
done
echo
grep -a -E $'^bench\t' "$out" || { echo "no figure of that name" >&2; exit 1; }
exit $fail
