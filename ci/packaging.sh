#!/usr/bin/env bash
# Builds the C library as packagers do: from vendored sources, without a network, as a plain
# user, with a C compiler that has arguments, in directories with blanks, by the Makefile and
# by cargo-c. Then installs it in parts, moves it, and finds it by pkg-config, CMake and
# meson. Needs root, or a system that lets users create namespaces (unshare).
source "$(dirname "$0")/lib.sh"
packages git make binutils gcc pkg-config cmake meson ninja-build man-db ccache rustc-web cargo-web

# Outside the checkout, because another user needs access to it.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
tree="$work/some sources"

# The commands that cut off the network and change to a plain user.
offline=(unshare -rn) user=()
[ "$(id -u)" -ne 0 ] || offline=(unshare -n) user=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# vendored DIRECTORY: copies the sources of this checkout and of the crates that the C
# library needs, as a distribution has them.
vendored() {
    copy_to "$1"
    mkdir -p "$1/.cargo"
    cargo vendor --quiet --locked --manifest-path capi/Cargo.toml "$1/vendor"
    printf '[source.%s]\n%s = "%s"\n' crates-io replace-with vendor vendor directory vendor >"$1/.cargo/config.toml"
}

# alone COMMAND...: runs COMMAND without a network, as a plain user with these variables only,
# and with Debian's newest Rust.
alone() {
    "${offline[@]}" "${user[@]}" env -i PATH=/usr/bin:/bin HOME=/nonexistent CARGO_HOME="$work/cargo home" CCACHE_DIR="$work/ccache" \
        TMPDIR="$work" "${variables[@]}" "$@"
}
# exports LIBRARY: prints the exported functions, without versions.
exports() { nm -D --defined-only "$1" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort; }
# list DIRECTORY: prints its files.
list() { (cd "$1" && find . ! -type d -printf '%P %l\n' | sort); }

say "Debian's list of symbols"
diff <(c_functions) <(sed -n 's/^ \(wakefd_.*\)@WAKEFD_.*/\1/p' packaging/debian/libwakefd0.symbols) ||
    fail "packaging/debian/libwakefd0.symbols and wakefd.h have different functions; list a new one with the first version that has it"

say "an install before a build"
vendored "$tree"
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$work"
for part in install install-runtime install-dev install-static; do
    if make -s -C "$tree/capi" $part DESTDIR="$work/nothing" 2>"$work/log"; then fail "make $part succeeds before a build"; fi
    grep -q 'is not built: run make first' "$work/log" || fail "the error of make $part does not say what to do: $(cat "$work/log")"
    [ ! -e "$work/nothing" ] || fail "make $part has installed something"
done

say "from vendored sources, without a network, in directories with blanks"
variables=(CC="ccache gcc -m64" AR=false CFLAGS="-O2 -g" LDFLAGS="-Wl,-O1 -Wl,-z,relro" CARGO_TARGET_DIR="$work/the target")
alone make -s -C "$tree/capi" CARGOFLAGS=--offline
alone make -s -C "$tree/capi" check CARGOFLAGS=--offline >"$work/log" || { grep -B 2 '^not ok' "$work/log" || tail "$work/log"; fail "make check"; }
printf '%s of the tests passed\n' "$(grep -c '^ok' "$work/log")"
CCACHE_DIR=$work/ccache ccache --print-stats | grep -q '^called_for_link\s*[1-9]' || fail "CC was not used"

say "each part, into its own directory"
places=(PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu)
for part in runtime dev static; do
    alone make -s -C "$tree/capi" install-$part DESTDIR="$work/a root/$part" "${places[@]}"
    printf '%s:\n%s\n' $part "$(list "$work/a root/$part" | sed '/_.*\.3 $/d; s/^/    /')"
done
[ "$(list "$work/a root/runtime" | wc -l)" -eq 2 ] || fail "the runtime part has more files than the library and its link"
[[ $(list "$work/a root/dev") != *libwakefd.so.0.* ]] || fail "the development part contains the library"
[[ $(list "$work/a root/static") != *libwakefd.so* ]] || fail "the static part contains a shared library"
alone make -s -C "$tree/capi" install DESTDIR="$work/a root/all" "${places[@]}"
alone make -s -C "$tree/capi" install-strip DESTDIR="$work/a root/stripped" "${places[@]}"
lib=usr/lib/x86_64-linux-gnu
readelf -SW "$work/a root/all/$lib/libwakefd.so.0" | grep -q ' \.symtab ' || fail "make install strips the library"
! readelf -SW "$work/a root/stripped/$lib/libwakefd.so.0" | grep -q ' \.symtab ' || fail "make install-strip does not strip the library"
readelf -dW "$work/a root/all/$lib/libwakefd.so.0" >"$work/dynamic"
grep -q 'Flags:.* NODELETE' "$work/dynamic" || fail "the library can be unloaded"
[ "$(nm -D --defined-only "$work/a root/all/$lib/libwakefd.so.0" | grep -c ' T .*@@WAKEFD_')" -eq "$(c_functions | wc -l)" ] ||
    fail "a function has no version"
