//! Where it ran, and the versions of everybody.

use std::fs;

use crate::place;
use crate::sys::{self, glib, libevent, libuv};

/// The crates of which the report says the version.
const PEERS: [&str; 12] = [
    "async-channel",
    "async-io",
    "calloop",
    "crossbeam-channel",
    "crossbeam-queue",
    "mio",
    "nix",
    "polling",
    "rustix",
    "tokio",
    "vmm-sys-util",
    "wakefd",
];

pub(crate) fn describe() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "model name").then(|| value.trim())
    });
    let system = rustix::system::uname();
    let release = system.release().to_string_lossy();
    let hypervisor = match processors.contains(" hypervisor ") {
        true => ", virtual",
        false => "",
    };
    let peers: Vec<String> = PEERS
        .iter()
        .filter_map(|peer| Some(format!("{peer} {}", version(peer)?)))
        .collect();
    format!(
        "{}, {} cores{hypervisor}; Linux {}; glibc {}; rustc {}.\n\n\
         {}; GLib {}, libuv {}, libevent {}.\n",
        model.unwrap_or("an unknown processor"),
        place::count(),
        // Not what a vendor appends.
        release.split('-').next().unwrap_or(&release),
        sys::libc_version(),
        env!("RUSTC_VERSION"),
        peers.join(", "),
        glib::version(),
        libuv::version(),
        libevent::version(),
    )
}

/// What Cargo.lock has; of several, the newest, which is the last.
fn version(name: &str) -> Option<&'static str> {
    let lock = include_str!("../Cargo.lock");
    let package = format!("name = \"{name}\"\nversion = \"");
    let at = lock.rfind(&package)? + package.len();
    lock[at..].split('"').next()
}
