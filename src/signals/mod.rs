//! Signals as a descriptor.

mod handler;
mod pending;
mod pending_in_child;
mod registry;
mod signal;
mod signalfd;
mod slot;
mod target;

use core::borrow::Borrow;
use core::fmt;
use core::time::Duration;

use libc::c_int;

use self::handler::Handler;
pub use self::signal::Signal;
use self::signalfd::SignalFd;
use crate::backend::Primitive;
use crate::error::{Error, Operation};
use crate::fallback::{self, Chain, Unavailable};
use crate::mechanism::{Backend, Mechanism};
use crate::notifier::Wait;
use crate::sys::errno::Errno;
use crate::sys::fd::{Fd, RawFd};
use crate::sys::poll;
use crate::sys::sigset::SignalSet;

/// A descriptor that is readable while one of these signals is pending.
///
/// ```no_run
/// use wakefd::Signals;
///
/// # fn main() -> Result<(), wakefd::Error> {
/// let signals = Signals::new([libc::SIGTERM, libc::SIGHUP])?;
/// // Poll `signals.as_raw_fd()` beside other descriptors, or wait here.
/// signals.wait(None)?;
/// while let Some(signal) = signals.next()? {
///     match signal.number() {
///         libc::SIGHUP => println!("to reload, says process {:?}", signal.pid()),
///         _ => return Ok(()),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// | mechanism | system calls | available since |
/// | --- | --- | --- |
/// | [`Mechanism::SignalFd4`] | `signalfd4` with flags | Linux 2.6.27 |
/// | [`Mechanism::SignalFd`] | `signalfd`, then `fcntl` | Linux 2.6.22 |
/// | [`Mechanism::SignalHandler`] | `sigaction`, and an [`AutoNotifier`](crate::AutoNotifier) | always |
///
/// # What comes
///
/// One signal of a kind is pending, as signal(7) says of standard signals: what
/// comes while one waits to be taken adds nothing. No kind is lost. For SIGCHLD it
/// follows that one signal may stand for several children: call `waitpid` with
/// `WNOHANG` until it finds none. Real-time signals queue in a signalfd; on the mechanism
/// of handlers the first of a kind stands for all. The lowest number comes first.
///
/// A signalfd gives a thread what was sent to the process and to that thread
/// (signalfd(2)); a handler records whatever the process takes.
///
/// If two objects watch a signal, whoever calls [`next`](Self::next) first gets it.
/// Both descriptors become readable. On the mechanism of handlers that of the other stays
/// so until its `next` gives `None`.
///
/// # Masks, threads and handlers
///
/// Make the object first, then threads. On the mechanisms of a signalfd its signals are
/// blocked in the thread that makes it, and in those that this one makes. A thread
/// that is older keeps its mask, and if it does not block a signal, the kernel has it
/// take what is sent to the process, as if there were no object: its handler runs, or
/// the process ends. On the mechanism of handlers the signals are unblocked in the thread
/// that makes the object, and any thread that does not block them may take them: a
/// call that is never restarted (`poll`, `nanosleep`; signal(7)) ends with EINTR.
///
/// On the mechanism of handlers the handler that was there before is called after ours,
/// whichever of the two forms it has; `SIG_DFL` and `SIG_IGN` are not acted upon. Its
/// `sa_mask` and `SA_RESETHAND` do not count: all signals but faults are blocked
/// while it runs. On the mechanisms of a signalfd it is not called. SIGCHLD is watched on
/// every mechanism even if it was ignored, and children then become zombies until waited
/// for. `SA_NOCLDWAIT` of a handler is not kept.
///
/// Handlers, and in the thread that drops it the mask, are put back when the last
/// object that watches a signal is dropped. What nobody has taken is then thrown
/// away, or stays blocked where a sandbox forbids that. Drop on the thread that made
/// the object: another's mask is left with the signals blocked. If somebody has
/// installed another handler above ours meanwhile, that is left alone, and ours goes on
/// calling the one before it. An object that is made then relies on that handler to
/// call ours.
///
/// # Fork and exec
///
/// Signals are sent to processes, so a child of `fork` gets its own; but it shares
/// the descriptor, and on the mechanism of handlers it has none of its own. It calls
/// [`reinit_after_fork`](Self::reinit_after_fork) first. Until then nothing that
/// comes in the child, nor in one of `vfork`, shows in the parent. (A child is known by
/// its number, which in a PID namespace of its own may be the parent's.)
///
/// A blocked mask survives `exec`, and a program that was started with SIGTERM
/// blocked cannot be ended by it: call [`before_exec`](Self::before_exec) in between.
///
/// The handler is async-signal-safe and keeps `errno`. The methods are not, except
/// for `before_exec`.
pub struct Signals(Inner);

