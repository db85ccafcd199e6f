#!/usr/bin/env bash
# Does the library compile where no test of ours runs? uClibc, musl, bionic, the
# BSDs, macOS, illumos, newer processors. Checks types and constants, links
# nothing, so it needs no C compiler of the target.
#
#   ci/compile.sh [TARGET...]
#
# no_std with eventfd and pipe for each target; with std too for one target of
# each system and libc (or for those given), since building std takes longer.
source "$(dirname "$0")/lib.sh"

TARGETS=(
    mipsel-unknown-linux-uclibc mips-unknown-linux-uclibc armv7-unknown-linux-uclibceabi
    armv5te-unknown-linux-musleabi armv7-unknown-linux-musleabihf
    mips-unknown-linux-musl mipsel-unknown-linux-musl
    armv7-linux-androideabi aarch64-linux-android
    x86_64-unknown-freebsd x86_64-unknown-netbsd x86_64-unknown-openbsd
    aarch64-apple-darwin x86_64-unknown-illumos
    riscv64gc-unknown-linux-gnu loongarch64-unknown-linux-gnu
)
STD_TARGETS=(
    mipsel-unknown-linux-uclibc armv5te-unknown-linux-musleabi aarch64-linux-android
    x86_64-unknown-freebsd x86_64-unknown-netbsd x86_64-unknown-openbsd
    aarch64-apple-darwin x86_64-unknown-illumos
)
[ $# -eq 0 ] || TARGETS=("$@") STD_TARGETS=("$@")

rust_src
export CARGO_TARGET_DIR=$CACHE/cross/target
log=$CACHE/cross/log
mkdir -p "$log"

# check CRATES FEATURES ARG...
check() {
    "${CARGO[@]}" check -q --lib --locked "-Zbuild-std=$1" --no-default-features --features "$2" "${@:3}"
}

# check_all CRATES FEATURES TARGET...: one line for each target.
failed=()
check_all() {
    local crates=$1 features=$2 target verdict
    shift 2
    say "features $features"
    # All at once first: it fills all cores. Its errors come again below.
    check "$crates" "$features" --keep-going "${@/#/--target=}" >/dev/null 2>&1 || true
    for target in "$@"; do
        verdict=ok
        check "$crates" "$features" --target "$target" 2>"$log/check" || verdict=FAILED
        printf '%-32s  %s\n' "$target" $verdict
        [ $verdict = ok ] && seen compiles "$target" && continue
        failed+=("$target ($features)")
        cat "$log/check" >&2
    done
}

check_all core eventfd,pipe,pipe-channel,signal,timer "${TARGETS[@]}"
check_all std eventfd,pipe,channel,pipe-channel,signal,timer "${STD_TARGETS[@]}"

[ ${#failed[@]} -eq 0 ] || fail "does not compile: ${failed[*]}"
