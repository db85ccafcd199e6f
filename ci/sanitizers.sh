#!/usr/bin/env bash
# The suite on every mechanism of this kernel and as on the oldest, the channels, the timers
# and the faults under AddressSanitizer, and the suite on every mechanism of this kernel
# under ThreadSanitizer. They need a toolchain of
# rustup's, which brings the run-time libraries. std itself is not instrumented: the
# suite does without it, but the channels, whose threads std makes and joins, would seem
# to race.
source "$(dirname "$0")/lib.sh"

host=$(rustc -vV | sed -n 's/^host: //p')
compgen -G "$(rustc --print sysroot)/lib/rustlib/$host/lib/librustc-*_rt.asan.a" >/dev/null ||
    fail "this toolchain has no sanitizers; rustup's have: rustup toolchain install stable"
# The option is unstable.
export RUSTC_BOOTSTRAP=1

# tests SANITIZER ARGUMENT...: cargo test with it.
tests() {
    RUSTFLAGS="-Zsanitizer=$1 -Cunsafe-allow-abi-mismatch=sanitizer" \
        cargo test --locked --quiet --all-features --target "$host" --target-dir "target/$1-sanitizer" "${@:2}" \
        >target/sanitizer.log 2>&1 || { tail -n 60 target/sanitizer.log && fail "see above"; }
}

# under SANITIZER ARGUMENT...: the same, and something has run.
under() {
    tests "$@"
    grep '^test result: ok. [1-9]' target/sanitizer.log || fail "nothing has run"
}

# named_under SANITIZER TEST PATTERN WITHOUT: all runs whose name matches the first and not
# the second.
named_under() {
    local named chosen
    tests "$1" --test "$2" -- --list
    mapfile -t named < <(sed -n 's/: test$//p' target/sanitizer.log | grep -E "$3")
    mapfile -t chosen < <(printf '%s\n' "${named[@]}" | grep -vE "$4")
    # Without a name all would run.
    [ -n "${chosen[*]}" ] || fail "no run of $2 is called so"
    printf '%s of %s runs of %s\n' ${#chosen[@]} ${#named[@]} "$2"
    under "$1" --test "$2" -- "${chosen[@]}"
}

say "address sanitizer"
under address --test channel --test timer
named_under address conformance '^(native|linux-2\.6\.18)/' '^$'
# At a thread's start and end it maps memory and sets the mask itself, and ends the program
# if that fails; and it keeps what a thread had mapped, which one row counts.
named_under address faults . '^faults/((mmap|munmap)/.*timer-thread|rt_sigprocmask SIG_SETMASK/.*(timer-thread|signal-handler))/'

# The suite forks while its threads run, and its child may have threads again.
export TSAN_OPTIONS="suppressions=$PWD/ci/tsan.supp die_after_fork=0"
# What ThreadSanitizer cannot run, by name.
#
# Its own thread, which blocks not all signals, takes SIGABRT of those that wait for a
# signalfd.
cannot='/(signalfd4?|auto)/signal_every_kind$'
# It keeps its accounts in the memory that a child of `vfork` shares.
cannot+='|/signal_child_leaves_the_parent_alone$'
# It runs a handler with all signals blocked.
cannot+='|/signal_chained_handler_has_its_own_mask$'
# Which descriptors are open is compared at the end, and it opens some itself, to name what
# a suppression is about.
cannot+='|/signal_agrees_with_a_model$'
# To close another's descriptor is a race, and here it is the case.
cannot+='|/timer-thread/timer_errors_name_a_descriptor_closed_by_others$'

say "thread sanitizer"
named_under thread conformance '^native/' "$cannot"