enum Inner {
    SignalFd(SignalFd),
    Handler(Handler),
}

/// The mechanisms of signals.
pub(crate) const CHAIN: Chain = Chain {
    first: Mechanism::SignalFd4,
    last: Mechanism::SignalHandler,
};

impl Signals {
    /// Watches these signals: `libc::SIGTERM`, ….
    ///
    /// One that is given twice is watched once.
    ///
    /// # Errors
    ///
    /// With [`Operation::Watch`]: `EINVAL` for SIGKILL, SIGSTOP, for SIGSEGV, SIGBUS,
    /// SIGFPE, SIGILL, SIGTRAP, SIGSYS and SIGEMT, which faults raise, for the
    /// real-time signals that libc keeps for itself (those below `SIGRTMIN`), and for
    /// what is no signal. `EBUSY` if another object watches one of them on another
    /// mechanism, or if a handler that stood above ours was replaced by another, of which
    /// nobody knows whether it calls ours. `EAGAIN` if there are 32 objects on the
    /// mechanism of handlers. Whatever a sandbox gives for `rt_sigprocmask` and
    /// `rt_sigaction`, which every mechanism needs.
    ///
    /// With [`Operation::Create`]: `EMFILE`, `ENFILE` or `ENOMEM`; a lack is not
    /// answered with another mechanism.
    pub fn new(signals: impl IntoIterator<Item = impl Borrow<c_int>>) -> Result<Self, Error> {
        Self::on(CHAIN, signals)
    }

    /// Watches these signals with the first of these mechanisms that is available.
    pub(crate) fn on(
        chain: Chain,
        signals: impl IntoIterator<Item = impl Borrow<c_int>>,
    ) -> Result<Self, Error> {
        let set = watchable(chain.first, signals)?;
        fallback::first_available(chain, Unavailable::Remember, |mechanism| {
            match Self::create(mechanism, set) {
                // The mechanism is available, and the next one needs mask and actions too.
                Err(error) if error.operation() == Operation::Watch => Ok(Err(error)),
                created => created.map(Ok),
            }
        })?
    }

    /// Watches these signals with this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); `EINVAL` with [`Operation::Create`] for a mechanism of
    /// another kind, `ENOSYS` for one that is unavailable.
    pub fn at(
        mechanism: Mechanism,
        signals: impl IntoIterator<Item = impl Borrow<c_int>>,
    ) -> Result<Self, Error> {
        Self::create(mechanism, watchable(mechanism, signals)?)
    }

    fn create(mechanism: Mechanism, set: SignalSet) -> Result<Self, Error> {
        match mechanism.backend() {
            Backend::SignalFd => SignalFd::new(mechanism, set).map(Inner::SignalFd),
            Backend::SignalHandler => Handler::new(set).map(Inner::Handler),
            _ => Err(Error::new(Operation::Create, mechanism, libc::EINVAL)),
        }
        .map(Signals)
    }

