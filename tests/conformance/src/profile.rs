//! Kernels and sandboxes that are not this one.
//!
//! A profile is a filter over real system calls: under it the kernel answers
//! as another kernel or a sandbox would.

use core::sync::atomic::{AtomicU32, Ordering};

use libc::{c_long, EACCES, EFAULT, EINVAL, ENOSYS, EPERM};
use wakefd::{Error, Mechanism};

use crate::sys::process::{fork_to, Ended};
use crate::sys::seccomp::{self, Bits, Rule};
use crate::{Subject, Way};

/// What the kernel answers.
pub struct Profile {
    /// Its name in the list of runs.
    pub name: &'static str,
    /// The groups of calls that do not do what they do here.
    changes: &'static [(Group, i32)],
    /// The mechanisms that are left, those of each subject best first.
    left: &'static [Mechanism],
    /// The one subject that it makes a difference for, if so.
    only_for: Option<Subject>,
}

/// Calls that came together, or go together.
#[derive(Clone, Copy)]
enum Group {
    /// The flagless calls of Linux 2.6.22.
    EventFd,
    SignalFd,
    /// Linux 2.6.16, but on ARM not yet in 2.6.21.
    Ppoll,
    /// Linux 2.6.25.
    TimerFd,
    /// `eventfd2` of Linux 2.6.27 ...
    EventFd2,
    /// ... `signalfd4` ...
    SignalFd4,
    /// ... `pipe2` ...
    Pipe2,
    /// ... the flags of `timerfd_create` ...
    TimerFdFlags,
    /// ... and the others that take flags since then.
    Flags,
    /// The flag of `eventfd2` that came with Linux 2.6.30.
    Semaphore,
}

/// A call, by number if this architecture has it, or only with these bits.
type Call = (Option<c_long>, Option<Bits>);

/// The arguments, if they are not zero.
const ANY_BIT_OF: [Option<Bits>; 3] = [any_bit_of(0), any_bit_of(1), any_bit_of(2)];

const fn any_bit_of(argument: u32) -> Option<Bits> {
    let mask = u32::MAX;
    Some(Bits { argument, mask })
}

impl Group {
    fn rules(self) -> &'static [Call] {
        match self {
            Group::EventFd => &[(calls::EVENTFD, None)],
            Group::EventFd2 => &[(Some(libc::SYS_eventfd2), None)],
            Group::SignalFd => &[(calls::SIGNALFD, None)],
            Group::SignalFd4 => &[(Some(libc::SYS_signalfd4), None)],
            Group::Ppoll => &[(calls::PPOLL, None)],
            Group::TimerFd => &[
                (Some(libc::SYS_timerfd_create), None),
                (Some(libc::SYS_timerfd_settime), None),
                (Some(libc::SYS_timerfd_gettime), None),
            ],
            Group::TimerFdFlags => &[(Some(libc::SYS_timerfd_create), ANY_BIT_OF[1])],
            // Without flags it is what some libcs make of `pipe`.
            Group::Pipe2 => &[(Some(libc::SYS_pipe2), ANY_BIT_OF[1])],
            Group::Flags => &[
                // As above, of `dup2` and `epoll_create`.
                (Some(libc::SYS_dup3), ANY_BIT_OF[2]),
                (Some(libc::SYS_epoll_create1), ANY_BIT_OF[0]),
                (Some(libc::SYS_inotify_init1), None),
                (Some(libc::SYS_accept4), None),
            ],
            Group::Semaphore => &[(
                Some(libc::SYS_eventfd2),
                Some(Bits {
                    argument: 1,
                    mask: libc::EFD_SEMAPHORE as u32,
                }),
            )],
        }
    }
}

/// What Linux 2.6.27 brought.
macro_rules! since_2_6_27 {
    ($($more:expr),*) => {
        &[
            (Group::EventFd2, ENOSYS),
            (Group::SignalFd4, ENOSYS),
            (Group::Pipe2, ENOSYS),
            (Group::Flags, ENOSYS),
            $($more),*
        ]
    };
}

/// Lists of mechanisms, of notifiers, then of signals, then of timers.
mod mechanisms {
    use wakefd::Mechanism::{self, *};

