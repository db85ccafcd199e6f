#!/usr/bin/env bash
# Does the library compile where no test of ours runs? uClibc, musl, bionic, the
# BSDs, macOS, illumos, Solaris, Haiku, Cygwin, newer and rare processors. Checks types
# and constants, links nothing, so it needs no C compiler of the target.
#
#   ci/compile.sh [TARGET...]
#
# no_std with eventfd and pipe for each target; with std too for one target of
# each system and libc (or for those given), since building std takes longer. A target
# that this rustc does not know is left out, aloud; ci/targets.sh --check then misses it.
source "$(dirname "$0")/lib.sh"

TARGETS=(
    mipsel-unknown-linux-uclibc mips-unknown-linux-uclibc armv7-unknown-linux-uclibceabi
    armv5te-unknown-linux-musleabi armv7-unknown-linux-musleabihf
    mips-unknown-linux-musl mipsel-unknown-linux-musl
    armv7-linux-androideabi aarch64-linux-android
    x86_64-unknown-freebsd x86_64-unknown-netbsd x86_64-unknown-openbsd
    aarch64-apple-darwin x86_64-unknown-illumos
    riscv64gc-unknown-linux-gnu loongarch64-unknown-linux-gnu
    riscv32gc-unknown-linux-gnu powerpc-unknown-linux-gnu x86_64-unknown-linux-gnux32
    armv4t-unknown-linux-gnueabi s390x-unknown-linux-gnu sparc64-unknown-linux-gnu
    hexagon-unknown-linux-musl
    x86_64-unknown-dragonfly x86_64-pc-solaris x86_64-unknown-haiku x86_64-pc-cygwin
)
STD_TARGETS=(
    mipsel-unknown-linux-uclibc armv5te-unknown-linux-musleabi aarch64-linux-android
    x86_64-unknown-freebsd x86_64-unknown-netbsd x86_64-unknown-openbsd
    aarch64-apple-darwin x86_64-unknown-illumos
)
[ $# -eq 0 ] || TARGETS=("$@") STD_TARGETS=("$@")

rust_src
export CARGO_TARGET_DIR=$CACHE/compile
known=$(rustc "${CARGO[@]:1}" --print target-list)
for target in "${TARGETS[@]}"; do
    grep -qx -- "$target" <<<"$known" ||
        printf '%-32s  left out: unknown to %s\n' "$target" "$(rustc "${CARGO[@]:1}" --version)"
done
mapfile -t TARGETS < <(printf '%s\n' "${TARGETS[@]}" | grep -Fx -- "$known")
mapfile -t STD_TARGETS < <(printf '%s\n' "${STD_TARGETS[@]}" | grep -Fx -- "$known")

# cargo goes by the files' times: of another checkout in this place it might take a check
# for one of this. core and std stay.
"${CARGO[@]}" clean --quiet --locked -p wakefd "${TARGETS[@]/#/--target=}"

# check CRATES FEATURES TARGET...: one line for each target.
failed=()
check() {
    local target verdict output
    say "features $2"
    for target in "${@:3}"; do
        verdict=ok
        output=$("${CARGO[@]}" check -q --lib --locked "-Zbuild-std=$1" --no-default-features --features "$2" --target "$target" 2>&1) || verdict=FAILED
        # A warning too.
        [ -z "$output" ] || { verdict=FAILED && printf '%s\n' "$output"; }
        printf '%-32s  %s\n' "$target" $verdict
        if [ $verdict = ok ]; then seen compiles "$target"; else failed+=("$target ($2)"); fi
    done
}
check core eventfd,pipe,pipe-channel,signal,timer "${TARGETS[@]}"
check std eventfd,pipe,channel,pipe-channel,signal,timer "${STD_TARGETS[@]}"

# Where there are no descriptors to poll, the error says so, and it is the only one.
say "not a Unix"
for target in wasm32-unknown-unknown x86_64-pc-windows-gnu; do
    output=$("${CARGO[@]}" check -q --lib --locked -Zbuild-std=core --no-default-features \
        --features eventfd,pipe --target "$target" 2>&1) && fail "it compiles for $target"
    # The second is that it could not compile.
    [ "$(grep -c '^error: ' <<<"$output")" -eq 2 ] || fail "more errors for $target: $output"
    grep 'error: wakefd needs a Unix' <<<"$output" || fail "another error for $target: $output"
done
[ ${#failed[@]} -eq 0 ] || fail "does not compile: ${failed[*]}"
