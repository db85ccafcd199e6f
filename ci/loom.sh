#!/usr/bin/env bash
# The waker, what signal handlers share with the program, the channels' ends and the
# service thread of timers under the model checker loom: no order of threads, and no
# value that a weak memory may let them read, loses a wake-up, a signal or a message.
# Then the same with memory orderings weakened and with steps left out or swapped,
# which must be found.
source "$(dirname "$0")/lib.sh"

# Orders with up to this many preemptions. A full search would take hours, and
# what goes wrong with two or three threads goes wrong within few.
export LOOM_MAX_PREEMPTIONS=${LOOM_MAX_PREEMPTIONS:-2}
target=$PWD/target/loom

# models DIRECTORY NAME [OPTION...]: those of the sources there that are called so, without
# those sources' own tests.
models() { cargo test --locked --profile loom --manifest-path "$1/tests/loom/Cargo.toml" --target-dir "$target" "${@:3}" -- "$2"; }

say "the models, up to $LOOM_MAX_PREEMPTIONS preemptions"
run models . model::

# finds COPY PROGRAM [MODEL]: the models of this program fail there, or the one that is named,
# so that the others need not run. Loom ends the program at the first that does; the message
# is on the next line.
finds() {
    if models "$1" "${3:-model::}" "$2" >"$target/mistake.log" 2>&1; then
        return 1
    fi
    grep -A1 -m1 "^thread '[a-z_:]*model::" "$target/mistake.log" |
        sed "s/^thread '[a-z_:]*model::\\([a-z_]*\\)'.*/    found by \\1/; 2s/^/    /" ||
        fail "no model failed; see $target/mistake.log"
}
mistakes loom finds
