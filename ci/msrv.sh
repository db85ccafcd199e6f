#!/usr/bin/env bash
# The minimum Rust version: compiles the library with rustc 1.63 itself, for x86-64, ARMv5,
# ARMv7 and little-endian MIPS, and runs its tests: on x86-64 those of each module, of the
# types that are made of std's, and the suite on each mechanism of this kernel; on ARMv5,
# under qemu, the first two. ci/test.sh and ci/cross.sh run all. Needs Debian 12 on x86-64,
# whose packages the compiler is taken from, and a cargo of today, because one of 1.63's age
# cannot read today's index.
#
#   ci/msrv.sh                the check
#   ci/msrv.sh --all          with the tests of ARMv5 on each processor but x86-64, and with
#                             every combination of features on each
#   ci/msrv.sh --toolchain    leaves the compiler in the cache, for another script
source "$(dirname "$0")/lib.sh"

case ${1:-} in
'' | --all | --toolchain) ;;
*) fail "unknown argument '$1'; usage: ci/msrv.sh [--all | --toolchain]" ;;
esac
rust=$CACHE/rust-1.63
work=$CACHE/msrv

# What the old rustc and cargo are linked with.
packages git libcurl3-gnutls libgit2-1.5 libllvm14 libssh2-1

# Unpacked rather than installed: these packages conflict with rustc-web.
toolchain() {
    local part=$rust.part arch deb name
    say "fetching Rust 1.63"
    rm -rf "$part"
    mkdir -p "$part"/{bin,debs}
    for arch in amd64 armel armhf mipsel; do
        set -- libstd-rust-dev=1.63.\*
        [ $arch != amd64 ] || set -- "$@" libstd-rust-1.63 rustc=1.63.\* cargo=0.66.\*
        foreign_update $arch
        (cd "$part/debs" && run foreign_apt $arch apt-get download "$@") ||
            fail "cannot download Rust 1.63 for $arch; it comes from Debian 12 (bookworm)"
    done
    for deb in "$part"/debs/*.deb; do dpkg -x "$deb" "$part"; done

    # Only these programs may see their library path, not the tests they run.
    for name in cargo rustc rustdoc; do
        cat >"$part/bin/$name" <<EOF
#!/bin/sh
dir=\${0%/*}/../usr
LD_LIBRARY_PATH=\$dir/lib/x86_64-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
exec "\$dir/bin/$name" "\$@"
EOF
        chmod +x "$part/bin/$name"
    done
    rm -rf "$part/debs"
    mv "$part" "$rust"
}
(
    flock 9 # two scripts at once: the second waits
    [ -d "$rust" ] || toolchain
) 9>"$CACHE/rust-1.63.lock"
[ "${1:-}" != --toolchain ] || exit 0

# A copy of the tree, so that the checkout's target/ and .cargo/ stay as they are.
say "copying the tree and its dependencies"
copy_to "$work/tree"
mkdir -p "$work/tree/.cargo"
cd "$work/tree"
grep -qs '^version = 3$' Cargo.lock ||
    fail "Cargo.lock is missing or not of version 3; write it with:" \
        "CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback cargo generate-lockfile"
# Debian's cargo beside rustc 1.63 is 1.65, so it would not mind what 1.64 added.
! grep -rnE --include=Cargo.toml '\bworkspace *= *true' . ||
    fail "inheriting from the workspace needs cargo 1.64"
! grep -L '^version = 3$' {,capi/,tests/selftest/}Cargo.lock | grep . || fail "cargo of Rust 1.63 reads no such lock file"
# Kept, since cargo goes by the files' times.
vendor=$work/vendor-$(cat {,capi/,tests/selftest/}Cargo.lock | sha256sum | head -c 12)
[ -d "$vendor" ] || {
    rm -rf "$work"/vendor*
    run cargo vendor --quiet --locked --sync capi/Cargo.toml --sync tests/selftest/Cargo.toml "$vendor.new"
    mv "$vendor.new" "$vendor"
}
printf '[source.%s]\n%s = "%s"\n' crates-io replace-with vendor \
    vendor directory "$vendor" >.cargo/config.toml

# From here on the old toolchain, with nothing of the user's settings.
export PATH=$rust/bin:$PATH RUSTC=$rust/bin/rustc RUSTDOC=$rust/bin/rustdoc
export CARGO_HOME=$work/home CARGO_TARGET_DIR=$work/target
export RUSTC_WRAPPER='' RUSTFLAGS='' RUSTDOCFLAGS=''
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0
unset CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS
run cargo --version
run rustc --version
[[ $(rustc --version) == 'rustc 1.63.'* ]] || fail "this is not rustc 1.63"

table=$work/table log=$work/log
: >"$table"

# tests_of TARGET OPTION...: those of a target.
tests_of() { run cargo test --offline --locked --all-features --target "$@"; }

# check TARGET [--all]: builds and tests for one target.
check() {
    local features var tests=(--lib --test={own_notifier,std_types,target,waker})
    say "$1"
    target "$1"
    packages "${needed[@]}"
    var=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")
    local -x "${var}_LINKER=${prefix}gcc" WAKEFD_EXPECT_TARGET=$1 \
        "${var}_RUNNER=timeout -k 10 ${WAKEFD_TEST_TIMEOUT:-900} ${runner[*]}"
    case $1${2:-} in x86_64* | *--all)
        for features in default "${FEATURES[@]}"; do
            run cargo check --offline --locked --target "$1" --lib --no-default-features --features "$features"
        done
        ;;
    esac
    case $1${2:-} in
    x86_64* | armv5te* | *--all) tests_of "$1" "${tests[@]}" 2>&1 | tee "$log" ;;
    *)
        run cargo build --offline --locked --all-features --lib --target "$1"
        printf '%-30s built\n' "$1" >>"$table"
        seen rust-1.63 "$1"
        return
        ;;
    esac
    if [ ${#runner[@]} -eq 0 ]; then
        run cargo check --offline --locked --all-features --all-targets --target "$1"
        tests_of "$1" --doc 2>&1 | tee -a "$log"
        tests_of "$1" --test={channel,conformance} -- native/ 2>&1 | tee -a "$log"
    fi
    awk -v target="$1" '
        /^ +Running |^ +Doc-tests / { programs++ }
        /^test result: / { passed += $4; ignored += $8 }
        END {
            printf "%-30s %d passed, %d ignored, in %d programs\n", target, passed, ignored, programs
            exit passed == 0
        }' "$log" >>"$table" || fail "no test ran on $1"
    seen rust-1.63 "$1"
}

for target in x86_64-unknown-linux-gnu armv5te-unknown-linux-gnueabi armv7-unknown-linux-gnueabihf mipsel-unknown-linux-gnu; do
    check $target "${1:-}"
done

say "the C library and the self-test program"
packages make
run make -s -C capi all CARGOFLAGS=--offline
run make -s -C capi check CARGOFLAGS=--offline >"$log" || { grep -B 2 '^not ok' "$log" || tail "$log"; fail "the C library does not work"; }
grep -c '^ok' "$log"
run cargo check --offline --locked --release --manifest-path tests/selftest/Cargo.toml

say "$(rustc --version)"
echo "the library with ${FEATURES[*]}"
cat "$table"