[ "$(sed -n 's/^version = "\(.*\)"/\1/p' capi/Cargo.toml | head -n 1)" = "$(sed -n 's/^#define WAKEFD_VERSION_STRING "\(.*\)"/\1/p' capi/include/wakefd.h)" ] ||
    fail "wakefd.h and capi/Cargo.toml have different versions"

say "the library after a move"
moved="$work/moved"
cp -a "$work/a root/all/usr" "$moved"
cat >"$work/program.c" <<'END'
#include <stdio.h>
#include <wakefd.h>
#if WAKEFD_VERSION < 0x000100
#error "the version is none"
#endif
int main(void)
{
    static struct wakefd wake;

    if (wakefd_init(&wake, WAKEFD_AUTO) != 0 || wakefd_notify(&wake) != 0 || wakefd_clear(&wake) != 1)
        return 1;
    puts(wakefd_version());
    return wakefd_close(&wake) != 0;
}
END
export PKG_CONFIG_PATH=$moved/lib/x86_64-linux-gnu/pkgconfig
# Debian's pkg-config takes LIBDIR/../.. for the prefix, but this LIBDIR is one level deeper.
flags=(pkg-config --define-variable=prefix="$moved" wakefd)
# shellcheck disable=SC2046 # flags are words
run gcc "$work/program.c" $("${flags[@]}" --cflags --libs) -Wl,-rpath,"$moved/lib/x86_64-linux-gnu" -o "$work/shared"
# shellcheck disable=SC2046
run gcc -static "$work/program.c" $("${flags[@]}" --static --cflags --libs) -o "$work/static"
mkdir "$work/cmake"
cat >"$work/cmake/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.10)
project(program C)
find_package(wakefd 0.1 REQUIRED)
add_executable(with-cmake ../program.c)
target_link_libraries(with-cmake wakefd::wakefd)
add_executable(with-cmake-static ../program.c)
target_link_libraries(with-cmake-static wakefd::static)
END
run cmake -S "$work/cmake" -B "$work/cmake/build" -DCMAKE_PREFIX_PATH="$moved" -DCMAKE_LIBRARY_ARCHITECTURE=x86_64-linux-gnu >"$work/log" || { cat "$work/log"; fail "CMake"; }
run cmake --build "$work/cmake/build" >"$work/log" || { cat "$work/log"; fail "CMake"; }
sed -i 's/wakefd 0.1/wakefd 0.2/' "$work/cmake/CMakeLists.txt"
! cmake -S "$work/cmake" -B "$work/cmake/build2" -DCMAKE_PREFIX_PATH="$moved" >"$work/log" 2>&1 || fail "CMake accepts 0.1 as 0.2"
for program in "$work"/{shared,static,cmake/build/with-cmake{,-static}}; do
    [ "$("$program")" = "$(pkg-config --modversion wakefd)" ] || fail "$program does not work"
done
unset PKG_CONFIG_PATH

say "as a subproject of meson"
mkdir -p "$work/meson/subprojects/packagefiles"
cp -a "$tree" "$work/meson/subprojects/wakefd"
cp packaging/meson/meson.build "$work/meson/subprojects/wakefd/"
cat >"$work/meson/meson.build" <<'END'
project('program', 'c')
executable('with-meson', '../program.c', dependencies: subproject('wakefd').get_variable('wakefd_dep'))
END
cp "$work/program.c" "$work/meson/"
sed -i "s|'../program.c'|'program.c'|" "$work/meson/meson.build"
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$work"
variables=(CC=gcc) # or meson compiles with any compiler cache that it finds
for command in "meson setup" "meson compile -C"; do
    # shellcheck disable=SC2086 # words
    (cd "$work/meson" && alone $command build) >"$work/log" || { cat "$work/log"; fail "meson"; }
done
run "$work/meson/build/with-meson"

say "manual pages"
for function in wakefd $(c_functions); do
    page=$moved/share/man/man3/$function.3
    warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
    [ -z "$warnings" ] || fail "$page: $warnings"
    lexgrog "$page" >/dev/null || fail "whatis finds no NAME in $page"
done
lexgrog "$moved"/share/man/man3/wakefd{,_init,_timer_take}.3 | sed 's/.*: "/    /; s/"$//'

say "uninstall"
touch "$work/a root/all/usr/lib/x86_64-linux-gnu/other"
alone make -s -C "$tree/capi" uninstall DESTDIR="$work/a root/all" "${places[@]}"
[ "$(list "$work/a root/all")" = "usr/lib/x86_64-linux-gnu/other " ] || fail "make uninstall leaves: $(list "$work/a root/all")"
[[ $(make -s -C "$tree/capi" help) == *"  make install-runtime "* ]] || fail "make help"

