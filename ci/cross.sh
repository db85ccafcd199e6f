#!/usr/bin/env bash
# The test suite on other processors, under qemu-user. On targets beside the four main ones,
# and in a container: the unit tests, the conformance suite and the channels. The programs
# that qemu-user cannot run, as it has neither seccomp nor ptrace, run natively (ci/test.sh)
# and what they try runs on booted machines (ci/boot.sh).
#
#   ci/cross.sh [TARGET...] [--engine native|cross] [--share]
#
#   native  Debian's cross compilers and qemu on this machine (the default)
#   cross   the `cross` tool: the same in a container made of ci/cross.Dockerfile
#
# With --share each target runs a part of the suite and of the channels' tests: of three, the
# first runs a third, the second another, and so on. Without a TARGET: the four main ones.
# WAKEFD_EXPECT_TARGET tells a test which target it should find itself on, so that nothing can
# silently run on the host.
source "$(dirname "$0")/lib.sh"

MAIN=(armv5te-unknown-linux-gnueabi armv7-unknown-linux-gnueabihf
    mips-unknown-linux-gnu mipsel-unknown-linux-gnu)
TIMEOUT=${WAKEFD_TEST_TIMEOUT:-900} # seconds for one test binary
# All of whose tests would be skipped, and the long form of a case that runs there too.
NATIVE_ONLY=(each_call faults killed priority two_copies signal_model)

# The example that a test runs, with the profile of the tests, so that both share what they
# are built from.
EXAMPLE=(--example one_loop --profile test)

engine=native targets=() share=no
while [ $# -gt 0 ]; do
    case $1 in
    --engine) engine=${2:-} && shift $(($# > 1)) ;;
    --engine=*) engine=${1#*=} ;;
    --share) share=yes ;;
    -*) fail "unknown option '$1'; usage: ci/cross.sh [TARGET...] [--engine native|cross] [--share]" ;;
    *)
        target "$1"
        [ $libc = gnu ] || fail "std for a target of glibc only; for $1: ci/selftest.sh"
        targets+=("$1")
        ;;
    esac
    shift
done
[ ${#targets[@]} -gt 0 ] || targets=("${MAIN[@]}")

# The tests of one target here, with gcc's linker and qemu as the runner.
native() {
    local var
    target "$1"
    packages "${needed[@]}"
    var=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")
    # cargo goes by the files' times: of another checkout in this place it might take a
    # build for one of this. std's stays. A directory for each target, since cargo locks it.
    local dir=$CACHE/cross/$1
    "${CARGO[@]}" clean --quiet --locked -p wakefd -p wakefd-conformance --target "$1" --target-dir "$dir"
    export CARGO_TARGET_DIR="$dir" "${var}_LINKER=${prefix}gcc" \
        "${var}_RUNNER=timeout -k 10 $TIMEOUT ${runner[*]}"
    [ "$examples" = no ] || run "${CARGO[@]}" build "${EXAMPLE[@]}" -Zbuild-std=std,test --locked --all-features --target "$1"
    tests "${CARGO[@]}" test "${plain[@]}" -Zbuild-std=std,test --locked --all-features --target "$1"
}

# The tests of one target in a container; Cross.toml has the settings.
cross() {
    local target=$1 args=()
    # `cross +nightly`, as `cargo +nightly`.
    [ ${#CARGO[@]} -eq 1 ] || args=("${CARGO[1]}")
    # Not the target directory of `native`: rustc has another path there.
    export CARGO_TARGET_DIR="$CACHE/cross/target-container"
    [ "$examples" = no ] || run "$CROSS" "${args[@]}" build "${EXAMPLE[@]}" --locked --all-features --target "$target"
    tests "$CROSS" "${args[@]}" test --locked --all-features --target "$target"
}

# tests COMMAND...: runs all that is set by `programs`.
tests() {
    # Programs beside these two would heed the part as well.
    if [[ -n $part && $examples = yes ]]; then
        run "$@" "${whole[@]}"
        whole=()
    fi
    [ -z "$part" ] || local -x WAKEFD_TEST_PART=$part
    [ -z "$part" ] || printf 'part %s of the suite and the channels\n' "$part"
    run "$@" "${whole[@]}" "${shared[@]}"
}

# programs TARGET: sets whole and shared, the options of cargo for what runs there, and whether
# the examples are wanted, which one of these runs.
programs() {
    local file name
    whole=(--lib --test=target) shared=(--test={channel,conformance}) examples=no
    [[ $engine = native && " ${MAIN[*]} " == *" $1 "* ]] || return 0
    whole=(--lib) examples=yes
    for file in tests/*.rs tests/*/main.rs; do
        name=$(basename "${file%/main.rs}" .rs)
        [[ " ${NATIVE_ONLY[*]} ${shared[*]#--test=} " == *" $name "* ]] || whole+=("--test=$name")
    done
    printf 'left out: %s\n' "${NATIVE_ONLY[*]}"
}

# Under an emulator this makes the tests five times as fast. Assertions and overflow checks
# stay. Optimising the tests themselves takes longer than a small part of them gains.
export CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=0
plain=()
[ $share = no ] || [ ${#targets[@]} -lt 4 ] ||
    plain=(--config=profile.dev.package.{wakefd,wakefd-conformance}.opt-level=0)

rust_src
case $engine in
native) ;;
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
    programs "$target"
    part=
    [ $share = no ] || part=${#summary[@]}/${#targets[@]}
    export WAKEFD_EXPECT_TARGET=$target
    start=$SECONDS verdict=passed
    set +e # and on again in the subshell
    (set -e && "$engine" "$target") 2>&1 | tee "$log/$target-$engine.log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || verdict=FAILED
    set -e
    # The test that prints this line has compared the target with
    # WAKEFD_EXPECT_TARGET; without it nobody knows where the others ran.
    if [ $verdict = passed ] && ! grep -Eq '^(test .* \.\.\. )?target: ' "$log/$target-$engine.log"; then
        verdict="FAILED: no test printed a line 'target: '"
    fi
    if [ "$verdict" != passed ]; then
        failed+=("$target")
    else
        seen compiles "$target"
        seen tests "$target"
        [ "$engine" = native ] || seen cross "$target"
    fi
    counts=$(awk '/^test result:/ { p += $4; f += $6; i += $8 }
        END { printf "%4d passed, %d failed, %d skipped", p, f, i }' "$log/$target-$engine.log")
    summary+=("$(printf '%-32s %s, %d s: %s' "$target" "$counts" $((SECONDS - start)) "$verdict")")
done

say "summary ($engine)"
printf '%s\n' "${summary[@]}"
[ ${#failed[@]} -eq 0 ] || fail "failed on: ${failed[*]}"
