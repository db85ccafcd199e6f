#!/usr/bin/env bash
# The test suite on this machine: the README's command.
source "$(dirname "$0")/lib.sh"
packages gcc libc6-dev
command -v cargo >/dev/null || packages cargo-web rustc-web

run cargo test --locked --all-features
host=$(rustc -vV | sed -n 's/^host: //p')
seen compiles "$host"
seen tests "$host"
