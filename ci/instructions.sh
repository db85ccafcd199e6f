#!/usr/bin/env bash
# ci/instructions.sh [--write] [TARGET...]: counts the instructions in user space, libc
# included, of one operation: on x86-64 by valgrind, elsewhere by qemu, which logs each one.
# Prints the table of docs/benchmarks.md and compares it; --write puts it there. TARGETs
# print a table of their own.
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

table() {
    local target operation mechanism cells
    printf '| target | mechanism |'
    printf ' `%s` |' "${OPERATIONS[@]}"
    printf '\n| --- | --- |'
    printf ' ---: |%.0s' "${OPERATIONS[@]}"
    printf '\n'
    for target in "${targets[@]}"; do
        build "$target" >&2
        for mechanism in eventfd2 pipe2; do
            cells=()
            for operation in "${OPERATIONS[@]}"; do
                few=$(all repeat "$operation" $mechanism 320)
                many=$(all repeat "$operation" $mechanism 640)
                cells+=($(((many - few) / 320)))
            done
            printf '| `%s` | `%s` |' "$target" $mechanism
            printf ' %s |' "${cells[@]}"
            printf '\n'
        done
    done
}

mkdir -p "$out"
if [ $# -gt 0 ] && [ "$*" != --write ]; then
    table
else
    documented ci/instructions.sh docs/benchmarks.md 8 $mode table
fi
