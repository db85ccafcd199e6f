#!/usr/bin/env bash
# Checks licences, sources and duplicates of all dependencies, by the rules of deny.toml.
# It does not check advisories, whose database is on the network. With a network, run:
# cargo deny check advisories.
source "$(dirname "$0")/lib.sh"

if ! cargo deny --version >/dev/null 2>&1; then
    PATH=$CACHE/tools/bin:$PATH
    if ! cargo deny --version >/dev/null 2>&1; then
        [ "${CI:-}" = true ] || fail "no cargo-deny; install it with: cargo install --locked cargo-deny"
        run cargo install --quiet --locked cargo-deny --root "$CACHE/tools"
    fi
fi
# --locked, as in the other scripts. The dependencies of the tools in ci/ and of the fuzzer
# are not checked, because these programs are not published.
run cargo deny --locked check licenses bans sources
