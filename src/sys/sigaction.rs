//! What is installed for a signal: to keep, to put back, and to call.

use core::ffi::c_void;
use core::mem::{align_of, size_of};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use libc::{c_int, siginfo_t};

use super::signals::{on_signal, sigset};
use crate::signals::{every_number, SignalSet, FAULTS};

/// What `sigaction` takes and gives, in words: so that every byte has a value, also
/// those between the fields.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Action([u32; WORDS]);

const WORDS: usize = size_of::<libc::sigaction>() / size_of::<u32>();
const _: () = assert!(
    size_of::<Action>() >= size_of::<libc::sigaction>()
        && WORDS * size_of::<u32>() == size_of::<libc::sigaction>()
        && align_of::<Action>() >= align_of::<libc::sigaction>()
);

/// The forms of a handler.
type Plain = extern "C" fn(c_int);
type WithInfo = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

impl Action {
    /// `SIG_DFL`, no flags, an empty mask: all zero.
    pub(crate) const DEFAULT: Action = Action([0; WORDS]);

    /// For `sigaction`.
    pub(super) fn get(&self) -> &libc::sigaction {
        // SAFETY: as large and as well aligned; and any words make one: it has
        // integers, addresses, and a function, of which any word but zero is one as
        // long as nobody calls it, and nobody does.
        unsafe { &*self.0.as_ptr().cast() }
    }

    /// For `sigaction`.
    pub(super) fn get_mut(&mut self) -> &mut libc::sigaction {
        // SAFETY: as in `get`.
        unsafe { &mut *self.0.as_mut_ptr().cast() }
    }

    /// Our handler, in the place of this one.
    pub(crate) fn ours(replaced: &Action) -> Self {
        // Calls that it interrupts go on, if they can. On the other stack, if the
        // thread has one, except where that would put there what was not made for it.
        let stack = match replaced.is_handler() {
            true => replaced.flags() & libc::SA_ONSTACK as u32,
            false => libc::SA_ONSTACK as u32,
        };
        let flags = libc::SA_SIGINFO as u32 | libc::SA_RESTART as u32 | stack;
        // One at a time on each thread, so that a stack of a few kilobytes will do;
        // but a fault in a handler that is called is still that handler's.
        let mut masked = SignalSet::EMPTY;
        every_number()
            .filter(|number| !FAULTS.contains(number))
            .for_each(|number| masked.insert(number));

        let mut action = Self::DEFAULT;
        let ours = action.get_mut();
        ours.sa_sigaction = on_signal as WithInfo as usize;
        ours.sa_flags = flags as _;
        ours.sa_mask = sigset(masked);
        action
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.handler() == on_signal as WithInfo as usize
    }

    pub(crate) fn is_default(&self) -> bool {
        self.handler() == libc::SIG_DFL
    }

    pub(crate) fn is_ignore(&self) -> bool {
        self.handler() == libc::SIG_IGN
    }

    pub(crate) fn is_handler(&self) -> bool {
        !self.is_default() && !self.is_ignore()
    }

    pub(crate) fn handler(&self) -> usize {
        self.get().sa_sigaction
    }

    fn flags(&self) -> u32 {
        self.get().sa_flags as u32
    }

    fn takes_info(&self) -> bool {
        self.flags() & libc::SA_SIGINFO as u32 != 0
    }
}

/// An action that threads may read while another writes.
pub(crate) struct Saved([AtomicU32; WORDS]);

impl Saved {
    #[allow(clippy::declare_interior_mutable_const)] // To fill tables with.
    pub(crate) const NEW: Saved = {
        const ZERO: AtomicU32 = AtomicU32::new(0);
        Saved([ZERO; WORDS])
    };

    pub(crate) fn store(&self, action: &Action) {
        for (to, &from) in self.0.iter().zip(&action.0) {
            to.store(from, Ordering::Relaxed);
        }
    }

    pub(crate) fn load(&self) -> Action {
        let mut action = Action::DEFAULT;
        for (to, from) in action.0.iter_mut().zip(&self.0) {
            *to = from.load(Ordering::Relaxed);
        }
        action
    }
}

/// The handler that was there before, in one of its two forms; zero is none.
pub(crate) struct Chain {
    plain: AtomicUsize,
    with_info: AtomicUsize,
}

impl Chain {
    #[allow(clippy::declare_interior_mutable_const)] // To fill tables with.
    pub(crate) const NONE: Chain = Chain {
        plain: AtomicUsize::new(0),
        with_info: AtomicUsize::new(0),
    };

    /// `SIG_DFL` and `SIG_IGN` are not called.
    pub(crate) fn lead_to(&self, action: &Action) {
        let address = match action.is_handler() && !action.is_ours() {
            true => action.handler(),
            false => 0,
        };
        let (plain, with_info) = match action.takes_info() {
            true => (0, address),
            false => (address, 0),
        };
        self.plain.store(plain, Ordering::Relaxed);
        self.with_info.store(with_info, Ordering::Relaxed);
    }

    /// # Safety
    ///
    /// By a signal handler, with what the kernel gave it.
    pub(super) unsafe fn call(&self, number: c_int, info: *mut siginfo_t, context: *mut c_void) {
        let plain = self.plain.load(Ordering::Relaxed);
        if plain != 0 {
            // SAFETY: somebody has installed this address as a handler of this form
            // for this signal.
            let handler = unsafe { core::mem::transmute::<usize, Plain>(plain) };
            handler(number);
        }
        let with_info = self.with_info.load(Ordering::Relaxed);
        if with_info != 0 {
            // SAFETY: as above; the arguments are the kernel's.
            let handler = unsafe { core::mem::transmute::<usize, WithInfo>(with_info) };
            handler(number, info, context);
        }
    }
}
