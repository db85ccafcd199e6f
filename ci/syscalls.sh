#!/usr/bin/env bash
# ci/syscalls.sh [--instructions]: which system calls each operation makes, seen
# by strace, compared with tests/syscalls/table.txt. With --instructions it also
# counts what notify and clear execute in user space, with valgrind.
#
# In the table, `fcntl:F_GETFD` is the command, `read:EAGAIN` the error, and
# `read x64` the same call 64 times in a row.
source "$(dirname "$0")/lib.sh"
packages strace
[ "$(uname -m)" = x86_64 ] || fail "the table is that of x86-64: other processors have no eventfd, pipe or poll"

out=target/syscalls
table=tests/syscalls/table.txt
program=$out/release/wakefd-syscalls
# trace MODE: the program's own marks are write(-1, "...").
trace() { strace -qq -s 100 -o "$out/$1.log" $program "$1" >"$out/$1.out"; }

# rows FILE: lines of the table from strace's log.
rows() {
    awk '
    function add() {
        if (count > 0) calls = calls " " last (count > 1 ? " x" count : "")
        count = 0
    }
    BEGIN { previous = "end" }
    /^write\(-1, "/ {
        mark = $0
        gsub(/^[^"]*"|"[^"]*$/, "", mark)
        add()
        if (previous == "group") { group = mark; mark = "end" }
        else if (mark == "end") printf "%-18s %-25s%s\n", group, previous, calls == "" ? " -" : calls
        calls = ""
        previous = mark
        next
    }
    /^--- SIG/ { next } # a signal that comes, not a call
    previous != "end" {
        call = $0
        sub(/\(.*/, "", call)
        # For a lock, and to wake the thread of timers: how many there are depends on
        # what other threads are at.
        if (call == "futex") next
        if (call == "fcntl") { sub(/[,)]/, "", $2); call = call ":" $2 }
        # Some glibcs make their pipe() of pipe2, without flags.
        if (/^pipe2\(.*, 0\)/) call = "pipe"
        if (match($0, / = -1 E[A-Z]+/)) call = call ":" substr($0, RSTART + 6, RLENGTH - 6)
        if (call != last) add()
        last = call
        count++
    }' "$1"
}

run cargo build --locked --release --manifest-path tests/syscalls/Cargo.toml --target-dir $out
trace all
trace pipe
rows $out/all.log >$out/table.txt

say "the system calls of each operation"
cat $out/table.txt
diff -u $table $out/table.txt >$out/diff ||
    fail "other system calls than expected; if they are right: cp $out/table.txt $table"$'\n'"$(cat $out/diff)"

say "Selection::Pipe never asks for an eventfd"
cat $out/pipe.out
grep -q '^eventfd2(' $out/all.log || fail "strace shows no eventfd2 where there is one"
! grep '^eventfd' $out/pipe.log || fail "it does"

[ "${1:-}" = --instructions ] || exit 0
say "instructions in user space, libc included"
packages valgrind
# count OPERATION MECHANISM TIMES
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null $program repeat "$@" 2>&1 |
        awk '/Collected :/ { print $NF }'
}
for mechanism in eventfd2 pipe2; do
    for operation in notify clear; do
        few=$(count $operation $mechanism 1000) many=$(count $operation $mechanism 2000)
        printf '%-9s %-9s %d\n' $mechanism $operation $(((many - few) / 1000))
    done
done
