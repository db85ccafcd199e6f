//! Profiles of other kernels and of sandboxes.
//!
//! A profile is a seccomp filter: under it real system calls have the results that another
//! kernel or a sandbox would return.

use core::sync::atomic::{AtomicU32, Ordering};

use libc::{EACCES, EFAULT, EINVAL, ENOSYS, EPERM};
use wakefd::{Error, Mechanism};

use crate::subject::Object;
use crate::sys::calls::*;
use crate::sys::process::{fork_to, Ended};
use crate::sys::seccomp::{install_filter, Rule};
use crate::Constructor;

/// What the kernel answers.
pub struct Profile {
    /// Its name in the list of runs.
    pub name: &'static str,
    /// The calls that do not do what they do here, and what they give: an errno, or 0
    /// for success.
    changes: &'static [(&'static [Call], i32)],
    /// The one object that it makes a difference for, if so.
    only_for: Option<Object>,
}

const EVENTFDS: &[Call] = &[EVENTFD, EVENTFD2];
const SIGNALFDS: &[Call] = &[SIGNALFD, SIGNALFD4];
const TIMERFDS: &[Call] = &[TIMERFD, SETTIME, GETTIME];
/// Linux 2.6.27 brought all calls that take flags, and their flags.
const CALLS_WITH_FLAGS: &[Call] = &[
    EVENTFD2,
    SIGNALFD4,
    PIPE2,
    DUP3,
    EPOLL_CREATE1,
    INOTIFY_INIT1,
    ACCEPT4,
];

/// The profiles under which the suite runs, beside the kernel as it is.
#[rustfmt::skip]
pub static PROFILES: &[Profile] = &[
    Profile::new("linux-2.6.18", &[
        (CALLS_WITH_FLAGS, ENOSYS), (EVENTFDS, ENOSYS), (SIGNALFDS, ENOSYS), (TIMERFDS, ENOSYS), (&[PPOLL], ENOSYS),
    ]),
    Profile::new("linux-2.6.22", &[(CALLS_WITH_FLAGS, ENOSYS), (TIMERFDS, ENOSYS)]),
    // On x86 and ARM: an older call has the number of `timerfd_create`, and reads its
    // times from the fourth argument, or does not get as far.
    Profile::new("linux-2.6.24", &[(CALLS_WITH_FLAGS, ENOSYS), (TIMERFDS, EFAULT)]).only_for(Object::Timer),
    Profile::new("linux-2.6.24-einval", &[(CALLS_WITH_FLAGS, ENOSYS), (TIMERFDS, EINVAL)]).only_for(Object::Timer),
    Profile::new("linux-2.6.25", &[(CALLS_WITH_FLAGS, ENOSYS), (&[TIMERFD_FLAGS], EINVAL)]),
    // All that the notifier needs came with it; a semaphore needs a younger one.
    Profile::new("linux-2.6.27", &[(&[EVENTFD2_SEMAPHORE], EINVAL)]),
    Profile::new("without-config-eventfd", &[(EVENTFDS, ENOSYS)]),
    Profile::new("flags-refused-einval", &[(&[EVENTFD2, PIPE2, SIGNALFD4, TIMERFD_FLAGS], EINVAL)]),
    Profile::new("sandbox-eperm", &[(EVENTFDS, EPERM), (SIGNALFDS, EPERM), (TIMERFDS, EPERM)]),
    Profile::new("sandbox-eacces", &[
        (CALLS_WITH_FLAGS, EACCES), (EVENTFDS, EACCES), (SIGNALFDS, EACCES), (TIMERFDS, EACCES),
    ]),
    // A policy that was written for one libc: the call that no libc makes is left.
    Profile::new("sandbox-without-pipe2", &[(EVENTFDS, EPERM), (&[PIPE2_ANY], EPERM)]).only_for(Object::Notifier),
    // Another call under the number: it gives 0, which is no new descriptor.
    Profile::new("other-calls-under-the-numbers", &[
        (CALLS_WITH_FLAGS, 0), (EVENTFDS, 0), (SIGNALFDS, 0), (TIMERFDS, 0),
    ]),
];

impl Profile {
    /// The kernel as it is.
    pub(crate) const NATIVE: Profile = Profile::new("native", &[]);

