#!/bin/sh
# old-glibc.sh CC DIRECTORY: makes the stubs DIRECTORY/libc.so and libpthread.so. A shared
# library that is linked with them also loads on a glibc older than the one of CC. The
# stubs contain no code, only the names that libwakefd.so needs, each with the oldest
# version that this glibc has. A library linked with the glibc itself would need fcntl of
# 2.28 on 32-bit ARM and MIPS, which is newer than most supported versions.
#
# Before glibc 2.34 threads were in libpthread. The stub of libpthread has their names,
# because an old loader would otherwise look for them in libc.so.6. A newer glibc still has
# a libpthread.so.0 with the versions and without the functions, which its loader finds in
# libc.so.6. The linker names only libraries that are used: without timers libpthread is
# not. The lock of signals is in the libc of every glibc, which calls libpthread if that is
# loaded.
#
# A name that the lists do not contain does not link, so the lists are complete. With
# another libc than glibc, DIRECTORY stays empty.
set -eu

cc=$1 directory=$2
libc="__cxa_finalize __errno_location __libc_current_sigrtmax __libc_current_sigrtmin
    close dup2 fcntl getpid gettimeofday gnu_get_libc_version kill memcpy memmove memset memcmp bcmp
    mmap munmap pipe poll prctl pthread_mutex_lock pthread_mutex_unlock read select sigaction sigaddset sigemptyset sigfillset sigismember
    sigpending sigprocmask syscall uname write writev"
libpthread="pthread_attr_destroy pthread_attr_init pthread_attr_setstacksize
    pthread_create pthread_detach pthread_join pthread_sigmask"

mkdir -p "$directory"
rm -f "$directory"/*
# A compiler for another libc may find a glibc of the machine it runs on, so its headers tell.
# uClibc defines glibc's macro too.
macros=$(echo '#include <limits.h>' | $cc -E -dM -x c -)
case $macros in
*__UCLIBC__*) exit 0 ;;
*__GLIBC__*) ;;
*) exit 0 ;;
esac
glibc=$($cc -print-file-name=libc.so.6) # the compiler prints the same name if there is no such file
[ "$glibc" != libc.so.6 ] || exit 0
# The library that has the names if this glibc itself is old.
pthread=$($cc -print-file-name=libpthread.so.0)
[ "$pthread" != libpthread.so.0 ] || pthread=

# stub SONAME NAME...: makes the stub of SONAME with these names.
stub() {
    soname=$1 stub=$directory/${1%.so.*}
    shift
    "$($cc -print-prog-name=nm)" -D --defined-only "$glibc" ${pthread:+"$pthread"} | sed 's/@@*/ /' |
        awk -v wanted="$*" '
            BEGIN { split(wanted, names); for (i in names) want[names[i]] }
            # These versions take attributes of another layout.
            $3 ~ /^pthread_(create|attr_init)$/ && $4 == "GLIBC_2.0" { next }
            $3 in want && $4 ~ /^GLIBC_[0-9.]+$/ { print $3, $4 }' |
        sort -k1,1 -k2,2V | awk '!seen[$1]++' >"$stub.versions"
    for symbol; do
        grep -q "^$symbol " "$stub.versions" || {
            echo "old-glibc.sh: $glibc has no $symbol" >&2
            exit 1
        }
    done
    awk '{ printf ".globl %s\n.type %s, %%function\n%s:\n", $1, $1, $1 }' "$stub.versions" >"$stub.s"
    awk '{ names[$2] = names[$2] " " $1 ";" }
        END { for (version in names) printf "%s { global:%s };\n", version, names[version] }' \
        "$stub.versions" >"$stub.map"
    $cc -shared -nostdlib -Wl,-soname,"$soname" -Wl,--version-script,"$stub.map" "$stub.s" -o "$stub.so"
}
# shellcheck disable=SC2086 # names are words
stub libc.so.6 $libc
# shellcheck disable=SC2086
stub libpthread.so.0 $libpthread
