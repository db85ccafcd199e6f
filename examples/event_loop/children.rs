//! Child processes that the loop starts. A SIGCHLD tells the loop that one has ended.

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::ptr::null_mut;

use wakefd::Signals;

use crate::table::Row;

/// The end that is expected of a child.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Exit(i32),
    /// The child sends itself a SIGTERM, and exits otherwise if that does not end it, because it
    /// has inherited a mask in which SIGTERM is blocked.
    Terminated,
}

pub(crate) struct Children {
    left: u16,
    running: Vec<(Child, End)>,
    started: u64,
    exited: u64,
    terminated: u64,
    /// Children that ended in another way than expected.
    wrong: u64,
}

impl Children {
    pub(crate) fn new(count: u16) -> Self {
        Children {
            left: count,
            running: Vec::new(),
            started: 0,
            exited: 0,
            terminated: 0,
            wrong: 0,
        }
    }

    /// Starts the next child, if one is left. The two kinds take turns.
    pub(crate) fn start_next(&mut self) -> io::Result<()> {
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        let end = match self.left % 2 {
            0 => End::Terminated,
            _ => End::Exit(i32::from(self.left % 100)),
        };
        self.running.push((start(end)?, end));
        self.started += 1;
        Ok(())
    }

    pub(crate) fn start_no_more(&mut self) {
        self.left = 0;
    }

    /// Checks every child, because one SIGCHLD may stand for several children that have ended.
    /// (`waitpid(-1)` would also take children that other parts of a program wait for.)
    pub(crate) fn reap(&mut self) -> io::Result<()> {
        for (mut child, end) in std::mem::take(&mut self.running) {
            match child.try_wait()? {
                None => self.running.push((child, end)),
                Some(status) => self.count(status, end),
            }
        }
        Ok(())
    }

    fn count(&mut self, status: ExitStatus, expected: End) {
        match (status.code(), status.signal()) {
            (Some(code), _) if expected == End::Exit(code) => self.exited += 1,
            (_, Some(libc::SIGTERM)) if expected == End::Terminated => self.terminated += 1,
            _ => self.wrong += 1,
        }
    }

    pub(crate) fn all_done(&self) -> bool {
        self.left == 0 && self.running.is_empty()
    }

    fn lost(&self) -> u64 {
        let reaped = self.exited + self.terminated + self.wrong;
        self.started.saturating_sub(reaped)
    }

    pub(crate) fn is_flawless(&self) -> bool {
        self.lost() == 0 && self.wrong == 0
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        vec![
            ("children", self.started.to_string()),
            ("children exited", self.exited.to_string()),
            ("children terminated", self.terminated.to_string()),
            ("children lost", self.lost().to_string()),
            ("children with a wrong end", self.wrong.to_string()),
        ]
    }
}

/// Starts a child with the mask and the handlers that this program was started with. SIGTERM
/// ends the child even if this program was started with that signal blocked or ignored.
#[allow(unsafe_code)]
fn start(end: End) -> io::Result<Child> {
    let script = match end {
        End::Exit(status) => format!("exit {status}"),
        End::Terminated => "kill -TERM $$; exit 101".to_owned(),
    };
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(script).stdin(Stdio::null());
    let terminates = || {
        Signals::before_exec()?;
        let mut set = MaybeUninit::uninit();
        // SAFETY: the first call initialises the set; no handler is installed.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            libc::sigaddset(set.as_mut_ptr(), libc::SIGTERM);
            libc::signal(libc::SIGTERM, libc::SIG_DFL);
            libc::sigprocmask(libc::SIG_UNBLOCK, set.as_ptr(), null_mut());
        }
        Ok(())
    };
    // SAFETY: `before_exec` and the calls of libc are async-signal-safe, and the error of
    // `before_exec` allocates nothing. Newer versions of std leave the mask as it is, and std
    // has no safe way to set it.
    unsafe { command.pre_exec(terminates) };
    command.spawn()
}
