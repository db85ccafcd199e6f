#!/usr/bin/env bash
# Runs the commands of packaging/buildroot, openwrt and yocto for ARM and MIPS, as each build
# system does: with its variables, without a network, from read-only sources. Checks what is in
# the directories for development and for the board, compiles a program with the one, and runs
# it with the other under qemu. As root, or where users may have namespaces.
#
# The build systems cannot be downloaded here. The stand-ins below define the variables that
# their infrastructure sets.
source "$(dirname "$0")/lib.sh"
packages git make binutils pkg-config

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^version = "\(.*\)"/\1/p' capi/Cargo.toml | head -n 1)
tree=$work/wakefd-$version
offline=(unshare -rmn)
[ "$(id -u)" -ne 0 ] || offline=(unshare -mn)

say "what the packages repeat"
for file in MIT APACHE; do
    grep -q "^sha256  $(sha256sum <"LICENSE-$file" | cut -d' ' -f1)  LICENSE-$file$" packaging/buildroot/wakefd.hash ||
        fail "packaging/buildroot/wakefd.hash has another hash of LICENSE-$file"
    grep -q "LICENSE-$file;md5=$(md5sum <"LICENSE-$file" | cut -d' ' -f1)" packaging/yocto/*.bb ||
        fail "the recipe for Yocto has another checksum of LICENSE-$file"
done
for file in packaging/buildroot/wakefd.mk packaging/openwrt/Makefile packaging/yocto/wakefd_*.bb; do
    [[ "$file $(cat "$file")" == *"$version"* ]] || fail "$file is for another version than capi/Cargo.toml"
    echo "$file"
done
grep -qx 'config BR2_PACKAGE_WAKEFD' packaging/buildroot/Config.in || fail "Config.in does not have the symbol of the package"
[ "$(grep -c '^	help$' packaging/buildroot/Config.in)" -eq "$(grep -c '^config ' packaging/buildroot/Config.in)" ] ||
    fail "an option of Config.in has no help"

say "the sources, with their crates"
# As packaging/README.md says, but also with what is not committed yet.
copy_to "$tree"
mkdir -p "$tree/.cargo"
(cd "$tree" && cargo vendor --locked --manifest-path capi/Cargo.toml vendor >.cargo/config.toml)
mkdir -p "$tree/capi/target"
cat >"$work/program.c" <<'END'
#include <stdio.h>
#include <wakefd.h>
int main(void)
{
    struct wakefd wake;

    if (wakefd_init(&wake, WAKEFD_AUTO) != 0 || wakefd_notify(&wake) != 0 || wakefd_clear(&wake) != 1)
        return 1;
    puts(wakefd_version());
    return wakefd_close(&wake) != 0;
}
END

# toolchain TARGET: sets cc, a C compiler with an argument as these build systems have one;
# sysroot, where programs find libc; and rustflags, which name a core for the target.
toolchain() {
    target "$1"
    packages "${needed[@]}"
    core "$1"
    sysroot=/
    cc="${prefix}gcc --sysroot=/"
    if [ $libc != gnu ]; then
        sysroot=$(bash ci/sysroot.sh "$1")
        cc="$sysroot/bin/cc --sysroot=$sysroot"
        runner+=(-L "$sysroot")
    fi
    rustflags=--sysroot=$CORE
    [ ${#CARGO[@]} -eq 1 ] || export RUSTUP_TOOLCHAIN=nightly
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTC_WRAPPER CARGO_TARGET_DIR CARGO_BUILD_TARGET
}

# sandboxed DIRECTORY COMMAND...: runs COMMAND without a network, with read-only sources. Only
# their capi/target is DIRECTORY, unless that is empty.
sandboxed() {
    "${offline[@]}" bash -euc '
        mount --bind "$1" "$1"
        mount -o remount,bind,ro "$1"
        [ -z "$2" ] || { mkdir -p "$2" && mount --bind "$2" "$1/capi/target"; }
        shift 2
        exec "$@"' sandboxed "$tree" "$@"
}

# runs KIND FLAG...: compiles the program with these flags and runs it with the libraries of $image.
runs() {
    # shellcheck disable=SC2086 # a compiler and its arguments
    run $cc "$work/program.c" "${@:2}" -o "$work/program"
    [ "$("${runner[@]}" -E LD_LIBRARY_PATH="$image/usr/lib" "$work/program")" = "$version" ] || fail "the $1 program does not run"
}

# landed STAGING IMAGE [static]: checks both directories, and what is compiled with them.
landed() {
    local staging=$1 lib=$1/usr/lib kind=${3:-} config
    image=$2
    config=(env PKG_CONFIG_SYSROOT_DIR="$staging" PKG_CONFIG_LIBDIR="$lib/pkgconfig"
        PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 pkg-config wakefd)
    for file in usr/include/wakefd.h usr/lib/libwakefd.a usr/lib/pkgconfig/wakefd.pc usr/lib/cmake/wakefd/wakefd-config.cmake; do
        [ -e "$staging/$file" ] || fail "$file is not in the staging directory"
    done
    [ "$("${config[@]}" --modversion)" = "$version" ] || fail "pkg-config finds another version"
    # shellcheck disable=SC2046 # flags are words
    runs static -static $("${config[@]}" --static --cflags --libs)
    if [ "$kind" = static ]; then
        [ ! -e "$image" ] || fail "there is something for the board: $(find "$image")"
        echo "static: for the board there is nothing to install"
        return
    fi
    diff - <(cd "$image" && find . ! -type d -printf '%P %l\n' | sort) <<END || fail "the board gets other files than these"
usr/lib/libwakefd.so.0 libwakefd.so.$version
usr/lib/libwakefd.so.$version 
END
    [ "$(readlink "$lib/libwakefd.so")" = libwakefd.so.0 ] || fail "libwakefd.so in the staging directory leads elsewhere"
    cmp "$lib/libwakefd.so.0" "$image/usr/lib/libwakefd.so.0"
    readelf -hdVW "$image/usr/lib/libwakefd.so.0" >"$work/elf"
    grep -E 'Machine:|NEEDED|SONAME' "$work/elf"
    grep -q 'soname: \[libwakefd.so.0\]' "$work/elf" || fail "the library has another name"
    grep -q 'Name: WAKEFD_' "$work/elf" || fail "the functions of the library have no versions"
    # shellcheck disable=SC2046
    runs shared $("${config[@]}" --cflags --libs)
    [[ $(readelf -dW "$work/program") == *'[libwakefd.so.0]'* ]] || fail "the program does not need the shared library"
    [ "$libc" = gnu ] || ! "${runner[@]}" "$work/program" >/dev/null 2>&1 || fail "it runs without the directory for the board too"
}

# buildroot TARGET DIRECTORY [VARIABLE...]: the commands of wakefd.mk. Make's $(@D) is the
# directory of a stamp, which is that of the sources.
buildroot() {
    cat >"$2.mk" <<END
BR2_EXTERNAL_WAKEFD_PATH = $work
STAGING_DIR = $2/staging
TARGET_DIR = $2/target
RUSTC_TARGET_NAME = $1
TARGET_MAKE_ENV = PATH="$PATH"
PKG_CARGO_ENV = CARGO_HOME=$2/cargo CARGO_BUILD_TARGET="$1" \\
	CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")_LINKER=no-such-linker \\
	CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")_RUSTFLAGS="$rustflags"
TARGET_CONFIGURE_OPTS = PATH="$PATH" AR="${prefix}ar" LD="${prefix}ld" CC="$cc" CPP="$cc -E" STRIP="${prefix}strip" \\
	CFLAGS="-D_LARGEFILE_SOURCE -D_LARGEFILE64_SOURCE -D_FILE_OFFSET_BITS=64 -Os -g0" CPPFLAGS="" LDFLAGS="" STAGING_DIR="$2/staging"
define generic-package
$tree/.stamp_built: ; \$\$(WAKEFD_BUILD_CMDS)
$tree/.stamp_staging_installed: ; \$\$(WAKEFD_INSTALL_STAGING_CMDS)
$tree/.stamp_target_installed: ; \$\$(WAKEFD_INSTALL_TARGET_CMDS)
endef
include packaging/buildroot/wakefd.mk
END
    sandboxed "$2/build" make -s -f "$2.mk" "${@:3}" "$tree"/.stamp_{built,{staging,target}_installed}
}

say "Buildroot: armv7 with uClibc"
toolchain armv7-unknown-linux-uclibceabi
buildroot armv7-unknown-linux-uclibceabi "$work/buildroot"
landed "$work/buildroot/staging" "$work/buildroot/target"

say "Buildroot with BR2_STATIC_LIBS: armv5te with musl"
toolchain armv5te-unknown-linux-musleabi
buildroot armv5te-unknown-linux-musleabi "$work/buildroot-static" BR2_STATIC_LIBS=y
landed "$work/buildroot-static/staging" "$work/buildroot-static/target" static

say "OpenWrt: big-endian MIPS with uClibc, as the musl for MIPS of ci/sysroot.sh is static only"
toolchain mips-unknown-linux-uclibc
mkdir -p "$work"/openwrt/{include,feeds/packages/lang/rust}
: >"$work/openwrt/rules.mk"
: >"$work/openwrt/include/package.mk"
cat >"$work/openwrt/feeds/packages/lang/rust/rust-values.mk" <<END
RUSTC_TARGET_ARCH := mips-unknown-linux-uclibc
CARGO_PKG_CONFIG_VARS = CARGO_BUILD_TARGET=\$(RUSTC_TARGET_ARCH) CARGO_HOME=$work/openwrt/cargo \\
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_LTO=true \\
	CARGO_PROFILE_RELEASE_OPT_LEVEL=z CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true CARGO_PROFILE_RELEASE_PANIC=unwind \\
	CARGO_TARGET_MIPS_UNKNOWN_LINUX_UCLIBC_LINKER=no-such-linker RUSTFLAGS="-Ctarget-feature=-crt-static $rustflags" \\
	TARGET_CC=no-such-compiler TARGET_CFLAGS="\$(TARGET_CFLAGS)"
END
cat >"$work/openwrt.mk" <<END
TOPDIR := $work/openwrt
INCLUDE_DIR := \$(TOPDIR)/include
PKG_BUILD_DIR := $tree
TARGET_CC := $cc
TARGET_CFLAGS := -Os -pipe -mno-branch-likely -fno-caller-saves
TARGET_LDFLAGS := -L$work/openwrt/staging/usr/lib -znow -zrelro
define BuildPackage
build: ; \$\$(call Build/Compile)
staging: ; \$\$(call Build/InstallDev,$work/openwrt/staging)
image: ; \$\$(call Package/\$(1)/install,$work/openwrt/target)
endef
include packaging/openwrt/Makefile
END
sandboxed "$work/openwrt/build" make -s -f "$work/openwrt.mk" build staging image
landed "$work/openwrt/staging" "$work/openwrt/target"

say "Yocto: armv5te with glibc"
toolchain armv5te-unknown-linux-gnueabi
# A recipe's functions are for sh, in which ${VARIABLE} means the same.
recipe=$(echo packaging/yocto/wakefd_*.bb)
sed -n '/^[a-z_]*() {$/,/^}$/p' "$recipe" >"$work/recipe.sh"
# The class cargo has its directory of crates replace the registry, unless the recipe forbids it.
mkdir -p "$work/yocto/cargo/bitbake"
{
    printf '[source.bitbake]\ndirectory = "%s"\n' "$work/yocto/cargo/bitbake"
    grep -qx 'CARGO_DISABLE_BITBAKE_VENDORING = "1"' "$recipe" ||
        printf '[source.%s]\nreplace-with = "bitbake"\nlocal-registry = "/nonexistent"\n' crates-io
    printf '[target.%s]\nlinker = "no-such-linker"\n[build]\ntarget-dir = "%s"\n' armv5te-unknown-linux-gnueabi "$work/yocto/build/target"
} >"$work/yocto/cargo/config.toml"
cat >"$work/yocto.sh" <<END
set -eu
S=$tree B=$work/yocto/build D=$work/yocto/image
CC="$cc -mfloat-abi=soft -fstack-protector-strong -Wformat -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64"
CFLAGS="-O2 -pipe -g" LDFLAGS="-Wl,-O1 -Wl,--hash-style=gnu -Wl,--as-needed -Wl,-z,relro,-z,now"
RUST_HOST_SYS=armv5te-unknown-linux-gnueabi
RUSTFLAGS="$rustflags --remap-path-prefix=$work=/usr/src/debug"
prefix=/usr libdir=/usr/lib includedir=/usr/include mandir=/usr/share/man
export CARGO_HOME=$work/yocto/cargo
oe_runmake() { make -s "\$@"; }
. $work/recipe.sh
mkdir -p "\$B"
cd "\$B"
do_compile
do_install
END
sandboxed '' env -u RUSTFLAGS sh "$work/yocto.sh"
# Without more in the recipe, Yocto's package for the board has the libraries with a version.
mkdir -p "$work/yocto/package/usr/lib"
cp -P "$work"/yocto/image/usr/lib/libwakefd.so.* "$work/yocto/package/usr/lib"
landed "$work/yocto/image" "$work/yocto/package"
