#!/usr/bin/env bash
# Checks that no function of the library can panic. tests/no-panic/ is a no_std program that
# calls all functions, and its panic handler calls a function that does not exist: the
# program cannot be linked if the compiler sees a way to a panic, including the overflow of
# a sum. The feature `channel` is excluded, because its queues allocate. ci/capi.sh checks
# the C library.
source "$(dirname "$0")/lib.sh"
packages binutils

symbol=wakefd_can_panic
main=tests/no-panic/src/main.rs
build() { cargo build --locked --profile no-panic --manifest-path tests/no-panic/Cargo.toml --target-dir target/no-panic "$@"; }

# blame: links against a stub of $symbol and lists the callers of core's panic functions.
blame() {
    export RUSTFLAGS="-g -Clink-arg=-Wl,--defsym=$symbol=0"
    build --quiet
    objdump -dC --no-show-raw-insn target/no-panic/no-panic/wakefd-no-panic |
        awk '/^[0-9a-f]+ <.*>:$/ { caller = $0; sub(/^[0-9a-f]+ /, "", caller) }
             /(call|jmp|bl|b) .*<core::(panicking|option::(expect|unwrap)|result::unwrap|slice::index|str::slice)/ && caller !~ /^<core::(panicking|option|result|slice|str::slice)/ { print "    " caller }' | sort -u
}

say "the program calls every public function"
# tests/api/api.txt lists them (ci/api.sh checks that): the functions of the crate, and its
# methods, without the methods of foreign traits.
while read -r function; do
    grep -q "[.:]${function##*::}(" $main || fail "$main does not call $function"
    printf '%s ' "$function"
done < <(awk '
    { while (gsub(/<[^<>]*>/, "")) {} }
    /^(unsafe )?impl / { others = / for / && !/^(unsafe )?impl wakefd::/; next }
    /^(#\[[^]]*\] )*pub (enum|mod|struct|trait|union) / { others = 0; next }
    !others && sub(/^(#\[[^]]*\] )*pub (const |unsafe )*fn wakefd::/, "") { sub(/\(.*/, ""); print }' tests/api/api.txt |
    grep -vE '^((Box)?(Sender|Receiver)|SendError|RecvError|Drain)::|^(box_|sync_)?channel(_|$)' | sort -u)
echo

say "the program links"
if ! run build; then
    say "the callers of a panic"
    blame
    fail "a function of the library, or a function of core that it calls, can panic"
fi

say "the program runs"
run target/no-panic/no-panic/wakefd-no-panic >target/no-panic/output
[ "$(grep -c '^reason: ' target/no-panic/output)" -ge 6 ] || fail "the program has not printed its reports"
printf '%s lines of text\n' "$(wc -l <target/no-panic/output)"

say "with a panic the program does not link"
if output=$(run build --features prove 2>&1); then
    fail "a program with a panic links, so the check is useless"
fi
grep -o "undefined.*$symbol" <<<"$output" || fail "the link fails for another reason than $symbol: $output"
