#!/usr/bin/env bash
# Checks capi/, the C library: it builds, installs and can be found, a C program that tests
# every function passes, and real event loops run on it.
#
#   ci/capi.sh                  everything on this machine, then the test on each target below
#   ci/capi.sh host             on this machine: static and shared, each build, the examples
#   ci/capi.sh TARGET...        the test as a static program, under qemu-user
#   ci/capi.sh --build TARGET   builds the test only; the last line printed is its path
source "$(dirname "$0")/lib.sh"

build=$PWD/target/capi
sources=(capi/tests/{test,timer,signals,pid1}.c)
warnings=(-pedantic -Wall -Wextra -Werror)
strict=(-std=c99 "${warnings[@]}" -O2)
mkdir -p "$build"

# passed LOG [SKIPS]: checks that the report is complete and without a failure, and that
# SKIPS cases were skipped.
passed() {
    local said
    said=$(bash ci/tap.sh <"$1") || { grep -a -B 2 '^not ok' "$1" || tail "$1"; fail "the C test failed: $said"; }
    [ -z "${2:-}" ] || [[ $said == *" $2 skipped" ]] || fail "expected $2 skipped: $said"
    printf '%s: %s\n' "$(basename "$1" .log)" "$said"
}

# panics FILE...: prints the symbols of an object or a program that belong to a panic.
panics() { nm -C "$@" 2>/dev/null | grep -E '::panicking::|rust_begin_unwind|rust_panic|::unwrap_failed|::expect_failed|slice_index_fail' || true; }

# in_archive ARCHIVE: copies the one object with the library's code to $build/ours.o.
in_archive() {
    local member
    member=$(ar t "$1" | grep '^wakefd[.-]') || fail "$1 has no object of wakefd"
    [ "$(wc -l <<<"$member")" -eq 1 ] || fail "$1 has more than one object of wakefd: $member"
    ar p "$1" "$member" >"$build/ours.o"
}

