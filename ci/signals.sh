#!/usr/bin/env bash
# The table of docs/signals.md, what signals guarantee by handlers and by a signalfd: runs the
# test of each line, prints the table, and compares. With --write it puts it there.
source "$(dirname "$0")/lib.sh"

document=docs/signals.md
begin='<!-- ci/signals.sh writes what follows -->' end='<!-- until here -->'
table=$(cargo test --locked --quiet --all-features --test conformance -- --guarantees)
printf '%s\n' "$table"
[ "$(grep -c '^|' <<<"$table")" -gt 10 ] || fail "that is no table"

new=$(TABLE=$table awk -v begin="$begin" -v end="$end" '
    $0 == begin { print; print "\n" ENVIRON["TABLE"] "\n"; skip = 1; seen++ }
    $0 == end { skip = 0; seen++ }
    !skip { print }
    END { exit seen != 2 }' $document) || fail "$document has not its two marks"
if [ "${1:-}" = --write ]; then
    printf '%s\n' "$new" >$document
fi
diff -u $document <(printf '%s\n' "$new") || fail "$document says otherwise; ci/signals.sh --write mends that"
