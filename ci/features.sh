#!/usr/bin/env bash
# Checks every combination of features: it builds, passes the tests, and contains only its
# own backends. Without a backend the build fails with an error that says why. The core has
# two dependencies on every platform.
source "$(dirname "$0")/lib.sh"
packages binutils

# same WHAT EXPECTED ACTUAL: fails unless the two are equal.
same() {
    [ "$2" = "$3" ] || fail "$(printf '%s\n--- expected\n%s\n--- actual\n%s' "$@")"
    printf '%s:\n%s\n' "$1" "$3" | sed '2,$s/^/    /'
}

say "dependencies"
# The second column lists the features. libc must have none.
tree=$(cargo tree --locked -e normal --target all --prefix none -f '{lib} {f}' | sed 's/ *$//' | sort)
same "of the core" "$(printf 'cfg_if\nlibc\nwakefd default,eventfd,pipe,std')" "$tree"

# Each of these features adds one crate.
for feature in channel: pipe-channel:bytemuck; do
    tree=$(cargo tree --locked -e normal --depth 1 --target all --prefix none -f '{lib}' --features "${feature%:*}" |
        sort -u | xargs)
    same "with ${feature%:*}" "$(printf '%s\n' cfg_if libc wakefd "${feature#*:}" | sort | xargs)" "$tree"
done

say "no backend"
for features in "" std; do
    if output=$(run cargo check --locked --lib --no-default-features --features "$features" 2>&1); then
        fail "the library builds with only the features '$features'"
    fi
    grep 'error: wakefd needs a backend' <<<"$output" || fail "the build fails with another error: $output"
done

for features in "${FEATURES[@]}"; do
    run cargo build --locked --lib --no-default-features --features "$features"
done

# ci/test.sh tests all features together. Here the whole suite runs for each backend alone,
# with signals and timers, which its cases use, and on each mechanism of this kernel for both
# without std; ci/selftest.sh runs that build under every profile. The features std and channel
# add only their own tests, so one run with them is enough.
for features in eventfd pipe; do
    say "$features"
    run cargo test --locked --lib --test conformance --no-default-features --features "$features"
done
say "eventfd,pipe"
run cargo test --locked --lib --test conformance --no-default-features --features eventfd,pipe -- tests:: native/
say "the faults, and every other test program, with only the backends"
run cargo test --locked --test faults --no-default-features --features eventfd,pipe
run cargo test --locked --tests --no-run --no-default-features --features eventfd,pipe
for features in std,{eventfd,pipe} channel,{eventfd,pipe} pipe-channel; do
    say "$features"
    run cargo test --locked --lib --test conformance --no-default-features --features "$features" -- tests:: native/auto
done

# Checks which modules are compiled, and which functions of libc a program imports that only
# calls `AutoNotifier::new()`. Only the choice between two backends reads glibc's version.
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
# compiled FEATURES MODULES IMPORTS: checks the modules and the imports of a build.
compiled() {
    say "the modules and imports with $1"
    run cargo build --locked --lib --release --no-default-features --features "$1" --target-dir $out
    run rustc --edition 2021 --crate-type cdylib -C panic=abort -C opt-level=s -o $out/new.so \
        -L dependency=$out/release/deps --extern wakefd=$out/release/libwakefd.rlib $out/new.rs
    # nm warns about the archive's metadata, which is not an object.
    same "modules" "$2" "$(nm -C --defined-only $out/release/libwakefd.rlib 2>/dev/null |
        grep -oE 'wakefd::backend::(auto|eventfd|pipe)\b' | sort -u | xargs)"
    # Without the compiler's own imports, which this program does not use.
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
