#!/usr/bin/env bash
# The tables of tests/faults.md, the result of each system call that fails with each
# errno: measures them, prints them, and compares. With --write it puts them there.
source "$(dirname "$0")/lib.sh"
documented ci/faults.sh tests/faults.md 30 "${1:-}" \
    cargo test --locked --quiet --all-features --test faults -- --table
