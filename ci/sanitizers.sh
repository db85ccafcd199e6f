#!/usr/bin/env bash
# Runs the suite and the channels on every mechanism of this kernel and under the profile of
# the oldest, the timers and the faults under AddressSanitizer, and the suite on every mechanism
# of this kernel under ThreadSanitizer. Both need a toolchain of rustup, which contains the
# run-time libraries. std itself is not instrumented. The suite does not use it, but
# ThreadSanitizer would report races in the channels, whose threads std creates and joins.
source "$(dirname "$0")/lib.sh"

host=$(rustc -vV | sed -n 's/^host: //p')
compgen -G "$(rustc --print sysroot)/lib/rustlib/$host/lib/librustc-*_rt.asan.a" >/dev/null ||
    fail "this toolchain has no sanitizers; rustup's have: rustup toolchain install stable"
# The option is unstable.
export RUSTC_BOOTSTRAP=1

# tests SANITIZER ARGUMENT...: runs cargo test under SANITIZER.
tests() {
    RUSTFLAGS="-Zsanitizer=$1 -Cunsafe-allow-abi-mismatch=sanitizer" \
        cargo test --locked --quiet --all-features --target "$host" --target-dir "target/$1-sanitizer" "${@:2}" \
        >target/sanitizer.log 2>&1 || { tail -n 60 target/sanitizer.log && fail "a test fails under $1 sanitizer"; }
}

# under SANITIZER ARGUMENT...: runs cargo test under SANITIZER, and checks that a test has
# run.
under() {
    tests "$@"
    grep '^test result: ok. [1-9]' target/sanitizer.log || fail "no test has run"
}

# named_under SANITIZER TEST PATTERN WITHOUT: all runs of TEST whose name matches PATTERN and
# not WITHOUT.
named_under() {
    local named chosen
    tests "$1" --test "$2" -- --list
    mapfile -t named < <(sed -n 's/: test$//p' target/sanitizer.log | grep -E "$3")
    mapfile -t chosen < <(printf '%s\n' "${named[@]}" | grep -vE "$4")
    # Without a name cargo test would run everything.
    [ -n "${chosen[*]}" ] || fail "no run of $2 has such a name"
    printf '%s of %s runs of %s\n' ${#chosen[@]} ${#named[@]} "$2"
    under "$1" --test "$2" -- "${chosen[@]}"
}

say "address sanitizer"
under address --test timer
named_under address channel '^(native|linux-2\.6\.18)/' '^$'
named_under address conformance '^(native|linux-2\.6\.18)/' '^$'
# AddressSanitizer maps memory and sets the mask at the start and end of a thread, and ends
# the program if that fails. It also keeps memory that a thread had mapped, which one row
# counts.
named_under address faults . '^faults/((mmap|munmap)/.*timer-thread|rt_sigprocmask SIG_SETMASK/.*(timer-thread|signal-handler))/'

# The suite forks while its threads run, and its child may have threads again.
export TSAN_OPTIONS="suppressions=$PWD/ci/tsan.supp die_after_fork=0"
# The runs that ThreadSanitizer does not support, by name.
#
# Its own thread does not block all signals, and so takes SIGABRT from a signalfd.
cannot='/(signalfd4?|auto)/signal_every_kind$'
# It keeps its state in the memory that a child of `vfork` shares.
cannot+='|/signal_child_leaves_the_parent_alone$'
# It runs a handler with all signals blocked.
cannot+='|/signal_chained_handler_has_its_own_mask$'
# The run compares the open descriptors at its end, and ThreadSanitizer opens some itself to
# print suppressions.
cannot+='|/signal_agrees_with_a_model$'
# Closing a foreign descriptor is a race, which this run makes on purpose.
cannot+='|/timer-thread/timer_errors_name_a_descriptor_closed_by_others$'

say "thread sanitizer"
named_under thread conformance '^native/' "$cannot"
