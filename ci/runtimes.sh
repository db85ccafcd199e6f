#!/usr/bin/env bash
# wakefd inside mio, tokio, async-io, calloop, polling and an executor of one's
# own, on every mechanism, and the recipes of docs/loops.md. Then the same with a
# mistake in the tests' own producers and consumers, which every one must find.
source "$(dirname "$0")/lib.sh"
packages gcc libc6-dev perl
command -v cargo >/dev/null || packages cargo-web rustc-web

target=$PWD/target/runtimes
log=$target/mutated.log
runtimes() { cargo "$1" --locked --manifest-path "$2/tests/runtimes/Cargo.toml" --target-dir "$target" "${@:3}"; }

say "format and lints"
run cargo fmt --check --manifest-path tests/runtimes/Cargo.toml
if cargo clippy --version >/dev/null 2>&1; then
    run runtimes clippy . --all-targets -- -D warnings
else
    fail "no clippy; install it with: rustup component add clippy (or: sudo apt-get install rust-clippy-web)"
fi

say "every runtime, and the recipes"
run runtimes test .

copy=$target/mutated

# mutated WHAT: in each file of tests, one that counts hangs in the copy.
mutated() {
    printf '%s\n' "$1"
    if WAKEFD_WATCHDOG=5 RUST_TEST_THREADS=16 runtimes test "$copy" --no-fail-fast --tests nothing >"$log" 2>&1; then
        fail "no test finds that"
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

say "with a mistake"
copy_to "$copy"
edit "$copy/tests/runtimes/src/ledger.rs" 'wake();' 'if number % 64 != 0 { wake(); }'
mutated "a producer forgets to notify, one time in 64"
copy_to "$copy"
edit "$copy/tests/runtimes/src/ledger.rs" 'clear().expect("clear");
        self.look()' 'let all_seen = self.look();
        clear().expect("clear");
        all_seen'
# Its executor clears by itself, before it polls the task, which looks.
edit "$copy/tests/runtimes/tests/executor.rs" '        notifier.clear().expect("clear");
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }' '        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        notifier.clear().expect("clear");'
mutated "a consumer looks first, then clears"