say "two builds have the same bytes"
twin="$work/elsewhere/deeper/sources"
mkdir -p "${twin%/*}"
cp -a "$tree" "$twin"
variables=(CARGO_TARGET_DIR="$work/another target" CC=gcc CFLAGS="-O2 -g" LDFLAGS="-Wl,-O1 -Wl,-z,relro")
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$work"
alone make -s -C "$twin/capi" CARGOFLAGS=--offline
for file in libwakefd.so libwakefd.a man; do
    diff -r "$work/the target/release/$file" "$work/another target/release/$file" || fail "the two builds of $file differ"
done
sha256sum "$work/another target/release"/libwakefd.{so,a} | sed "s|$work/||"

say "for a target, and with options of rustc and of cargo"
mkdir -p "$twin/.cargo"
printf '[target.x86_64-unknown-linux-gnu]\nrustflags = ["-Ctarget-cpu=x86-64-v2"]\n' >>"$twin/.cargo/config.toml"
# said WHAT VARIABLE...: checks the options that rustc gets, in the output of cargo.
said() {
    variables=(CARGO_TARGET_DIR="$work/options" "${@:2}")
    alone make -C "$twin/capi" static CARGOFLAGS="--offline -v --config profile.release.lto=false" >"$work/log" 2>&1 || { tail "$work/log"; fail "make static with ${*:2}"; }
    grep -- "--crate-name wakefd .*$1" "$work/log" | grep -q -- '-Cforce-unwind-tables=no' || fail "with ${*:2} rustc does not get $1, or not the options of the Makefile"
    rm -rf "$work/options"
}
said -Ctarget-cpu=x86-64-v2 CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu
said -Ctarget-cpu=x86-64-v3 CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu RUSTFLAGS=-Ctarget-cpu=x86-64-v3
echo "rustc gets both"

say "for a target that a .json file specifies"
# Cargo builds core, and looks for the crates of all of std: they are not in vendor/.
board="$work/a board/our-board.json"
mkdir -p "${board%/*}"
(
    rust_src
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
    rustc "${CARGO[@]:1}" -Zunstable-options --print target-spec-json --target x86_64-unknown-linux-gnu >"$board"
    make=(make -s -C capi TARGET="$board" BUILD="$work/json" CARGO="${CARGO[*]}" CARGOFLAGS=-Zbuild-std=core)
    run "${make[@]}"
    run "${make[@]}" install DESTDIR="$work/a root/json" "${places[@]}"
)
[ -e "$work/json/our-board/release/libwakefd.so" ] || fail "the directory does not have the name of the target"
run gcc -I"$work/a root/json/usr/include" "$work/program.c" "$work/a root/json/$lib/libwakefd.a" -o "$work/with-json"
run "$work/with-json"

say "with cargo-c and Rust 1.63"
bash ci/msrv.sh --toolchain
capi=$CACHE/cargo-c
if [ ! -e "$capi/usr/bin/cargo-cinstall" ]; then
    rm -rf "$capi" && mkdir -p "$capi"
    (cd "$capi" && run apt-get -q download cargo-c) || fail "cannot download Debian's cargo-c"
    dpkg -x "$capi"/*.deb "$capi"
fi
(
    cd "$tree/capi"
    unset RUSTFLAGS RUSTUP_TOOLCHAIN RUSTC_WRAPPER # a cache of compiled crates is out of reach
    export PATH=$CACHE/rust-1.63/bin:$PATH RUSTC=$CACHE/rust-1.63/bin/rustc CARGO_HOME="$work/cargo-c home"
    run "${offline[@]}" "$capi/usr/bin/cargo-cinstall" cinstall --offline --locked --release --prefix=/usr \
        --libdir=/usr/lib/x86_64-linux-gnu --destdir="$work/cargo-c" --target-dir="$work/cargo-c target"
) 2>&1 | grep -v 'unused manifest key'
list "$work/cargo-c"
cmp capi/include/wakefd.h "$work/cargo-c/usr/include/wakefd.h"
[ "$(exports "$work/cargo-c/$lib/libwakefd.so")" = "$(c_functions)" ] || fail "the library of cargo-c and wakefd.h have different functions"
readelf -dW "$work/cargo-c/$lib/libwakefd.so" >"$work/dynamic"
[[ $(cat "$work/dynamic") == *'soname: [libwakefd.so.0]'*NODELETE* ]] || fail "the library of cargo-c is linked with other options: $(cat "$work/dynamic")"
# The program that was linked with the Makefile's library runs with this one.
[ "$(LD_LIBRARY_PATH=$work/cargo-c/$lib "$work/shared" 2>/dev/null)" = "$("$work/static")" ] || fail "a program does not run with the library of cargo-c"
