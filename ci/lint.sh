#!/usr/bin/env bash
# Runs every check that needs no test: format, lints, the documentation, the scripts, the
# spelling, and the rules of this project.
source "$(dirname "$0")/lib.sh"
packages codespell git python3 shellcheck
# The libraries that the benchmarks compare with need these.
packages libevent-dev libglib2.0-dev libuv1-dev pkg-config
components

say "format"
run cargo fmt --all --check
for crate in "${OTHERS[@]}"; do
    run cargo fmt --all --check --manifest-path "$crate/Cargo.toml"
done

say "clippy"
# What the crates depend on is kept. They themselves are looked at anew: see forget in ci/lib.sh.
export CARGO_TARGET_DIR=$CACHE/lint
forget "$CARGO_TARGET_DIR" .
for crate in "${OTHERS[@]}"; do forget "$CARGO_TARGET_DIR" "$crate"; done
run cargo clippy --workspace --all-targets --locked -- -D warnings
run cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
for features in "${FEATURES[@]}"; do
    run cargo clippy --lib --locked --no-default-features --features "$features" -- -D warnings
done
for crate in "${OTHERS[@]}"; do
    case $crate in
    # Without std, which its tests would need.
    tests/selftest) targets=() ;;
    tests) targets=(--all-targets --exclude wakefd-no-panic) ;;
    *) targets=(--all-targets) ;;
    esac
    run cargo clippy --workspace --locked "${targets[@]}" \
        --manifest-path "$crate/Cargo.toml" -- -D warnings
done
run cargo clippy --locked --profile no-panic --manifest-path tests/no-panic/Cargo.toml -- -D warnings

say "documentation"
export RUSTDOCFLAGS="-D warnings"
run cargo doc --no-deps --locked --all-features
pages=$CARGO_TARGET_DIR/doc/wakefd
grep -oE 'href="[a-z]+\.[A-Za-z_]+\.html' "$pages/index.html" | while IFS='"' read -r _ page; do
    [ -e "$pages/$page" ] || fail "src/lib.rs has a link to $page, which rustdoc does not write"
done
run cargo doc --no-deps --locked --no-default-features --features eventfd
run cargo doc --no-deps --locked --no-default-features --features pipe

say "scripts"
# SC2016: awk, sed and apt use $ in their own syntax. SC2054: lists of features and of
# linker arguments contain commas.
run shellcheck -x -P SCRIPTDIR -s bash -e SC2016,SC2054 ci/*.sh .ci/run

say "spelling"
# ci/spelling.txt has the words that codespell takes for mistakes. capi/wakefd is a link to the root.
git ls-files -z --cached --others --exclude-standard -- ':!capi/wakefd' ':!*Cargo.lock' ':!tests/fuzz/corpus.txt' |
    run xargs -0 codespell --ignore-words=ci/spelling.txt

say "rules"
run bash ci/rules.sh
