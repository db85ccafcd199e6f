//! The emulator that cargo runs programs of another processor with.

use std::env;
use std::path::PathBuf;

/// The directory of cargo's with this build: target/TARGET/debug, or target/debug.
pub(crate) fn profile() -> PathBuf {
    let this = env::current_exe().expect("this program");
    let profile = this.ancestors().nth(2).expect("a directory of cargo's");
    profile.to_owned()
}

/// The emulator's command, or nothing.
pub(crate) fn command() -> String {
    let profile = profile();
    let target = profile.parent().and_then(|target| target.file_name());
    let target = target.unwrap_or_default().to_string_lossy();
    let variable = target.to_uppercase().replace(['-', '.'], "_");
    env::var(format!("CARGO_TARGET_{variable}_RUNNER")).unwrap_or_default()
}

/// Returns whether an emulator runs the programs.
pub(crate) fn is_emulated() -> bool {
    command().contains("qemu")
}
