//! Processes.

use super::errno::{self, check};
use super::time;

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

/// A child that must be waited for.
#[must_use]
pub(crate) struct Child(libc::pid_t);

/// Ends the process when it is dropped: a panic in the child must not unwind
/// into what the parent was doing.
struct ExitAtUnwind;

impl Drop for ExitAtUnwind {
    fn drop(&mut self) {
        exit(101);
    }
}

fn exit(status: i32) -> ! {
    // SAFETY: does not return, and runs nothing of the parent's.
    unsafe { libc::_exit(status) }
}

/// Runs `work` in a child, which exits with the status that it returns.
pub(crate) fn fork_to(work: impl FnOnce() -> i32) -> Child {
    // SAFETY: no other thread of this process is in the middle of anything: the
    // suite's threads are joined where they are made.
    match check(unsafe { libc::fork() }, "fork") {
        0 => {
            let _guard = ExitAtUnwind;
            exit(work())
        }
        pid => Child(pid),
    }
}

/// Runs `work` in a child that exits with success.
pub(crate) fn fork(work: impl FnOnce()) -> Child {
    fork_to(|| {
        work();
        0
    })
}

impl Child {
    /// One that was made by other means.
    pub(super) fn new(pid: i32) -> Self {
        Child(pid)
    }

    /// Its number.
    pub(crate) fn pid(&self) -> i32 {
        self.0
    }

    /// Waits for the end.
    pub(crate) fn wait(self) -> Ended {
        self.reap(0).unwrap_or(Ended::Killed(0))
    }

    /// How it has ended, if it has.
    pub(crate) fn try_wait(&self) -> Option<Ended> {
        self.reap(libc::WNOHANG)
    }

    /// Waits for success.
    #[track_caller]
    pub(crate) fn succeeds(self) {
        assert_eq!(self.wait(), Ended::Exited(0), "the child");
    }

    /// Waits at most so many seconds, then kills.
    pub(crate) fn wait_for(self, seconds: i32) -> Ended {
        let deadline = time::now() + seconds as u64 * 1000;
        // Short sleeps at first: most children take a millisecond.
        let mut pause = 1;
        while time::now() < deadline {
            if let Some(ended) = self.try_wait() {
                return ended;
            }
            time::sleep(pause);
            pause = (pause + 1).min(20);
        }
        // SAFETY: our own child, not yet reaped, so the number is still its own.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
        self.wait()
    }

    fn reap(&self, options: i32) -> Option<Ended> {
        let mut status = 0;
        loop {
            // SAFETY: the pointer is to a live integer.
            match unsafe { libc::waitpid(self.0, &mut status, options) } {
                0 => return None,
                pid if pid == self.0 => break,
                _ => assert_eq!(errno::get(), libc::EINTR, "waitpid"),
            }
        }
        if libc::WIFSIGNALED(status) {
            Some(Ended::Killed(libc::WTERMSIG(status)))
        } else {
            Some(Ended::Exited(libc::WEXITSTATUS(status)))
        }
    }
}
