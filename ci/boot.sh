#!/usr/bin/env bash
# ci/boot.sh MACHINE [--all] [--c] [--kernel FILE] [--cpu CPU] [--append TEXT]
#   [--memory MB]
# Boots a whole emulated machine with the self-test as its only program, and fails
# unless every case was reported, none failed, and the guest rebooted.
#
# Without --kernel the machine runs Debian's kernel, which has every call and seccomp
# filters, so that nothing may be skipped: virt (ARMv7), malta (MIPS, little-endian).
# The self-test then runs a sample: all cases on every mechanism, some of them under each
# profile of another kernel, and every row of the faults. With --all it runs everything, and
# the script prints a line for docs/testing.md.
# With --kernel the machine runs your kernel, old or new, and the self-test runs everything:
# virt, malta, malta-be (big-endian), versatilepb (ARMv5; EABI kernels only).
# With --c the program is the test of the C library.
# With --append highres=off the timers have the resolution of a tick.
source "$(dirname "$0")/lib.sh"

usage() { fail "$(printf '%s\n' "$*" && sed -n '2,/^source/{/^# /s/^# //p}' ci/boot.sh)"; }

machine=${1:-} kernel='' cpu='' append='' memory='' c='' parts=sample
[ $# -eq 0 ] || shift
while [ $# -gt 0 ]; do
    case $1 in
    --all) parts='' && shift && continue ;;
    --c) c=yes && shift && continue ;;
    --*) [ $# -ge 2 ] || usage "$1 is unknown or needs a value" ;;
    esac
    case $1 in
    --kernel) kernel=$(cd "$OLDPWD" && realpath -e "$2" 2>/dev/null) || usage "no such file: $2" ;;
    --cpu) cpu=$2 ;;
    --append) append=$2 ;;
    --memory) memory=$2 ;;
    *) usage "unknown option: $1" ;;
    esac
    shift 2
done

# debian_kernel: the package that contains Debian's kernel.
debian_kernel=''
case $machine in
virt)
    target=armv7-unknown-linux-musleabihf console=ttyAMA0 debian_kernel=linux-image-armmp-lpae
    qemu=(qemu-system-arm -M virt -cpu "${cpu:-cortex-a15}") ;;
versatilepb)
    target=armv5te-unknown-linux-musleabi console=ttyAMA0
    # Its sound card would make qemu complain about a host that has none.
    qemu=(qemu-system-arm -M versatilepb -cpu "${cpu:-arm926}" -audiodev "none,id=none" -global pl041.audiodev=none) ;;
malta)
    target=mipsel-unknown-linux-musl console=ttyS0 debian_kernel=linux-image-4kc-malta
    qemu=(qemu-system-mipsel -M malta -cpu "${cpu:-24Kf}") ;;
malta-be)
    target=mips-unknown-linux-musl console=ttyS0
    qemu=(qemu-system-mips -M malta -cpu "${cpu:-24Kf}") ;;
*) usage "no such machine: '$machine'" ;;
esac
[ -n "$kernel$debian_kernel" ] || usage "Debian 12 has no kernel for $machine: give one with --kernel"
target "$target"
packages "qemu-system-$(case ${qemu[0]} in *mips*) echo mips ;; *) echo arm ;; esac)"

work=$CACHE/boot/$machine${c:+-c} # so that both can run at once
mkdir -p "$work" "$CACHE/kernel"

