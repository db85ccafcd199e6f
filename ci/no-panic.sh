#!/usr/bin/env bash
# No function of the library can panic. tests/no-panic/ is a no_std program that
# calls them all, and whose panic handler calls a function that does not exist:
# it cannot be linked as long as the compiler sees one way to a panic, overflow
# of a sum included. The feature `channel` is left out: its queues allocate. ci/capi.sh
# looks at the C library.
source "$(dirname "$0")/lib.sh"
packages binutils

symbol=wakefd_can_panic
main=tests/no-panic/src/main.rs
build() { cargo build --locked --profile no-panic --manifest-path tests/no-panic/Cargo.toml --target-dir target/no-panic "$@"; }

# blame: links against a made-up $symbol and lists who calls core's panics.
blame() {
    export RUSTFLAGS="-g -Clink-arg=-Wl,--defsym=$symbol=0"
    build --quiet
    objdump -dC --no-show-raw-insn target/no-panic/no-panic/wakefd-no-panic |
        awk '/^[0-9a-f]+ <.*>:$/ { caller = $0; sub(/^[0-9a-f]+ /, "", caller) }
             /(call|jmp|bl|b) .*<core::(panicking|option::(expect|unwrap)|result::unwrap|slice::index|str::slice)/ && caller !~ /^<core::(panicking|option|result|slice|str::slice)/ { print "    " caller }' | sort -u
}

say "every public function is called"
# What docs/api.txt lists, which is what there is (ci/api.sh): functions of the crate, and
# methods but those of others' traits.
while read -r function; do
    grep -q "[.:]${function##*::}(" $main || fail "$main does not call $function"
    printf '%s ' "$function"
done < <(awk '
    { while (gsub(/<[^<>]*>/, "")) {} }
    /^(unsafe )?impl / { others = / for / && !/^(unsafe )?impl wakefd::/; next }
    /^(#\[[^]]*\] )*pub (enum|mod|struct|trait|union) / { others = 0; next }
    !others && sub(/^(#\[[^]]*\] )*pub (const |unsafe )*fn wakefd::/, "") { sub(/\(.*/, ""); print }' docs/api.txt |
    grep -vE '^((Box)?(Sender|Receiver)|SendError|RecvError|Drain)::|^(box_|sync_)?channel(_|$)' | sort -u)
echo

say "the program links"
if ! run build; then
    say "the callers of a panic"
    blame
    fail "a function of the library, or of core on its behalf, can panic"
fi

say "it runs"
run target/no-panic/no-panic/wakefd-no-panic >target/no-panic/output
[ "$(grep -c '^reason: ' target/no-panic/output)" -ge 6 ] || fail "the program has not printed its reports"
printf '%s lines of text\n' "$(wc -l <target/no-panic/output)"

say "with a panic it does not link"
if output=$(run build --features prove 2>&1); then
    fail "it does: the check cannot fail, so it proves nothing"
fi
grep -o "undefined.*$symbol" <<<"$output" || fail "not for lack of $symbol: $output"
