//! Signals behind a descriptor.

mod handler;
mod pending;
mod pending_in_child;
mod registry;
mod signal;
mod signalfd;
mod slot;
mod table;
mod target;

use core::borrow::Borrow;
use core::fmt;
use core::time::Duration;

use libc::c_int;

use self::handler::Handler;
pub use self::signal::Signal;
use self::signalfd::SignalFd;
use self::table::TABLE;
use crate::backend::Primitive;
use crate::error::{Error, Operation};
use crate::fallback::{self, Chain, Unavailable};
use crate::mechanism::{Backend, Mechanism};
use crate::notifier::Wait;
use crate::sys::errno::Errno;
use crate::sys::fd::{Fd, RawFd};
use crate::sys::poll;
use crate::sys::sigset::SignalSet;

/// A set of signals behind a descriptor that is readable while one of them is pending.
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
///         libc::SIGHUP => println!("reload, says process {:?}", signal.pid()),
///         _ => return Ok(()),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// [`new`](Self::new) installs signal handlers that notify. This works in every thread of
/// every program, and in the same way on every kernel. A signalfd is used only if the
/// caller names it, with [`at`](Self::at) or [`with`](Self::with).
///
/// | mechanism | system calls | available since |
/// | --- | --- | --- |
/// | [`Mechanism::SignalHandler`] | `sigaction`, and an [`AutoNotifier`](crate::AutoNotifier) | always |
/// | [`Mechanism::SignalFd4`] | `signalfd4` with flags | Linux 2.6.27 |
/// | [`Mechanism::SignalFd`] | `signalfd`, then `fcntl` | Linux 2.6.22 |
///
/// # What each mechanism guarantees
///
#[doc = include_str!("../../docs/signals.md")]
///
/// One SIGCHLD may stand for several children on either mechanism: call `waitpid` with
/// `WNOHANG` until it finds no child.
///
/// # Conditions of a signalfd
///
/// A signalfd receives a signal only while every thread of the process blocks it. Creating
/// the object blocks its signals in the calling thread, and threads that this thread
/// creates afterwards inherit the mask. Threads that existed before do not block them: a
/// signal that the kernel delivers to such a thread runs its handler or ends the process,
/// and the object does not receive it. So choose a signalfd only in a program that creates
/// the object before any other thread, and in which no library unblocks the signals. A
/// child that `popen`, `system` or `posix_spawn` starts inherits the blocked mask: see
/// [`spawn_mask`](Self::spawn_mask).
///
/// # Masks and threads with handlers
///
/// Creating the object unblocks its signals in the calling thread. Any thread that does not
/// block a signal may run the handler. A call that is never restarted (`poll`, `nanosleep`;
/// signal(7)) then fails with EINTR in that thread. If all threads block a signal after the
/// object was created, the signal stays pending in the kernel, and the object does not
/// receive it and reports no error.
///
/// The first object that watches a signal changes the mask of the thread that creates it.
/// If another thread drops the last object that watches the signal, the mask of the first
/// thread stays changed.
///
/// # Other handlers
///
/// The handler that was installed before is called after the crate's handler, in its own
/// form, with its `sa_mask`, `SA_RESTART`, `SA_ONSTACK`, `SA_NODEFER` and `SA_NOCLDSTOP`.
/// Its `SA_RESETHAND` and `SA_NOCLDWAIT` are not kept. `SIG_DFL` and `SIG_IGN` have no
/// effect while an object watches the signal. With a signalfd the previous handler is not
/// called. SIGCHLD is watched even if it was ignored, and children then become zombies
/// until the program waits for them.
///
/// Each object installs the crate's handler, or creating the object fails. If another
/// library has installed a handler above the crate's meanwhile, a new object installs a
/// second handler of the crate above that one, and the second handler calls it. There can
/// be four of them. A library that replaces the crate's handler without calling it, or that
/// resets the action when it ends (libuv, libevent and GLib do, if they were installed
/// first), takes the signal away from the existing objects.
///
/// When the last object that watches a signal is dropped, the actions, and in the dropping
/// thread the mask, are restored. A handler that another library has installed above the
/// crate's stays. The crate's handler then stays below it and passes signals on. If that
/// library puts the crate's handler back, the next signal has the action that it had before
/// there was any object.
///
/// Two copies of the crate in one process, such as `libwakefd.so` beside the crate, treat
/// each other's handlers as those of another library. The objects of both see every signal,
/// whichever was first. A signalfd of one copy takes the signals away from the handlers of
/// the other.
///
/// # Ending a wait from another thread
///
/// A thread that sleeps in [`wait`](Self::wait) wakes up for a signal or at its time-out, and
/// no method of this type ends the wait. There are two ways to end it, on every mechanism:
///
/// - Poll this descriptor together with that of a [`Notifier`](crate::Notifier), and notify
///   from the other thread.
/// - Watch one more signal, and send it to the process with `kill(getpid(), …)`. Do not send
///   it to a thread (`raise`, `pthread_kill`): a signalfd reports such a signal only to that
///   thread.
///
/// # Fork and exec
///
/// A child of `fork` receives its own signals and shares the descriptor. It has to call
/// [`reinit_after_fork`](Self::reinit_after_fork) before it uses an object. Until then a
/// signal that comes in the child, or in a child of `vfork`, has no effect in the parent.
/// (A child is recognised by its process id, which can be the parent's in a PID namespace
/// of its own.)
///
/// The mask and ignored signals survive `exec`: call [`before_exec`](Self::before_exec)
/// between `fork` and `exec`.
///
/// The handlers are async-signal-safe and leave `errno` unchanged. The methods are not
/// async-signal-safe, except `before_exec`.
pub struct Signals(Inner);

