#!/usr/bin/env bash
# Random operations on both backends at once, compared with a model after each, and
# guided by coverage (libFuzzer). Then the same with mistakes planted in the
# library, which must be found.
#
#   ci/fuzz.sh [--long]
#
# The short form replays the stored corpus, goes on from it for some seconds, and
# then lets the corpus alone find the mistakes. The long one goes on until there have
# been a hundred million operations, and leaves a new corpus in target/fuzz/.
source "$(dirname "$0")/lib.sh"
packages g++ xxd

SECONDS_GUIDED=15 OPERATIONS_LONG=100000000
host=$(rustc -vV | sed -n 's/^host: //p')
target=$PWD/target/fuzz
mkdir -p "$target"

# build DIRECTORY: leaves the fuzzer of that checkout in $fuzzer. The flags are for
# this machine's code only, not for what runs while it is built.
flags=(
    -Cpasses=sancov-module -Ccodegen-units=1
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
)
fuzzer=$target/$host/fuzz/operations
build() {
    RUSTFLAGS="${flags[*]}" run cargo build --locked --profile fuzz --quiet --target "$host" \
        --manifest-path "$1/tests/fuzz/Cargo.toml" --target-dir "$target"
}

# unpack DIRECTORY: the stored corpus, a line of hexadecimal digits for each input.
unpack() {
    local line number=0
    rm -rf "$1"
    mkdir -p "$1"
    while read -r line; do
        number=$((number + 1))
        xxd -r -p <<<"$line" >"$1/$number"
    done <tests/fuzz/corpus.txt
}

# fuzz OPTION...: runs it, and adds up the operations.
operations=0
fuzz() {
    local log=$target/fuzz.log
    "$fuzzer" "$@" -timeout=60 -artifact_prefix="$target/" >"$log" 2>&1 || { tail -n 40 "$log" && return 1; }
    operations=$((operations + $(sed -n 's/^operations: //p' "$log")))
}

say "the stored corpus, and on from there"
build .
unpack "$target/corpus"
fuzz -runs=0 "$target/corpus" || fail "the stored corpus finds a difference"
printf '%s inputs, %s operations\n' "$(wc -l <tests/fuzz/corpus.txt)" $operations
start=$SECONDS
# random COUNT BYTES: so many programs of that length.
random() {
    rm -rf "$target/long" && mkdir "$target/long"
    for number in $(seq "$1"); do head -c "$2" /dev/urandom >"$target/long/$number"; done
}
# Long programs to go on from, others each time.
random 64 4096
fuzz -len_control=0 -max_len=4096 -max_total_time=$SECONDS_GUIDED "$target/corpus" "$target/long" ||
    fail "a difference between the backends or to the model"
printf '%s operations, guided, %s s\n' $operations $((SECONDS - start))
# What is guided goes where it is slow; most of a hundred million are at random.
while [ "${1:-}" = --long ] && [ $operations -lt $OPERATIONS_LONG ]; do
    random 100 65536
    fuzz "$target/long"/* || fail "a difference between the backends or to the model"
    printf '%s operations, %s s\n' $operations $((SECONDS - start))
done
printf '%s operations in all, each on both backends, in %s s: no difference\n' $operations $((SECONDS - start))
[ $operations -gt 100000 ] || fail "that is too few to mean anything"

if [ "${1:-}" = --long ]; then
    rm -rf "$target/merged" && mkdir "$target/merged"
    # Short ones, since they are kept as text.
    "$fuzzer" -merge=1 -max_len=256 "$target/merged" "$target/corpus" >"$target/merge.log" 2>&1 || fail "see $target/merge.log"
    for input in "$target/merged"/*; do xxd -p -c 0 "$input"; done | awk 'length > 0' | sort >"$target/corpus.txt"
    printf "a new corpus of %s inputs: target/fuzz/corpus.txt\n" "$(wc -l <"$target/corpus.txt")"
fi

# finds COPY: the corpus finds the mistake in it.
finds() {
    build "$1"
    ! fuzz -runs=0 "$target/corpus" >/dev/null || return 1
    grep -A3 -m1 "panicked at" "$target/fuzz.log" | sed 's/^/    /'
}
unpack "$target/corpus"
mistakes fuzz finds
