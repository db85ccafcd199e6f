#!/usr/bin/env bash
# Every combination of features: it builds, passes the tests, and contains its
# own backends and nothing of the other. Without a backend it does not build,
# and says why. Two dependencies, whatever the platform.
source "$(dirname "$0")/lib.sh"
packages binutils

# same WHAT EXPECTED ACTUAL
same() {
    [ "$2" = "$3" ] || fail "$(printf '%s\n--- expected\n%s\n--- actual\n%s' "$@")"
    printf '%s:\n%s\n' "$1" "$3" | sed '2,$s/^/    /'
}

say "dependencies"
# The second column has the features, of which libc must have none.
tree=$(cargo tree --locked -e normal --target all --prefix none -f '{lib} {f}' | sed 's/ *$//' | sort)
same "of the core" "$(printf 'cfg_if\nlibc\nwakefd default,eventfd,pipe,std')" "$tree"

# One well-kept crate for the feature that needs one.
for feature in channel: pipe-channel:bytemuck; do
    tree=$(cargo tree --locked -e normal --depth 1 --target all --prefix none -f '{lib}' --features "${feature%:*}" |
        sort -u | xargs)
    same "with ${feature%:*}" "$(printf '%s\n' cfg_if libc wakefd "${feature#*:}" | sort | xargs)" "$tree"
done

say "no backend"
for features in "" std; do
    if output=$(run cargo check --locked --lib --no-default-features --features "$features" 2>&1); then
        fail "the library builds with the features '$features' alone"
    fi
    grep 'error: wakefd needs a backend' <<<"$output" || fail "the wrong error: $output"
done

for features in "${FEATURES[@]}"; do
    run cargo build --locked --lib --no-default-features --features "$features"
done

# All together are what ci/test.sh tests. The whole suite for each choice of backends, with
# signals and timers, which its cases have; with std or a channel it is the same but for
# their own tests, so one way of it will do.
for features in eventfd pipe eventfd,pipe; do
    say "$features"
    run cargo test --locked --lib --test conformance --no-default-features --features "$features"
done
say "the faults, and every other program of tests, with the backends alone"
run cargo test --locked --test faults --no-default-features --features eventfd,pipe
run cargo test --locked --tests --no-run --no-default-features --features eventfd,pipe
for features in std,{eventfd,pipe} channel,{eventfd,pipe} pipe-channel; do
    say "$features"
    run cargo test --locked --lib --test conformance --no-default-features --features "$features" -- tests:: native/auto
done

# What is compiled: the modules of the backends, and what a program that does
# nothing but `AutoNotifier::new()` imports from libc. Only the choice between
# two backends asks for glibc's version.
out=target/features
mkdir -p $out
cat >$out/new.rs <<'END'
#![no_std]
#[no_mangle]
pub extern "C" fn make() -> bool {
    wakefd::AutoNotifier::new().is_ok()
}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
END
# compiled FEATURES MODULES IMPORTS
compiled() {
    say "what is compiled with $1"
    run cargo build --locked --lib --release --no-default-features --features "$1" --target-dir $out
    run rustc --edition 2021 --crate-type cdylib -C panic=abort -C opt-level=s -o $out/new.so \
        -L dependency=$out/release/deps --extern wakefd=$out/release/libwakefd.rlib $out/new.rs
    # nm complains about the archive's metadata, which is no object.
    same "modules" "$2" "$(nm -C --defined-only $out/release/libwakefd.rlib 2>/dev/null |
        grep -oE 'wakefd::backend::(auto|eventfd|pipe)\b' | sort -u | xargs)"
    # The compiler's own imports, of which this program uses none, aside.
    same "imports of new()" "$3" "$(nm -D --undefined-only $out/new.so |
        awk '$1 == "U" && !/rust_eh_personality|_Unwind_/ { sub(/@.*/, "", $2); print $2 }' | sort | xargs)"
}
export LC_ALL=C # for sort
compiled eventfd \
    wakefd::backend::eventfd \
    "__errno_location close fcntl read syscall write"
compiled pipe \
    wakefd::backend::pipe \
    "__errno_location close fcntl pipe syscall"
compiled eventfd,pipe \
    "wakefd::backend::auto wakefd::backend::eventfd wakefd::backend::pipe" \
    "__errno_location close fcntl gnu_get_libc_version pipe read syscall write"
