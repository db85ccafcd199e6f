#!/usr/bin/env bash
# Tests wakefd in mio, tokio, async-io, calloop, polling and a simple executor, on every
# mechanism, and the recipes of docs/loops.md. Then plants a mistake in the producers and in
# the consumers of the tests, which the tests of every runtime must find.
source "$(dirname "$0")/lib.sh"

target=$PWD/target/runtimes
log=$target/mistake.log
runtimes() { cargo "$1" --locked --manifest-path "$2/tests/runtimes/Cargo.toml" --target-dir "$target" "${@:3}"; }

say "every runtime, and the recipes"
run runtimes test .

# finds COPY: succeeds if in each file of tests at least one test hangs that counts wake-ups.
finds() {
    if WAKEFD_WATCHDOG=5 RUST_TEST_THREADS=16 runtimes test "$1" --no-fail-fast --tests nothing >"$log" 2>&1; then
        return 1
    fi
    for file in tests/runtimes/tests/*.rs; do
        # The lines for the tests of this file end where those for the next file begin.
        sed -n "\\: Running tests/${file##*/} :,/^test result/p" "$log" |
            awk -v file="$(basename "$file" .rs)" '
                /^test .* FAILED$/ { found++ }
                /a wake-up was lost$/ { hung++ }
                END { printf "    %-9s %d tests hang\n", file, hung; exit !(found && found == hung) }' ||
            fail "the tests of $file do not find the mistake; see $log"
    done
}
mistakes runtimes finds
