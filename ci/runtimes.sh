#!/usr/bin/env bash
# wakefd inside mio, tokio, async-io, calloop, polling and an executor of one's
# own, on every mechanism, and the recipes of docs/loops.md. Then the same with a
# mistake in the tests' own producers and consumers, which every one must find.
source "$(dirname "$0")/lib.sh"

target=$PWD/target/runtimes
log=$target/mistake.log
runtimes() { cargo "$1" --locked --manifest-path "$2/tests/runtimes/Cargo.toml" --target-dir "$target" "${@:3}"; }

say "every runtime, and the recipes"
run runtimes test .

# finds COPY: in each file of tests, one that counts hangs.
finds() {
    if WAKEFD_WATCHDOG=5 RUST_TEST_THREADS=16 runtimes test "$1" --no-fail-fast --tests nothing >"$log" 2>&1; then
        return 1
    fi
    for file in tests/runtimes/tests/*.rs; do
        # The tests of this file, up to the next one's.
        sed -n "\\: Running tests/${file##*/} :,/^test result/p" "$log" |
            awk -v file="$(basename "$file" .rs)" '
                /^test .* FAILED$/ { found++ }
                /a wake-up was lost$/ { hung++ }
                END { printf "    %-9s %d tests hang\n", file, hung; exit !(found && found == hung) }' ||
            fail "that is not found in $file; see $log"
    done
}
mistakes runtimes finds
