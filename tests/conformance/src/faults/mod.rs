//! What comes of it when a system call fails: every call that the crate makes, with
//! every errno.
//!
//! A [`Row`] is a call and something that the crate does with it; a [`Fault`] is a
//! row and an errno, run in a process of its own. There a thread gets a seccomp
//! filter that fails the call, and works; a filter binds one thread, so that the
//! others can count the descriptors and see whether what failed still works.

mod calls;
mod create;
mod reinit;
mod signals;
mod timers;
mod using;

use core::fmt;

use libc::{
    EACCES, EAGAIN, EBADF, EBUSY, EFAULT, EINTR, EINVAL, EIO, EMFILE, ENFILE, ENODEV, ENOMEM,
    ENOSYS, EPERM,
};
use wakefd::{Error, Mechanism, Operation};

pub use self::calls::{Call, PIPE2, POLL, READ, WRITE};
use crate::isolate::{Outcome, SECONDS};
use crate::sys::process::{fork_to, Ended};
use crate::sys::seccomp::{self, Argument, Refusal};
use crate::sys::thread::apart;

/// The columns: what the man pages of these calls name, and what sandboxes give.
pub static ERRNOS: [(i32, &str); 14] = [
    (EPERM, "EPERM"),
    (EACCES, "EACCES"),
    (ENOSYS, "ENOSYS"),
    (EINVAL, "EINVAL"),
    (EMFILE, "EMFILE"),
    (ENFILE, "ENFILE"),
    (ENOMEM, "ENOMEM"),
    (ENODEV, "ENODEV"),
    (EAGAIN, "EAGAIN"),
    (EINTR, "EINTR"),
    (EIO, "EIO"),
    (EBADF, "EBADF"),
    (EFAULT, "EFAULT"),
    (EBUSY, "EBUSY"),
];

/// A call, and something that is done with it.
pub struct Row {
    /// What fails.
    pub call: &'static Call,
    /// What is done meanwhile, for the table.
    pub doing: &'static str,
    /// Calls that are not here at the same time, so that the crate comes to make the
    /// one that fails.
    without: &'static [&'static Call],
    /// What must come of this errno; `None` if it is not to be tried.
    expected: fn(errno: i32) -> Option<Effect>,
    /// Does it, and says what came of it.
    run: fn(Fault) -> Effect,
}

impl Row {
    /// A row of the table.
    #[must_use]
    pub const fn new(
        call: &'static Call,
        doing: &'static str,
        expected: fn(i32) -> Option<Effect>,
        run: fn(Fault) -> Effect,
    ) -> Self {
        Row {
            call,
            without: &[],
            doing,
            expected,
            run,
        }
    }

    /// The same, where these calls are not here at all.
    const fn without(self, without: &'static [&'static Call]) -> Self {
        Row { without, ..self }
    }
}

/// What comes of a call that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Success, as is documented.
    Success,
    /// It was made, on this mechanism.
    On(Mechanism),
    /// An error with this errno, and all is as it was.
    Error,
    /// An error, and what the counter held is gone.
    Lost,
    /// An error, and the object is of no use until `reinit_after_fork` succeeds.
    Dead,
    /// An error, and the new descriptor is in its place without close-on-exec.
    Unflagged,
    /// It ends: with success, where the call is not made at all because the libc can
    /// do without, else with an error.
    Ends,
    /// Nobody is woken: who looks next finds out.
    Unwoken,
    /// What a drop could not put back or give back stays as it is.
    Left,
    /// So many descriptors could not be closed.
    Leaks(u8),
}

/// A cell of the table.
#[derive(Clone, Copy)]
pub struct Fault {
    /// What is done.
    pub row: &'static Row,
    /// What the call gives.
    pub errno: i32,
    /// It fails only with this argument too.
    narrowed: Option<Argument>,
}

/// How the run of a cell ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It came to this.
    Came(Effect),
    /// It did not come to an end, as for a case.
    Not(Outcome),
}

/// Every cell that is to be tried.
pub fn faults() -> impl Iterator<Item = Fault> {
    rows().flat_map(|row| {
        ERRNOS
            .iter()
            .filter_map(move |&(errno, _)| Fault::new(row, errno))
    })
}

/// The rows of what is here without any feature but the backends, timers and signals.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let notifiers = create::ROWS.iter().chain(using::ROWS).chain(reinit::ROWS);
    notifiers.chain(timers::ROWS).chain(signals::ROWS)
}

impl Fault {
    /// The cell of this row and errno, if it is to be tried.
    #[must_use]
    pub fn new(row: &'static Row, errno: i32) -> Option<Self> {
        (row.expected)(errno).map(|_| Fault {
            row,
            errno,
            narrowed: None,
        })
    }

    /// What must come of it.
    #[must_use]
    pub fn expected(&self) -> Option<Effect> {
        (self.row.expected)(self.errno)
    }

