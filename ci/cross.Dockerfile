# The image in which `cross` builds and tests the four main targets (see
# Cross.toml): linkers, C libraries and qemu, all from Debian's packages.
ARG BASE=debian:bookworm
FROM ${BASE}

# Debian's Rust, if the host has no nightly toolchain with rust-src for cross to
# bring along: TOOLCHAIN="rustc-web cargo-web rust-web-src".
ARG TOOLCHAIN=""

RUN apt-get -q update \
    && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends \
        ca-certificates \
        gcc libc6-dev \
        gcc-arm-linux-gnueabi libc6-dev-armel-cross \
        gcc-arm-linux-gnueabihf libc6-dev-armhf-cross \
        gcc-mips-linux-gnu libc6-dev-mips-cross \
        gcc-mipsel-linux-gnu libc6-dev-mipsel-cross \
        qemu-user-static \
        ${TOOLCHAIN} \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb

# A test binary that hangs is killed.
ENV CARGO_TARGET_ARMV5TE_UNKNOWN_LINUX_GNUEABI_LINKER=arm-linux-gnueabi-gcc \
    CARGO_TARGET_ARMV5TE_UNKNOWN_LINUX_GNUEABI_RUNNER="timeout -k 10 900 qemu-arm-static -cpu arm926 -L /usr/arm-linux-gnueabi" \
    CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_LINKER=arm-linux-gnueabihf-gcc \
    CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_RUNNER="timeout -k 10 900 qemu-arm-static -L /usr/arm-linux-gnueabihf" \
    CARGO_TARGET_MIPS_UNKNOWN_LINUX_GNU_LINKER=mips-linux-gnu-gcc \
    CARGO_TARGET_MIPS_UNKNOWN_LINUX_GNU_RUNNER="timeout -k 10 900 qemu-mips-static -L /usr/mips-linux-gnu" \
    CARGO_TARGET_MIPSEL_UNKNOWN_LINUX_GNU_LINKER=mipsel-linux-gnu-gcc \
    CARGO_TARGET_MIPSEL_UNKNOWN_LINUX_GNU_RUNNER="timeout -k 10 900 qemu-mipsel-static -L /usr/mipsel-linux-gnu"
