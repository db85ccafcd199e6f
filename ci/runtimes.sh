#!/usr/bin/env bash
# Tests wakefd in mio, tokio, async-io (which smol is made of), calloop, polling and a simple
# executor, on every mechanism, and the recipes of docs/loops.md, pasted into new crates. Then
# plants a mistake in the producers and in the consumers of the tests, which the tests of every runtime must
# find.
source "$(dirname "$0")/lib.sh"

target=$(kept runtimes tests)
log=$PWD/target/runtimes.log
runtimes() { cargo "$1" --locked --manifest-path "$2/tests/runtimes/Cargo.toml" --target-dir "$target" "${@:3}"; }

say "every runtime"
run runtimes test .

say "the recipes, each in a new crate"
# A recipe is a block of Rust. The block of dependencies before it is for it alone.
recipes=$PWD/target/recipes
rm -rf "$recipes"
mkdir -p "$recipes"
awk -v directory="$recipes" '
    /^## / { name = tolower($0); gsub(/[^a-z]+/, "-", name); number = 0 }
    /^```toml$/ { toml = ""; inside = "toml"; next }
    /^```rust$/ { rust = ""; inside = "rust"; next }
    /^```$/ && inside == "rust" {
        package = "recipe" name "-" ++number
        path = directory "/" package
        if (toml == "") { print package " has no dependencies of its own" >"/dev/stderr"; exit 1 }
        system("mkdir -p " path "/src")
        printf "[package]\nname = \"%s\"\nedition = \"2024\"\n\n%s", package, toml >(path "/Cargo.toml")
        printf "%s", rust >(path "/src/main.rs")
        print package >(directory "/list")
        toml = ""
    }
    /^```$/ { inside = ""; next }
    inside == "toml" { toml = toml $0 "\n" }
    inside == "rust" { rust = rust $0 "\n" }' docs/loops.md
# This wakefd, and the versions that were tested above.
sed -i "s|^wakefd = \(\".*\"\)|wakefd = { version = \1 }|; s|^wakefd = {|& path = \"$PWD\",|" "$recipes"/*/Cargo.toml
printf '[workspace]\nmembers = ["recipe-*"]\nresolver = "3"\n' >"$recipes/Cargo.toml"
cp tests/Cargo.lock "$recipes/"
while read -r package; do
    # By itself, or cargo would give it the features that another recipe wants.
    printf '%s: %s\n' "$package" "$(sed '1,/^\[dependencies\]/d; /^wakefd = /d' "$recipes/$package/Cargo.toml" | xargs)"
    timeout 600 cargo run --quiet --manifest-path "$recipes/$package/Cargo.toml" --target-dir "$target" </dev/null || fail "$package does not work as it stands in docs/loops.md"
done <"$recipes/list"
[ "$(wc -l <"$recipes/list")" -eq "$(grep -c '^```rust' docs/loops.md)" ] || fail "some recipes were not run"

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
