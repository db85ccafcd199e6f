#!/usr/bin/env bash
# ci/sysroot.sh TARGET: makes a C library for TARGET, a static musl or uClibc-ng both
# static and shared, under $CACHE/sysroot, and prints the path of the sysroot, the only
# line on standard output. It has to build and run a C program before it counts as made.
#
# The sysroot brings a C compiler for it, which is rustc's linker too:
#
#   root=$(ci/sysroot.sh mips-unknown-linux-uclibc)
#   "$root/bin/cc" -static program.c -o program     # one static program
#   "$root/bin/cc" program.c -o program             # with uClibc as shared library
#   qemu-mips-static -L "$root" program             # -L for the second kind
#
# That is Debian's cross gcc with a specs file: headers, startup files, libc and libgcc
# come from the sysroot and from nowhere else. It is for C, and for Rust that does not
# unwind: C++ has neither a library nor an unwinder here.
source "$(dirname "$0")/lib.sh"
exec 3>&1 >&2

name=${1:-}
target "$name"
[ $libc != gnu ] || fail "usage: ci/sysroot.sh TARGET, where TARGET is of musl or uClibc"

# libgcc FILE: the routines that gcc's code calls, for a division or for floating point.
# On MIPS Debian's libgcc is hard-float: it takes its arguments from registers where our
# code does not put them, and goes wrong silently. Rust's compiler_builtins has the same
# routines under the same names.
libgcc() {
    if [[ $name != mips* ]]; then
        cp "$("${prefix}gcc" -print-libgcc-file-name)" "$1"
        return
    fi
    (core "$name" && cp "$CORE/lib/rustlib/$name/lib"/libcompiler_builtins-*.rlib "$1")
    # Their second form, for optimisation when linking, confuses binutils that have a plugin
    # of another LLVM.
    "${prefix}objcopy" -R .llvmbc -R .llvmcmd "$1"
    "${prefix}ar" d "$1" lib.rmeta # not an object file
}

# Debian has musl for ARM. Its MIPS musl is hard-float (and little-endian only) where
# Rust's MIPS targets are soft-float, so that one is built from Debian's source.
musl() {
    if [[ $name = mips* ]]; then
        packages dpkg-dev make
        foreign_update source
        (cd "$new/download" && run foreign_apt source apt-get source musl) ||
            fail "cannot download the source of Debian's package musl"
        cd "$new"/download/musl-*/
        CC="${prefix}gcc" CFLAGS="-Os -msoft-float" run ./configure --target="$debian-linux-musl" \
            CROSS_COMPILE="$prefix" --disable-shared --prefix="$root/usr" >configure.log
        run make -j"$(nproc)" install >make.log 2>&1 || { tail -n 30 make.log && fail "musl does not build"; }
    else
        foreign_update "$debian"
        (cd "$new/download" && run foreign_apt "$debian" apt-get download musl-dev) ||
            fail "cannot download Debian's musl-dev for $debian"
        dpkg -x "$new"/download/musl-dev_*.deb "$new/tree"
        cp -r "$new"/tree/usr/lib/*-linux-musl*/. "$root/usr/lib"
        cp -r "$new"/tree/usr/include/*-linux-musl* "$root/usr/include"
    fi
    # The compiler names it; a musl without C++ needs nothing of it.
    "${prefix}ar" rcs "$root/usr/lib/libgcc_eh.a"
}

uclibc() {
    local arch=arm options=(ARCH_WANTS_LITTLE_ENDIAN=y CONFIG_ARM_EABI=y) line make kernel
    case $name in
    mipsel*) arch=mips options=(ARCH_WANTS_LITTLE_ENDIAN=y) ;;
    mips*) arch=mips options=(ARCH_WANTS_BIG_ENDIAN=y) ;;
    esac
    kernel=$new/headers/usr/${prefix%-}/include
    packages make xz-utils
    foreign_update amd64
    # The kernel's headers are unpacked apart: in /usr they would lie among glibc's.
    (cd "$new/download" && run foreign_apt amd64 apt-get download uclibc-source "linux-libc-dev-$debian-cross") ||
        fail "cannot download Debian's uclibc-source, or its kernel headers for $debian"
    dpkg -x "$new"/download/uclibc-source_*.deb "$new/source"
    dpkg -x "$new"/download/linux-libc-dev-*.deb "$new/headers"
    tar -xf "$new"/source/usr/src/uClibc-ng-*.tar.xz -C "$new"

    cd "$new"/uClibc-ng-*/
    # Not in the list means default. Shared, since without it static programs
    # with threads miss symbols. No cache, since under qemu that is the host's, of
    # a glibc. libutil is among the libraries that Rust's libc crate links. SUSv3
    # and v4: usleep and its like.
    cat >wanted <<END
TARGET_$arch=y
$(printf '%s\n' "${options[@]}")
RUNTIME_PREFIX="/"
DEVEL_PREFIX="/usr/"
KERNEL_HEADERS="$kernel"
CROSS_COMPILER_PREFIX="$prefix"
UCLIBC_EXTRA_CFLAGS="$cflags"
# UCLIBC_HAS_FPU is not set
HAVE_SHARED=y
# LDSO_CACHE_SUPPORT is not set
UCLIBC_HAS_THREADS_NATIVE=y
UCLIBC_HAS_LFS=y
UCLIBC_LINUX_SPECIFIC=y
UCLIBC_HAS_LIBUTIL=y
UCLIBC_SUSV3_LEGACY=y
UCLIBC_SUSV4_LEGACY=y
DO_C99_MATH=y
END
    cp wanted .config
    # No libgcc of gcc's, and none of its startup files either, which on MIPS
    # would mark the libraries as hard-float. Old-style hashes: uClibc's loader
    # reads GNU ones only if asked to, and on MIPS, where they are another kind,
    # never; Debian's gcc makes them unasked.
    make=(make ARCH="$arch" LIBGCC="$root/usr/lib/libgcc.a" UCLIBC_EXTRA_LDFLAGS=-Wl,--hash-style=sysv
        SHARED_START_FILES='$(top_builddir)lib/crti.o' SHARED_END_FILES='$(top_builddir)lib/crtn.o')
    "${make[@]}" olddefconfig >config.log 2>&1 || { tail -n 30 config.log && fail "uClibc cannot be configured"; }
    while read -r line; do
        grep -qxF "$line" .config || fail "uClibc's configuration has not taken '$line'"
    done <wanted
    run "${make[@]}" -j"$(nproc)" >make.log 2>&1 || { tail -n 30 make.log && fail "uClibc does not build"; }
    run "${make[@]}" PREFIX="$root" install >install.log 2>&1 || { tail -n 30 install.log && fail "uClibc does not install"; }
    cp -r "$kernel/." "$root/usr/include"
    # What C needs of gcc's unwinder, for threads that end.
    "$root/bin/cc" -Os -fPIC -c "$recipe/unwind.c" -o "$new/unwind.o"
    "${prefix}ar" rcs "$root/usr/lib/libgcc_eh.a" "$new/unwind.o"
    # A shared uClibc loads this one when a thread is cancelled.
    "$root/bin/cc" -shared -Wl,-soname=libgcc_s.so.1 "$new/unwind.o" -o "$root/lib/libgcc_s.so.1"
}

