#!/usr/bin/env bash
# ci/syscalls.sh: lists the system calls of each operation with strace and compares them with
# tests/syscalls/table.txt.
#
# In the table, `fcntl:F_GETFD` is the command, `read:EAGAIN` the error, and
# `read x64` the same call 64 times in a row.
source "$(dirname "$0")/lib.sh"
packages strace
[ "$(uname -m)" = x86_64 ] || fail "the table is for x86-64: other processors lack eventfd, pipe or poll"

out=target/syscalls
table=tests/syscalls/table.txt
program=$out/release/wakefd-syscalls
# trace MODE: runs the program under strace. Its marks are write(-1, "...").
trace() { strace -qq -s 100 -o "$out/$1.log" $program "$1" >"$out/$1.out"; }

# rows FILE: prints the lines of the table from strace's log.
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
        # futex is called for a lock and to wake the thread of timers. The number of calls
        # depends on other threads.
        if (call == "futex") next
        if (call == "fcntl") { sub(/[,)]/, "", $2); call = call ":" $2 }
        # pipe() of some glibc versions calls pipe2 without flags.
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
    fail "the system calls differ from the table; if they are right, run: cp $out/table.txt $table"$'\n'"$(cat $out/diff)"

say "Selection::Pipe makes no call for an eventfd"
cat $out/pipe.out
grep -q '^eventfd2(' $out/all.log || fail "strace shows no eventfd2 with the automatic choice"
! grep '^eventfd' $out/pipe.log || fail "Selection::Pipe calls eventfd"
