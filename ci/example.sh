#!/usr/bin/env bash
# The README's first command, then the same example with everything that can bring messages,
# on each backend and in each multiplexer. It fails if one message is lost.
source "$(dirname "$0")/lib.sh"

run cargo run --release --locked --example event_loop
run cargo build --release --locked --all-features --example event_loop
for with in notifier waker channel; do
    for backend in eventfd pipe; do
        for multiplexer in epoll poll select; do
            options=("--with=$with" "--backend=$backend" "--multiplexer=$multiplexer" --messages=200000)
            table=$(timeout 60 target/release/examples/event_loop "${options[@]}") || fail "${options[*]}: $table"
            printf '%-8s %-8s %-7s %10s messages per second, %6s wake-ups\n' $with $backend $multiplexer \
                "$(awk '/^messages per second/ { print $NF }' <<<"$table")" "$(awk '/^wake-ups/ { print $NF }' <<<"$table")"
        done
    done
done
