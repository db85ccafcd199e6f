//! The fault matrix: every system call that the crate makes fails with every errno.
//!
//! A [`Row`] is a call and something that the crate does with it; a [`Fault`] is a
//! row and an errno, run in a process of its own. In that process one thread gets a seccomp
//! filter under which the call fails, and works. The filter binds only that thread, so other
//! threads can count the descriptors and check that the object still works.

mod counters;
mod expected;
mod generic;
mod notifiers;
mod signals;
mod timers;

use core::fmt;

use wakefd::{Error, Mechanism, Operation};

pub use self::expected::{Effect, Expected};
use crate::isolate::{isolated, Outcome};
use crate::sys::calls::{Argument, Call, NO_OLD_CALLS};
use crate::sys::descriptors::Open;
use crate::sys::errno;
use crate::sys::seccomp::{self, Rule};
use crate::sys::signals::{is_blocked, Action};
use crate::sys::thread::on_thread;

macro_rules! errnos {
    ($($errno:ident)*) => {[$((libc::$errno, stringify!($errno)),)*]};
}

/// What the man pages of these calls name, and what sandboxes give.
#[rustfmt::skip]
pub static ERRNOS: [(i32, &str); 14] = errnos![
    EPERM EACCES ENOSYS EINVAL EMFILE ENFILE ENOMEM ENODEV EAGAIN EINTR EIO EBADF EFAULT EBUSY
];

/// A call, and something that is done with it.
pub struct Row {
    /// What fails.
    pub call: Call,
    /// What is done meanwhile.
    pub doing: &'static str,
    /// The mechanism of the object that does it, which an error names.
    pub mechanism: Mechanism,
    /// What must come of it.
    expected: Expected,
    /// Does it, and says what came of it.
    run: fn(Fault) -> Effect,
    /// The operation that an error names, where `run` serves several rows that differ
    /// in it.
    operation: Option<Operation>,
    /// Calls that are unavailable at the same time, so that the crate comes to make
    /// the one that fails.
    without: &'static [Call],
    /// Whether this architecture has what the row is about.
    is_tried: bool,
}

impl Row {
    /// A row of the table.
    #[must_use]
    pub const fn new(
        call: Call,
        doing: &'static str,
        mechanism: Mechanism,
        expected: Expected,
        run: fn(Fault) -> Effect,
    ) -> Self {
        Row {
            call,
            doing,
            mechanism,
            expected,
            run,
            operation: None,
            without: &[],
            is_tried: true,
        }
    }

    /// The same, where these calls are unavailable.
    const fn without(self, without: &'static [Call]) -> Self {
        Row { without, ..self }
    }

    /// The same, but an error names this operation.
    const fn names(self, operation: Operation) -> Self {
        Row {
            operation: Some(operation),
            ..self
        }
    }

    /// The same, only on architectures that have the calls which newer ones replace.
    const fn where_old_calls_are(self) -> Self {
        Row {
            is_tried: !NO_OLD_CALLS,
            ..self
        }
    }
}

/// What is done, and on which mechanism.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.doing, self.mechanism)
    }
}

/// A cell of the table.
#[derive(Clone, Copy)]
pub struct Fault {
    /// What is done.
    pub row: &'static Row,
    /// What the call gives.
    pub errno: i32,
    /// What must come of it.
    pub expected: Effect,
    /// It fails only with this argument too.
    narrowed: Option<Argument>,
}

/// The rows of what needs no feature but the backends, timers and signals: for each kind of
/// object its name and its rows.
pub fn tables() -> [(&'static str, &'static [Row]); 5] {
    [
        ("Notifiers", notifiers::ROWS),
        ("Wakers", notifiers::WAKER_ROWS),
        ("Counters", counters::ROWS),
        ("Timers", timers::ROWS),
        ("Signals", signals::ROWS),
    ]
}

/// The rows of all tables.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    tables().into_iter().flat_map(|(_, rows)| rows)
}

/// Every cell of these rows that is to be tried.
pub fn faults_of<'a>(
    rows: impl Iterator<Item = &'static Row> + 'a,
) -> impl Iterator<Item = Fault> + 'a {
    rows.flat_map(|row| {
        let cell = move |&(errno, _): &_| Fault::new(row, errno);
        ERRNOS.iter().filter_map(cell)
    })
}

/// One cell of each of these rows: the errnos take turns.
pub fn sample_of<'a>(
    rows: impl Iterator<Item = &'static Row> + 'a,
) -> impl Iterator<Item = Fault> + 'a {
    rows.enumerate().filter_map(|(index, row)| {
        let errnos = ERRNOS.iter().cycle().skip(index % ERRNOS.len());
        let mut cells = errnos.take(ERRNOS.len());
        cells.find_map(|&(errno, _)| Fault::new(row, errno))
    })
}

