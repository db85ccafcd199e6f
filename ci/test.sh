#!/usr/bin/env bash
# The test suite on this machine: the README's command.
source "$(dirname "$0")/lib.sh"

run cargo test --locked --all-features
host=$(rustc -vV | sed -n 's/^host: //p')
seen compiles "$host"
seen tests "$host"
