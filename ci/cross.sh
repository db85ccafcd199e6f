#!/usr/bin/env bash
# The whole test suite on other processors, under qemu-user.
#
#   ci/cross.sh [TARGET...] [--engine native|cross]
#
#   native  Debian's cross compilers and qemu on this machine (the default)
#   cross   the `cross` tool: the same in a container made of ci/cross.Dockerfile
#
# Without a TARGET: the four main ones. WAKEFD_EXPECT_TARGET tells a test which
# target it should find itself on, so that nothing can silently run on the host.
source "$(dirname "$0")/lib.sh"

MAIN=(armv5te-unknown-linux-gnueabi armv7-unknown-linux-gnueabihf
    mips-unknown-linux-gnu mipsel-unknown-linux-gnu)
TIMEOUT=${WAKEFD_TEST_TIMEOUT:-900} # seconds for one test binary

# table: target, prefix of its gcc, Debian's name for its sysroot, qemu and its
# arguments; "-": the host runs it itself. (An arm926 is an ARMv5: any newer
# instruction kills the test.) The image of --engine cross has its own copy of
# the four main rows, in ci/cross.Dockerfile.
table() {
    cat <<'EOF'
armv5te-unknown-linux-gnueabi   arm-linux-gnueabi       armel     arm -cpu arm926
armv7-unknown-linux-gnueabihf   arm-linux-gnueabihf     armhf     arm
mips-unknown-linux-gnu          mips-linux-gnu          mips      mips
mipsel-unknown-linux-gnu        mipsel-linux-gnu        mipsel    mipsel
mips64el-unknown-linux-gnuabi64 mips64el-linux-gnuabi64 mips64el  mips64el
aarch64-unknown-linux-gnu       aarch64-linux-gnu       arm64     aarch64
i686-unknown-linux-gnu          i686-linux-gnu          i386      -
EOF
}

# row TARGET: its line of the table, if there is one.
row() { table | awk -v target="$1" '$1 == target'; }

engine=native targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --engine) engine=${2:-} && shift $(($# > 1)) ;;
    --engine=*) engine=${1#*=} ;;
    -*) fail "unknown option '$1'; usage: ci/cross.sh [TARGET...] [--engine native|cross]" ;;
    *)
        [ -n "$(row "$1")" ] ||
            fail "unknown target '$1'; known targets: $(table | awk '{ printf "%s ", $1 }')"
        targets+=("$1")
        ;;
    esac
    shift
done
[ ${#targets[@]} -gt 0 ] || targets=("${MAIN[@]}")

# needed TARGET GCC SYSROOT QEMU: the Debian packages for it. The sysroots by
# name, since gcc's packages only recommend them.
needed() {
    printf '%s\n' gcc libc6-dev "gcc-$2" "libc6-dev-$3-cross"
    case $4 in
    -) printf '%s\n' libc6-i386 lib32gcc-s1 ;; # a loader and libgcc_s for it
    *) echo qemu-user-static ;;
    esac
}

# The tests of one target here, with gcc's linker and qemu as the runner.
native() {
    local target=$1 gcc=$2 qemu=$4 var runner="timeout -k 10 $TIMEOUT"
    [ "$qemu" = - ] || runner+=" qemu-$qemu-static ${*:5} -L /usr/$gcc"
    var=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$target")
    run env CARGO_TARGET_DIR="$CACHE/cross/target" "${var}_LINKER=$gcc-gcc" "${var}_RUNNER=$runner" \
        "${CARGO[@]}" test -Zbuild-std --locked --all-features --target "$target"
}

# The tests of one target in a container; Cross.toml has the settings.
cross() {
    local target=$1 args=()
    # `cross +nightly`, as `cargo +nightly`.
    [ ${#CARGO[@]} -eq 1 ] || args=("${CARGO[1]}")
    # Not the target directory of `native`: rustc has another path there.
    run env CARGO_TARGET_DIR="$CACHE/cross/target-container" \
        "$CROSS" "${args[@]}" test --locked --all-features --target "$target"
}

rust_src
case $engine in
native)
    # shellcheck disable=SC2046 # a row is split into its words, here and below
    mapfile -t list < <(for target in "${targets[@]}"; do needed $(row "$target"); done | sort -u)
    packages "${list[@]}"
    ;;
cross)
    for target in "${targets[@]}"; do
        grep -q "^\[target\.$target\]" Cross.toml || fail "Cross.toml has no image for $target; use --engine native"
    done
    source ci/cross-image.sh
    ;;
*) fail "unknown engine '$engine'; known: native, cross" ;;
esac

# Without capture the line 'target: …' reaches the log. (Not with arguments
# after `--`: cross 0.2.5 appends its -Zbuild-std there.)
export RUST_TEST_NOCAPTURE=1

failed=() summary=() log=$CACHE/cross/log
mkdir -p "$log"
for target in "${targets[@]}"; do
    say "$target ($engine)"
    export WAKEFD_EXPECT_TARGET=$target
    start=$SECONDS verdict=passed
    set +e # and on again in the subshell
    # shellcheck disable=SC2046
    (set -e && "$engine" $(row "$target")) 2>&1 | tee "$log/$target-$engine.log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || verdict=FAILED
    set -e
    # The test that prints this line has compared the target with
    # WAKEFD_EXPECT_TARGET; without it nobody knows where the others ran.
    if [ $verdict = passed ] && ! grep -Eq '^(test .* \.\.\. )?target: ' "$log/$target-$engine.log"; then
        verdict="FAILED: no test printed a line 'target: '"
    fi
    if [ "$verdict" != passed ]; then
        failed+=("$target")
    elif [ "$engine" = cross ]; then
        seen cross "$target"
    else
        seen compiles "$target"
        seen tests "$target"
    fi
    counts=$(awk '/^test result:/ { p += $4; f += $6; i += $8 }
        END { printf "%4d passed, %d failed, %d skipped", p, f, i }' "$log/$target-$engine.log")
    summary+=("$(printf '%-32s %s, %d s: %s' "$target" "$counts" $((SECONDS - start)) "$verdict")")
done

say "summary ($engine)"
printf '%s\n' "${summary[@]}"
[ ${#failed[@]} -eq 0 ] || fail "failed on: ${failed[*]}"
