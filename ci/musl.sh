#!/usr/bin/env bash
# ci/musl.sh TARGET: makes a sysroot of static musl for TARGET (lib/crt1.o,
# lib/libc.a, include/) under $CACHE/musl and prints its path, the only line on
# standard output.
source "$(dirname "$0")/lib.sh"
exec 3>&1 >&2

target=${1:-}
# Debian has musl for ARM. Its MIPS musl is not used: it is hard-float (and
# little-endian only) where Rust's MIPS musl targets are soft-float, so
# floating point would go wrong silently. We build Debian's source instead.
case $target in
armv5te-unknown-linux-musleabi) arch=armel ;;
armv7-unknown-linux-musleabihf) arch=armhf ;;
aarch64-unknown-linux-musl) arch=arm64 ;;
x86_64-unknown-linux-musl) arch=amd64 ;;
mips-unknown-linux-musl) arch='' tools=mips-linux-gnu ;;
mipsel-unknown-linux-musl) arch='' tools=mipsel-linux-gnu ;;
*) fail "usage: ci/musl.sh TARGET, where TARGET is one of
  armv5te-unknown-linux-musleabi armv7-unknown-linux-musleabihf
  mips-unknown-linux-musl mipsel-unknown-linux-musl
  aarch64-unknown-linux-musl x86_64-unknown-linux-musl" ;;
esac

sysroot=$CACHE/musl/$target
mkdir -p "$CACHE/musl"
exec 9>"$CACHE/musl/lock" # two scripts at once: the second waits, and finds it done
flock 9
if [ ! -e "$sysroot" ]; then
    # Made aside and moved into place when whole.
    new=$CACHE/musl/new
    rm -rf "$new"
    mkdir -p "$new/download" "$new/sysroot"
    if [ -n "$arch" ]; then
        foreign_update "$arch"
        (cd "$new/download" && run foreign_apt "$arch" apt-get download musl-dev) ||
            fail "cannot download Debian's musl-dev for $arch"
        dpkg -x "$new"/download/musl-dev_*.deb "$new/tree"
        mv "$new"/tree/usr/lib/*-linux-musl* "$new/sysroot/lib"
        mv "$new"/tree/usr/include/*-linux-musl* "$new/sysroot/include"
    else
        packages "gcc-$tools" dpkg-dev make
        foreign_update source
        (cd "$new/download" && run foreign_apt source apt-get source musl) ||
            fail "cannot download the source of Debian's package musl"
        (
            cd "$new"/download/musl-*/
            CC="$tools-gcc" CFLAGS="-Os -msoft-float" run ./configure --target="${tools/gnu/musl}" \
                CROSS_COMPILE="$tools-" --disable-shared --prefix="$new/sysroot" >configure.log
            run make -j"$(nproc)" install >make.log 2>&1 || { tail -n 30 make.log; fail "musl does not build"; }
        )
    fi
    for file in lib/crt1.o lib/crti.o lib/crtn.o lib/libc.a include/stdio.h; do
        [ -f "$new/sysroot/$file" ] || fail "the musl for $target has no $file"
    done
    mv "$new/sysroot" "$sysroot"
    rm -rf "$new"
fi
echo "$sysroot" >&3
