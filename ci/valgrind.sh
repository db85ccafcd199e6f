#!/usr/bin/env bash
# Runs the suite under valgrind: memcheck (memory), helgrind and drd (locks and races). If
# valgrind finds an error in a child, the run of that child fails.
#
# Without an option it runs the parts with threads, forks and calls by number, with a timer
# and signals on each of their mechanisms. With --all it runs everything that valgrind
# supports, and plants mistakes that helgrind and drd must find.
source "$(dirname "$0")/lib.sh"
packages valgrind
case ${1:-} in
    '') all='' ;;
    --all) all=yes ;;
    *) fail "usage: ci/valgrind.sh [--all]" ;;
esac

say "building"
run cargo test --locked --all-features --no-run --test conformance --test channel --test timer
# executable TEST [OPTION...]: builds the test program and prints its path.
executable() {
    cargo test --locked --all-features --no-run --test "$1" "${@:2}" --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}
suite=$(executable conformance) channel=$(executable channel) timer=$(executable timer)

log=target/valgrind.log

# valgrind_of TOOL PROGRAM FILTER...: runs those whose name contains a FILTER. The traces do
# not show inlined functions, because the suppressions name the real ones.
valgrind_of() {
    valgrind --tool="$1" --error-exitcode=99 --quiet --trace-children=no --read-inline-info=no \
        --suppressions=ci/valgrind.supp "${@:2}" >"$log" 2>&1
}

# The runs that valgrind does not support, by name.
#
# valgrind itself uses the descriptors that these calls seem to return.
cannot='^other-calls-under-the-numbers/'
# If a signal comes just before a call, valgrind ends the call with EINTR. The kernel never
# does that to a call that does not block. Thousands of signals a second make this happen.
cannot+='|/(clause_4_signal_storm|waker_signal_storm|counter_is_exact_under_signals)$'
# Valgrind delivers a signal of `sigqueue` some time after the call, which with handlers is too
# late for the next line of the case. (A signal of `kill` comes at once.)
cannot+='|^(native/signal-handler|linux-2.6.18/auto|sandbox-e[a-z]*/auto)/signal_(value_of_sigqueue|one_of_a_kind|real_time)$'
# The mask in a handler lacks the mask of the handler's sigaction.
cannot+='|/signal_chained_handler_has_its_own_mask$'
# The test counts how often a thread sleeps, and valgrind's threads take turns with a lock.
cannot+='|^the_thread_sleeps_when_nothing_is_to_be_said$'
# At a fork helgrind and drd keep the threads that the child does not have, and the locks that
# these held, but the child initialises the service's lock again. Their records of ended
# threads are pages of the process, which the last test counts.
declare -A cannot_under=([memcheck]='')
cannot_under[helgrind]='|^native/timer-thread/timer_(and_fork|reinit_keeps_the_numbers|fork_while_others_hold_the_lock)$|^no_page_is_left$'
cannot_under[drd]='|^native/timer-thread/timer_fork_while_others_hold_the_lock$|^no_page_is_left$'

# under TOOL PROGRAM PATTERN: checks that TOOL finds no error in the runs that match PATTERN
# and that it supports.
under() {
    local without=$cannot${cannot_under[$1]} begin=$SECONDS named chosen
    mapfile -t named < <("$2" --list | sed -n 's/: test$//p' | grep -E "$3")
    mapfile -t chosen < <(printf '%s\n' "${named[@]}" | grep -vE "$without")
    say "$1, ${2##*/}: ${#chosen[@]} of ${#named[@]} runs"
    comm -23 <(printf '%s\n' "${named[@]}" | sort) <(printf '%s\n' "${chosen[@]}" | sort) |
        sed '/^other-calls/d; s/^/    left out: /'
    valgrind_of "$1" "$2" "${chosen[@]}" || { grep -v ' \.\.\. ok$' "$log" && fail "$1 finds an error"; }
    ! grep '^==[0-9]*== [A-Z]' "$log" || { cat "$log" && fail "$1 prints a message"; }
    # A filter selects every name that contains it.
    grep -qx "running ${#chosen[@]} tests" "$log" || fail "other tests have run"
    grep '^test result: ok. [1-9]' "$log" || fail "no test has run"
    printf '    in %d s\n' $((SECONDS - begin))
}

# finds COPY RUN: succeeds if helgrind and drd find an error in this run of the suite.
finds() {
    local tool program
    program=$(cd "$1" && executable conformance --target-dir "$OLDPWD/target/mistakes/valgrind-target")
    [ -n "$program" ] || fail "the suite does not build with the mistake"
    for tool in helgrind drd; do
        ! valgrind_of "$tool" "$program" "$2" || return 1
        grep -m1 -E 'Possible data race|Conflicting' "$log" || fail "the run fails without a race; see $log"
    done
}

if [ -n "$all" ]; then
    under memcheck "$suite" .
    under memcheck "$channel" .
    under memcheck "$timer" .
    # Without the channels: their threads and locks come from std, whose futexes helgrind and
    # drd do not know, and the queue protects plain memory by atomics. Both tools would
    # report only these.
    for tool in helgrind drd; do
        under "$tool" "$suite" '^native/'
        under "$tool" "$timer" .
    done
    mistakes valgrind finds
    exit
fi

under memcheck "$suite" '^(native/(eventfd2|pipe)/(clause_(2_clear|5|6_level|7_zero|8)|errors_|waker_(prepared|and_fork)'\
'|counter_(at_its_limit|and_fork|errors)|semaphore_and_fork)'\
'|native/timer[^/]*/timer_(counts_every_period|earlier|reinit|and_fork|errors)'\
'|native/signal[^/]*/signal_(number_sender|status_of_a_child|drop_puts_back|chain|two_objects|child_with|before_exec)'\
'|linux-2\.6\.18/auto/(clause_[58]|timer_reinit|signal_child_with))'
under memcheck "$channel" '^native/(eventfd2/boxes|pipe/values)'
for tool in helgrind drd; do
    under $tool "$suite" '^native/(pipe2|eventfd2)/(clause_3_(first_use|nothing_is_lost_between_threads)|waker_prepared_wait'\
'|counter_is_exact_between_threads)|^native/(timerfd/timer|signalfd/signal)_first_use'\
'|^native/timer-thread/timer_(counts_every_period|earlier|armed_anew|fifty|first_use)'\
'|^native/signal-handler/signal_(younger_threads|first_use|storm_of_threads|storm_and)'
done
