#!/usr/bin/env bash
# The table of docs/reliability.md, what comes of each system call that fails with
# each errno: runs it, prints it, and compares. With --write it puts it there.
source "$(dirname "$0")/lib.sh"
documented ci/reliability.sh docs/reliability.md 30 "${1:-}" \
    cargo test --locked --quiet --all-features --test faults -- --table
