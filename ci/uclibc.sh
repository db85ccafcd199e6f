#!/usr/bin/env bash
# ci/uclibc.sh TARGET [--check]: builds uClibc-ng, static and shared, for TARGET
# under $CACHE/uclibc, and prints the path of the sysroot, the only line on
# standard output. A new sysroot has to build and run a C program before it
# counts as built; --check has an old one do that again.
#
# The sysroot brings a C compiler for it:
#
#   root=$(ci/uclibc.sh mips-unknown-linux-uclibc)
#   "$root/bin/cc" -static program.c -o program     # one static program
#   "$root/bin/cc" program.c -o program             # with uClibc as shared library
#   qemu-mips-static -L "$root" program             # -L for the second kind
#
# That is Debian's cross gcc with a specs file: headers, startup files, libc and
# libgcc come from the sysroot and from nowhere else. Threads and libm are in
# libc, so -pthread and -lm do nothing, and no harm. It is for C, and for Rust
# that does not unwind: C++ has neither a library nor an unwinder here. For rustc
# it is the linker; see ci/selftest.sh.
source "$(dirname "$0")/lib.sh"
exec 3>&1 >&2

target=${1:-} mode=${2:-}
usage="usage: ci/uclibc.sh TARGET [--check], where TARGET is one of
  mips-unknown-linux-uclibc mipsel-unknown-linux-uclibc
  armv5te-unknown-linux-uclibceabi armv7-unknown-linux-uclibceabi"
[ "$mode" = "" ] || [ "$mode" = --check ] || fail "$usage"

# arch and options: uClibc's. tools: prefix of the cross gcc. headers: Debian's
# name of the kernel headers. cflags: what Rust's target promises of the CPU.
# qemu: one that has no more than that, so no FPU either.
case $target in
mips-unknown-linux-uclibc)
    arch=mips options="ARCH_WANTS_BIG_ENDIAN=y" tools=mips-linux-gnu headers=mips
    cflags="-march=mips32r2 -msoft-float" qemu="qemu-mips-static -cpu 24Kc" ;;
mipsel-unknown-linux-uclibc)
    arch=mips options="ARCH_WANTS_LITTLE_ENDIAN=y" tools=mipsel-linux-gnu headers=mipsel
    cflags="-march=mips32r2 -msoft-float" qemu="qemu-mipsel-static -cpu 24Kc" ;;
armv5te-unknown-linux-uclibceabi)
    arch=arm options="ARCH_WANTS_LITTLE_ENDIAN=y CONFIG_ARM_EABI=y" tools=arm-linux-gnueabi headers=armel
    cflags="-march=armv5te -mfloat-abi=soft" qemu="qemu-arm-static -cpu arm926,vfp=off" ;;
armv7-unknown-linux-uclibceabi)
    arch=arm options="ARCH_WANTS_LITTLE_ENDIAN=y CONFIG_ARM_EABI=y" tools=arm-linux-gnueabi headers=armel
    cflags="-march=armv7-a -mfloat-abi=soft" qemu="qemu-arm-static -cpu cortex-a8,vfp=off,neon=off" ;;
*) fail "$usage" ;;
esac

