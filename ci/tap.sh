#!/usr/bin/env bash
# ci/tap.sh <LOG: checks a report in the Test Anything Protocol from a console and prints the
# count. Fails unless every planned case was reported in order and none failed, or if there
# is no case.
set -euo pipefail
exec awk '
    function bad(why) { printf "tap: %s\n", why; wrong = 1 }
    { sub(/\r+$/, "") }
    /^1\.\.[0-9]+$/ { plans++; plan = substr($0, 4) + 0 }
    /^Bail out!/ { bad($0) }
    /^(not )?ok [0-9]+/ {
        number = ($1 == "not") ? $3 : $2
        if (number + 0 != ++seen) bad("expected case " seen ", got: " $0)
        if ($1 == "not") failed++
        else if (/# SKIP/) skipped++
        else passed++
    }
    END {
        if (plans != 1) bad(plans + 0 " plans, expected one")
        else if (plan != seen) bad("planned " plan " cases, " seen + 0 " reported")
        if (passed + failed == 0) bad("no case ran")
        printf "tap: %d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit (wrong || failed) ? 1 : 0
    }'
