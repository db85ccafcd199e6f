#!/usr/bin/env bash
# Runs storms and counts exactly: 64 producers, signals at the highest rate, programs that
# start while descriptors are created, and as many notifiers as the limit allows.
#
#   ci/soak.sh [--long]
#
# The long form makes 64 x 10,000,000 wake-ups and takes half an hour.
source "$(dirname "$0")/lib.sh"

case ${1:-} in
--long) wakes=10000000 alarms=120 exec=120 limit=20 ;;
'') wakes=20000 alarms=8 exec=6 limit=1 ;;
*) fail "usage: ci/soak.sh [--long]" ;;
esac

run cargo build --locked --release --manifest-path tests/soak/Cargo.toml --target-dir target/soak
soak=target/soak/release/soak

# If a wake-up is lost, the program hangs.
for work in "alarms $alarms" "exec $exec" "limit $limit" "storm $wakes"; do
    say "$work"
    # shellcheck disable=SC2086 # two words
    timeout 7200 $soak $work || fail "soak $work: status $?"
done
