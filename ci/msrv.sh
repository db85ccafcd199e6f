#!/usr/bin/env bash
# The minimum Rust version: compiles the library and runs its tests with rustc
# 1.63 itself, on x86-64 and, under qemu, on ARMv5, ARMv7 and little-endian
# MIPS. Needs Debian 12 on x86-64, whose packages the compiler is taken from,
# and a cargo of today, because one of 1.63's age cannot read today's index.
source "$(dirname "$0")/lib.sh"

rust=$CACHE/rust-1.63
work=$CACHE/msrv

# What the old rustc and cargo are linked with, then the linkers and sysroots.
packages git libcurl3-gnutls libgit2-1.5 libllvm14 libssh2-1 \
    gcc libc6-dev qemu-user-static \
    gcc-arm-linux-gnueabi libc6-dev-armel-cross \
    gcc-arm-linux-gnueabihf libc6-dev-armhf-cross \
    gcc-mipsel-linux-gnu libc6-dev-mipsel-cross
command -v cargo >/dev/null || packages cargo-web

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
[ -d "$rust" ] || toolchain

# A copy of the tree, so that the checkout's target/ and .cargo/ stay as they
# are. The copies are all new (tar -m), since cargo goes by the files' times and
# might otherwise take a build of another checkout for one of this.
say "copying the tree and its dependencies"
rm -rf "$work/tree"
mkdir -p "$work/tree/.cargo"
git ls-files -z --cached --others --exclude-standard --deduplicate |
    while IFS= read -r -d '' file; do
        [ ! -e "$file" ] || printf '%s\0' "$file"
    done | tar -c --null -T - | tar -x -m -C "$work/tree"
cd "$work/tree"
grep -qs '^version = 3$' Cargo.lock ||
    fail "Cargo.lock is missing or not of version 3; write it with:" \
        "CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback cargo generate-lockfile"
# Debian's cargo beside rustc 1.63 is 1.65, so it would not mind what 1.64 added.
! grep -rnE --include=Cargo.toml '\bworkspace *= *true' . ||
    fail "inheriting from the workspace needs cargo 1.64"
run cargo vendor --quiet --locked "$work/vendor"
printf '[source.%s]\n%s = "%s"\n' crates-io replace-with vendor \
    vendor directory "$work/vendor" >.cargo/config.toml

# From here on the old toolchain, with nothing of the user's settings.
export PATH=$rust/bin:$PATH RUSTC=$rust/bin/rustc RUSTDOC=$rust/bin/rustdoc
export CARGO_HOME=$work/home CARGO_TARGET_DIR=$work/target
export RUSTC_WRAPPER='' RUSTFLAGS='' RUSTDOCFLAGS=''
unset CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS
run cargo --version
run rustc --version
[[ $(rustc --version) == 'rustc 1.63.'* ]] || fail "this is not rustc 1.63"

feature_sets=(eventfd pipe eventfd,pipe default pipe-channel eventfd,channel,pipe-channel timer,pipe signal,pipe signal,eventfd,pipe)
table=$work/table log=$work/log
: >"$table"

# check TARGET [GCC-PREFIX QEMU]: builds and tests for one target.
check() {
    local target=$1 var features runner="timeout -k 10 ${WAKEFD_TEST_TIMEOUT:-900}"
    say "$target"
    var=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$target")
    if [ $# -gt 1 ]; then
        runner+=" $3 -L /usr/$2"
        local -x "${var}_LINKER=$2-gcc"
    fi
    local -x "${var}_RUNNER=$runner" WAKEFD_EXPECT_TARGET=$target
    for features in "${feature_sets[@]}"; do
        run cargo build --offline --locked --target "$target" --lib \
            --no-default-features --features "$features"
    done
    run cargo test --offline --locked --all-features --target "$target" 2>&1 | tee "$log"
    awk -v target="$target" -v built="${feature_sets[*]}" '
        /^ +Running |^ +Doc-tests / { programs++ }
        /^test result: / { passed += $4; ignored += $8 }
        END {
            printf "%-30s %-35s %d passed, %d ignored, in %d programs\n",
                target, built, passed, ignored, programs
            exit passed == 0
        }' "$log" >>"$table" || fail "no test ran on $target"
    seen rust-1.63 "$target"
}

check x86_64-unknown-linux-gnu
check armv5te-unknown-linux-gnueabi arm-linux-gnueabi qemu-arm-static
check armv7-unknown-linux-gnueabihf arm-linux-gnueabihf qemu-arm-static
check mipsel-unknown-linux-gnu mipsel-linux-gnu qemu-mipsel-static

say "$(rustc --version)"
printf '%-30s %-35s %s\n' target 'library built with' 'tests run'
cat "$table"