# It finds the sysroot by its own path; what is in there by gcc's %R in the specs.
compiler() {
    mkdir -p "$root/bin"
    cp "$recipe/specs" "$root/bin/specs"
    cat >"$root/bin/cc" <<END
#!/bin/sh
# gcc for $name, made by ci/sysroot.sh
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
exec ${prefix}gcc --sysroot="\$root" -specs="\$root/bin/specs" $cflags "\$@"
END
    chmod +x "$root/bin/cc"
}

# Compiles the program of threads, looks at what came out, and runs it.
check() {
    local kind flags output
    for kind in static shared; do
        flags=()
        if [ $kind = static ]; then flags=(-static -no-pie); elif [ $libc = musl ]; then break; fi
        run "$root/bin/cc" -Wall -O2 "${flags[@]}" -pthread "$recipe/threads.c" -o "$new/program" -lm
        is_program $kind "$new/program"
        [ ${#runner[@]} -eq 0 ] || set -- "${runner[@]}" -L "$root"
        output=$(timeout 60 "$@" "$new/program") || fail "the $kind program ended with status $?"
        [ "$output" = 'hello from 4 threads, 2 cancelled, 4 cleaned up; 0 3.75 1428571428' ] ||
            fail "the $kind program printed '$output'"
        printf '%s: %s\n' $kind "$output"
    done
}

packages "${needed[@]}"
recipe=$PWD/ci/sysroot
# By what it is made of, so that a change here makes another.
key=$({ cat ci/sysroot.sh ci/sysroot/* && grep "^$name " ci/targets.txt && "${prefix}gcc" --version; } | sha256sum | head -c 12)
made=$CACHE/sysroot/$name-$key
mkdir -p "$CACHE/sysroot"
exec 9>"$CACHE/sysroot/$name.lock" # two scripts at once: the second waits, and finds it done
flock 9
if [ ! -e "$made" ]; then
    # Made aside and moved into place when it works.
    new=$CACHE/sysroot/$name.new root=$CACHE/sysroot/$name.new/root
    rm -rf "$new"
    mkdir -p "$new/download" "$root/lib" "$root/usr/lib"
    libgcc "$root/usr/lib/libgcc.a"
    compiler
    ($libc)
    check
    mv "$root" "$made"
    rm -rf "$new"
fi
echo "$made" >&3
