//! Finds the three C libraries, and notes the compiler for the report.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for library in ["glib-2.0", "libuv", "libevent_pthreads", "libevent"] {
        pkg_config::probe_library(library).unwrap_or_else(|error| panic!("{error}"));
    }
    let rustc = std::env::var("RUSTC").expect("cargo names the compiler");
    let version = Command::new(rustc).arg("--version").output();
    let version = version.expect("the compiler runs").stdout;
    let version = String::from_utf8(version).expect("a version is text");
    // Without the hash and the date.
    let version = version.split_whitespace().nth(1).unwrap_or("unknown");
    println!("cargo:rustc-env=RUSTC_VERSION={version}");
}
