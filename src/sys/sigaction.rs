//! `sigaction`: the installed action of a signal, this crate's handlers, and the handlers
//! before them.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::null;

use libc::{c_int, siginfo_t};

use super::cvt;
use super::errno::{Errno, ErrnoGuard};
use super::siginfo::Record;
use super::sigset::{AllBlocked, SignalSet, WORDS};
use crate::sys::atomic::{AtomicU32, AtomicUsize, Ordering};

/// The action that is installed for a signal, without `sa_restorer`, which libc sets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sigaction {
    handler: usize,
    flags: u32,
    mask: SignalSet,
}

/// The flag by which libc tells Linux that there is an `sa_restorer`.
const SA_RESTORER: u32 = 0x0400_0000;

/// The flags that the crate's handler takes over from the handler that it precedes.
const KEPT: u32 =
    (libc::SA_RESTART | libc::SA_ONSTACK | libc::SA_NOCLDSTOP | libc::SA_NODEFER) as u32;

/// The two forms of a handler.
type Plain = extern "C" fn(c_int);
type WithInfo = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

impl Sigaction {
    /// The action `SIG_DFL`, with no flags and an empty mask.
    pub(crate) const DEFAULT: Sigaction = Sigaction {
        handler: libc::SIG_DFL,
        flags: 0,
        mask: SignalSet::EMPTY,
    };

    /// Returns the action that is installed for a signal. Async-signal-safe.
    pub(crate) fn installed(number: c_int) -> Result<Self, Errno> {
        sigaction(number, None)
    }

    /// Installs this action for a signal, and returns the action that it replaced.
    /// Async-signal-safe.
    pub(crate) fn install(&self, number: c_int) -> Result<Self, Errno> {
        sigaction(number, Some(self))
    }

    pub(crate) fn is_default(&self) -> bool {
        self.handler == libc::SIG_DFL
    }

    pub(crate) fn is_ignore(&self) -> bool {
        self.handler == libc::SIG_IGN
    }

    pub(crate) fn is_handler(&self) -> bool {
        !self.is_default() && !self.is_ignore()
    }

    /// Returns whether both have the same handler.
    pub(crate) fn is_same_handler(&self, other: &Self) -> bool {
        self.handler == other.handler
    }
}

fn sigaction(number: c_int, new: Option<&Sigaction>) -> Result<Sigaction, Errno> {
    let new = new.map(|action| {
        // SAFETY: zero is a value of every field: integers, and an option of a function.
        let mut result = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
        result.sa_sigaction = action.handler;
        result.sa_flags = action.flags as _;
        result.sa_mask = action.mask.to_libc();
        result
    });
    let new = new.as_ref().map_or(null(), |action| action as *const _);
    let mut found = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: `new` is null or a live action, and `found` is a live one. What is installed was
    // there before, is `SIG_DFL`, or is our handler, which is sound in any thread.
    cvt(unsafe { libc::sigaction(number, new, found.as_mut_ptr()) }.into())?;
    // SAFETY: as above, zero is a value of every field, and the call has filled them.
    let found = unsafe { found.assume_init() };
    Ok(Sigaction {
        handler: found.sa_sigaction,
        flags: found.sa_flags as u32 & !SA_RESTORER,
        mask: SignalSet::from_libc(&found.sa_mask),
    })
}

/// The safe code that the crate's handlers run.
pub(crate) trait OnSignal {
    /// Handles a signal that came to the entry point of this level, and returns the action
    /// whose handler is to be called afterwards. Async-signal-safe: takes no lock and does
    /// not allocate.
    fn on_signal(level: usize, number: c_int, record: &Record) -> Option<&'static AtomicSigaction>;
}

/// The number of the crate's handlers. There are several, so that one can precede another
/// library's handler that already calls one of them.
pub(crate) const LEVELS: usize = 4;

/// The addresses of the crate's handlers, one for each level. There is one value of this
/// type, in a static, because a generic function may have several addresses.
pub(crate) struct EntryPoints([WithInfo; LEVELS]);

impl EntryPoints {
    pub(crate) const fn new<R: OnSignal>() -> Self {
        EntryPoints([
            entry_point::<R, 0>,
            entry_point::<R, 1>,
            entry_point::<R, 2>,
            entry_point::<R, 3>,
        ])
    }

    /// Returns the action that installs the entry point of a level in front of `replaced`.
    ///
    /// A handler that is replaced keeps its mask, and its interrupted calls are restarted
    /// or not, as it asked for. If there was no handler, interrupted calls continue if they
    /// can. The entry point then runs on the alternate signal stack, if the thread has one,
    /// and blocks all other signals, so that a stack of a few kilobytes is enough.
    pub(crate) fn in_front_of(&self, level: usize, replaced: &Sigaction) -> Option<Sigaction> {
        let own_flags = (libc::SA_RESTART | libc::SA_ONSTACK) as u32;
        let (flags, mask) = match replaced.is_handler() {
            true => (replaced.flags & KEPT, replaced.mask),
            false => (own_flags, SignalSet::ALL_BUT_FAULTS),
        };
        Some(Sigaction {
            handler: *self.0.get(level)? as usize,
            flags: flags | libc::SA_SIGINFO as u32,
            mask,
        })
    }