    #[rustfmt::skip]
    pub(super) const ALL: &[Mechanism] = &[
        EventFd2, EventFd, Pipe2, Pipe,
        SignalFd4, SignalFd, SignalHandler,
        TimerFdFlags, TimerFd, TimerThread,
    ];
    pub(super) const WITHOUT_FLAGS: &[Mechanism] =
        &[EventFd, Pipe, SignalFd, SignalHandler, TimerFd, TimerThread];
    pub(super) const WITHOUT_TIMERFD: &[Mechanism] =
        &[EventFd, Pipe, SignalFd, SignalHandler, TimerThread];
    #[rustfmt::skip]
    pub(super) const WITHOUT_EVENTFD: &[Mechanism] = &[
        Pipe2, Pipe,
        SignalFd4, SignalFd, SignalHandler,
        TimerFdFlags, TimerFd, TimerThread,
    ];
    pub(super) const PIPES: &[Mechanism] = &[Pipe2, Pipe, SignalHandler, TimerThread];
    pub(super) const PIPE: &[Mechanism] = &[Pipe, SignalHandler, TimerThread];
}

/// The profiles under which the suite runs, beside the kernel as it is.
pub static PROFILES: &[Profile] = &[
    Profile {
        name: "linux-2.6.18",
        changes: since_2_6_27![
            (Group::EventFd, ENOSYS),
            (Group::SignalFd, ENOSYS),
            (Group::TimerFd, ENOSYS),
            (Group::Ppoll, ENOSYS)
        ],
        left: mechanisms::PIPE,
        only_for: None,
    },
    Profile {
        name: "linux-2.6.22",
        changes: since_2_6_27![(Group::TimerFd, ENOSYS)],
        left: mechanisms::WITHOUT_TIMERFD,
        only_for: None,
    },
    // On x86 and ARM: an older call has the number of `timerfd_create`, and reads its
    // times from the fourth argument, or does not get as far.
    Profile {
        name: "linux-2.6.24",
        changes: since_2_6_27![(Group::TimerFd, EFAULT)],
        left: mechanisms::WITHOUT_TIMERFD,
        only_for: Some(Subject::Timer),
    },
    Profile {
        name: "linux-2.6.24-einval",
        changes: since_2_6_27![(Group::TimerFd, EINVAL)],
        left: mechanisms::WITHOUT_TIMERFD,
        only_for: Some(Subject::Timer),
    },
    Profile {
        name: "linux-2.6.25",
        changes: since_2_6_27![(Group::TimerFdFlags, EINVAL)],
        left: mechanisms::WITHOUT_FLAGS,
        only_for: None,
    },
    // All that the notifier needs came with it; a semaphore needs a younger one.
    Profile {
        name: "linux-2.6.27",
        changes: &[(Group::Semaphore, EINVAL)],
        left: mechanisms::ALL,
        only_for: None,
    },
    Profile {
        name: "without-config-eventfd",
        changes: &[(Group::EventFd, ENOSYS), (Group::EventFd2, ENOSYS)],
        left: mechanisms::WITHOUT_EVENTFD,
        only_for: None,
    },
    Profile {
        name: "flags-refused-einval",
        changes: &[
            (Group::EventFd2, EINVAL),
            (Group::Pipe2, EINVAL),
            (Group::SignalFd4, EINVAL),
            (Group::TimerFdFlags, EINVAL),
        ],
        left: mechanisms::WITHOUT_FLAGS,
        only_for: None,
    },
    Profile {
        name: "sandbox-eperm",
        changes: &[
            (Group::EventFd, EPERM),
            (Group::EventFd2, EPERM),
            (Group::SignalFd, EPERM),
            (Group::SignalFd4, EPERM),
            (Group::TimerFd, EPERM),
        ],
        left: mechanisms::PIPES,
        only_for: None,
    },
    Profile {
        name: "sandbox-eacces",
        changes: &[
            (Group::EventFd, EACCES),
            (Group::EventFd2, EACCES),
            (Group::SignalFd, EACCES),
            (Group::SignalFd4, EACCES),
            (Group::Pipe2, EACCES),
            (Group::TimerFd, EACCES),
            (Group::Flags, EACCES),
        ],
        left: mechanisms::PIPE,
        only_for: None,
    },
    // Another call under the number: it gives 0, which is no new descriptor.
    Profile {
        name: "other-calls-under-the-numbers",
        changes: &[
            (Group::EventFd, 0),
            (Group::EventFd2, 0),
            (Group::SignalFd, 0),
            (Group::SignalFd4, 0),
            (Group::Pipe2, 0),
            (Group::TimerFd, 0),
            (Group::Flags, 0),
        ],
        left: mechanisms::PIPE,
        only_for: None,
    },
];

impl Profile {
    /// The kernel as it is.
    pub(crate) const NATIVE: Profile = Profile {
        name: "native",
        changes: &[],
        left: mechanisms::ALL,
        only_for: None,
    };