impl Fault {
    /// The cell of this row and errno, if it is to be tried.
    #[must_use]
    pub fn new(row: &'static Row, errno: i32) -> Option<Self> {
        let expected = row.expected.of(errno).filter(|_| row.is_tried)?;
        Some(Fault {
            row,
            errno,
            expected,
            narrowed: None,
        })
    }

    /// Runs it in a process of its own.
    #[must_use]
    pub fn execute(self) -> Outcome {
        if let Err(errno) = seccomp::available() {
            return Outcome::Skipped(errno);
        }
        isolated(|| {
            let effect = (self.row.run)(self);
            assert_eq!(effect, self.expected, "what came of it");
            Outcome::Passed
        })
    }

    /// The same, but the call fails only if this argument, given by its index, has
    /// this value too.
    fn narrowed(self, index: u32, value: i32) -> Self {
        Fault {
            narrowed: Some(Argument::equals(index, value)),
            ..self
        }
    }

    /// Does `work` on a thread whose calls fail. What it asserts is better asserted
    /// afterwards: a thread that cannot write, say, cannot panic with a message.
    pub fn with_fault<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        on_thread(|| {
            self.install_filter();
            work()
        })
    }

    /// The same, and sees that `work` leaves errno, which only the error may tell, as
    /// it was.
    fn keeping_errno<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let (result, is_kept) = self.with_fault(|| errno::is_kept(work));
        assert!(is_kept, "errno");
        result
    }

    fn install_filter(&self) {
        let unavailable = self.row.without.iter().map(|call| Rule {
            call,
            only_with: None,
            errno: libc::ENOSYS,
        });
        let fails = Rule {
            call: &self.row.call,
            only_with: self.narrowed,
            errno: self.errno,
        };
        let rules = unavailable.chain([fails]);
        assert_eq!(seccomp::install_filter(rules), Ok(()));
    }

    /// Makes something while the call fails, and again when it does not. Nothing may
    /// leak, and the thread's mask and what is installed must be as before. `works`
    /// checks what was made, `failed` an error.
    pub fn made<T: Send>(
        &self,
        make: impl Fn() -> Result<T, Error> + Sync,
        works: impl Fn(T) -> Effect,
        failed: impl Fn(Error) -> Effect,
    ) -> Effect {
        // So that there is something to be put back.
        Action::Plain.install(libc::SIGUSR1);
        let before = (Open::now(), Dispositions::now());
        let (result, blocked) = self.with_fault(|| (make(), Dispositions::blocked()));
        let effect = match result {
            Ok(made) => works(made),
            Err(error) => {
                assert_eq!(blocked, before.1.blocked, "the mask");
                failed(error)
            }
        };
        assert_eq!((Open::now(), Dispositions::now()), before, "left behind");
        match make() {
            Ok(made) => _ = works(made),
            Err(error) => panic!("afterwards: {error}"),
        }
        assert_eq!((Open::now(), Dispositions::now()), before, "left behind");
        effect
    }

    /// Success must have this value; an error is checked.
    fn success_or<T: PartialEq + fmt::Debug>(
        &self,
        result: Result<T, Error>,
        success: T,
        operation: Operation,
    ) -> Effect {
        match result {
            Ok(value) => {
                assert_eq!(value, success);
                Effect::Success
            }
            Err(error) => self.error(error, operation),
        }
    }

    /// An error must have the errno, and name the operation and the row's mechanism.
    fn error(&self, error: Error, operation: Operation) -> Effect {
        assert_eq!(
            (error.operation(), error.mechanism()),
            (self.row.operation.unwrap_or(operation), self.row.mechanism)
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
        let name = name.map_or("?", |(_, name)| name);
        write!(f, "faults/{}/{}/{name}", self.row.call.name, self.row)
    }
}

/// What an error must leave alone, beside the descriptors.
#[derive(Debug, PartialEq, Eq)]
struct Dispositions {
    blocked: [bool; 3],
    installed: [Action; 3],
}

impl Dispositions {
    const OF: [i32; 3] = [libc::SIGUSR1, libc::SIGUSR2, libc::SIGCHLD];

    fn now() -> Self {
        Dispositions {
            blocked: Self::blocked(),
            installed: Self::OF.map(Action::installed),
        }
    }

    fn blocked() -> [bool; 3] {
        Self::OF.map(is_blocked)
    }
}
