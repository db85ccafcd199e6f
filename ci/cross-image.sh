#!/usr/bin/env bash
# Prepares the `cross` tool, a container engine, and a base image for ci/cross.Dockerfile if
# no registry has one. `ci/cross.sh --engine cross` sources it for the variables that it sets.
# `cross` builds the image, as Cross.toml says; the engine's cache of layers makes this
# quick until the file changes.

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    source "$(dirname "$0")/lib.sh"
    rust_src
fi

CROSS_VERSION=0.2.5
CROSS=$CACHE/cross/tool-$CROSS_VERSION/bin/cross

command -v rustup >/dev/null || fail "cross needs rustup, which is not in PATH"
export XARGO_HOME=$CACHE/cross/xargo # cross creates it, used or not

# Docker if it is running, else podman with its configuration and storage in the cache.
if docker info >/dev/null 2>&1; then
    export CROSS_CONTAINER_ENGINE=docker
else
    packages podman runc
    export CROSS_CONTAINER_ENGINE=podman
    mkdir -p "$CACHE/cross"
    export CONTAINERS_CONF=$CACHE/cross/containers.conf
    export CONTAINERS_STORAGE_CONF=$CACHE/cross/storage.conf
    # runc, because crun refuses a machine with both versions of cgroups. The limits are
    # low enough for a machine that has low limits itself.
    cat >"$CONTAINERS_CONF" <<EOF
[containers]
netns = "host"
default_ulimits = ["nofile=4096:4096", "nproc=8192:8192"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
EOF
    cat >"$CONTAINERS_STORAGE_CONF" <<EOF
[storage]
driver = "overlay"
graphroot = "$CACHE/cross/containers"
runroot = "$CACHE/cross/containers-run"
EOF
fi

[ -x "$CROSS" ] || run cargo install cross --version $CROSS_VERSION --locked --root "${CROSS%/bin/cross}"

build_opts=(--network=host)

# `cross +nightly` uses the host's toolchain and mounts it in the container. Debian's
# toolchain is not rustup's: cross knows it as a toolchain with the name of its directory,
# /usr, and the image has its own.
if [ ${#CARGO[@]} -eq 1 ]; then
    export RUSTUP_HOME=$CACHE/cross/rustup CROSS_CUSTOM_TOOLCHAIN=1
    [ -e "$RUSTUP_HOME/toolchains/usr" ] || run rustup toolchain link usr /usr
    build_opts+=("--build-arg 'TOOLCHAIN=rustc-web cargo-web rust-web-src'")
fi

# debian_base NAME: makes an image of Debian's base system, from the mirror that this
# machine's apt uses.
debian_base() {
    local sources root=$CACHE/cross/base
    [ "$(id -u)" -eq 0 ] || fail "no registry has an image debian:bookworm, and debootstrap needs root to make one"
    packages debootstrap
    sources=$(apt-get indextargets --format '$(CODENAME) deb $(REPO_URI) $(CODENAME) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' | sed -n 's/^bookworm[^ ]* //p' | sort -u)
    [ -n "$sources" ] || fail "the configuration of apt names no mirror of Debian bookworm"
    rm -rf "$root"
    run debootstrap --variant=minbase bookworm "$root" "$(awk '$3 == "bookworm" { print $2; exit }' <<<"$sources")" >"$root.log" ||
        fail "debootstrap failed; see $root.log"
    printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
    rm -f "$root"/var/cache/apt/archives/*.deb
    tar -C "$root" -c . | run $CROSS_CONTAINER_ENGINE import - "$1"
    rm -rf "$root"
}

if ! $CROSS_CONTAINER_ENGINE image inspect debian:bookworm >/dev/null 2>&1 &&
    ! timeout 300 $CROSS_CONTAINER_ENGINE pull -q debian:bookworm >/dev/null 2>&1; then
    base=localhost/wakefd-base:bookworm
    $CROSS_CONTAINER_ENGINE image inspect $base >/dev/null 2>&1 || debian_base $base
    build_opts+=("--build-arg BASE=$base")
fi
export CROSS_BUILD_OPTS=${build_opts[*]}
