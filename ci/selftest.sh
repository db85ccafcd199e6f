#!/usr/bin/env bash
# ci/selftest.sh TARGET [--run]: builds selftest/, the static no_std self-test,
# and prints path and size of the ELF, the path as the last line's last word.
# With --run it also runs it, under qemu-user if need be, and checks the report.
source "$(dirname "$0")/lib.sh"

target=${1:-} mode=${2:-}
usage="usage: ci/selftest.sh TARGET [--run]"
[ "$mode" = "" ] || [ "$mode" = --run ] || fail "$usage"

# tools: prefix of the cross gcc, used as the linker. runner: a CPU that has no
# more than the target promises, so that too new an instruction is caught.
# wanted, unwanted: what `readelf -hA` must, and must not, say.
case $target in
armv5te-unknown-linux-musleabi)
    tools=arm-linux-gnueabi- runner="qemu-arm-static -cpu arm926"
    wanted="soft-float ABI|Tag_CPU_arch: v5TE" unwanted="Tag_FP_arch" ;;
armv7-unknown-linux-musleabihf)
    tools=arm-linux-gnueabihf- runner="qemu-arm-static -cpu cortex-a8"
    wanted="hard-float ABI|Tag_CPU_arch: v7" unwanted='' ;;
mips-unknown-linux-musl)
    tools=mips-linux-gnu- runner="qemu-mips-static -cpu 24Kc" # no FPU
    wanted="big endian|mips32r2|FP ABI: Soft float" unwanted='' ;;
mipsel-unknown-linux-musl)
    tools=mipsel-linux-gnu- runner="qemu-mipsel-static -cpu 24Kc"
    wanted="little endian|mips32r2|FP ABI: Soft float" unwanted='' ;;
aarch64-unknown-linux-musl)
    tools=aarch64-linux-gnu- runner="qemu-aarch64-static -cpu cortex-a53"
    wanted="AArch64" unwanted='' ;;
x86_64-unknown-linux-musl)
    tools='' runner='' wanted="X86-64" unwanted='' ;;
*) fail "$usage: no such target: '$target'" ;;
esac
gcc=gcc${tools:+-${tools%-}}
packages "$gcc" binutils ${runner:+qemu-user-static}

rust_src # core has no ready-made build for most of these

say "musl for $target"
sysroot=$(bash ci/musl.sh "$target")

say "self-test for $target"
# The group holds everything from here to --end-group, so that what musl wants
# (division, floating point) comes from Rust's compiler_builtins. gcc's libgcc
# is left out on purpose: on MIPS it is hard-float.
# shellcheck disable=SC2054 # the commas are the linker's
flags=(
    -Clinker="${tools}gcc" -Clink-self-contained=no
    -Ctarget-feature=+crt-static -Crelocation-model=static
    -Cforce-unwind-tables=no # ARM's would want libgcc_eh
    -Zpre-link-arg=-nostdlib -Zpre-link-arg=-static -Zpre-link-arg=-no-pie
    "-Zpre-link-arg=-L$sysroot/lib" "-Zpre-link-arg=$sysroot/lib/crt1.o" "-Zpre-link-arg=$sysroot/lib/crti.o"
    -Zpre-link-arg=-Wl,--start-group
    -Clink-arg=-lc -Clink-arg=-Wl,--end-group "-Clink-arg=$sysroot/lib/crtn.o"
)
encoded=$(printf '%s\x1f' "${flags[@]}")
elf=$PWD/selftest/target/$target/release/wakefd-selftest
(
    cd selftest # its own workspace, lock file and target directory
    CARGO_ENCODED_RUSTFLAGS=${encoded%?} run "${CARGO[@]}" build --locked --release --target "$target" \
        --target-dir target -Zbuild-std=core,compiler_builtins
)

# Firmware engineers copy this file to a board: look at what it is.
headers=$(readelf -hlAW "$elf")
[[ $headers == *"EXEC (Executable file)"* ]] || fail "$elf is not a fixed-position executable"
for segment in INTERP DYNAMIC; do
    [[ $headers != *" $segment "* ]] || fail "$elf has a segment $segment: it is not static"
done
while read -r want; do
    [[ $headers == *"$want"* ]] || fail "$elf: readelf does not say '$want'"
done < <(tr '|' '\n' <<<"$wanted")
[ -z "$unwanted" ] || [[ $headers != *"$unwanted"* ]] || fail "$elf: readelf says '$unwanted'"

if [ "$mode" = --run ]; then
    say "running it: ${runner:-natively}"
    log=$elf.log status=0
    # shellcheck disable=SC2086 # the runner is a command and its arguments
    timeout 1260 $runner "$elf" >"$log" 2>&1 </dev/null || status=$?
    cat "$log"
    bash ci/tap.sh <"$log" || fail "the self-test for $target failed"
    [ "$status" -eq 0 ] || fail "the self-test for $target ended with status $status"
    seen compiles "$target"
    seen self-test "$target"
fi
echo "$(stat -c %s "$elf") bytes: $elf"
