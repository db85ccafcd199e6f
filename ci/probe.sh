#!/usr/bin/env bash
# ci/probe.sh: checks the report of the probe for other kernels. strace replaces the results
# of system calls by errnos.
source "$(dirname "$0")/lib.sh"
packages strace jq

run cargo build --locked --quiet --example probe
probe=${CARGO_TARGET_DIR:-target}/debug/examples/probe

# with_errnos CALL=ERRNO[:when=WHEN]...: runs the probe with these results. Sets output,
# errors and status.
with_errnos() {
    local injections=() pair
    for pair in "$@"; do injections+=(-e "inject=${pair%%=*}:error=${pair#*=}"); done
    status=0
    output=$(strace -f -qq -o /dev/null "${injections[@]}" "$probe" --json 2>"target/probe.err") || status=$?
    errors=$(cat "target/probe.err")
}

# expect MECHANISM CALL=ERRNO...: checks that the probe chooses this mechanism.
expect() {
    local mechanism=$1 said
    shift
    with_errnos "$@"
    [ "$status" -eq 0 ] || fail "with ${*:-no change}: status $status: $errors"
    said=$(jq -r '.backend + "/" + .mechanism' <<<"$output")
    printf '%-45s %-18s %s\n' "${*:-no change}" "$said" "$(jq -r .reason <<<"$output")"
    [ "$said" = "$mechanism" ] || fail "expected $mechanism"
}

say "the mechanism for each result"
expect eventfd/eventfd2
expect eventfd/eventfd eventfd2=ENOSYS
expect pipe/pipe2 eventfd2=ENOSYS eventfd=ENOSYS
# pipe() of glibc 2.36 calls pipe2 without flags, so only every second call of pipe2 is one
# that a kernel before 2.6.27 does not have.
expect pipe/pipe eventfd2=ENOSYS eventfd=ENOSYS pipe2=ENOSYS:when=1+2
expect pipe/pipe2 eventfd2=EPERM eventfd=EACCES
expect eventfd/eventfd eventfd2=EINVAL

say "errnos that do not lead to another mechanism"
for errno in EMFILE ENFILE ENOMEM; do
    with_errnos eventfd2=$errno
    printf '%-45s status %s: %s\n' "eventfd2=$errno" "$status" "$errors"
    [ "$status" -eq 1 ] || fail "expected exit status 1"
    [[ $errors == *eventfd2*"($errno)"* ]] || fail "the error does not name eventfd2 and $errno"
done

say "the keys of the report"
with_errnos
jq -e 'has("kernel") and has("libc") and has("arch") and has("endian") and has("reason")' <<<"$output"

say "environment variables change nothing"
mine=$("$probe" --json)
empty=$(env -i "$probe" --json)
others=$(env -i EVENTFD=0 WAKEFD=pipe WAKEFD_SELECTION=pipe RUST_BACKTRACE=full LC_ALL=de_DE.UTF-8 LIBC=musl "$probe" --json)
for other in "$empty" "$others"; do
    [ "$other" = "$mine" ] || fail "the report is $other, but $mine in this environment"
done
printf '%s\n' "$mine"

# The same check as in tests/old_glibc.rs, for the program as a user starts it.
say "a glibc that reports version 2.7, and one that reports 2.8"
for version in 2.7=pipe 2.8=eventfd; do
    library=$PWD/target/glibc-${version%=*}.so
    printf 'const char *gnu_get_libc_version(void) { return "%s"; }\n' "${version%=*}" |
        gcc -shared -fPIC -x c - -o "$library"
    output=$(LD_PRELOAD=$library "$probe" --json)
    jq -r '.libc + ": " + .backend + ", " + .reason' <<<"$output"
    [ "$(jq -r .backend <<<"$output")" = "${version#*=}" ] || fail "expected ${version#*=}"
done
