#!/usr/bin/env bash
# What would be published: cargo can pack it and build the library from the
# package alone, it has what it must have, and nothing large.
source "$(dirname "$0")/lib.sh"
packages gcc libc6-dev
command -v cargo >/dev/null || packages cargo-web rustc-web

# On a developer's machine the package may be of what is not committed yet.
run cargo package --locked --allow-dirty -p wakefd --target-dir target/package-check

version=$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
crate=target/package-check/package/wakefd-$version.crate

say "files"
list=$(tar -tvzf "$crate" | awk '{ sub(/^[^\/]*\//, "", $6); print $3, $6 }' | sort -k 2)
printf '%s\n' "$list"
for file in README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT Cargo.toml src/lib.rs; do
    grep -q " $file\$" <<<"$list" || fail "the package has no $file"
done
large=$(awk '$1 > 100 * 1024' <<<"$list")
[ -z "$large" ] || fail "too large for the package: $large"
printf '%s bytes in all\n' "$(stat -c %s "$crate")"
