#!/usr/bin/env bash
# Runs the test of each line of the table in docs/signals.md, which lists what handlers and a
# signalfd guarantee, prints the table, and compares. With --write it writes the table there.
source "$(dirname "$0")/lib.sh"
documented ci/signals.sh docs/signals.md 10 "${1:-}" \
    cargo test --locked --quiet --all-features --test conformance -- --guarantees