enum Inner {
    SignalFd(SignalFd),
    Handler(Handler),
}

/// The mechanisms of a signalfd.
const SIGNALFD: Chain = Chain {
    first: Mechanism::SignalFd4,
    last: Mechanism::SignalFd,
};

impl Signals {
    /// Creates an object that watches these signals (`libc::SIGTERM`, …) with handlers. A
    /// signal that is given twice is watched once.
    ///
    /// # Errors
    ///
    /// With [`Operation::Watch`]:
    ///
    /// - `EINVAL` for SIGKILL and SIGSTOP; for SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
    ///   SIGSYS and SIGEMT, which faults raise; for the real-time signals below `SIGRTMIN`,
    ///   which libc reserves; and for a number that is no signal.
    /// - `EBUSY` if another object watches one of the signals with a signalfd, or if four
    ///   handlers of the crate are below those of other libraries.
    /// - `EAGAIN` if the process has 32 objects: drop one, or [`add`](Self::add) the signal
    ///   to an existing object.
    /// - The errno with which a sandbox refuses `rt_sigprocmask` or `rt_sigaction`.
    ///
    /// With [`Operation::Create`]: `EMFILE`, `ENFILE` or `ENOMEM`.
    pub fn new(signals: impl IntoIterator<Item = impl Borrow<c_int>>) -> Result<Self, Error> {
        Self::at(Mechanism::SignalHandler, signals)
    }

    /// Creates an object that watches these signals with this backend: with handlers, or
    /// with a signalfd by the first of its two mechanisms that is available.
    ///
    /// # Errors
    ///
    /// As for [`at`](Self::at).
    pub fn with(
        backend: Backend,
        signals: impl IntoIterator<Item = impl Borrow<c_int>>,
    ) -> Result<Self, Error> {
        if backend != Backend::SignalFd {
            return match backend {
                Backend::SignalHandler => Self::new(signals),
                _ => Err(Error::new(
                    Operation::Create,
                    Mechanism::SignalHandler,
                    libc::EINVAL,
                )),
            };
        }
        let set = watchable(SIGNALFD.first, signals)?;
        fallback::first_available(SIGNALFD, Unavailable::Remember, |mechanism| {
            match SignalFd::new(mechanism, set) {
                // The mechanism is available, and the next one would need the same mask.
                Err(error) if error.operation() == Operation::Watch => Ok(Err(error)),
                created => created.map(|signalfd| Ok(Signals(Inner::SignalFd(signalfd)))),
            }
        })?
    }

    /// Creates an object that watches these signals with this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). With [`Operation::Create`] also `EINVAL` for a mechanism
    /// that does not create `Signals`, and `ENOSYS` for an unavailable one.
    pub fn at(
        mechanism: Mechanism,
        signals: impl IntoIterator<Item = impl Borrow<c_int>>,
    ) -> Result<Self, Error> {
        let set = watchable(mechanism, signals)?;
        match mechanism.backend() {
            Backend::SignalFd => SignalFd::new(mechanism, set).map(Inner::SignalFd),
            Backend::SignalHandler => Handler::new(set).map(Inner::Handler),
            _ => Err(Error::new(Operation::Create, mechanism, libc::EINVAL)),
        }
        .map(Signals)
    }

    /// Watches one more signal, under the same descriptor. Watching a signal twice does
    /// nothing.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). The object is unchanged then.
    pub fn add(&self, signal: c_int) -> Result<(), Error> {
        self.change(signal, Handler::add, SignalFd::add)
    }

    /// Stops watching a signal, as dropping the object would. Discards what is pending of
    /// it in this object; if this is the last object that watches it, restores action and
    /// mask. Does nothing for a signal that the object does not watch.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a signal that cannot be watched. With a signalfd, the errno of
    /// `signalfd`. With handlers, the errno of `read` or `write`, as for
    /// [`next`](Self::next); the signal is removed all the same.
    pub fn remove(&self, signal: c_int) -> Result<(), Error> {
        self.change(signal, Handler::remove, SignalFd::remove)
    }

