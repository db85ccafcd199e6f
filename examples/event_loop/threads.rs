//! Starting threads, and what is left to do when something fails in one.

use std::fmt::Display;
use std::process;
use std::thread::{self, Scope};

/// As the scope's own `spawn`, which panics if there are too many threads.
pub(crate) fn spawn<'scope>(scope: &'scope Scope<'scope, '_>, work: impl FnOnce() + Send + 'scope) {
    let spawned = thread::Builder::new().spawn_scoped(scope, work);
    spawned.unwrap_or_else(|error| fail(format_args!("cannot start a thread: {error}")));
}

/// Ends the program, from whichever thread: the others cannot go on alone.
pub(crate) fn fail(error: impl Display) -> ! {
    let name = std::env::args().next().unwrap_or_default();
    eprintln!("{name}: {error}");
    process::exit(1);
}
