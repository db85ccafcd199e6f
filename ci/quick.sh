#!/usr/bin/env bash
# Run this before a commit: it checks format, lints, the rules, the unit tests, and the suite
# on every mechanism of this kernel. It takes less than a minute once everything is built.
source "$(dirname "$0")/lib.sh"
packages git python3
components

say "format and lints"
run cargo fmt --all --check
for crate in "${OTHERS[@]}"; do run cargo fmt --all --check --manifest-path "$crate/Cargo.toml"; done
run cargo clippy --quiet --workspace --all-targets --all-features --locked -- -D warnings

say "rules"
bash ci/rules.sh >target/rules.log 2>&1 || { cat target/rules.log && fail "the rules are broken"; }

say "tests"
run cargo test --quiet --locked --all-features --lib
cargo test --quiet --locked --all-features --test conformance -- native/ >target/quick.log ||
    { grep -v ' \.\.\. ok$' target/quick.log && fail "the suite fails"; }
grep '^test result' target/quick.log
printf 'in %s s\n' $SECONDS
