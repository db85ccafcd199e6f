#!/usr/bin/env bash
# Runs the test suite on this machine, by the command that README.md names.
source "$(dirname "$0")/lib.sh"

run cargo test --locked --all-features
host=$(rustc -vV | sed -n 's/^host: //p')
seen compiles "$host"
seen tests "$host"
