#!/usr/bin/env bash
# Builds and uses packaging/debian: installs the packages that it needs, runs
# dpkg-buildpackage without a network for the source and the binary packages, runs lintian,
# and installs and uses the packages. All of this happens in a temporary overlay of this
# machine's root directory, because Debian's rustc conflicts with other packages of it. Needs
# root and Debian 12.
#
#   ci/debian.sh [DIRECTORY]    copies the packages to DIRECTORY
source "$(dirname "$0")/lib.sh"
packages git
[ "$(id -u)" -eq 0 ] || fail "only root can make an overlay of the root directory"

version=$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"/\1/p' capi/Cargo.toml)
result=${1:-$PWD/target/debian}
mkdir -p "$result" "$CACHE/debs/partial"

if [ "${2:-}" != inside ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT # what is mounted goes with its namespace
    say "sources"
    copy_to "$work/sources" # with what is not committed yet
    run cargo vendor --quiet --locked --manifest-path capi/Cargo.toml "$work/sources/vendor"
    export work
    # The changes are kept in memory, because an overlay cannot be inside another overlay.
    unshare -m bash -euc '
        mkdir "$work/changes"
        mount -t tmpfs wakefd "$work/changes"
        mkdir "$work"/changes/{upper,work,tree}
        mount -t overlay wakefd -o "lowerdir=/,upperdir=$work/changes/upper,workdir=$work/changes/work" "$work/changes/tree"
        for directory in dev proc sys; do mount --rbind "/$directory" "$work/changes/tree/$directory"; done
        mkdir -p "$work/changes/tree/build" "$work/changes/tree$2" "$work/changes/tree$3"
        cp -a "$work/sources" "$work/changes/tree/build/wakefd"
        mount --bind "$2" "$work/changes/tree$2"
        mount --bind "$3" "$work/changes/tree$3"
        cp "$0" "${0%/*}/lib.sh" "$work/changes/tree/build/"
        exec chroot "$work/changes/tree" env -u RUSTFLAGS -u RUSTUP_TOOLCHAIN -u RUSTC_WRAPPER PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            bash "$1" "$2" inside
    ' "$PWD/ci/debian.sh" "$PWD/ci/debian.sh" "$result" "$CACHE/debs"
    exit
fi

cd /build/wakefd
cp -r packaging/debian .
tar -c --exclude=./debian --owner=0 --group=0 --transform="s|^\.|wakefd-$version|S" . | xz -0 >"../wakefd_$version.orig.tar.xz"

say "the packages that the build needs"
export DEBIAN_FRONTEND=noninteractive
options=(-q -y -o "Dir::Cache::archives=$CACHE/debs" -o APT::Keep-Downloaded-Packages=true)
[ -n "$(ls /var/lib/apt/lists/*_Packages* 2>/dev/null)" ] || run apt-get -q update
run apt-get "${options[@]}" --no-install-recommends install \
    cargo rustc lintian pkg-config build-essential >../apt.log || { tail ../apt.log; fail "apt-get"; }
run apt-get "${options[@]}" --no-install-recommends build-dep ./ >../apt.log || { tail ../apt.log; fail "apt-get build-dep"; }
rustc --version

say "dpkg-buildpackage"
run unshare -n dpkg-buildpackage -us -uc >../build.log 2>&1 || { tail -n 40 ../build.log; fail "the packages do not build"; }
sed -n '/Finished/p; /^dpkg-deb: building/p' ../build.log
printf '%s of the tests passed\n' "$(grep -c '^ok' ../build.log)"
cp ../*.deb ../*.dsc ../*.changes ../*.tar.xz "$result"

say "lintian"
# Outside Debian there is no bug to close.
run lintian --fail-on error,warning --tag-display-limit 0 --suppress-tags initial-upload-closes-no-bugs ../*.changes

say "installation and use"
# Without librust-wakefd-dev: Debian 12's librust-libc-dev is older than the crate needs.
run dpkg -i ../libwakefd*_"$version"-*_*.deb >../dpkg.log 2>&1 || { tail ../dpkg.log; fail "the packages cannot be installed"; }
dpkg -l 'lib*wakefd*' | grep '^ii'
# shellcheck disable=SC2046 # flags are words
run gcc -Wall -Werror capi/examples/select.c $(pkg-config --cflags --libs wakefd) -pthread -o ../select
../select
man -w wakefd_timer_take
[[ $(objdump -p ../select) == *"NEEDED               libwakefd.so.0"* ]] || fail "the program does not need the library"
# The versions of the functions are in the package's list.
run dpkg-query --control-show libwakefd0 symbols | grep -c '@WAKEFD_0'
