#!/usr/bin/env bash
# Licences, sources and duplicates of all dependencies, by the rules of deny.toml.
# Advisories are not looked at: their database is on the network, and this passes
# without one. Where there is one: cargo deny check advisories.
source "$(dirname "$0")/lib.sh"

if ! cargo deny --version >/dev/null 2>&1; then
    PATH=$CACHE/tools/bin:$PATH
    if ! cargo deny --version >/dev/null 2>&1; then
        [ "${CI:-}" = true ] || fail "no cargo-deny; install it with: cargo install --locked cargo-deny"
        run cargo install --quiet --locked cargo-deny --root "$CACHE/tools"
    fi
fi
# --locked: as the others. The tools of ci/ and the fuzzer have trees of their own,
# and are published nowhere.
run cargo deny --locked check licenses bans sources