host() {
    packages g++ binutils make pkg-config strace \
        libglib2.0-dev libevent-dev libuv1-dev
    local root=$build/root functions features standard kind without

    say "the header, by itself and in C++"
    cat >"$build/header.c" <<'END'
#include <wakefd.h>
int main(void) {
    struct wakefd wake;
    return wakefd_init(&wake, WAKEFD_AUTO) != 0 || wakefd_close(&wake) != 0;
}
END
    for standard in c99 c11 gnu89 c++98 c++17; do
        case $standard in
        c++*) run g++ -x c++ "-std=$standard" "${warnings[@]}" -Icapi/include -c "$build/header.c" -o "$build/header.o" ;;
        *) run gcc "-std=$standard" "${warnings[@]}" -Icapi/include -c "$build/header.c" -o "$build/header.o" ;;
        esac
    done

    say "build and install"
    rm -rf "$root"
    run make -s -C capi BUILD="$build"
    run make -s -C capi BUILD="$build" install DESTDIR="$root" PREFIX=/opt/wakefd LIBDIR=/opt/wakefd/lib64
    # The installed files are used from this directory.
    (cd "$root" && find . ! -type d -printf '%P %l\n' | sort)
    export PKG_CONFIG_PATH=$root/opt/wakefd/lib64/pkgconfig
    local wakefd=(pkg-config --define-variable=libdir="$root/opt/wakefd/lib64"
        --define-variable=includedir="$root/opt/wakefd/include")

    say "the functions of the libraries"
    functions=$(c_functions)
    diff <(nm -D --defined-only "$root/opt/wakefd/lib64/libwakefd.so" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort) - <<<"$functions" ||
        fail "libwakefd.so and wakefd.h have different functions"
    in_archive "$root/opt/wakefd/lib64/libwakefd.a"
    diff <(nm -g --defined-only "$build/ours.o" | awk '{ print $3 }' | sort) - <<<"$functions" ||
        fail "libwakefd.a and wakefd.h have different functions"
    [[ " $("${wakefd[@]}" --static --libs wakefd) " == *" -pthread "* ]] || fail "wakefd.pc has no -pthread for a static program"
    [[ " $("${wakefd[@]}" --libs wakefd) " != *" -pthread "* ]] || fail "wakefd.pc has -pthread for any program"
    [ "$("${wakefd[@]}" --modversion wakefd)" = "$(sed -n 's/^version = "\(.*\)"/\1/p' capi/Cargo.toml | head -n 1)" ] ||
        fail "wakefd.pc and capi/Cargo.toml have different versions"

    say "the test, shared and static"
    # shellcheck disable=SC2046 # flags are words
    {
        run gcc "${strict[@]}" "${sources[@]}" $("${wakefd[@]}" --cflags --libs wakefd) -pthread -o "$build/shared"
        run gcc "${strict[@]}" -static "${sources[@]}" $("${wakefd[@]}" --static --cflags --libs wakefd) -pthread -o "$build/static"
    }
    [[ $(readelf -dW "$build/shared") == *'[libwakefd.so.0]'* ]] || fail "the shared test does not need libwakefd.so.0"
    [[ $(readelf -lW "$build/static") != *INTERP* ]] || fail "the static test is not static"
    export LD_LIBRARY_PATH=$root/opt/wakefd/lib64
    for kind in shared static; do
        "$build/$kind" >"$build/$kind.log" || true
        passed "$build/$kind.log" 0
    done
    # shellcheck disable=SC2046
    run g++ "$build/header.o" $("${wakefd[@]}" --libs wakefd) -o "$build/c++"
    "$build/c++" || fail "the program in C++ failed"

    say "the C library and the crate in one process"
    run cargo test --locked --quiet --all-features --test two_copies -- --library="$root/opt/wakefd/lib64/libwakefd.so"

    say "the library contains no panic"
    [ -z "$(panics "$build/ours.o" "$build/static" "$root/opt/wakefd/lib64/libwakefd.so")" ] ||
        fail "these symbols belong to a panic: $(panics "$build/ours.o" "$build/static")"
    echo 'fn main() { println!("{}", [1, 2][std::env::args().len()]); }' | run rustc - -o "$build/panics"
    [ -n "$(panics "$build/panics")" ] || fail "a program that can panic passes, so the check is useless"

    say "the test finds mistakes"
    local mistake
    for mistake in 'clear(const void *w) { (void)w; return 1; }' \
        'timer_take(const void *t, void *count) { (void)t; (void)count; return 1; }' \
        'signals_before_exec(void) { return 0; }' 'signals_next(const void *s, void *i) { (void)s; (void)i; return 1; }'; do
        echo "int wakefd_$mistake" | gcc -shared -fPIC -x c - -o "$build/mistake.so"
        if LD_PRELOAD=$build/mistake.so "$build/shared" >"$build/mistake.log"; then fail "the test passes with a ${mistake%%(*} that does nothing"; fi
        bash ci/tap.sh <"$build/mistake.log" || true
    done

    local calls
    for calls in eventfd2,eventfd eventfd2,eventfd,timerfd_create,signalfd4,signalfd; do
        say "on a kernel without $calls"
        run strace -f --seccomp-bpf -qq -o /dev/null -e trace="$calls" -e inject="$calls":error=ENOSYS \
            "$build/static" >"$build/without.log" || true
        passed "$build/without.log"
        grep -q '^# choice: pipe' "$build/without.log" || fail "the choice is not the pipe"
    done
    for kind in eventfd timerfd signalfd; do
        grep -q "^ok .* $kind/.* # SKIP" "$build/without.log" || fail "a $kind was created although strace refuses the call"
    done

    for features in eventfd pipe eventfd,pipe pipe,timer eventfd,signal; do
        say "with only $features"
        without=()
        for kind in text timer signal; do
            [[ $features == *$kind* ]] || without+=("-DWITHOUT_${kind^^}")
        done
        run make -s -C capi static BUILD="$build/$features" FEATURES="$features"
        run gcc "${strict[@]}" "${without[@]}" -Icapi/include "${sources[@]}" "$build/$features/release/libwakefd.a" -pthread \
            -o "$build/only-$features"
        "$build/only-$features" >"$build/only-$features.log" || true
        passed "$build/only-$features.log" "$([ "$features" = eventfd,pipe ] && echo 0 || echo 25)"
        for kind in text:wakefd_report timer:wakefd_timer_init signal:wakefd_signals_init; do
            if [[ $features == *${kind%:*}* ]]; then continue; fi
            ! nm --defined-only "$build/$features/release/libwakefd.a" 2>/dev/null | grep -q " ${kind#*:}$" ||
                fail "it has ${kind#*:}"
        done
    done

    say "the program of docs/guide.md"
    sed -n '/^```c$/,/^```$/{/^```/!p}' docs/guide.md >"$build/guide.c"
    # shellcheck disable=SC2046 # flags are words
    run gcc "${strict[@]}" "$build/guide.c" $("${wakefd[@]}" --cflags --libs wakefd) -pthread -o "$build/guide"
    [ "$("$build/guide")" = 'woken: 1' ] || fail "the program of docs/guide.md was not woken"

    say "loops"
    loop select ''
    loop glib glib-2.0
    loop libevent libevent_core
    loop libuv libuv
    # The environment makes libevent use each of these system calls.
    local backend method
    for backend in eventfd pipe; do
        for method in epoll: poll:EVENT_NOEPOLL=1 'select:EVENT_NOEPOLL=1 EVENT_NOPOLL=1'; do
            # shellcheck disable=SC2086 # variables are words
            env ${method#*:} "$build/libevent" $backend | tee "$build/log" || fail "libevent lost a message, or its loop spins"
            grep -q "with ${method%%:*}, $backend" "$build/log" || fail "libevent did not use ${method%%:*} on $backend"
        done
    done
}