    /// Takes a signal that is pending, or returns `None`. Does not block.
    ///
    /// The descriptor stays readable as long as another is pending. With an
    /// edge-triggered set call it until it returns `None`.
    ///
    /// Makes one system call (`read`), or on the mechanism of handlers `getpid`, then
    /// `read` of the notifier unless more is pending.
    ///
    /// # Errors
    ///
    /// `EBADF` if somebody closed the descriptor by number. On the mechanism of handlers
    /// `EXDEV` in a child that has not called
    /// [`reinit_after_fork`](Self::reinit_after_fork).
    // Not an Iterator: that would have no way to say that it failed and goes on.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&self) -> Result<Option<Signal>, Error> {
        match &self.0 {
            Inner::SignalFd(signalfd) => signalfd.next(),
            Inner::Handler(handler) => handler.next(),
        }
        .map(|next| next.map(Signal::new))
        .map_err(|errno| self.error(Operation::Next, errno))
    }

    /// Sleeps until a signal is pending, or until `timeout` has passed, as
    /// [`Notifier::wait`](crate::Notifier::wait) does. The signal stays pending.
    ///
    /// # Errors
    ///
    /// As for [`next`](Self::next), for `poll`.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        poll::wait_for(self.as_raw_fd(), timeout)
            .map(Wait::from_readable)
            .map_err(|errno| self.error(Operation::Wait, errno))
    }

    /// Returns the descriptor to poll for reading. Read it only through
    /// [`next`](Self::next), and do not close it.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.fd().as_raw()
    }

    /// Returns the mechanism that created this object.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        match &self.0 {
            Inner::SignalFd(signalfd) => signalfd.mechanism,
            Inner::Handler(_) => Mechanism::SignalHandler,
        }
    }

    /// Returns what the object is made of.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.mechanism().backend()
    }

    /// Gives the child, after `fork`, a descriptor of its own under the same number;
    /// the parent's is untouched, and so is what is pending there. Call it before the
    /// child makes threads, for each object that it goes on with.
    ///
    /// What came in the child since the fork is kept. On the mechanism of handlers nothing
    /// is known of it but the number: [`Signal::code`] is `None`.
    ///
    /// Sets of `poll` and `select` stay valid. A set of `epoll` holds the parent's
    /// descriptor: make it anew.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), with the object as it was.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        match &self.0 {
            Inner::SignalFd(signalfd) => signalfd.reinit_after_fork(),
            Inner::Handler(handler) => handler.reinit_after_fork(),
        }
    }

    /// In a child, between `fork` and `exec`: makes the mask of this thread, and the
    /// actions that `exec` inherits, what they were before there was any object, for
    /// all signals that any object watches. Then call `exec`, and nothing else here.
    ///
    /// With std's `Command`:
    /// `command.pre_exec(|| Ok(wakefd::Signals::before_exec()?))`.
    ///
    /// "Before" is what the thread had that made the first object for a signal. A
    /// signal that came in the child before, and that our handler took, is sent to
    /// the child again if it had no other handler.
    ///
    /// Async-signal-safe. Not after `vfork`, which shares the table of all this with
    /// the parent.
    ///
    /// # Errors
    ///
    /// None that the system documents. What could be put back is, and another call
    /// tries the rest again.
    pub fn before_exec() -> Result<(), Error> {
        registry::before_exec().map_err(|errno| Error::new(Operation::Watch, CHAIN.last, errno))
    }

    /// The descriptor to poll.
    pub(crate) fn fd(&self) -> &Fd {
        match &self.0 {
            Inner::SignalFd(signalfd) => &signalfd.fd,
            Inner::Handler(handler) => handler.notifier.fd(),
        }
    }

    const fn set(&self) -> SignalSet {
        match &self.0 {
            Inner::SignalFd(signalfd) => signalfd.set,
            Inner::Handler(handler) => handler.set,
        }
    }

    fn error(&self, operation: Operation, errno: Errno) -> Error {
        Error::new(operation, self.mechanism(), errno)
    }
}

/// Makes the set, or the error of a mechanism that is given what cannot be watched.
fn watchable(
    mechanism: Mechanism,
    signals: impl IntoIterator<Item = impl Borrow<c_int>>,
) -> Result<SignalSet, Error> {
    SignalSet::new(signals).map_err(|errno| Error::new(Operation::Watch, mechanism, errno))
}

/// The numbers, the mechanism and the descriptor.
impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals")
            .field("signals", &self.set())
            .field("mechanism", &self.mechanism())
            .field("fd", &self.as_raw_fd())
            .finish()
    }
}

#[cfg(feature = "std")]
crate::std_impls::impl_as_fd!(Signals);
