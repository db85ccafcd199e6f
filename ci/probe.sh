#!/usr/bin/env bash
# ci/probe.sh: what the probe says when the kernel's answers are other ones:
# strace puts an errno in the place of a call.
source "$(dirname "$0")/lib.sh"
packages strace jq

run cargo build --locked --quiet --example probe
probe=${CARGO_TARGET_DIR:-target}/debug/examples/probe

# with_errnos CALL=ERRNO[:when=WHEN]...: runs the probe with these answers; sets output,
# errors and status.
with_errnos() {
    local injections=() pair
    for pair in "$@"; do injections+=(-e "inject=${pair%%=*}:error=${pair#*=}"); done
    status=0
    output=$(strace -f -qq -o /dev/null "${injections[@]}" "$probe" --json 2>"target/probe.err") || status=$?
    errors=$(cat "target/probe.err")
}

# expect MECHANISM CALL=ERRNO...: the mechanism that is chosen.
expect() {
    local mechanism=$1 said
    shift
    with_errnos "$@"
    [ "$status" -eq 0 ] || fail "with ${*:-nothing changed}: status $status: $errors"
    said=$(jq -r '.backend + "/" + .mechanism' <<<"$output")
    printf '%-45s %-18s %s\n' "${*:-nothing changed}" "$said" "$(jq -r .reason <<<"$output")"
    [ "$said" = "$mechanism" ] || fail "expected $mechanism"
}

say "the mechanism for each answer"
expect eventfd/eventfd2
expect eventfd/eventfd eventfd2=ENOSYS
expect pipe/pipe2 eventfd2=ENOSYS eventfd=ENOSYS
# glibc 2.36 makes pipe() of pipe2 without flags, so only every other call is
# the one that a kernel before 2.6.27 does not have.
expect pipe/pipe eventfd2=ENOSYS eventfd=ENOSYS pipe2=ENOSYS:when=1+2
expect pipe/pipe2 eventfd2=EPERM eventfd=EACCES
expect eventfd/eventfd eventfd2=EINVAL

say "what is no reason for another mechanism"
for errno in EMFILE ENFILE ENOMEM; do
    with_errnos eventfd2=$errno
    printf '%-45s status %s: %s\n' "eventfd2=$errno" "$status" "$errors"
    [ "$status" -eq 1 ] || fail "expected exit status 1"
    [[ $errors == *eventfd2*"($errno)"* ]] || fail "the error does not name eventfd2 and $errno"
done

say "every key of the report"
with_errnos
jq -e 'has("kernel") and has("libc") and has("arch") and has("endian") and has("reason")' <<<"$output"

say "no environment variable has a say"
mine=$("$probe" --json)
empty=$(env -i "$probe" --json)
others=$(env -i EVENTFD=0 WAKEFD=pipe WAKEFD_SELECTION=pipe RUST_BACKTRACE=full LC_ALL=de_DE.UTF-8 LIBC=musl "$probe" --json)
for other in "$empty" "$others"; do
    [ "$other" = "$mine" ] || fail "it says $other, and else $mine"
done
printf '%s\n' "$mine"

# As tests/old_glibc.rs, for the program as a user starts it.
say "a glibc that says 2.7, and one that says 2.8"
for version in 2.7=pipe 2.8=eventfd; do
    library=$PWD/target/glibc-${version%=*}.so
    printf 'const char *gnu_get_libc_version(void) { return "%s"; }\n' "${version%=*}" |
        gcc -shared -fPIC -x c - -o "$library"
    output=$(LD_PRELOAD=$library "$probe" --json)
    jq -r '.libc + ": " + .backend + ", " + .reason' <<<"$output"
    [ "$(jq -r .backend <<<"$output")" = "${version#*=}" ] || fail "expected ${version#*=}"
done