# loop NAME LIBRARY: builds an example and runs it on both backends.
loop() {
    local backend
    # shellcheck disable=SC2046 # flags are words
    run gcc "${strict[@]}" "capi/examples/$1.c" \
        $("${wakefd[@]}" --cflags --libs wakefd) $(pkg-config --cflags --libs ${2:+"$2"} 2>/dev/null || [ -z "$2" ]) \
        -pthread -o "$build/$1"
    for backend in '' eventfd pipe; do
        "$build/$1" $backend || fail "$1 ${backend:-on the automatic choice}: a message was lost"
    done
}

# cross TARGET [NAME]: builds the static test under that name and sets elf to its path.
cross() {
    local sysroot
    target "$1"
    [ $libc != gnu ] || fail "a static test needs a target with musl or uClibc: $1 has neither"
    say "the test for $1"
    packages "${needed[@]}" make
    core "$1"
    sysroot=$(bash ci/sysroot.sh "$1")
    RUSTFLAGS=--sysroot=$CORE run make -s -C capi static TARGET="$1" BUILD="$build" CARGO="${CARGO[*]}"
    elf=$build/$1/${2:-wakefd-c-test}
    run "$sysroot/bin/cc" -static -no-pie -fno-pie "${strict[@]}" -Icapi/include "${sources[@]}" \
        "$build/$1/release/libwakefd.a" -pthread -o "$elf"
    is_program static "$elf"
    [ -z "$(panics "$elf")" ] || fail "these symbols belong to a panic: $(panics "$elf")"
}

[ $# -gt 0 ] || set -- host {armv5te-unknown-linux-musleabi,armv7-unknown-linux-musleabihf,mips{,el}-unknown-linux-musl}
if [ "$1" = --build ]; then
    cross "${2:-}" init # while another may run the test
    echo "$elf"
    exit
fi
for target in "$@"; do
    if [ "$target" = host ]; then
        (host)
        continue
    fi
    cross "$target"
    timeout 900 "${runner[@]}" "$elf" >"$build/$target.log" </dev/null || true
    grep '^# ' "$build/$target.log"
    passed "$build/$target.log" 0
done
