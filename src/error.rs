//! The error type: the operation that failed, the mechanism, and the errno.

use core::fmt;

use crate::mechanism::Mechanism;
use crate::sys::errno::{self, Errno};

/// The error of this crate: errno, operation and mechanism. `Copy`, and 8 bytes long.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Error {
    errno: Errno,
    operation: Operation,
    mechanism: Mechanism,
}

/// The operation that failed with an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Creating the descriptors.
    Create,
    /// Checking that the kernel created the documented object.
    Verify,
    /// Notifying: [`Notifier::notify`](crate::Notifier::notify).
    Notify,
    /// Clearing: [`Notifier::clear`](crate::Notifier::clear).
    Clear,
    /// Waiting, as [`Notifier::wait`](crate::Notifier::wait) does.
    Wait,
    /// Adding to a counter: [`Counter::add`](crate::Counter::add).
    Add,
    /// Taking a count: [`Counter::take`](crate::Counter::take), and `Timer::take`.
    Take,
    /// Sending a message through a pipe.
    Send,
    /// Receiving a message from a pipe.
    Receive,
    /// Arming a timer.
    Arm,
    /// Disarming a timer.
    Disarm,
    /// Reading the remaining time of a timer.
    Remaining,
    /// Replacing descriptors that are shared after `fork` with new ones.
    Reinit,
    /// Changing which signals are blocked or handled.
    Watch,
    /// Taking a signal.
    Next,
    /// Adopting descriptors that other code created.
    Adopt,
}

impl Error {
    /// Creates an error, for a [`Notifier`](crate::Notifier) that another crate implements.
    /// Its mechanism is [`Mechanism::Other`].
    #[must_use]
    pub const fn new(operation: Operation, mechanism: Mechanism, errno: i32) -> Self {
        Error {
            errno,
            operation,
            mechanism,
        }
    }

    /// Returns the errno (`EMFILE`, `EBADF`, …).
    #[must_use]
    pub const fn raw_os_error(&self) -> i32 {
        self.errno
    }

    /// Returns whether the errno is `EAGAIN`: there is no room now, and a later call can
    /// succeed.
    #[must_use]
    pub const fn is_would_block(&self) -> bool {
        self.errno == libc::EAGAIN
    }

    /// Returns the operation that failed.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns the mechanism on which the operation failed.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Returns a hint for a person: the likely cause, or what to do.
    fn hint(&self) -> Option<&'static str> {
        match (self.operation, self.mechanism, self.errno) {
            (Operation::Verify, _, libc::ENOSYS) => Some("the call does not behave as documented"),
            (Operation::Wait, _, libc::EINVAL) => {
                Some("RLIMIT_NOFILE is zero, and select supports no descriptor above 1023")
            }
            (
                Operation::Create,
                Mechanism::EventFd2 | Mechanism::EventFd,
                libc::EMFILE | libc::ENFILE,
            ) => Some("a pipe would need two descriptors"),
            (
                Operation::Create,
                Mechanism::Pipe2 | Mechanism::Pipe,
                libc::EMFILE | libc::ENFILE,
            ) => Some("a pipe needs two descriptors"),
            // Also for a semaphore on `eventfd`, which takes no flags.
            (Operation::Create, Mechanism::EventFd2 | Mechanism::EventFd, libc::ENOSYS) => {
                Some("eventfd is unavailable or lacks this mode; a pipe supports it")
            }
            (Operation::Create, Mechanism::TimerThread, libc::EINVAL) => {
                Some("no thread can be created after unshare(CLONE_NEWPID)")
            }
            (Operation::Create, _, libc::ENOTSUP) => {
                Some("the system does not support a timerfd of this clock")
            }
            (_, _, libc::ECANCELED) => Some("the clock was set: read it and arm again"),
            (Operation::Create, _, libc::EINVAL) => Some("unavailable, or of another type"),
            (Operation::Add, _, libc::EAGAIN) => Some("the count would exceed its limit"),
            (Operation::Add, _, libc::EINVAL) => Some("the number exceeds the limit of a count"),
            (Operation::Send, _, libc::EAGAIN) => Some("the pipe is full"),
            (_, Mechanism::TimerThread, libc::EXDEV) => {
                Some("the thread is in the parent: call reinit_after_fork")
            }
            (Operation::Create, Mechanism::TimerThread, libc::EAGAIN) => {
                Some("the system could not create a thread")
            }
            (Operation::Watch, _, libc::EINVAL) => {
                Some("not a signal, or SIGKILL, SIGSTOP, a fault, or reserved by libc")
            }
            (Operation::Watch, _, libc::EBUSY) => {
                Some("watched on another mechanism, or below too many other handlers")
            }
            (Operation::Watch, _, libc::EAGAIN) => Some("the process has 32 objects, the maximum"),
            (Operation::Next, _, libc::EXDEV) => Some("call reinit_after_fork in the child first"),
            (Operation::Adopt, Mechanism::EventFd2, libc::EINVAL) => Some("not an eventfd"),
            (Operation::Adopt, _, libc::EINVAL) => Some("not the two ends of one pipe"),
            (Operation::Adopt, _, libc::EOPNOTSUPP) => Some("the descriptor is blocking"),
            (_, _, libc::EXDEV) => Some("a box cannot be sent to another process"),
            (_, _, libc::EBADF) => Some("other code closed the descriptor"),
            _ => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operation::Create => "create",
            Operation::Verify => "verify",
            Operation::Notify => "notify",
            Operation::Clear => "clear",
            Operation::Wait => "wait",
            Operation::Add => "add",
            Operation::Take => "take",
            Operation::Send => "send",
            Operation::Receive => "receive",
            Operation::Arm => "arm",
            Operation::Disarm => "disarm",
            Operation::Remaining => "remaining",
            Operation::Reinit => "reinit_after_fork",
            Operation::Watch => "watch",
            Operation::Next => "next",
            Operation::Adopt => "adopt",
        })
    }
}

/// Shows the error for a person, such as `eventfd2: too many open files (EMFILE); a pipe
/// would need two descriptors`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.operation != Operation::Create {
            write!(f, "{} on ", self.operation)?;
        }
        write!(f, "{}: {}", self.mechanism, errno::Description(self.errno))?;
        match self.hint() {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("operation", &self.operation)
            .field("mechanism", &self.mechanism)
            .field("errno", &format_args!("{}", errno::Name(self.errno)))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn displays_what_was_tried_and_what_to_do() {
        let table = [
            (
                Error::new(Operation::Create, Mechanism::EventFd2, libc::EMFILE),
                "eventfd2: too many open files (EMFILE); a pipe would need two descriptors",
            ),
            (
                Error::new(Operation::Create, Mechanism::Pipe, libc::ENFILE),
                "pipe: too many open files in the system (ENFILE); a pipe needs two descriptors",
            ),
            (
                Error::new(Operation::Notify, Mechanism::EventFd, libc::EBADF),
                "notify on eventfd: bad file descriptor (EBADF); \
                 other code closed the descriptor",
            ),
            (
                Error::new(Operation::Watch, Mechanism::SignalFd4, libc::EINVAL),
                "watch on signalfd4: invalid argument (EINVAL); \
                 not a signal, or SIGKILL, SIGSTOP, a fault, or reserved by libc",
            ),
            (
                Error::new(Operation::Wait, Mechanism::Pipe2, 4000),
                "wait on pipe2: errno 4000",
            ),
        ];
        for (error, text) in table {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn is_small() {
        assert_eq!(core::mem::size_of::<Error>(), 8);
    }
}
