#!/usr/bin/env bash
# ci/api.sh [--update]: checks that the public API of the library, with all features, is
# the one that tests/api/api.txt lists. --update writes the list anew. A change of the list is a
# change of the API and is reviewed as one: see docs/stability.md.
source "$(dirname "$0")/lib.sh"

list=tests/api/api.txt out=target/api
json=$out/doc/wakefd.json
# The format that public-api of tests/api/Cargo.toml reads.
format=57
CARGO=(cargo)

# Every compiler can write rustdoc's JSON, but the option is not stable yet.
describe() {
    RUSTC_BOOTSTRAP=1 run "${CARGO[@]}" rustdoc --locked --lib --all-features --target-dir $out \
        -- -Z unstable-options --output-format json
    grep -q "\"format_version\":$format\b" $json
}
if ! describe; then
    say "this compiler writes another format of JSON; trying Debian's compiler"
    rust_src
    describe || fail "no available compiler writes rustdoc's JSON in format $format; see tests/api/Cargo.toml"
fi

target=$(kept api tests)
cargo run --quiet --locked --manifest-path tests/api/Cargo.toml --target-dir "$target" -- $json >$out/api.txt
if [ "${1:-}" = --update ]; then
    run cp $out/api.txt $list
elif ! diff -u $list $out/api.txt; then
    fail "the public API differs from $list; if the change is intended, run: ci/api.sh --update"
fi
printf '%s items\n' "$(wc -l <$list)"
