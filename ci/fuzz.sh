#!/usr/bin/env bash
# Runs random operations, guided by coverage (libFuzzer), on both backends and compares
# them with a model after each operation. Then plants mistakes in the library, which the
# fuzzer must find.
#
#   ci/fuzz.sh [--long]
#
# The short form replays the stored corpus, continues from it for some seconds, and then
# checks that the corpus alone finds the mistakes. The long form continues until a hundred
# million operations have run, and writes a new corpus to target/fuzz/.
source "$(dirname "$0")/lib.sh"
packages g++ xxd

SECONDS_GUIDED=15 OPERATIONS_LONG=100000000
host=$(rustc -vV | sed -n 's/^host: //p')
target=$PWD/target/fuzz
mkdir -p "$target"
built=$(kept fuzz tests --profile fuzz --target "$host")

# build DIRECTORY: builds the fuzzer of that checkout as $fuzzer. The flags apply to the
# fuzzer only, not to programs that run during the build.
flags=(
    -Cpasses=sancov-module -Ccodegen-units=1
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
)
fuzzer=$built/$host/fuzz/operations
build() {
    RUSTFLAGS="${flags[*]}" run cargo build --locked --profile fuzz --quiet --target "$host" \
        --manifest-path "$1/tests/fuzz/Cargo.toml" --target-dir "$built"
}

# unpack DIRECTORY: unpacks the stored corpus, which has a line of hexadecimal digits for
# each input.
unpack() {
    local line number=0
    rm -rf "$1"
    mkdir -p "$1"
    while read -r line; do
        number=$((number + 1))
        xxd -r -p <<<"$line" >"$1/$number"
    done <tests/fuzz/corpus.txt
}

# fuzz OPTION...: runs the fuzzer, and adds its operations to the sum.
operations=0
fuzz() {
    local log=$target/fuzz.log
    "$fuzzer" "$@" -timeout=60 -artifact_prefix="$target/" >"$log" 2>&1 || { tail -n 40 "$log" && return 1; }
    operations=$((operations + $(sed -n 's/^operations: //p' "$log")))
}

say "the stored corpus, and new inputs"
build .
unpack "$target/corpus"
fuzz -runs=0 "$target/corpus" || fail "the stored corpus finds a difference"
printf '%s inputs, %s operations\n' "$(wc -l <tests/fuzz/corpus.txt)" $operations
start=$SECONDS
# random COUNT BYTES: makes COUNT random inputs of that length.
random() {
    rm -rf "$target/long" && mkdir "$target/long"
    for number in $(seq "$1"); do head -c "$2" /dev/urandom >"$target/long/$number"; done
}
# Long inputs to start from, which are new each time.
random 64 4096
fuzz -len_control=0 -max_len=4096 -max_total_time=$SECONDS_GUIDED "$target/corpus" "$target/long" ||
    fail "a difference between the backends or to the model"
printf '%s operations, guided, %s s\n' $operations $((SECONDS - start))
# Guided inputs are slow, so most of the hundred million operations are random.
while [ "${1:-}" = --long ] && [ $operations -lt $OPERATIONS_LONG ]; do
    random 100 65536
    fuzz "$target/long"/* || fail "a difference between the backends or to the model"
    printf '%s operations, %s s\n' $operations $((SECONDS - start))
done
printf '%s operations in all, each on both backends, in %s s: no difference\n' $operations $((SECONDS - start))
[ $operations -gt 100000 ] || fail "too few operations ran: $operations"

if [ "${1:-}" = --long ]; then
    rm -rf "$target/merged" && mkdir "$target/merged"
    # Only short inputs, because the corpus is stored as text.
    "$fuzzer" -merge=1 -max_len=256 "$target/merged" "$target/corpus" >"$target/merge.log" 2>&1 || fail "see $target/merge.log"
    for input in "$target/merged"/*; do xxd -p -c 0 "$input"; done | awk 'length > 0' | sort >"$target/corpus.txt"
    printf "a new corpus of %s inputs: target/fuzz/corpus.txt\n" "$(wc -l <"$target/corpus.txt")"
fi

# finds COPY: succeeds if the corpus finds the mistake in COPY.
finds() {
    build "$1"
    ! fuzz -runs=0 "$target/corpus" >/dev/null || return 1
    grep -A3 -m1 "panicked at" "$target/fuzz.log" | sed 's/^/    /'
}
unpack "$target/corpus"
mistakes fuzz finds