    /// Makes this process, and its children, live under the profile.
    ///
    /// # Errors
    ///
    /// The errno, if this kernel or emulator has no filters.
    pub fn enter(&self) -> Result<(), i32> {
        if self.is_native() {
            return Ok(());
        }
        seccomp::install(self.changes.iter().flat_map(|&(group, errno)| {
            group.rules().iter().filter_map(move |&(call, only_with)| {
                Some(Rule {
                    call: call?,
                    only_with,
                    errno: errno as u16,
                })
            })
        }))
    }

    /// Whether it makes a difference for this subject.
    pub(crate) fn is_for(&self, subject: Subject) -> bool {
        self.only_for.map_or(true, |only| only == subject)
    }

    fn is_native(&self) -> bool {
        self.name == Self::NATIVE.name
    }

    /// Checks what the automatic choice gave, on a kernel that has `here` when it
    /// is not under the profile.
    ///
    /// # Errors
    ///
    /// The errno, if there is rightly no notifier: no mechanism is left.
    pub(crate) fn check(
        &self,
        subject: Subject,
        here: MechanismSet,
        made: Result<Mechanism, Error>,
    ) -> Result<(), i32> {
        let best_of = |mechanisms: &[Mechanism]| {
            let is_left =
                |mechanism: &Mechanism| self.left.contains(mechanism) && here.has(*mechanism);
            mechanisms.iter().copied().find(is_left)
        };
        let expected = match best_of(subject.mechanisms()) {
            // A flag that only `eventfd2` has, and not on each kernel.
            Some(_) if subject == Subject::Semaphore && made.is_err() && !here.has_pipe() => None,
            // These are made of a notifier.
            Some(Mechanism::TimerThread | Mechanism::SignalHandler)
                if best_of(&Mechanism::FOR_NOTIFIERS).is_none() =>
            {
                None
            }
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

/// Mechanisms of a subject that this kernel, architecture and build have.
#[derive(Clone, Copy)]
pub(crate) struct MechanismSet(u32);

impl MechanismSet {
    /// Those of `subject`, and of notifiers where it needs one.
    pub(crate) fn here(subject: Subject) -> Self {
        MechanismSet(match subject {
            Subject::Semaphore => Self::known(subject),
            _ => Self::known(subject) | Self::known(Subject::Notifier),
        })
    }

    /// Asks once, in children: what this process remembers is left as it is.
    fn known(subject: Subject) -> u32 {
        #[allow(clippy::declare_interior_mutable_const)] // To repeat it.
        const UNKNOWN: AtomicU32 = AtomicU32::new(u32::MAX);
        static KNOWN: [AtomicU32; Subject::ALL.len()] = [UNKNOWN; Subject::ALL.len()];
        let known = &KNOWN[subject as usize];
        if known.load(Ordering::Relaxed) == u32::MAX {
            let is_here = |mechanism| {
                let child = fork_to(|| i32::from(subject.try_out(Way::At(mechanism)).is_err()));
                child.wait() == Ended::Exited(0)
            };
            let here = subject
                .mechanisms()
                .iter()
                .filter(|&&mechanism| is_here(mechanism));
            let set = here.fold(0, |set, &mechanism| set | 1 << mechanism as u32);
            known.store(set, Ordering::Relaxed);
        }
        known.load(Ordering::Relaxed)
    }

    fn has_pipe(self) -> bool {
        self.has(Mechanism::Pipe2) || self.has(Mechanism::Pipe)
    }

    fn has(self, mechanism: Mechanism) -> bool {
        self.0 & 1 << mechanism as u32 != 0
    }
}

/// Calls that the architectures that came to Linux late do not have.
mod calls {
    use libc::c_long;

    macro_rules! old_calls {
        ($($name:ident = $number:ident;)*) => {$(
            #[cfg(not(any(
                target_arch = "aarch64",
                target_arch = "riscv32",
                target_arch = "riscv64",
                target_arch = "loongarch64",
            )))]
            pub(super) const $name: Option<c_long> = Some(libc::$number);
            #[cfg(any(
                target_arch = "aarch64",
                target_arch = "riscv32",
                target_arch = "riscv64",
                target_arch = "loongarch64",
            ))]
            pub(super) const $name: Option<c_long> = None;
        )*};
    }

    old_calls! {
        EVENTFD = SYS_eventfd;
        SIGNALFD = SYS_signalfd;
    }

    /// Where there is a `poll`; else libc makes it of `ppoll`.
    pub(super) const PPOLL: Option<c_long> = match EVENTFD {
        Some(_) => Some(libc::SYS_ppoll),
        None => None,
    };
}
