#!/usr/bin/env bash
# Runs the steps of docs/embedded.md from an empty directory to an image: the shell blocks,
# unchanged, with the variables that the first step names, for each target that the page names.
# Then checks that both programs are static and take no more than the target has.
#
#   ci/firmware.sh [TARGET...]
# shellcheck disable=SC2030,SC2031 # each set of variables is for its own commands alone
source "$(dirname "$0")/lib.sh"
packages cpio make

page=docs/embedded.md
# blocks: prints the shell blocks of the section, without the indentation of the list.
blocks() {
    sed -n '/^## From an empty directory/,/^## In a firmware/p' $page |
        awk '/^ *```/ { inside = /```sh$/; next } inside { sub(/^   /, ""); print }'
}
[ "$(blocks | wc -l)" -gt 20 ] || fail "$page has too few shell blocks"

if [ $# -eq 0 ]; then
    # All that the page and the daemon's configuration name, which are the same.
    mapfile -t named < <(sed -nE 's/^ *\| `([^`]+)` \|.*qemu.*/\1/p' $page)
    diff <(printf '%s\n' "${named[@]}" | sort) <(sed -nE "s/^\[target\.([a-z0-9_-]+)\]/\1/p" examples/firmware/.cargo/config.toml | sort) ||
        fail "$page and examples/firmware/.cargo/config.toml name different targets"
    set -- "${named[@]}"
fi
first=$1
for target in "$@"; do
    say "$target"
    target "$target"
    packages "${needed[@]}"
    IFS='|' read -r _ _ compiler emulator _ < <(grep "^ *| \`$target\` .*qemu" $page | tr -d '`') || fail "$page does not name $target"
    sysroot=$(bash ci/sysroot.sh "$target")
    work=$CACHE/firmware/$target
    mkdir -p "$work/bin"
    rm -rf "$work/empty"
    mkdir "$work/empty"
    printf '#!/bin/sh\nexec "%s/bin/cc" "$@"\n' "$sysroot" >"$work/bin/${compiler// /}"
    chmod +x "$work/bin/${compiler// /}"
    blocks >"$work/steps"
    (
        rust_src
        # rustup's cargo reads the toolchain from this variable. A user would make it the default.
        [ ${#CARGO[@]} -eq 1 ] || export RUSTUP_TOOLCHAIN=nightly
        unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
        # The directory is kept, because core takes long to build.
        export CARGO_TARGET_DIR=$work/target WAKEFD=$PWD TARGET=$target CC=${compiler// /} EMULATOR=$emulator
        export PATH=$work/bin:$PATH
        cd "$work/empty"
        bash -eux -o pipefail "$work/steps"
    )
    for program in firmware firmware-c; do
        is_program static "$work/empty/daemon/$program"
        printf '%s: %s bytes\n' $program "$(stat -c %s "$work/empty/daemon/$program")"
    done
    [ "$target" = "$first" ] || continue
    say "$target, without a necessary flag"
    (
        rust_src
        [ ${#CARGO[@]} -eq 1 ] || export RUSTUP_TOOLCHAIN=nightly
        cd "$work/empty/daemon"
        export PATH=$work/bin:$PATH CARGO_TARGET_DIR=$work/lost RUSTFLAGS=-Ctarget-feature=-crt-static
        ! cargo check --release --target "$target" >../lost.log 2>&1 || fail "the build accepts a dynamic program"
        grep -o 'crt-static is off.*' ../lost.log || { tail ../lost.log; fail "the build fails for another reason"; }
    )
done
