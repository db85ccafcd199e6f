#!/usr/bin/env bash
# ci/selftest.sh TARGET [--shared] [--run]: builds tests/selftest/, the static no_std
# self-test, and prints path and size of the ELF, the path as the last line's last
# word. With --run it also runs it, under qemu-user if need be, and checks the
# report. With --shared, for uClibc, libc is not linked in but a shared library.
source "$(dirname "$0")/lib.sh"

usage="usage: ci/selftest.sh TARGET [--shared] [--run]"
target=${1:-} kind=static mode=''
for argument in "${@:2}"; do
    case $argument in
    --shared) kind=shared ;;
    --run) mode=--run ;;
    *) fail "$usage" ;;
    esac
done

# tools: prefix of the cross gcc, used as the linker. runner: a CPU that has no
# more than the target promises, so that too new an instruction is caught.
# wanted, unwanted: what `readelf -hA` must, and must not, say.
case $target in
armv5te-unknown-linux-musleabi | armv5te-unknown-linux-uclibceabi)
    tools=arm-linux-gnueabi- runner="qemu-arm-static -cpu arm926"
    wanted="soft-float ABI|Tag_CPU_arch: v5TE" unwanted="Tag_FP_arch" ;;
armv7-unknown-linux-musleabihf)
    tools=arm-linux-gnueabihf- runner="qemu-arm-static -cpu cortex-a8"
    wanted="hard-float ABI|Tag_CPU_arch: v7" unwanted='' ;;
armv7-unknown-linux-uclibceabi)
    # Rust marks it VFPv3 without using that; so it runs without an FPU.
    tools=arm-linux-gnueabi- runner="qemu-arm-static -cpu cortex-a8,vfp=off,neon=off"
    wanted="soft-float ABI|Tag_CPU_arch: v7" unwanted='' ;;
mips-unknown-linux-musl | mips-unknown-linux-uclibc)
    tools=mips-linux-gnu- runner="qemu-mips-static -cpu 24Kc" # no FPU
    wanted="big endian|mips32r2|FP ABI: Soft float" unwanted='' ;;
mipsel-unknown-linux-musl | mipsel-unknown-linux-uclibc)
    tools=mipsel-linux-gnu- runner="qemu-mipsel-static -cpu 24Kc"
    wanted="little endian|mips32r2|FP ABI: Soft float" unwanted='' ;;
aarch64-unknown-linux-musl)
    tools=aarch64-linux-gnu- runner="qemu-aarch64-static -cpu cortex-a53"
    wanted="AArch64" unwanted='' ;;
x86_64-unknown-linux-musl)
    tools='' runner='' wanted="X86-64" unwanted='' ;;
*) fail "$usage: no such target: '$target'" ;;
esac
[[ $kind = static || $target = *-uclibc* ]] || fail "$usage: --shared is for uClibc"
gcc=gcc${tools:+-${tools%-}}
packages "$gcc" binutils ${runner:+qemu-user-static}

rust_src # core has no ready-made build for most of these

# The group holds everything from --start-group to --end-group, so that what libc
# wants (division, floating point) comes from Rust's compiler_builtins. gcc's
# libgcc is left out on purpose: on MIPS it is hard-float.
dir=target
# shellcheck disable=SC2054 # the commas are the linker's
case $target in
*-musl*)
    say "musl for $target"
    sysroot=$(bash ci/musl.sh "$target")
    flags=(
        -Clinker="${tools}gcc" -Clink-self-contained=no -Zpre-link-arg=-nostdlib -Zpre-link-arg=-static -Zpre-link-arg=-no-pie
        "-Zpre-link-arg=-L$sysroot/lib" "-Zpre-link-arg=$sysroot/lib/crt1.o" "-Zpre-link-arg=$sysroot/lib/crti.o"
        -Zpre-link-arg=-Wl,--start-group
        -Clink-arg=-lc -Clink-arg=-Wl,--end-group "-Clink-arg=$sysroot/lib/crtn.o"
    )
    ;;
*-uclibc*)
    say "uClibc for $target"
    sysroot=$(bash ci/uclibc.sh "$target")
    flags=(-Clinker="$sysroot/bin/cc" -Zpre-link-arg=-Wl,--start-group)
    # rustc has said -Bdynamic before these, even with -static.
    [ $kind = shared ] || flags+=(-Clink-arg=-Wl,-Bstatic)
    flags+=(-Clink-arg=-lc -Clink-arg=-lgcc_eh -Clink-arg=-Wl,--end-group) # ours, not gcc's
    # A directory of its own, so that neither takes the place of the other.
    [ $kind = static ] || dir=target/shared
    export QEMU_LD_PREFIX=$sysroot # where qemu finds the loader, and the loader libc
    ;;
esac

say "$kind self-test for $target"
flags+=(-Cforce-unwind-tables=no) # ARM's would want libgcc_eh
if [ $kind = static ]; then
    flags+=(-Ctarget-feature=+crt-static -Crelocation-model=static)
else
    flags+=(-Ctarget-feature=-crt-static)
fi
encoded=$(printf '%s\x1f' "${flags[@]}")
elf=$PWD/tests/selftest/$dir/$target/release/wakefd-selftest
(
    cd tests/selftest # its own workspace, lock file and target directory
    CARGO_ENCODED_RUSTFLAGS=${encoded%?} run "${CARGO[@]}" build --locked --release --target "$target" \
        --target-dir "$dir" -Zbuild-std=core,compiler_builtins
)

# Firmware engineers copy this file to a board: look at what it is.
headers=$(readelf -hldAW "$elf")
if [ $kind = static ]; then
    [[ $headers == *"EXEC (Executable file)"* ]] || fail "$elf is not a fixed-position executable"
    for segment in INTERP DYNAMIC; do
        [[ $headers != *" $segment "* ]] || fail "$elf has a segment $segment: it is not static"
    done
else
    wanted+='|interpreter: /lib/ld-uClibc.so.|Shared library: [libc.so.'
fi
while read -r want; do
    [[ $headers == *"$want"* ]] || fail "$elf: readelf does not say '$want'"
done < <(tr '|' '\n' <<<"$wanted")
[ -z "$unwanted" ] || [[ $headers != *"$unwanted"* ]] || fail "$elf: readelf says '$unwanted'"

if [ "$mode" = --run ]; then
    say "running it: ${runner:-natively}"
    log=$elf.log status=0
    # shellcheck disable=SC2086 # the runner is a command and its arguments
    timeout 1860 $runner "$elf" >"$log" 2>&1 </dev/null || status=$?
    cat "$log"
    bash ci/tap.sh <"$log" || fail "the self-test for $target failed"
    [ "$status" -eq 0 ] || fail "the self-test for $target ended with status $status"
    seen compiles "$target"
    [ $kind = shared ] || seen self-test "$target"
fi
echo "$(stat -c %s "$elf") bytes: $elf"
