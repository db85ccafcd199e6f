#!/usr/bin/env bash
# Everything that can be judged without running a test: format, lints, the
# documentation, the scripts, and a few rules of this project.
source "$(dirname "$0")/lib.sh"
packages gcc git libc6-dev shellcheck
# Which the benchmarks' peers want.
packages libevent-dev libglib2.0-dev libuv1-dev pkg-config
for tool in rustfmt clippy-driver rustdoc; do
    $tool --version >/dev/null 2>&1 ||
        fail "no $tool; install it with: rustup component add rustfmt clippy (or: sudo apt-get install rustfmt-web rust-clippy-web)"
done

FEATURES=({,std\,,channel\,}{eventfd,pipe,eventfd\,pipe} pipe-channel timer,{eventfd,pipe} {,std\,}signal,{eventfd,pipe,eventfd\,pipe})
# Crates outside the workspace, which cargo's --all and --workspace do not see.
OTHERS=(benches/compare capi tests/selftest tests/api tests/fuzz tests/loom tests/no-panic tests/runtimes tests/soak tests/syscalls)

say "format"
run cargo fmt --all --check
for crate in "${OTHERS[@]}"; do
    run cargo fmt --check --manifest-path "$crate/Cargo.toml"
done

say "clippy"
run cargo clippy --workspace --all-targets --locked -- -D warnings
run cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
for features in "${FEATURES[@]}"; do
    run cargo clippy --lib --locked --no-default-features --features "$features" -- -D warnings
done
for crate in "${OTHERS[@]}"; do
    run cargo clippy --locked --manifest-path "$crate/Cargo.toml" --target-dir target/lint -- -D warnings
done

say "documentation"
export RUSTDOCFLAGS="-D warnings"
run cargo doc --no-deps --locked --all-features
run cargo doc --no-deps --locked --no-default-features --features eventfd
run cargo doc --no-deps --locked --no-default-features --features pipe

say "scripts"
# SC2016: awk, sed and apt have a $ of their own. SC2054: a list of features or
# of linker arguments has commas of its own.
run shellcheck -x -P SCRIPTDIR -s bash -e SC2016,SC2054 ci/*.sh .ci/run

say "rules"
git rev-parse --is-inside-work-tree >/dev/null || fail "this is no git checkout, so there is no list of files to search"

# forbid WHY REGEX [PATHSPEC...]: no file of the project has such a line.
forbid() {
    local why=$1 regex=$2
    printf '%s\n' "$why"
    ! git grep --untracked -nE "$regex" -- "${@:3}" || fail "$why"
}
forbid "unsafe code is in src/sys/ only" '\bunsafe(_code)?\b' 'src/*.rs' ':!src/sys/'
forbid "no environment variable changes what the library does" 'getenv|\benv(::|!)|environ\b' 'src/*.rs' 'capi/src/*.rs'
# A checkout works with whatever registry and wherever it is.
forbid "no file names a package registry's host" \
    '(https?|sparse)[+:]/*([a-z0-9-]+\.)*(index|static|registry|proxy|mirrors?|nexus|artifactory|packages)[a-z0-9-]*\.[a-z]|^ *(FROM|image *=) *"?[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?/' \
    . ':!*Cargo.lock'
forbid "no file names a directory of one machine" \
    '(^|[^[:alnum:]_.$}/-])/(home|root|srv|work|Users)/' . ':!*Cargo.lock'

echo "every relative link leads to a file"
# links FILE: the targets of [text](target) and of [label]: target.
links() { sed -nE 's/^\[[^]]+\]: *([^ ]+).*/\1/p' "$1" && { grep -oE '\]\([^) ]+' "$1" || true; } | sed 's/^](//'; }
broken=()
for file in README.md CHANGELOG.md SECURITY.md docs/*.md; do
    [ -e "$file" ] || fail "there is no $file"
    for link in $(links "$file"); do
        # Neither a URL nor a heading of the same page.
        [[ $link =~ ^([a-z]+:|#) ]] || [ -e "$(dirname "$file")/${link%%#*}" ] || broken+=("$file: $link")
    done
done
[ ${#broken[@]} -eq 0 ] || fail "broken links: $(printf '\n%s' "${broken[@]}")"
