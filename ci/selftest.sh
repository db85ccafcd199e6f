#!/usr/bin/env bash
# ci/selftest.sh TARGET [--shared] [--run [PART...]]: builds tests/selftest/, the static
# no_std self-test, and prints the size and the path of the program, the path as the last
# word of the last line. With --run it also runs the program, if necessary under qemu-user,
# and checks the report. A PART (cases, faults, sample) is an argument of the self-test,
# which runs all parts by default. With --shared, for uClibc, libc is a shared library.
source "$(dirname "$0")/lib.sh"

usage="usage: ci/selftest.sh TARGET [--shared] [--run [PART...]], where TARGET has musl or uClibc"
target=${1:-} kind=static dir=target mode=''
[ $# -eq 0 ] || shift
while [ $# -gt 0 ]; do
    case $1 in
    # A separate directory, so that neither program overwrites the other.
    --shared) kind=shared dir=target/shared ;;
    --run) mode=run ;;
    -*) fail "$usage" ;;
    *) break ;;
    esac
    shift
done
[ $# -eq 0 ] || [ -n "$mode" ] || fail "$usage"
target "$target"
[ $libc != gnu ] || fail "$usage"
[ $kind = static ] || [ $libc = uclibc ] || fail "--shared is for uClibc"
packages "${needed[@]}"
core "$target"
say "$libc for $target"
sysroot=$(bash ci/sysroot.sh "$target")

say "$kind self-test for $target"
# libc is in a group with Rust's libraries, because each needs symbols of the other. rustc
# passes -Bdynamic before libc, even with -static.
flags=(
    --sysroot="$CORE" -Clinker="$sysroot/bin/cc" -Zpre-link-arg=-Wl,--start-group
    -Cforce-unwind-tables=no # ARM's would want libgcc_eh
)
# Only for some targets does Rust contain a musl and support this option.
[ $libc != musl ] || flags+=(-Clink-self-contained=no)
if [ $kind = static ]; then
    flags+=(-Ctarget-feature=+crt-static -Crelocation-model=static
        -Zpre-link-arg=-static -Zpre-link-arg=-no-pie -Clink-arg=-Wl,-Bstatic)
else
    flags+=(-Ctarget-feature=-crt-static)
fi
flags+=(-Clink-arg=-lc -Clink-arg=-lgcc -Clink-arg=-lgcc_eh -Clink-arg=-Wl,--end-group)
encoded=$(printf '%s\x1f' "${flags[@]}")
elf=$PWD/tests/selftest/$dir/$target/release/wakefd-selftest
(
    cd tests/selftest # its own workspace, lock file and target directory
    CARGO_ENCODED_RUSTFLAGS=${encoded%?} run "${CARGO[@]}" build --locked --release --target "$target" --target-dir "$dir"
)
is_program $kind "$elf"

if [ -n "$mode" ]; then
    say "running it: ${runner[*]:-natively}"
    log=$elf.log status=0
    export QEMU_LD_PREFIX=$sysroot # where qemu finds the loader, and the loader libc
    timeout 1860 "${runner[@]}" "$elf" "$@" >"$log" 2>&1 </dev/null || status=$?
    cat "$log"
    bash ci/tap.sh <"$log" || fail "the self-test for $target failed"
    [ "$status" -eq 0 ] || fail "the self-test for $target ended with status $status"
    # As on a board with an old kernel: without filters, and all cases on the remaining mechanisms.
    if [ ${#runner[@]} -eq 0 ]; then
        while read -r profile; do
            say "running it under the profile $profile"
            timeout 1860 "$elf" cases "on=$profile" >"$log" 2>&1 </dev/null ||
                { cat "$log" && fail "the self-test under $profile failed"; }
            bash ci/tap.sh <"$log" || fail "the self-test under $profile failed"
        done < <(sed -n 's/^ *Profile::new("\(linux-[^"]*\)".*/\1/p' tests/conformance/src/profile.rs)
    fi
    seen compiles "$target"
    [ $kind = shared ] || seen self-test "$target"
fi
echo "$(stat -c %s "$elf") bytes: $elf"