# The routines that gcc's code calls, for a division or for floating point.
# Debian's libgcc for ARM is soft-float and fits. The one for MIPS is hard-float:
# it takes its arguments from registers where our code does not put them. Rust's
# compiler_builtins has the same routines under the same names.
libgcc() {
    if [ $arch = arm ]; then
        cp "$("$tools-gcc" -print-libgcc-file-name)" "$1"
        return
    fi
    local crate=$new/builtins found
    mkdir -p "$crate/src"
    echo '#![no_std]' >"$crate/src/lib.rs"
    printf '%s\n' '[package]' 'name = "builtins"' 'edition = "2021"' '[workspace]' \
        '[profile.release]' 'panic = "abort"' 'opt-level = "s"' >"$crate/Cargo.toml"
    (
        rust_src
        cd "$crate"
        run "${CARGO[@]}" build --release --target "$target" --target-dir target \
            -Zbuild-std=core,compiler_builtins
    )
    found=("$crate/target/$target/release/deps"/libcompiler_builtins-*.rlib)
    [ ${#found[@]} -eq 1 ] || fail "one compiler_builtins expected, found: ${found[*]}"
    cp "${found[0]}" "$1"
    "$tools-ar" d "$1" lib.rmeta # not an object file
}

# What C needs of gcc's unwinder: pthread_exit and a cancelled thread go through
# it, to have each cleanup handler called on the way out. If it says "end of
# stack" at once, uClibc does that by longjmp, and nothing has to be unwound.
# (gcc's own is hard-float on MIPS, and asks glibc where the tables are.)
unwind() {
    cat <<'EOF'
#include <stdlib.h>
#include <unwind.h>

_Unwind_Reason_Code _Unwind_ForcedUnwind(struct _Unwind_Exception *exception, _Unwind_Stop_Fn stop, void *argument)
{
    stop(1, _UA_FORCE_UNWIND | _UA_CLEANUP_PHASE | _UA_END_OF_STACK, exception->exception_class, exception, 0, argument);
    abort();
}

_Unwind_Word _Unwind_GetCFA(struct _Unwind_Context *context) { return 0; }

/* Only an unwinder gets to these. uClibc for ARM brings some, for shared programs. */
void _Unwind_Resume(struct _Unwind_Exception *exception) { abort(); }
void __gcc_personality_v0(void) { abort(); }
#ifdef __arm__
#pragma weak __aeabi_unwind_cpp_pr0
#pragma weak __aeabi_unwind_cpp_pr1
#pragma weak __aeabi_unwind_cpp_pr2
void __aeabi_unwind_cpp_pr0(void) { abort(); }
void __aeabi_unwind_cpp_pr1(void) { abort(); }
void __aeabi_unwind_cpp_pr2(void) { abort(); }
#endif
EOF
}

# The compiler of the sysroot. It finds the sysroot by its own path, and what is
# in there by gcc's %R; %s looks in gcc's own directory (stddef.h and the like).
# The linker takes the last of two loaders and of two hash styles; for the old
# style see below. libc goes first: compiler_builtins has some of libm's functions.
compiler() {
    mkdir -p "$1/bin"
    cat >"$1/bin/specs" <<'EOF'
%rename cpp_options old_cpp_options
%rename cc1 old_cc1
%rename link old_link

*cpp_options:
-nostdinc -isystem %R/usr/include -isystem include%s %(old_cpp_options)

*cc1:
%(old_cc1) -nostdinc -isystem %R/usr/include -isystem include%s

*link:
%(old_link) --hash-style=sysv %{!static:%{!shared:-dynamic-linker /lib/ld-uClibc.so.1}}

*link_libgcc:
-L%R/usr/lib -L%R/lib

*startfile:
%{!shared:%{static|no-pie:%R/usr/lib/crt1.o;:%R/usr/lib/Scrt1.o}} %R/usr/lib/crti.o

*endfile:
%R/usr/lib/crtn.o

*link_gcc_c_sequence:
--start-group -lc -lgcc -lgcc_eh --end-group

EOF
    cat >"$1/bin/cc" <<EOF
#!/bin/sh
# gcc for $target, made by ci/uclibc.sh
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
exec $tools-gcc --sysroot="\$root" -specs="\$root/bin/specs" $cflags "\$@"
EOF
    chmod +x "$1/bin/cc"
}

# build ROOT: everything, from source.
build() {
    local root=$1 line make kernel=$new/headers/usr/$tools/include
    packages "gcc-$tools" binutils gcc libc6-dev make xz-utils qemu-user-static
    foreign_update amd64
    # The kernel's headers are unpacked apart: in /usr they would lie among glibc's.
    (cd "$new/download" && run foreign_apt amd64 apt-get download uclibc-source "linux-libc-dev-$headers-cross") ||
        fail "cannot download Debian's uclibc-source, or its kernel headers for $headers"
    dpkg -x "$new"/download/uclibc-source_*.deb "$new/source"
    dpkg -x "$new"/download/linux-libc-dev-*.deb "$new/headers"
    tar -xf "$new"/source/usr/src/uClibc-ng-*.tar.xz -C "$new"
    mkdir -p "$root/lib" "$root/usr/lib"
    libgcc "$root/usr/lib/libgcc.a"

    cd "$new"/uClibc-ng-*/
    # Not in the list means default. Shared, since without it static programs
    # with threads miss symbols. No cache, since under qemu that is the host's, of
    # a glibc. libutil is among the libraries that Rust's libc crate links. SUSv3
    # and v4: usleep and its like.
    cat >wanted <<EOF
TARGET_$arch=y
$(tr ' ' '\n' <<<"$options")
RUNTIME_PREFIX="/"
DEVEL_PREFIX="/usr/"
KERNEL_HEADERS="$kernel"
CROSS_COMPILER_PREFIX="$tools-"
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
EOF
    cp wanted .config
    # No libgcc of gcc's, and none of its startup files either, which on MIPS
    # would mark the libraries as hard-float. Old-style hashes: uClibc's loader
    # reads GNU ones only if asked to, and on MIPS, where they are another kind,
    # never; Debian's gcc makes them unasked.
    make=(make ARCH="$arch" LIBGCC="$root/usr/lib/libgcc.a" UCLIBC_EXTRA_LDFLAGS=-Wl,--hash-style=sysv
        SHARED_START_FILES='$(top_builddir)lib/crti.o' SHARED_END_FILES='$(top_builddir)lib/crtn.o')
    "${make[@]}" olddefconfig >config.log 2>&1 || { tail -n 30 config.log; fail "uClibc cannot be configured"; }
    while read -r line; do
        grep -qxF "$line" .config || fail "uClibc's configuration has not taken '$line'"
    done <wanted
    run "${make[@]}" -j"$(nproc)" >make.log 2>&1 || { tail -n 30 make.log; fail "uClibc does not build"; }
    run "${make[@]}" PREFIX="$root" install >install.log 2>&1 || { tail -n 30 install.log; fail "uClibc does not install"; }
    cp -r "$kernel/." "$root/usr/include"

    compiler "$root"
    unwind >"$new/unwind.c"
    "$root/bin/cc" -Os -fPIC -c "$new/unwind.c" -o "$new/unwind.o"
    "$tools-ar" rcs "$root/usr/lib/libgcc_eh.a" "$new/unwind.o"
    # A shared uClibc loads this one when a thread is cancelled.
    "$root/bin/cc" -shared -Wl,-soname=libgcc_s.so.1 "$new/unwind.o" -o "$root/lib/libgcc_s.so.1"
}

# A C program that would notice: threads of each ending, a variable and an errno
# for each, and the arithmetic that libgcc does.
program() {
    cat <<'EOF'
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static __thread int mine;
static volatile double factor = 2.5;
static volatile uint64_t big = 10000000000u;
static int cleaned;

static void cleanup(void *count) { __sync_fetch_and_add((int *)count, 1); }

static void *returns(void *number)
{
    mine = (int)(intptr_t)number;
    errno = mine;
    usleep(1000);
    return (void *)(intptr_t)(errno == mine);
}

static void *exits(void *number)
{
    pthread_cleanup_push(cleanup, &cleaned);
    pthread_exit(returns(number));
    pthread_cleanup_pop(0);
}

static void *waits(void *number)
{
    pthread_cleanup_push(cleanup, &cleaned);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return number;
}

int main(void)
{
    void *(*const work[])(void *) = {returns, exits, waits, returns, exits, waits};
    pthread_t threads[6];
    int i, right = 0, cancelled = 0;
    void *result;

    for (i = 0; i < 6; i++)
        if (pthread_create(&threads[i], NULL, work[i], (void *)(intptr_t)(i + 1)) != 0)
            return 1;
    for (i = 0; i < 6; i++) {
        if (work[i] == waits)
            pthread_cancel(threads[i]);
        if (pthread_join(threads[i], &result) != 0)
            return 1;
        right += result == (void *)1;
        cancelled += result == PTHREAD_CANCELED;
    }
    printf("hello from %d threads, %d cancelled, %d cleaned up; %d %.2f %llu\n",
           right, cancelled, cleaned, mine, 1.5 * factor, (unsigned long long)(big / 7));
    return 0;
}
EOF
}

# check ROOT: compiles it, looks at what came out, and runs it.
check() {
    local root=$1 kind flag interpreter output headers
    local expected='hello from 4 threads, 2 cancelled, 4 cleaned up; 0 3.75 1428571428'
    packages "gcc-$tools" binutils qemu-user-static
    program >"$new/program.c"
    for kind in static shared; do
        flag='' interpreter='program interpreter: /lib/ld-uClibc.so.1'
        [ $kind = shared ] || flag=-static interpreter=''
        run "$root/bin/cc" -Wall -O2 $flag -pthread "$new/program.c" -o "$new/program" -lm
        headers=$(readelf -hldAW "$new/program")
        [ "$(grep -o 'program interpreter: [^]]*' <<<"$headers")" = "$interpreter" ] || fail "the program is not $kind"
        [ $arch = arm ] || grep -q 'FP ABI: Soft float' <<<"$headers" || fail "the $kind program is not soft-float"
        # shellcheck disable=SC2086 # the runner is a command and its arguments
        output=$(timeout 60 $qemu -L "$root" "$new/program") || fail "the $kind program ended with status $?"
        [ "$output" = "$expected" ] || fail "the $kind program printed '$output', not '$expected'"
        printf '%s: %s\n' "$kind" "$output"
    done
}

cache=$CACHE/uclibc root=$CACHE/uclibc/$target
if [ ! -e "$root" ] || [ "$mode" = --check ]; then
    mkdir -p "$cache"
    exec 9>"$cache/lock" # two scripts at once: the second waits, and finds it done
    flock 9
    new=$cache/new
    rm -rf "$new"
    mkdir -p "$new/download"
    if [ -e "$root" ]; then
        [ "$mode" != --check ] || check "$root"
    else
        # Made aside and moved into place when it works.
        (build "$new/root")
        check "$new/root"
        mv "$new/root" "$root"
    fi
    rm -rf "$new"
fi
echo "$root" >&3
