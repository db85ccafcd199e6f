#!/usr/bin/env bash
# The table of docs/reliability.md, what comes of each system call that fails with
# each errno: runs it, prints it, and compares. With --write it puts it there.
source "$(dirname "$0")/lib.sh"

document=docs/reliability.md
begin='<!-- ci/reliability.sh writes what follows -->' end='<!-- until here -->'
table=$(cargo test --locked --quiet --all-features --test faults -- --table)
printf '%s\n' "$table"
[ "$(grep -c '^|' <<<"$table")" -gt 30 ] || fail "that is no table"

# The document with the table between the marks.
written() {
    TABLE=$table awk -v begin="$begin" -v end="$end" '
        $0 == begin { print; print "\n" ENVIRON["TABLE"] "\n"; skip = 1; seen++ }
        $0 == end { skip = 0; seen++ }
        !skip { print }
        END { exit seen != 2 }' $document
}
new=$(written) || fail "$document has not its two marks"
if [ "${1:-}" = --write ]; then
    printf '%s\n' "$new" >$document
fi
diff -u $document <(printf '%s\n' "$new") || fail "$document says otherwise; ci/reliability.sh --write mends that"
