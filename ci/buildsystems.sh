#!/usr/bin/env bash
# The packages for Buildroot, OpenWrt and Yocto: their own commands, taken from their files and
# run as each build system does, with its variables, for another processor, without a network.
# Then a program is compiled with what is in the staging directory, and runs with what is on
# the target. As root, or where users may have namespaces.
#
# The build systems themselves cannot be fetched here. What stands in for them below defines
# the variables that their documentation names, and nothing else.
source "$(dirname "$0")/lib.sh"
packages git make binutils

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^version = "\(.*\)"/\1/p' capi/Cargo.toml | head -n 1)
tree=$work/wakefd-$version
offline=(unshare -rmn)
[ "$(id -u)" -ne 0 ] || offline=(unshare -mn)

say "the sources, with their crates"
mkdir -p "$tree/.cargo"
git ls-files -z --cached --others --exclude-standard --deduplicate |
    while IFS= read -r -d '' file; do
        [ ! -e "$file" ] || printf '%s\0' "$file"
    done | tar -c --null -T - | tar -x -C "$tree"
run cargo vendor --quiet --locked --manifest-path capi/Cargo.toml "$tree/vendor"
printf '[source.%s]\n%s = "%s"\n' crates-io replace-with vendor vendor directory vendor >"$tree/.cargo/config.toml"
for file in MIT APACHE; do
    grep -q "^sha256  $(sha256sum <"LICENSE-$file" | cut -d' ' -f1)  LICENSE-$file$" packaging/buildroot/wakefd.hash ||
        fail "packaging/buildroot/wakefd.hash has another hash of LICENSE-$file"
    grep -q "LICENSE-$file;md5=$(md5sum <"LICENSE-$file" | cut -d' ' -f1)" packaging/yocto/*.bb ||
        fail "the recipe has another checksum of LICENSE-$file"
done
for file in packaging/buildroot/wakefd.mk packaging/openwrt/Makefile packaging/yocto/wakefd_*.bb; do
    [[ "$file $(cat "$file")" == *"$version"* ]] || fail "$file is of another version than capi/Cargo.toml"
done

# toolchain TARGET: sets cc, and in the environment what the build system's Rust has by itself:
# a core for the target, and no wish for another compiler.
toolchain() {
    target "$1"
    packages "${needed[@]}"
    core "$1"
    case $libc in
    gnu) cc=$(command -v "${prefix}gcc") ;;
    *) cc=$(bash ci/sysroot.sh "$1")/bin/cc ;;
    esac
    export RUSTFLAGS="--sysroot=$CORE -Clinker=$cc"
    unset RUSTC_WRAPPER CARGO_TARGET_DIR CARGO_BUILD_TARGET
}

# sandboxed COMMAND...: runs it without a network, with the sources read-only but for $writable.
sandboxed() {
    "${offline[@]}" bash -euc '
        mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
        [ -z "$2" ] || { mkdir -p "$2" && mount --bind "$2" "$1/$3"; }
        exec "${@:4}"' sandboxed "$tree" "${writable:-}" "${mount_at:-}" "$@"
}

# landed SYSTEM STAGING TARGET_DIRECTORY: these files are where they have to be, and a program
# that is compiled against the one runs with the other.
landed() {
    local staging=$2 image=$3 lib=usr/lib program=$work/$1.program
    for file in usr/include/wakefd.h $lib/libwakefd.a $lib/libwakefd.so.$version $lib/pkgconfig/wakefd.pc; do
        [ -e "$staging/$file" ] || fail "$1: $file is not in the staging directory"
    done
    diff <(cd "$image" && find . ! -type d | sort) - <<END || fail "$1: the target has other files than these"
./$lib/libwakefd.so.0
./$lib/libwakefd.so.$version
END
    cat >"$work/program.c" <<'END'
#include <stdio.h>
#include <wakefd.h>
int main(void) {
    struct wakefd wake;
    if (wakefd_init(&wake, WAKEFD_AUTO) != 0 || wakefd_notify(&wake) != 0 || wakefd_clear(&wake) != 1)
        return 1;
    puts(wakefd_version());
    return wakefd_close(&wake);
}
END
    run "$cc" -static -I"$staging/usr/include" "$work/program.c" "$staging/$lib/libwakefd.a" -pthread -o "$program"
    [ "$("${runner[@]}" "$program")" = "$version" ] || fail "$1: a program does not run"
    readelf -hW "$image/$lib/libwakefd.so.$version" | grep 'Machine:'
    printf '%s: built, staged and installed\n' "$1"
}

say "Buildroot: armv7 with uClibc"
toolchain armv7-unknown-linux-uclibceabi
# $(@D), the directory of the package, is a variable of make, which these rules would set.
sed "s|\$(@D)|$tree|g" packaging/buildroot/wakefd.mk >"$work/wakefd.mk"
cat >"$work/buildroot.mk" <<END
BR2_EXTERNAL_WAKEFD_PATH = $work
STAGING_DIR = $work/buildroot/staging
TARGET_DIR = $work/buildroot/target
RUSTC_TARGET_NAME = armv7-unknown-linux-uclibceabi
TARGET_MAKE_ENV = PATH="/usr/bin:/bin"
PKG_CARGO_ENV = CARGO_HOME=$work/buildroot/cargo
TARGET_CONFIGURE_OPTS = AR="$(command -v ar)" CC="$cc" CFLAGS="-D_LARGEFILE_SOURCE -Os -g0" LDFLAGS="-Wl,-z,relro"
define generic-package
build: ; \$\$(WAKEFD_BUILD_CMDS)
staging: ; \$\$(WAKEFD_INSTALL_STAGING_CMDS)
image: ; \$\$(WAKEFD_INSTALL_TARGET_CMDS)
endef
include $work/wakefd.mk
END
mount_at=capi/target writable=$work/buildroot/build
mkdir -p "$tree/capi/target"
sandboxed make -s -f "$work/buildroot.mk" build staging image
landed Buildroot "$work/buildroot/staging" "$work/buildroot/target"
grep -q BR2_PACKAGE_WAKEFD packaging/buildroot/Config.in || fail "Config.in has not the package's symbol"

say "OpenWrt: big-endian MIPS, with uClibc in place of its musl, which is static only here"
toolchain mips-unknown-linux-uclibc
mkdir -p "$work"/openwrt/{include,feeds/packages/lang/rust}
: >"$work/openwrt/rules.mk"
: >"$work/openwrt/include/package.mk"
cat >"$work/openwrt/feeds/packages/lang/rust/rust-values.mk" <<END
RUSTC_TARGET_ARCH := mips-unknown-linux-uclibc
CARGO_PKG_VARS = CARGO_HOME=$work/openwrt/cargo
END
cat >"$work/openwrt.mk" <<END
TOPDIR := $work/openwrt
INCLUDE_DIR := \$(TOPDIR)/include
PKG_BUILD_DIR := $tree
TARGET_CC := $cc
TARGET_CFLAGS := -Os -pipe -mno-branch-likely -fno-caller-saves
TARGET_LDFLAGS := -znow -zrelro
define BuildPackage
build: ; \$\$(call Build/Compile)
staging: ; \$\$(call Build/InstallDev,$work/openwrt/staging)
image: ; \$\$(call Package/libwakefd/install,$work/openwrt/target)
endef
include packaging/openwrt/Makefile
END
mount_at=capi/target writable=$work/openwrt/build
sandboxed make -s -f "$work/openwrt.mk" build staging image
landed OpenWrt "$work/openwrt/staging" "$work/openwrt/target"

say "Yocto: armv5te with glibc"
toolchain armv5te-unknown-linux-gnueabi
# A recipe's functions are shell, and its variables are written as the shell's are.
sed -n '/^[a-z_]*() {$/,/^}$/p' packaging/yocto/wakefd_*.bb >"$work/recipe.sh"
cat >"$work/yocto.sh" <<END
set -eu
PV=$version S=$tree B=$work/yocto/build D=$work/yocto/image
CC="$cc -fstack-protector-strong" CFLAGS="-O2 -pipe" LDFLAGS="-Wl,-O1 -Wl,--as-needed"
RUST_HOST_SYS=armv5te-unknown-linux-gnueabi
prefix=/usr libdir=/usr/lib includedir=/usr/include mandir=/usr/share/man
export CARGO_HOME=$work/yocto/cargo
oe_runmake() { make -s "\$@"; }
. $work/recipe.sh
do_compile
do_install
END
writable='' mount_at=''
sandboxed bash "$work/yocto.sh"
# Yocto splits the image by file; the runtime package has the versioned libraries.
mkdir -p "$work/yocto/package/usr/lib"
cp -P "$work"/yocto/image/usr/lib/libwakefd.so.* "$work/yocto/package/usr/lib"
landed Yocto "$work/yocto/image" "$work/yocto/package"
