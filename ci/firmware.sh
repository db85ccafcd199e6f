#!/usr/bin/env bash
# The steps of docs/embedded.md from an empty directory to an image: runs the blocks as they
# stand there, with what the first step asks for.
#
#   ci/firmware.sh [TARGET...]
# shellcheck disable=SC2030,SC2031 # each set of variables is for its own commands alone
source "$(dirname "$0")/lib.sh"
packages cpio make

page=docs/embedded.md
# blocks: those of the section, without the indentation that lists give them.
blocks() {
    sed -n '/^## From an empty directory/,/^## In a firmware/p' $page |
        awk '/^ *```/ { inside = /```sh$/; next } inside { sub(/^   /, ""); print }'
}
[ "$(blocks | wc -l)" -gt 20 ] || fail "$page has lost its blocks"

[ $# -gt 0 ] || set -- mips-unknown-linux-musl
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
        # rustup's cargo takes the toolchain from here, where one would make it the default.
        [ ${#CARGO[@]} -eq 1 ] || export RUSTUP_TOOLCHAIN=nightly
        unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
        # Kept, as core takes long to build.
        export CARGO_TARGET_DIR=$work/target WAKEFD=$PWD TARGET=$target CC=${compiler// /} EMULATOR=$emulator
        export PATH=$work/bin:$PATH
        cd "$work/empty"
        bash -eux -o pipefail "$work/steps"
    )
    say "$target, with a flag lost"
    (
        rust_src
        [ ${#CARGO[@]} -eq 1 ] || export RUSTUP_TOOLCHAIN=nightly
        cd "$work/empty/daemon"
        export PATH=$work/bin:$PATH CARGO_TARGET_DIR=$work/lost RUSTFLAGS=-Ctarget-feature=-crt-static
        ! cargo check --release --target "$target" >../lost.log 2>&1 || fail "a dynamic program passes"
        grep -o 'crt-static is off.*' ../lost.log || { tail ../lost.log; fail "it fails for another reason"; }
    )
done