    /// Returns the level of the entry point that is the handler of an action, if any.
    pub(crate) fn level_of(&self, action: &Sigaction) -> Option<usize> {
        self.0
            .iter()
            .position(|&entry_point| entry_point as usize == action.handler)
    }
}

/// The handler that the kernel calls. Leaves `errno` unchanged, whatever the handlers do
/// that it calls.
///
/// No signal interrupts the recording. The previous handler runs with the mask that the
/// kernel set, which is the mask that it asked for.
extern "C" fn entry_point<R: OnSignal, const LEVEL: usize>(
    number: c_int,
    info: *mut siginfo_t,
    context: *mut c_void,
) {
    let _errno = ErrnoGuard::new();
    let previous = {
        let _masked = AllBlocked::new();
        // SAFETY: installed with SA_SIGINFO, so the kernel passes a siginfo, or whoever
        // has put a handler above this one passes on what the kernel gave.
        let record = unsafe { Record::from_siginfo(number, info) };
        R::on_signal(LEVEL, number, &record)
    };
    if let Some(previous) = previous {
        // SAFETY: we are a signal handler, and pass on what it was given.
        unsafe { previous.call(number, info, context) };
    }
}

/// Called by the crate's handler: makes the descriptor of a notifier readable. Eight bytes
/// add one to an eventfd, and do as well as one byte on a pipe.
pub(crate) fn notify(descriptor: c_int) {
    // A handler cannot return an error. If other code closed the descriptor by number, the
    // owner's next call on it fails too.
    let _ = super::fd::notify(descriptor, 8);
}

/// An action that signal handlers may read while a thread writes it. The handler is in one
/// of two words, by its form, so that it is never called in the other form.
pub(crate) struct AtomicSigaction {
    plain: AtomicUsize,
    with_info: AtomicUsize,
    flags: AtomicU32,
    mask: [AtomicUsize; WORDS],
}

impl AtomicSigaction {
    #[allow(clippy::declare_interior_mutable_const)] // To fill tables with.
    pub(crate) const DEFAULT: AtomicSigaction = {
        const ZERO: AtomicUsize = AtomicUsize::new(0);
        AtomicSigaction {
            plain: ZERO,
            with_info: ZERO,
            flags: AtomicU32::new(0),
            mask: [ZERO; WORDS],
        }
    };

    #[allow(clippy::cast_possible_truncation)] // A long of C is as wide as a pointer.
    pub(crate) fn store(&self, action: &Sigaction) {
        let (plain, with_info) = match action.flags & libc::SA_SIGINFO as u32 {
            0 => (action.handler, 0),
            _ => (0, action.handler),
        };
        self.plain.store(plain, Ordering::Relaxed);
        self.with_info.store(with_info, Ordering::Relaxed);
        self.flags.store(action.flags, Ordering::Relaxed);
        for (to, from) in self.mask.iter().zip(action.mask.words()) {
            to.store(from as usize, Ordering::Relaxed);
        }
    }

    pub(crate) fn load(&self) -> Sigaction {
        let handler = self.plain.load(Ordering::Relaxed) | self.with_info.load(Ordering::Relaxed);
        let mut mask = [0; WORDS];
        for (to, from) in mask.iter_mut().zip(&self.mask) {
            *to = from.load(Ordering::Relaxed) as _;
        }
        Sigaction {
            handler,
            flags: self.flags.load(Ordering::Relaxed),
            mask: SignalSet::from_words(mask),
        }
    }

    /// Calls the handler, if there is one. Does not act upon `SIG_DFL` and `SIG_IGN`.
    ///
    /// # Safety
    ///
    /// The caller is a signal handler, and passes the arguments that it got from the
    /// kernel.
    unsafe fn call(&self, number: c_int, info: *mut siginfo_t, context: *mut c_void) {
        let is_handler = |&address: &usize| address != libc::SIG_DFL && address != libc::SIG_IGN;
        if let Some(plain) = Some(self.plain.load(Ordering::Relaxed)).filter(is_handler) {
            // SAFETY: somebody has installed this address as a handler of this form
            // for this signal.
            let handler = unsafe { core::mem::transmute::<usize, Plain>(plain) };
            handler(number);
        }
        let with_info = Some(self.with_info.load(Ordering::Relaxed)).filter(is_handler);
        if let Some(with_info) = with_info {
            // SAFETY: as above; the arguments are the kernel's.
            let handler = unsafe { core::mem::transmute::<usize, WithInfo>(with_info) };
            handler(number, info, context);
        }
    }
}