    /// Runs it in a process of its own.
    #[must_use]
    pub fn execute(self) -> Verdict {
        let child = fork_to(|| match apart(|| seccomp::refuse(core::iter::empty())) {
            Ok(()) => (self.row.run)(self).into_status(),
            Err(errno) => 128 + errno,
        });
        match child.wait_for(SECONDS) {
            Ended::Exited(status @ 0..=100) => Verdict::Came(Effect::from_status(status)),
            Ended::Exited(status @ 128..=255) => Verdict::Not(Outcome::Skipped(status - 128)),
            Ended::Exited(_) => Verdict::Not(Outcome::Failed),
            Ended::Killed(signal) => Verdict::Not(Outcome::Died(signal)),
        }
    }

    /// The same, but the call fails only if this argument, given by its index, is
    /// this descriptor too.
    fn narrowed(self, index: u32, descriptor: i32) -> Self {
        let value = descriptor as u32;
        Fault {
            narrowed: Some(Argument {
                index,
                value,
                is: true,
            }),
            ..self
        }
    }

    /// Does `work` on a thread whose calls fail.
    pub fn during<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        apart(|| {
            self.strike();
            work()
        })
    }

    fn strike(&self) {
        const NONE: Argument = Argument {
            index: 0,
            value: 0,
            is: true,
        };
        let mut arguments = [NONE; 3];
        let own = self.row.call.arguments().iter();
        let length = own
            .chain(&self.narrowed)
            .zip(&mut arguments)
            .map(|(argument, slot)| *slot = *argument)
            .count();
        let fails = self.row.call.numbers().iter().map(|&call| Refusal {
            call,
            arguments: &arguments[..length],
            errno: self.errno as u16,
        });
        let missing = self.row.without.iter().flat_map(|missing| {
            missing.numbers().iter().map(move |&call| Refusal {
                call,
                arguments: missing.arguments(),
                errno: ENOSYS as u16,
            })
        });
        assert_eq!(seccomp::refuse(missing.chain(fails)), Ok(()));
    }

    /// An error must have the errno, and name this operation and mechanism.
    fn is(&self, error: Error, operation: Operation, mechanism: Mechanism) -> Effect {
        assert_eq!(
            (error.operation(), error.mechanism()),
            (operation, mechanism)
        );
        self.has_errno(error)
    }

    /// An error must have the errno.
    pub fn has_errno(&self, error: Error) -> Effect {
        assert_eq!(error.raw_os_error(), self.errno, "{error}");
        Effect::Error
    }
}

/// `faults/call/what is done/errno`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ERRNOS.iter().find(|(errno, _)| *errno == self.errno);
        let (call, doing) = (self.row.call.name, self.row.doing);
        write!(
            f,
            "faults/{call}/{doing}/{}",
            name.map_or("?", |found| found.1)
        )
    }
}

impl Effect {
    /// For an exit status.
    fn into_status(self) -> i32 {
        match self {
            Effect::Success => 1,
            Effect::Error => 2,
            Effect::Lost => 4,
            Effect::Dead => 5,
            Effect::Unflagged => 6,
            Effect::Unwoken => 7,
            Effect::Left => 8,
            Effect::Ends => 3,
            Effect::Leaks(count) => 10 + i32::from(count),
            Effect::On(mechanism) => 40 + mechanism as i32,
        }
    }

    fn from_status(status: i32) -> Self {
        let plain = [
            Effect::Success,
            Effect::Error,
            Effect::Ends,
            Effect::Lost,
            Effect::Dead,
            Effect::Unflagged,
            Effect::Unwoken,
            Effect::Left,
        ];
        let mut mechanisms = Mechanism::FOR_NOTIFIERS
            .into_iter()
            .chain(Mechanism::FOR_SIGNALS)
            .chain(Mechanism::FOR_TIMERS);
        match status {
            40.. => Effect::On(
                mechanisms
                    .find(|&mechanism| mechanism as i32 == status - 40)
                    .expect("a mechanism"),
            ),
            10.. => Effect::Leaks(status as u8 - 10),
            _ => plain[status as usize - 1],
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::Success => "ok",
            Effect::On(mechanism) => mechanism.as_str(),
            Effect::Error => "error",
            Effect::Lost => "lost",
            Effect::Dead => "dead",
            Effect::Unflagged => "unflagged",
            Effect::Unwoken => "unwoken",
            Effect::Left => "left",
            Effect::Ends => "ends",
            Effect::Leaks(count) => return write!(f, "leaks {count}"),
        })
    }
}

/// What rows expect: whatever the errno, it is an error.
#[allow(clippy::unnecessary_wraps)] // As all of them.
pub fn error(_: i32) -> Option<Effect> {
    Some(Effect::Error)
}

/// EINTR leads to `poll` again, for as long as it comes: what gives it for ever is not
/// to be tried. `tests/interrupted.rs` gives it some times.
pub fn error_at_once(errno: i32) -> Option<Effect> {
    match errno {
        EINTR => None,
        _ => error(errno),
    }
}

/// EAGAIN is what a full descriptor gives, which is as readable as it can be, and an
/// empty one, which has nothing to give.
pub fn or_full_or_empty(errno: i32) -> Option<Effect> {
    match errno {
        EAGAIN => Some(Effect::Success),
        _ => error(errno),
    }
}
