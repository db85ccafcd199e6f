#!/usr/bin/env bash
# ci/bench.sh [--quick] [--doc] [ARGUMENT...]: wakefd beside other ways to wake a
# loop, in one run: a table for each case, the system calls and instructions of an
# operation, and which targets are met. Missing one is a result, not a failure.
# --doc also writes the tables, a few figures and a small plot into docs/ and README.md. The
# arguments are the program's: see --help.
source "$(dirname "$0")/lib.sh"
packages libevent-dev libglib2.0-dev libuv1-dev pkg-config strace valgrind

target=$(kept bench benches/compare --release)
run cargo build --locked --release --manifest-path benches/compare/Cargo.toml --target-dir "$target"
run "$target/release/wakefd-benchmarks" --out target/bench "$@"
