//! `sigaction`: what is installed for a signal, our handler, and the handler before it.

use core::ffi::c_void;
use core::mem::{align_of, size_of};
use core::ptr::null;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use libc::{c_int, siginfo_t};

use super::cvt;
use super::errno::{Errno, ErrnoGuard};
use super::siginfo::Record;
use super::sigset::{every_number, SignalSet, FAULTS};

/// What `sigaction` takes and gives, in words: so that every byte has a value, also
/// those between the fields.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Sigaction([u32; WORDS]);

const WORDS: usize = size_of::<libc::sigaction>() / size_of::<u32>();
const _: () = assert!(
    size_of::<Sigaction>() >= size_of::<libc::sigaction>()
        && WORDS * size_of::<u32>() == size_of::<libc::sigaction>()
        && align_of::<Sigaction>() >= align_of::<libc::sigaction>()
);

/// The forms of a handler.
type Plain = extern "C" fn(c_int);
type WithInfo = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

impl Sigaction {
    /// `SIG_DFL`, no flags, an empty mask: all zero.
    pub(crate) const DEFAULT: Sigaction = Sigaction([0; WORDS]);

    fn get(&self) -> &libc::sigaction {
        // SAFETY: as large and as well aligned; and any words make one: it has
        // integers, addresses, and a function, of which any word but zero is one as
        // long as nobody calls it, and nobody does.
        unsafe { &*self.0.as_ptr().cast() }
    }

    fn get_mut(&mut self) -> &mut libc::sigaction {
        // SAFETY: as in `get`.
        unsafe { &mut *self.0.as_mut_ptr().cast() }
    }

    /// Returns what is installed for a signal.
    pub(crate) fn installed(number: c_int) -> Result<Self, Errno> {
        let mut found = Self::DEFAULT;
        // SAFETY: nothing is installed, and the pointer is to a live action.
        cvt(unsafe { libc::sigaction(number, null(), found.get_mut()) }.into())?;
        Ok(found)
    }

    /// Installs this action for a signal, and returns the one that it replaced.
    pub(crate) fn install(&self, number: c_int) -> Result<Self, Errno> {
        let mut found = Self::DEFAULT;
        // SAFETY: both pointers are to live actions, and what is installed was there
        // before, is `SIG_DFL`, or is our handler, which is sound in any thread.
        cvt(unsafe { libc::sigaction(number, self.get(), found.get_mut()) }.into())?;
        Ok(found)
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
}

/// The safe code that our handler runs.
pub(crate) trait OnSignal {
    /// Records a signal, and returns the handler to call afterwards. Async-signal-safe:
    /// takes no lock, allocates nothing.
    fn on_signal(number: c_int, record: &Record) -> Option<&'static PreviousHandler>;
}

/// The address of our handler. There is one value of this type, in a static: a function
/// with a type parameter may have several addresses.
pub(crate) struct OurHandler(WithInfo);

impl OurHandler {
    pub(crate) const fn new<R: OnSignal>() -> Self {
        OurHandler(on_signal::<R>)
    }

    /// Returns the action that installs our handler in the place of this one.
    pub(crate) fn in_place_of(&self, replaced: &Sigaction) -> Sigaction {
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

        let mut action = Sigaction::DEFAULT;
        let ours = action.get_mut();
        ours.sa_sigaction = self.0 as usize;
        ours.sa_flags = flags as _;
        ours.sa_mask = masked.to_libc();
        action
    }

    pub(crate) fn is_in(&self, action: &Sigaction) -> bool {
        action.handler() == self.0 as usize
    }
}

/// What the kernel calls. Leaves `errno` as it was, whatever the handlers do that it calls.
extern "C" fn on_signal<R: OnSignal>(number: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let _guard = ErrnoGuard::new();
    // SAFETY: installed with SA_SIGINFO, so the kernel passes a siginfo, or whoever
    // has put a handler above this one passes on what the kernel gave.
    let record = unsafe { Record::from_siginfo(number, info) };
    if let Some(previous) = R::on_signal(number, &record) {
        // SAFETY: we are a signal handler, and pass on what it was given.
        unsafe { previous.call(number, info, context) };
    }
}

/// Called by our handler: makes the descriptor of a notifier readable. Eight bytes are one
/// more for an eventfd, and as good as one byte for a pipe.
pub(crate) fn notify(descriptor: c_int) {
    // A handler cannot report. If somebody closed the descriptor by number, the owner's next
    // call on it fails too.
    let _ = super::fd::notify(descriptor, 8);
}

/// An action that threads may read while another writes.
pub(crate) struct AtomicSigaction([AtomicU32; WORDS]);

impl AtomicSigaction {
    #[allow(clippy::declare_interior_mutable_const)] // To fill tables with.
    pub(crate) const DEFAULT: AtomicSigaction = {
        const ZERO: AtomicU32 = AtomicU32::new(0);
        AtomicSigaction([ZERO; WORDS])
    };

    pub(crate) fn store(&self, action: &Sigaction) {
        for (to, &from) in self.0.iter().zip(&action.0) {
            to.store(from, Ordering::Relaxed);
        }
    }

    pub(crate) fn load(&self) -> Sigaction {
        let mut action = Sigaction::DEFAULT;
        for (to, from) in action.0.iter_mut().zip(&self.0) {
            *to = from.load(Ordering::Relaxed);
        }
        action
    }
}

/// The handler that was installed before ours, in one of its two forms; zero is none.
pub(crate) struct PreviousHandler {
    plain: AtomicUsize,
    with_info: AtomicUsize,
}

impl PreviousHandler {
    #[allow(clippy::declare_interior_mutable_const)] // To fill tables with.
    pub(crate) const NONE: PreviousHandler = PreviousHandler {
        plain: AtomicUsize::new(0),
        with_info: AtomicUsize::new(0),
    };

    /// Sets it to the handler of an action that is not ours. `SIG_DFL` and `SIG_IGN` are
    /// not called.
    pub(crate) fn set(&self, action: &Sigaction) {
        let address = match action.is_handler() {
            true => action.handler(),
            false => 0,
        };
        let (plain, with_info) = match action.flags() & libc::SA_SIGINFO as u32 {
            0 => (address, 0),
            _ => (0, address),
        };
        self.plain.store(plain, Ordering::Relaxed);
        self.with_info.store(with_info, Ordering::Relaxed);
    }

    /// # Safety
    ///
    /// By a signal handler, with what the kernel gave it.
    unsafe fn call(&self, number: c_int, info: *mut siginfo_t, context: *mut c_void) {
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
