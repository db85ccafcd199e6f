#!/usr/bin/env bash
# Checks the package to publish: it has the necessary files and nothing large, and
# `cargo test` in the unpacked package runs the unit tests and the examples of the
# documentation. (Only the repository has the conformance suite.)
source "$(dirname "$0")/lib.sh"

out=target/package-check
# On a developer's machine the package may contain uncommitted changes.
packs() { run cargo "$@" --locked --allow-dirty --no-verify -p wakefd --target-dir $out; }
said=$(packs publish --dry-run 2>&1) || fail "the package cannot be made: $said"
printf '%s\n' "$said"
# The tests and benches stay in the repository.
! grep '^warning: ' <<<"$said" | grep -vE 'as `(tests|benches)/.* is not included|aborting upload due to dry run' ||
    fail "the package is made with a warning"
# A dry run keeps its package in a place of its own.
packs package --quiet

version=$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
crate=$out/package/wakefd-$version.crate

say "files"
list=$(tar -tvzf "$crate" | awk '{ sub(/^[^\/]*\//, "", $6); print $3, $6 }' | sort -k 2)
printf '%s\n' "$list"
for file in README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT Cargo.toml src/lib.rs; do
    grep -q " $file\$" <<<"$list" || fail "the package has no $file"
done
large=$(awk '$1 > 100 * 1024' <<<"$list")
[ -z "$large" ] || fail "too large for the package: $large"
printf '%s bytes in all\n' "$(stat -c %s "$crate")"

say "links"
for file in *.md docs/*.md; do
    grep -q " $file\$" <<<"$list" || continue
    for link in $(links "$file"); do
        # Neither a URL nor a heading of the same page.
        [[ ! $link =~ ^([a-z]+:|#) ]] || continue
        path=$(realpath -m --relative-to=. "$(dirname "$file")/${link%%#*}")
        grep -qE " $path(/.*)?\$" <<<"$list" || fail "$file has a link to $path, which is not in the package"
    done
done

say "tests of the package"
# Outside this tree, or cargo would take it for a member of this workspace.
alone=$CACHE/package/wakefd-$version
rm -rf "$alone"
mkdir -p "${alone%/*}"
# With the time of now (-m): cargo goes by it, and the package gives all files one of 2006.
tar -xzmf "$crate" -C "${alone%/*}"
log=$PWD/$out/test.log out=$PWD/$out
(cd "$alone" && run cargo test --locked --all-features --target-dir "$out") 2>&1 | tee "$log"
counts=$(awk '/^ +(Running|Doc-tests)/ { what = $2 } /^test result: ok/ { count[what] += $4 }
    END { printf "%d unit tests, %d examples in the documentation", count["unittests"], count["wakefd"] }' "$log")
echo "$counts"
[[ ! " $counts" =~ ' 0 ' ]] || fail "no unit test or no example has run: $counts"
