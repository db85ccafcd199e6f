#!/usr/bin/env bash
# ci/sysroot.sh TARGET: builds a C library for TARGET under $CACHE/sysroot: a static musl, or
# a static and shared uClibc-ng. Prints the path of the sysroot as the only line on standard
# output. The sysroot is kept only if a C program that it builds runs.
#
# The sysroot contains a C compiler, which is also the linker of rustc:
#
#   root=$(ci/sysroot.sh mips-unknown-linux-uclibc)
#   "$root/bin/cc" -static program.c -o program     # one static program
#   "$root/bin/cc" program.c -o program             # with a shared uClibc
#   qemu-mips-static -L "$root" program             # -L for a shared uClibc
#
# The compiler is Debian's cross gcc with a specs file: headers, startup files, libc and
# libgcc come from the sysroot only. It supports C, and Rust that does not unwind, but not
# C++: the sysroot has no C++ library and no unwinder.
source "$(dirname "$0")/lib.sh"
exec 3>&1 >&2

name=${1:-}
target "$name"
[ $libc != gnu ] || fail "usage: ci/sysroot.sh TARGET, where TARGET has musl or uClibc"

# libgcc FILE: makes FILE from the routines that gcc's code calls for divisions and floating
# point. Debian's libgcc for MIPS is hard-float: it reads its arguments from registers that
# soft-float code does not set, and returns wrong results without an error. Rust's
# compiler_builtins has the same routines under the same names.
libgcc() {
    if [[ $name != mips* ]]; then
        cp "$("${prefix}gcc" -print-libgcc-file-name)" "$1"
        return
    fi
    (core "$name" && cp "$CORE/lib/rustlib/$name/lib"/libcompiler_builtins-*.rlib "$1")
    # The embedded bitcode, for link-time optimisation, confuses binutils with a plugin of
    # another LLVM.
    "${prefix}objcopy" -R .llvmbc -R .llvmcmd "$1"
    "${prefix}ar" d "$1" lib.rmeta # not an object file
}

# Debian has musl for ARM. Its musl for MIPS is hard-float (and little-endian only), but
# Rust's MIPS targets are soft-float, so musl for MIPS is built from Debian's source.
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
    # The compiler passes libgcc_eh to the linker; without C++ musl needs none of its functions.
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
    # The kernel's headers are unpacked separately: in /usr they would mix with glibc's.
    (cd "$new/download" && run foreign_apt amd64 apt-get download uclibc-source "linux-libc-dev-$debian-cross") ||
        fail "cannot download Debian's uclibc-source, or its kernel headers for $debian"
    dpkg -x "$new"/download/uclibc-source_*.deb "$new/source"
    dpkg -x "$new"/download/linux-libc-dev-*.deb "$new/headers"
    tar -xf "$new"/source/usr/src/uClibc-ng-*.tar.xz -C "$new"

    cd "$new"/uClibc-ng-*/
    # Options that the list does not name have their default. Shared, because otherwise static
    # programs with threads miss symbols. Without the loader's cache, because under qemu that is
    # the host's and belongs to glibc. Rust's libc crate links libutil. SUSv3 and SUSv4 enable
    # usleep and similar functions.
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
    # Without gcc's libgcc and startup files, which on MIPS would mark the libraries as
    # hard-float. Old-style hash tables: uClibc's loader reads GNU tables only if it was
    # configured so, and never on MIPS, which has another kind; Debian's gcc makes GNU
    # tables by default.
    make=(make ARCH="$arch" LIBGCC="$root/usr/lib/libgcc.a" UCLIBC_EXTRA_LDFLAGS=-Wl,--hash-style=sysv
        SHARED_START_FILES='$(top_builddir)lib/crti.o' SHARED_END_FILES='$(top_builddir)lib/crtn.o')
    "${make[@]}" olddefconfig >config.log 2>&1 || { tail -n 30 config.log && fail "uClibc cannot be configured"; }
    while read -r line; do
        grep -qxF "$line" .config || fail "uClibc's configuration has not taken '$line'"
    done <wanted
    run "${make[@]}" -j"$(nproc)" >make.log 2>&1 || { tail -n 30 make.log && fail "uClibc does not build"; }
    run "${make[@]}" PREFIX="$root" install >install.log 2>&1 || { tail -n 30 install.log && fail "uClibc does not install"; }
    cp -r "$kernel/." "$root/usr/include"
    # The functions of gcc's unwinder that C needs when a thread ends.
    "$root/bin/cc" -Os -fPIC -c "$recipe/unwind.c" -o "$new/unwind.o"
    "${prefix}ar" rcs "$root/usr/lib/libgcc_eh.a" "$new/unwind.o"
    # A shared uClibc loads this library when a thread is cancelled.
    "$root/bin/cc" -shared -Wl,-soname=libgcc_s.so.1 "$new/unwind.o" -o "$root/lib/libgcc_s.so.1"
}

# The script finds the sysroot by its own path, and gcc finds files in it by %R in the specs.
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

# Compiles a program with threads, checks its headers, and runs it.
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
# The key depends on everything that goes into the sysroot, so a change makes a new one.
key=$({ cat ci/sysroot.sh ci/sysroot/* && grep "^$name " ci/targets.txt && "${prefix}gcc" --version; } | sha256sum | head -c 12)
made=$CACHE/sysroot/$name-$key
mkdir -p "$CACHE/sysroot"
exec 9>"$CACHE/sysroot/$name.lock" # two scripts at once: the second waits, and finds it done
flock 9
if [ ! -e "$made" ]; then
    # Built in another directory, and moved into place when it works.
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