    fn change(
        &self,
        signal: c_int,
        by_handler: fn(&Handler, SignalSet) -> Result<(), Errno>,
        by_signalfd: fn(&SignalFd, SignalSet) -> Result<(), Errno>,
    ) -> Result<(), Error> {
        let set = watchable(self.mechanism(), [signal])?;
        match &self.0 {
            Inner::SignalFd(signalfd) => by_signalfd(signalfd, set),
            Inner::Handler(handler) => by_handler(handler, set),
        }
        .map_err(|errno| self.error(Operation::Watch, errno))
    }

    /// Takes a signal that is pending, or returns `None`. Does not block.
    ///
    /// The descriptor stays readable as long as another signal is pending. With an
    /// edge-triggered set, call this until it returns `None`.
    ///
    /// Makes one system call (`read`) on a signalfd. With handlers calls `getpid`, and
    /// `read` of the notifier unless another signal is pending.
    ///
    /// # Errors
    ///
    /// `EBADF` if other code closed the descriptor by number. With handlers also `EXDEV` in
    /// a child that has not called [`reinit_after_fork`](Self::reinit_after_fork), and the
    /// errno with which a sandbox refuses `write`: the signals then stay pending and the
    /// next call returns them.
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
    /// [`Notifier::wait`](crate::Notifier::wait) does. The signal stays pending. To end the
    /// wait from another thread, see [above](Self#ending-a-wait-from-another-thread).
    ///
    /// # Errors
    ///
    /// `EBADF` as for [`next`](Self::next), and the errors of `poll` as for
    /// [`Notifier::wait`](crate::Notifier::wait).
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

    /// Returns the backend that the object uses.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.mechanism().backend()
    }

    /// Gives the calling process, a child of `fork`, a descriptor of its own under the same
    /// number. The parent's descriptor, and what is pending there, are unchanged. Call this
    /// before the child creates threads, for each object that the child uses.
    ///
    /// Signals that came in the child since the fork are kept. With handlers only their
    /// numbers are known: [`Signal::code`] returns `None`.
    ///
    /// Descriptor sets of `poll` and `select` stay valid. An `epoll` set still holds the
    /// parent's descriptor: create a new one.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). If the descriptor could not be created, the object is
    /// unchanged.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        match &self.0 {
            Inner::SignalFd(signalfd) => signalfd.reinit_after_fork(),
            Inner::Handler(handler) => handler.reinit_after_fork(),
        }
    }

    /// Restores this thread's mask, and the actions that `exec` inherits, in a child
    /// between `fork` and `exec`: to what they were before there was any object, for all
    /// signals that any object watches. Call `exec` next, and no other method.
    ///
    /// With std's `Command`: `command.pre_exec(|| Ok(wakefd::Signals::before_exec()?))`.
    ///
    /// "Before" refers to the thread that created the first object for a signal. If the
    /// crate's handler received a signal in the child, and its action was the default
    /// before, the signal is sent to the child again.
    ///
    /// Async-signal-safe. Not for a child of `vfork`, which shares its memory with the
    /// parent: use [`spawn_mask`](Self::spawn_mask) with `posix_spawn`.
    ///
    /// # Errors
    ///
    /// The system documents no error of these calls, but a sandbox may refuse them.
    /// Everything that can be restored is restored, and another call tries the rest again.
    pub fn before_exec() -> Result<(), Error> {
        registry::before_exec()
            .map_err(|errno| Error::new(Operation::Watch, Mechanism::SignalHandler, errno))
    }

    /// Returns the mask that this thread would have without any object, for
    /// `posix_spawnattr_setsigmask`.
    ///
    /// `exec` resets handlers to the default action, so a spawned program needs nothing
    /// else. One difference remains: a signal that was ignored before an object watched it
    /// is not ignored there.
    ///
    /// # Errors
    ///
    /// The errno with which a sandbox refuses `rt_sigprocmask`.
    pub fn spawn_mask() -> Result<libc::sigset_t, Error> {
        registry::spawn_mask()
            .map(SignalSet::to_libc)
            .map_err(|errno| Error::new(Operation::Watch, Mechanism::SignalHandler, errno))
    }

    /// Returns the descriptor to poll.
    pub(crate) fn fd(&self) -> &Fd {
        match &self.0 {
            Inner::SignalFd(signalfd) => &signalfd.fd,
            Inner::Handler(handler) => handler.notifier.fd(),
        }
    }

    fn set(&self) -> SignalSet {
        TABLE.watched_by(match &self.0 {
            Inner::SignalFd(signalfd) => signalfd.index,
            Inner::Handler(handler) => handler.index,
        })
    }

    fn error(&self, operation: Operation, errno: Errno) -> Error {
        Error::new(operation, self.mechanism(), errno)
    }
}

/// Creates the set, or the error of a mechanism that got a signal which cannot be watched.
fn watchable(
    mechanism: Mechanism,
    signals: impl IntoIterator<Item = impl Borrow<c_int>>,
) -> Result<SignalSet, Error> {
    SignalSet::new(signals).map_err(|errno| Error::new(Operation::Watch, mechanism, errno))
}

/// Shows the numbers, the mechanism and the descriptor.
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
