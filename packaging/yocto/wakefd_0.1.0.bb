SUMMARY = "Wakes event loops by an eventfd or a pipe"
DESCRIPTION = "A C library that wakes event loops from threads, processes and signal handlers, by an eventfd or, on kernels without one, by a pipe. It also has counters, timers and signals behind descriptors."
LICENSE = "MIT | Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE-MIT;md5=366f89162e1f9d2b5d494fbbbb8f8f8a \
                    file://LICENSE-APACHE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# The sources with the crates of `cargo vendor` in vendor/ and a .cargo/config.toml that names
# them: see packaging/README.md.
SRC_URI = "file://wakefd-${PV}.tar.xz"

inherit cargo

# The crates are in the sources, and bitbake has fetched none.
CARGO_DISABLE_BITBAKE_VENDORING = "1"

# The class provides the target's core, which RUSTFLAGS name. capi/Makefile calls cargo, and links
# the shared library with ${CC}.
wakefd_make() {
    oe_runmake -C "${S}/capi" CC="${CC}" CFLAGS="${CFLAGS}" LDFLAGS="${LDFLAGS}" \
        TARGET="${RUST_HOST_SYS}" RUSTFLAGS="${RUSTFLAGS}" BUILD="${B}/target" CARGOFLAGS=--offline \
        PREFIX="${prefix}" LIBDIR="${libdir}" INCLUDEDIR="${includedir}" MANDIR="${mandir}" "$@"
}

do_compile() {
    wakefd_make
}

do_install() {
    wakefd_make install DESTDIR="${D}"
}
