#!/usr/bin/env bash
# ci/targets.sh [--check]: prints the table of targets, from what the other scripts have seen
# to pass in this checkout. With --check it fails unless docs/platforms.md has the same
# table.
source "$(dirname "$0")/lib.sh"

COLUMNS=(tests cross rust-1.63 self-test booted)
mkdir -p "$PASSED"

# row CELL...: prints a row of a Markdown table.
row() {
    printf '| %s |' "$1"
    printf ' %s |' "${@:2}"
    printf '\n'
}

table() {
    local target column cells only=()
    row target "${COLUMNS[@]}"
    row --- "${COLUMNS[@]/*/---}"
    while read -r target; do
        cells=()
        for column in "${COLUMNS[@]}"; do
            if [ -e "$PASSED/$column/$target" ]; then cells+=(yes); else cells+=(' '); fi
        done
        if [[ ${cells[*]} == *yes* ]]; then row "\`$target\`" "${cells[@]}"; else only+=("\`$target\`"); fi
    done < <(find "$PASSED" -type f -printf '%f\n' | LC_ALL=C sort -u)
    printf '\nOnly compiled: %s.\n' "$(printf ', %s' "${only[@]}" | cut -c3-)" | fmt -w 100
}

table
if [ "${1:-}" = --check ]; then
    diff <(sed -n '/^| target |/,$p' docs/platforms.md) <(table) ||
        fail "docs/platforms.md has another table: copy this one, or find out which script has not run"
fi
