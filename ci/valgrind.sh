#!/usr/bin/env bash
# The suite under valgrind: memcheck (memory), helgrind and drd (locks and races). An
# error that valgrind finds in a child is that run's failure.
#
# As it is: the parts with threads, forks, and the calls that are made by number, with a
# timer and signals on each of their mechanisms. With --all: all that valgrind can run, and
# mistakes that helgrind and drd must find.
source "$(dirname "$0")/lib.sh"
packages valgrind
case ${1:-} in
    '') all='' ;;
    --all) all=yes ;;
    *) fail "usage: ci/valgrind.sh [--all]" ;;
esac

say "building"
run cargo test --locked --all-features --no-run --test conformance --test channel --test timer
# executable TEST [OPTION...]: of this name.
executable() {
    cargo test --locked --all-features --no-run --test "$1" "${@:2}" --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}
suite=$(executable conformance) channel=$(executable channel) timer=$(executable timer)

log=target/valgrind.log

# valgrind_of TOOL PROGRAM FILTER...: the runs whose name has one of these in it. Without
# inlined functions in the traces, as suppressions name the real ones.
valgrind_of() {
    valgrind --tool="$1" --error-exitcode=99 --quiet --trace-children=no --read-inline-info=no \
        --suppressions=ci/valgrind.supp "${@:2}" >"$log" 2>&1
}

# What valgrind cannot run, by name.
#
# It looks at the descriptors itself that such calls seem to give.
cannot='^other-calls-under-the-numbers/'
# A signal that comes just before a call makes valgrind end it with EINTR. The kernel
# never does that to a call that does not block, and thousands of signals a second find
# the place.
cannot+='|/(clause_4_signal_storm|waker_signal_storm|counter_is_exact_under_signals)$'
# Valgrind delivers what `sigqueue` sends some time after the call, which on the mechanism of
# handlers is too late for the next line. (What `kill` sends comes at once.)
cannot+='|^(native/signal-handler|linux-2.6.18/auto|sandbox-e[a-z]*/auto)/signal_(value_of_sigqueue|one_of_a_kind|real_time)$'
# In a handler it gives a mask without that of the handler's sigaction.
cannot+='|/signal_chained_handler_has_its_own_mask$'
# It counts how often a thread goes to sleep, and valgrind's threads take turns with a lock.
cannot+='|^the_thread_sleeps_when_nothing_is_to_be_said$'
# Neither helgrind nor drd forgets at a fork the threads that are not in the child, and
# the locks that these held: the child makes the service's lock anew. And what they
# remember of threads that have ended are pages of the process, which this test counts.
declare -A cannot_under=([memcheck]='')
cannot_under[helgrind]='|^native/timer-thread/timer_(and_fork|reinit_keeps_the_numbers|fork_while_others_hold_the_lock)$|^no_page_is_left$'
cannot_under[drd]='|^native/timer-thread/timer_fork_while_others_hold_the_lock$|^no_page_is_left$'

# under TOOL PROGRAM PATTERN: finds nothing in the runs whose name it matches and that the
# tool can do.
under() {
    local without=$cannot${cannot_under[$1]} begin=$SECONDS named chosen
    mapfile -t named < <("$2" --list | sed -n 's/: test$//p' | grep -E "$3")
    mapfile -t chosen < <(printf '%s\n' "${named[@]}" | grep -vE "$without")
    say "$1, ${2##*/}: ${#chosen[@]} of ${#named[@]} runs"
    comm -23 <(printf '%s\n' "${named[@]}" | sort) <(printf '%s\n' "${chosen[@]}" | sort) |
        sed '/^other-calls/d; s/^/    left out: /'
    valgrind_of "$1" "$2" "${chosen[@]}" || { grep -v ' \.\.\. ok$' "$log" && fail "$1 finds an error"; }
    ! grep '^==[0-9]*== [A-Z]' "$log" || { cat "$log" && fail "$1 says something"; }
    # A filter takes all names that it is a part of.
    grep -qx "running ${#chosen[@]} tests" "$log" || fail "others have run"
    grep '^test result: ok. [1-9]' "$log" || fail "nothing has run"
    printf '    in %d s\n' $((SECONDS - begin))
}

# finds COPY RUN: helgrind and drd find something in this run of the suite.
finds() {
    local tool program
    program=$(cd "$1" && executable conformance --target-dir "$OLDPWD/target/mistakes/valgrind-target")
    [ -n "$program" ] || fail "it does not build"
    for tool in helgrind drd; do
        ! valgrind_of "$tool" "$program" "$2" || return 1
        grep -m1 -E 'Possible data race|Conflicting' "$log" || fail "something else has failed; see $log"
    done
}

if [ -n "$all" ]; then
    under memcheck "$suite" .
    under memcheck "$channel" .
    under memcheck "$timer" .
    # The channels' threads are std's, and so are their locks: futexes, which helgrind and
    # drd do not know. The queue's are atomics, with plain memory behind them. So all they
    # would say is about these two.
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