    const fn new(name: &'static str, changes: &'static [(&'static [Call], i32)]) -> Self {
        Profile {
            name,
            changes,
            only_for: None,
        }
    }

    const fn only_for(self, object: Object) -> Self {
        Profile {
            only_for: Some(object),
            ..self
        }
    }

    /// Makes this process, and its children, live under the profile.
    ///
    /// # Panics
    ///
    /// Panics if this kernel or emulator has no filters, and the profile is not the
    /// native one.
    pub(crate) fn enter(&self) {
        if !self.is_native() {
            assert_eq!(install_filter(self.rules()), Ok(()));
        }
    }

    /// Makes this process, and its children, live on a kernel as the profile's, which has no
    /// filters either. The whole suite can run there, and sees what it would see on a board.
    ///
    /// # Errors
    ///
    /// The errno, if this kernel or emulator has no filters.
    pub fn replace_kernel(&self) -> Result<(), i32> {
        let no_filters = Rule {
            call: &FILTER,
            only_with: None,
            errno: EINVAL,
        };
        install_filter(self.rules().chain([no_filters]))
    }

    fn rules(&self) -> impl Iterator<Item = Rule<'static>> {
        self.changed().map(|(call, errno)| Rule {
            call,
            only_with: None,
            errno,
        })
    }

    /// Whether it makes a difference for this object.
    pub(crate) fn is_for(&self, object: Object) -> bool {
        self.only_for.map_or(true, |only| only == object)
    }

    pub(crate) fn is_native(&self) -> bool {
        self.changes.is_empty()
    }

    fn changed(&self) -> impl Iterator<Item = (&'static Call, i32)> {
        let calls = |&(calls, errno): &'static (&'static [Call], i32)| {
            calls.iter().map(move |call| (call, errno))
        };
        self.changes.iter().flat_map(calls)
    }

    /// Whether none of the calls that the mechanism needs are changed.
    fn leaves(&self, mechanism: Mechanism) -> bool {
        let needed: &[Call] = match mechanism {
            Mechanism::EventFd2 => &[EVENTFD2],
            Mechanism::EventFd => &[EVENTFD],
            Mechanism::Pipe2 => &[PIPE2, PIPE2_ANY],
            Mechanism::Pipe if NO_OLD_CALLS => &[PIPE2_ANY],
            Mechanism::SignalFd4 => &[SIGNALFD4],
            Mechanism::SignalFd => &[SIGNALFD],
            Mechanism::TimerFdFlags => &[TIMERFD, TIMERFD_FLAGS],
            Mechanism::TimerFd => &[TIMERFD],
            // On every kernel.
            _ => &[],
        };
        !self.changed().any(|(call, _)| needed.contains(call))
    }

    /// Checks what the automatic choice gave, on a kernel that has `available` when it
    /// is not under the profile.
    ///
    /// # Errors
    ///
    /// The errno, if there is rightly no object: no mechanism is left.
    pub(crate) fn check(
        &self,
        object: Object,
        available: Available,
        made: Result<Mechanism, Error>,
    ) -> Result<(), i32> {
        let best_of = |mechanisms: &[Mechanism]| {
            let is_left =
                |&mechanism: &Mechanism| self.leaves(mechanism) && available.has(mechanism);
            mechanisms.iter().copied().find(is_left)
        };
        let has_pipe = available.has(Mechanism::Pipe2) || available.has(Mechanism::Pipe);
        let has_notifier = best_of(&Mechanism::FOR_NOTIFIERS).is_some();
        let expected = match best_of(object.mechanisms()) {
            // A flag that only `eventfd2` has, and not on each kernel.
            Some(_) if object == Object::Semaphore && made.is_err() && !has_pipe => None,
            // These are made of a notifier.
            Some(Mechanism::TimerThread | Mechanism::SignalHandler) if !has_notifier => None,
            best => best,
        };
        match made {
            Ok(mechanism) => {
                assert_eq!(Some(mechanism), expected, "the choice under {}", self.name);
                Ok(())
            }
            Err(error) => {
                assert_eq!(expected, None, "under {}: {error}", self.name);
                Err(error.raw_os_error())
            }
        }
    }
}

/// The mechanisms that this kernel, architecture and build have for an object.
#[derive(Clone, Copy)]
pub(crate) struct Available(u32);

impl Available {
    /// Returns the mechanisms of `object`, and of a notifier where the object may need one.
    pub(crate) fn to(object: Object) -> Self {
        Available(match object {
            // What is chosen is the notifier's mechanism: that of the semaphore is a pipe
            // where the kernel has `eventfd2` and not the flag (Linux 2.6.27 to 2.6.29).
            Object::Semaphore => Self::known(Object::Notifier),
            _ => Self::known(object) | Self::known(Object::Notifier),
        })
    }

    /// Asks once, in children: what this process remembers is left as it is.
    fn known(object: Object) -> u32 {
        #[allow(clippy::declare_interior_mutable_const)] // To repeat it.
        const UNKNOWN: AtomicU32 = AtomicU32::new(u32::MAX);
        static KNOWN: [AtomicU32; Object::ALL.len()] = [UNKNOWN; Object::ALL.len()];
        let known = &KNOWN[object as usize];
        if known.load(Ordering::Relaxed) == u32::MAX {
            let is_available = |mechanism| {
                let constructor = Constructor::At(mechanism);
                let child = fork_to(|| i32::from(object.try_out(constructor).is_err()));
                child.wait() == Ended::Exited(0)
            };
            let mechanisms = object.mechanisms().iter().copied();
            let set = mechanisms
                .filter(|&mechanism| is_available(mechanism))
                .fold(0, |set, mechanism| set | 1 << mechanism as u32);
            known.store(set, Ordering::Relaxed);
        }
        known.load(Ordering::Relaxed)
    }

    fn has(self, mechanism: Mechanism) -> bool {
        self.0 & 1 << mechanism as u32 != 0
    }
}
