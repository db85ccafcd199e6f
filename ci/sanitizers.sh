#!/usr/bin/env bash
# The suite, the channels and the faults under AddressSanitizer, and the suite's cases
# with threads under ThreadSanitizer. They need a toolchain of rustup's, which brings
# the run-time libraries. std itself is not instrumented: the suite does without it,
# but the channels, whose threads std makes and joins, would seem to race.
source "$(dirname "$0")/lib.sh"
packages gcc libc6-dev

host=$(rustc -vV | sed -n 's/^host: //p')
compgen -G "$(rustc --print sysroot)/lib/rustlib/$host/lib/librustc-*_rt.asan.a" >/dev/null ||
    fail "this toolchain has no sanitizers; rustup's have: rustup toolchain install stable"
# The option is unstable.
export RUSTC_BOOTSTRAP=1

# under SANITIZER ARGUMENT...: cargo test with it.
under() {
    say "$1 sanitizer: ${*:2}"
    RUSTFLAGS="-Zsanitizer=$1 -Cunsafe-allow-abi-mismatch=sanitizer" \
        cargo test --locked --quiet --all-features --target "$host" --target-dir "target/$1-sanitizer" "${@:2}" \
        >target/sanitizer.log 2>&1 || { tail -n 60 target/sanitizer.log && fail "see above"; }
    grep '^test result: ok. [1-9]' target/sanitizer.log || fail "nothing has run"
}

under address --test conformance --test channel --test faults
under thread --test conformance -- native/{eventfd2,pipe2}/{clause_3_{first,nothing_is_lost_between_threads},waker_loses,waker_prepared,counter_is_exact_between_threads,semaphore_is_exact}
