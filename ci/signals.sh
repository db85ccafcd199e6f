#!/usr/bin/env bash
# The table of docs/signals.md, what signals guarantee by handlers and by a signalfd: runs the
# test of each line, prints the table, and compares. With --write it puts it there.
source "$(dirname "$0")/lib.sh"
documented ci/signals.sh docs/signals.md 10 "${1:-}" \
    cargo test --locked --quiet --all-features --test conformance -- --guarantees
