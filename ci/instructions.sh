#!/usr/bin/env bash
# ci/instructions.sh [--write] [TARGET...]: counts the instructions in user space, libc
# included, of one operation: on x86-64 by valgrind, elsewhere by qemu, which logs each one.
# Prints the tables of docs/benchmarks.md and compares them; --write puts them there. The
# second has Debian's GLib, libuv and libevent. TARGETs print tables of their own.
source "$(dirname "$0")/lib.sh"
out=$PWD/target/syscalls

mode=--check targets=()
for argument in "$@"; do
    case $argument in
    --write) mode=--write ;;
    *) targets+=("$argument") ;;
    esac
done
[ ${#targets[@]} -gt 0 ] || targets=(x86_64-unknown-linux-gnu armv5te-unknown-linux-gnueabi
    thumbv7neon-unknown-linux-gnueabihf mipsel-unknown-linux-gnu)

OPERATIONS=(notify clear wake send send-and-receive)
LIBRARIES=(glib libuv libevent)

# build TARGET: builds the program, and sets program to its path.
build() {
    local var
    target "$1"
    packages "${needed[@]}"
    if [ -z "$prefix" ]; then
        packages valgrind
        run cargo build --locked --release --manifest-path tests/syscalls/Cargo.toml --target-dir "$out"
        program=$out/release/wakefd-syscalls
        return
    fi
    rust_src
    var=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")
    env "${var}_LINKER=${prefix}gcc" "${CARGO[@]}" build -Zbuild-std --locked --release \
        --manifest-path tests/syscalls/Cargo.toml --target "$1" --target-dir "$CACHE/instructions"
    program=$CACHE/instructions/$1/release/wakefd-syscalls
}

# all ARGUMENT...: prints the number of instructions of the program.
all() {
    if [ -z "$prefix" ]; then
        valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 |
            awk '/Collected :/ { print $NF }'
    else
        # A block of code is one instruction, and each that runs is a line.
        "${runner[@]}" -singlestep -d exec,nochain -D "$out/trace" "$program" "$@"
        grep -c '^Trace' "$out/trace"
        rm "$out/trace"
    fi
}

# libraries TARGET: builds a program with Debian's C libraries, and sets program to its path.
libraries() {
    local usr=/usr triple=x86_64-linux-gnu new
    target "$1"
    if [ -z "$prefix" ]; then
        packages valgrind libglib2.0-dev libuv1-dev libevent-dev
    else
        packages "${needed[@]}"
        usr=$CACHE/libraries/$debian/usr triple=${prefix%-} new=$CACHE/libraries/$debian.new
        if [ ! -d "$usr" ]; then
            rm -rf "$new"
            mkdir -p "$new/debs"
            foreign_update "$debian"
            (cd "$new/debs" && run foreign_apt "$debian" apt-get download libglib2.0-{0,dev} libpcre2-8-0 \
                libuv1{,-dev} libevent-{core,pthreads}-2.1-7 libevent-dev)
            for package in "$new"/debs/*.deb; do dpkg -x "$package" "$new"; done
            mv "$new" "${usr%/usr}"
        fi
    fi
    program=$out/libraries-$1
    run "${prefix}gcc" -O2 benches/compare/libraries.c -isystem "$usr/include/$triple" -isystem "$usr/include" \
        -isystem "$usr/include/glib-2.0" -isystem "$usr/lib/$triple/glib-2.0/include" -L"$usr/lib/$triple" \
        -Wl,--disable-new-dtags,-rpath,"$usr/lib/$triple" -lglib-2.0 -luv -levent_core -levent_pthreads -o "$program"
}

# each ARGUMENT...: prints the number of instructions of one of so many operations.
each() { echo $((($(all "$@" 640) - $(all "$@" 320)) / 320)); }

# heading CELLS RULES NAME...: prints the head of a table whose last columns are numbers.
heading() {
    printf '|%s' "$1" && printf ' `%s` |' "${@:3}"
    printf '\n|%s' "$2" && printf ' ---: |%.0s' "${@:3}"
    printf '\n'
}

# row TEXT NUMBER...
row() {
    printf '| %s |' "$1" && printf ' %s |' "${@:2}"
    printf '\n'
}

tables() {
    local target mechanism name cells
    heading ' target | mechanism |' ' --- | --- |' "${OPERATIONS[@]}"
    for target in "${targets[@]}"; do
        build "$target" >&2
        for mechanism in eventfd2 pipe2; do
            cells=()
            for name in "${OPERATIONS[@]}"; do cells+=("$(each repeat "$name" $mechanism)"); done
            row "\`$target\` | \`$mechanism\`" "${cells[@]}"
        done
    done
    printf '\nDebian'\''s C libraries, while a wake-up is pending:\n\n'
    heading ' target |' ' --- |' g_main_context_wakeup uv_async_send event_active
    for target in "${targets[@]}"; do
        libraries "$target" >&2
        cells=()
        for name in "${LIBRARIES[@]}"; do cells+=("$(each "$name")"); done
        row "\`$target\`" "${cells[@]}"
    done
}

mkdir -p "$out"
if [ $# -gt 0 ] && [ "$*" != --write ]; then
    tables
else
    documented ci/instructions.sh docs/benchmarks.md 12 $mode tables
fi
