#!/usr/bin/env bash
# Parts of the suite under valgrind: memcheck (memory), helgrind and drd (locks and
# races). It is the kernel that most of the crate talks to, so the parts are those
# with threads, forks, and the calls that are made by number. An error that valgrind
# finds in a child is that run's failure.
source "$(dirname "$0")/lib.sh"
packages gcc libc6-dev valgrind

say "building"
run cargo test --locked --all-features --no-run --test conformance --test channel
executable() {
    cargo test --locked --all-features --no-run --test "$1" --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}
suite=$(executable conformance) channel=$(executable channel)

# under TOOL PROGRAM FILTER...: the runs whose name has one of these in it.
under() {
    local log=target/valgrind.log
    say "$1: ${*:3}"
    valgrind --tool="$1" --error-exitcode=99 --quiet --trace-children=no "$2" "${@:3}" >"$log" 2>&1 ||
        { cat "$log" && fail "$1 finds an error"; }
    ! grep '^==[0-9]*== [A-Z]' "$log" || { cat "$log" && fail "$1 says something"; }
    grep '^test result: ok. [1-9]' "$log" || fail "nothing has run"
}

# Not other-calls-under-the-numbers: valgrind looks at the descriptors itself that such
# calls seem to give.
native=()
for rung in eventfd2 pipe; do
    for case in clause_2_clear clause_5 clause_6_level clause_7_zero clause_8 errors_ waker_prepared waker_and_fork counter_at_its_limit counter_and_fork counter_errors semaphore_and_fork; do
        native+=("native/$rung/$case")
    done
done
under memcheck "$suite" "${native[@]}" linux-2.6.18/auto/clause_{5,8}
under memcheck "$channel" native/eventfd2/boxes native/pipe/values
threads=()
for rung in eventfd2 pipe2; do
    threads+=("native/$rung/"{clause_3_first_use,clause_3_nothing_is_lost_between_threads,waker_prepared_wait,counter_is_exact_between_threads})
done
under helgrind "$suite" "${threads[@]}"
under drd "$suite" "${threads[@]}"
