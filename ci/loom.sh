#!/usr/bin/env bash
# Checks the waker, the state that signal handlers share with the program, the ends of
# channels and the timers' service thread with the model checker loom: no order of threads,
# and no value that a weak memory may let them read, loses a wake-up, a signal or a message.
# Then weakens memory orderings and omits or swaps steps, which the models must find.
source "$(dirname "$0")/lib.sh"

# The maximum number of preemptions. A full search would take hours, and with two or three
# threads few preemptions are enough for a failure.
export LOOM_MAX_PREEMPTIONS=${LOOM_MAX_PREEMPTIONS:-2}
target=$(kept loom tests --profile loom)

# models DIRECTORY NAME [OPTION...]: runs the models of the sources in DIRECTORY whose names
# contain NAME, without the unit tests of these sources.
models() { cargo test --locked --profile loom --manifest-path "$1/tests/loom/Cargo.toml" --target-dir "$target" "${@:3}" -- "$2"; }

say "the models, up to $LOOM_MAX_PREEMPTIONS preemptions"
run models . model::

# finds COPY PROGRAM [MODEL]: succeeds if a model of this program fails in COPY. With MODEL
# only that model runs. Loom ends the program at the first failure and prints the message on
# the next line.
finds() {
    if models "$1" "${3:-model::}" "$2" >"$PWD/target/loom.log" 2>&1; then
        return 1
    fi
    grep -A1 -m1 "^thread '[a-z_:]*model::" "$PWD/target/loom.log" |
        sed "s/^thread '[a-z_:]*model::\\([a-z_]*\\)'.*/    found by \\1/; 2s/^/    /" ||
        fail "no model failed; see $PWD/target/loom.log"
}
mistakes loom finds