# fetch_kernel: leaves the files of Debian's kernel in $CACHE/kernel/$debian_kernel. In a
# subshell, so that the lock ends with it.
fetch_kernel() (
    new=$CACHE/kernel/new
    flock 9 # two scripts at once: the second waits
    [ ! -e "$CACHE/kernel/$debian_kernel" ] || exit 0
    rm -rf "$new"
    mkdir -p "$new/files"
    foreign_update "$debian"
    image=$(foreign_apt "$debian" apt-cache depends "$debian_kernel" |
        awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
    [ -n "$image" ] || fail "Debian has no package $debian_kernel for $debian"
    (cd "$new" && run foreign_apt "$debian" apt-get download "$image") || fail "cannot download $image for $debian"
    # Without the modules, which the self-test cannot load.
    dpkg-deb --fsys-tarfile "$new"/linux-image-*.deb | tar -x -C "$new/files" --exclude './lib/*'
    rm "$new"/*.deb
    mv "$new/files" "$CACHE/kernel/$debian_kernel"
) 9>"$CACHE/kernel/lock"

own=yes
if [ -z "$kernel" ]; then
    say "Debian's kernel for $machine"
    fetch_kernel
    kernel=$(echo "$CACHE/kernel/$debian_kernel"/boot/vmlinu[xz]-*) own=
fi
[ -f "$kernel" ] || fail "no kernel at $kernel"

if [ -n "$c" ]; then
    bash ci/capi.sh --build "$target" | tee "$work/build.log"
else
    bash ci/selftest.sh "$target" | tee "$work/build.log"
fi
elf=$(tail -n 1 "$work/build.log") elf=${elf##* }

# An initramfs in cpio's "newc" format. The script writes it itself, because cpio could
# add a device node only as root.
# entry NAME MODE [FILE [MAJOR MINOR]]
number=0
entry() {
    local size=0
    [ -z "${3:-}" ] || size=$(stat -c %s "$3")
    number=$((number + 1))
    printf 070701
    printf %08X "$number" "$((0$2))" 0 0 1 0 "$size" 0 0 "${4:-0}" "${5:-0}" $((${#1} + 1)) 0
    printf '%s\0' "$1"
    pad $((110 + ${#1} + 1))
    [ -z "${3:-}" ] || cat "$3"
    pad "$size"
}
pad() { head -c $(((4 - $1 % 4) % 4)) /dev/zero; }
{
    entry dev 040755
    entry dev/console 020600 '' 5 1
    entry proc 040755
    entry init 0100755 "$elf"
    entry 'TRAILER!!!' 0
} | gzip -9n >"$work/initramfs.cpio.gz"

# `quiet` keeps the kernel's messages out of the report; --append 'loglevel=8' (or 'debug'
# for an old kernel) shows them. A panic ends the machine too.
append="console=$console quiet panic=1 $append"
options=(-m "${memory:-256}")
initramfs=$work/initramfs.cpio.gz
if [[ $machine == malta* && -n $own ]]; then
    # Old Malta kernels cannot take an initramfs from qemu's -initrd, so the script loads it
    # and passes the address. 8 MiB works for them. A larger kernel occupies that address
    # and gets the initramfs at 64 MiB.
    end=$(readelf -lW "$kernel" 2>/dev/null | awk '$1 == "LOAD" { print $3, $6 }' |
        while read -r address size; do echo $(((address & 0x1fffffff) + size)); done | sort -n | tail -n 1) || end=
    [ -n "$end" ] || fail "$kernel is not an ELF file, which Malta needs"
    address=$((8 << 20))
    [ "$end" -le $address ] || address=$((64 << 20))
    options+=(-device "loader,file=$initramfs,addr=$address,force-raw=on")
    # The same address as the kernel sees it, in kseg0.
    append+=" $(printf 'rd_start=0x%x rd_size=%d' $((0x80000000 + address)) "$(stat -c %s "$initramfs")")"
else
    options+=(-initrd "$initramfs")
fi

# The kernel passes the words after "--" to the program as arguments.
[ -n "$own$c" ] || append+=" -- $parts"

say "booting $machine: $(basename "$kernel")"
log=$work/console.log status=0 start=$SECONDS
# The self-test's own limit (tests/selftest/src/pid1.rs) is shorter.
timeout --foreground 1860 "${qemu[@]}" "${options[@]}" -kernel "$kernel" -append "$append" \
    -display none -monitor none -serial stdio -vga none -nic none -no-reboot </dev/null 2>&1 | tee "$log" || status=$?

say "$machine ended"
[ "$status" -ne 124 ] || fail "$machine did not end in time (for more messages: --append loglevel=8)"
[ "$status" -eq 0 ] || fail "${qemu[0]} ended with status $status"
! grep -a 'Kernel panic' "$log" || fail "the kernel of $machine panicked"
counts=$(bash ci/tap.sh <"$log") || fail "the program on $machine failed: $counts"
echo "$counts"
if [ -z "$own" ]; then
    # Each mechanism by itself, and the profiles of old kernels.
    ! grep -a '# SKIP' "$log" || fail "cases were skipped on $machine, whose kernel supports everything"
fi
if [ -z "$c" ] && [[ " $append " == *' highres=off '* ]]; then
    # The self-test says so; a tick is a millisecond at least.
    grep -Eaq '^# timer resolution [0-9]{7,} ns' "$log" || fail "the timers of $machine are finer than a tick"
fi
grep -aq '^# PID 1: exit status 0, rebooting' "$log" || fail "the program on $machine did not end with a reboot"
if [ -z "$own$c" ]; then
    seen compiles "$target" && seen self-test "$target" && seen booted "$target"
fi
[ -n "$own$c$parts" ] || printf 'for docs/testing.md:\n| %s | `%s` | %s | %s | %d s |\n' \
    "$(date +%F)" "$machine" "$(basename "$kernel")" "${counts#tap: }" $((SECONDS - start))
