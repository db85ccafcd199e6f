//! Starts threads, and ends the program if one of them fails.

use std::fmt::Display;
use std::process;
use std::thread::{self, Scope};

/// Starts a thread, and ends the program if that fails. (`Scope::spawn` would panic.)
pub(crate) fn spawn<'scope>(scope: &'scope Scope<'scope, '_>, work: impl FnOnce() + Send + 'scope) {
    let spawned = thread::Builder::new().spawn_scoped(scope, work);
    spawned.unwrap_or_else(|error| fail(format_args!("cannot start a thread: {error}")));
}

/// Prints an error and ends the program, because the other threads cannot continue alone.
pub(crate) fn fail(error: impl Display) -> ! {
    let name = std::env::args().next().unwrap_or_default();
    eprintln!("{name}: {error}");
    process::exit(1);
}
