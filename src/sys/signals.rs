//! Signals: handlers, masks, and what else has nothing to do with a signalfd.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};

use libc::{c_int, siginfo_t, sigset_t};

use super::cvt;
use super::errno::{Errno, ErrnoGuard};
use super::sigaction::Action;
use crate::signals::{arrived, chain, every_number, Record, SignalSet};

/// Our handler. Async-signal-safe: takes no lock, allocates nothing, and leaves
/// `errno` as it was, whatever the handlers do that it calls.
pub(super) extern "C" fn on_signal(number: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let _guard = ErrnoGuard::new();
    // SAFETY: installed with SA_SIGINFO, so the kernel passes a siginfo, or whoever
    // has put a handler above this one passes on what the kernel gave.
    arrived(number, &unsafe { record(number, info) });
    if let Some(chain) = chain(number) {
        // SAFETY: we are a signal handler, and pass on what it was given.
        unsafe { chain.call(number, info, context) };
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        use crate::signals::{told, Told};

        /// # Safety
        ///
        /// `info` is null or a siginfo of the kernel's.
        unsafe fn record(number: c_int, info: *mut siginfo_t) -> Record {
            // SAFETY: the caller's promise.
            let info = match unsafe { info.as_ref() } {
                Some(info) => info,
                None => return Record::UNKNOWN,
            };
            let code = info.si_code;
            // SAFETY: these fields are there with these codes (sigaction(2)). The
            // kernel gives a whole siginfo, so that to read others is no more than
            // wrong.
            let (pid, uid, extra) = unsafe {
                match told(number, code) {
                    Told::Nothing => (0, 0, 0),
                    Told::Sender => (info.si_pid(), info.si_uid(), 0),
                    Told::Child => (info.si_pid(), info.si_uid(), info.si_status()),
                    Told::Value => (info.si_pid(), info.si_uid(), int(info.si_value())),
                    Told::ValueAlone => (0, 0, int(info.si_value())),
                }
            };
            let pid = pid.try_into().unwrap_or(0);
            Record { code, pid, uid, extra }
        }

        /// `sival_int`, which is the first bytes of the union, in either byte order.
        fn int(value: libc::sigval) -> c_int {
            let first: *const libc::sigval = &value;
            // SAFETY: the union is a pointer or an int, and no smaller than one.
            unsafe { *first.cast() }
        }

        /// The first and the last that libc leaves to programs.
        pub(crate) fn real_time() -> (c_int, c_int) {
            (libc::SIGRTMIN(), libc::SIGRTMAX())
        }

        /// Takes what is pending of these, for this thread and the process, and
        /// forgets it. Whoever goes on sending does not keep it here for ever. Gives
        /// those that are still pending as the call was refused.
        pub(crate) fn discard(set: SignalSet) -> SignalSet {
            const PENDING_AT_MOST: usize = 1 << 16;
            let mask = super::signalfd::kernel_mask(set);
            // Zero, however wide the kernel's time is.
            let at_once = [0_u64; 2];
            // SAFETY: a live mask of the size that is said, no siginfo, and a live
            // time.
            let take = || cvt(unsafe {
                libc::syscall(
                    SYS_SIGTIMEDWAIT,
                    mask.as_ptr(),
                    null_mut::<siginfo_t>(),
                    at_once.as_ptr(),
                    core::mem::size_of_val(&mask),
                )
            });
            if set == SignalSet::EMPTY {
                return set;
            }
            match (0..PENDING_AT_MOST).find_map(|_| take().err()) {
                None | Some(libc::EAGAIN) => SignalSet::EMPTY,
                Some(_) => pending(set),
            }
        }

        /// Those of `set` that are pending; all if that is not said.
        fn pending(set: SignalSet) -> SignalSet {
            let mut found = sigset(SignalSet::EMPTY);
            // SAFETY: a live set.
            match cvt(unsafe { libc::sigpending(&mut found) }.into()) {
                Ok(_) => set.without(set.without(members(&found))),
                Err(_) => set,
            }
        }

        #[cfg(not(target_arch = "riscv32"))]
        const SYS_SIGTIMEDWAIT: libc::c_long = libc::SYS_rt_sigtimedwait;
        #[cfg(target_arch = "riscv32")]
        const SYS_SIGTIMEDWAIT: libc::c_long = libc::SYS_rt_sigtimedwait_time64;
    } else {
        /// # Safety
        ///
        /// `info` is null or a siginfo of the kernel's.
        unsafe fn record(_: c_int, info: *mut siginfo_t) -> Record {
            // SAFETY: the caller's promise.
            match unsafe { info.as_ref() } {
                Some(info) => Record { code: info.si_code, ..Record::UNKNOWN },
                None => Record::UNKNOWN,
            }
        }

        /// None that all of these systems have.
        pub(crate) fn real_time() -> (c_int, c_int) {
            (0, -1)
        }

        /// Nothing is pending where signals are not blocked.
        pub(crate) fn discard(_: SignalSet) -> SignalSet {
            SignalSet::EMPTY
        }
    }
}

/// What is installed.
pub(crate) fn action(number: c_int) -> Result<Action, Errno> {
    let mut found = Action::DEFAULT;
    // SAFETY: nothing is installed, and the pointer is to a live action.
    cvt(unsafe { libc::sigaction(number, null(), found.get_mut()) }.into())?;
    Ok(found)
}

/// Installs this, and says what it was that it replaced.
pub(crate) fn set_action(number: c_int, action: &Action) -> Result<Action, Errno> {
    let mut found = Action::DEFAULT;
    // SAFETY: both pointers are to live actions, and what is installed was there
    // before, is `SIG_DFL`, or is our handler, which is sound in any thread.
    cvt(unsafe { libc::sigaction(number, action.get(), found.get_mut()) }.into())?;
    Ok(found)
}

/// Blocks these in this thread. Says which were blocked before.
pub(crate) fn block(set: SignalSet) -> Result<SignalSet, Errno> {
    change_mask(libc::SIG_BLOCK, set)
}

/// Unblocks these in this thread. Says which were blocked before.
pub(crate) fn unblock(set: SignalSet) -> Result<SignalSet, Errno> {
    change_mask(libc::SIG_UNBLOCK, set)
}

fn change_mask(how: c_int, set: SignalSet) -> Result<SignalSet, Errno> {
    if set == SignalSet::EMPTY {
        return Ok(set);
    }
    let change = sigset(set);
    let mut before = sigset(SignalSet::EMPTY);
    mask(how, &change, &mut before)?;
    Ok(members(&before))
}

fn members(of: &sigset_t) -> SignalSet {
    let mut members = SignalSet::EMPTY;
    every_number()
        // SAFETY: a live set.
        .filter(|&number| unsafe { libc::sigismember(of, number) } == 1)
        .for_each(|number| members.insert(number));
    members
}

/// On Linux this is the thread's mask too, and glibc before 2.32 has it in libc and not
/// in libpthread, which a program would have to load for it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn mask(how: c_int, change: &sigset_t, before: &mut sigset_t) -> Result<(), Errno> {
    // SAFETY: two live sets.
    cvt(unsafe { libc::sigprocmask(how, change, before) }.into()).map(drop)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn mask(how: c_int, change: &sigset_t, before: &mut sigset_t) -> Result<(), Errno> {
    // SAFETY: two live sets.
    match unsafe { libc::pthread_sigmask(how, change, before) } {
        0 => Ok(()),
        errno => Err(errno),
    }
}

/// libc's form of a set, which is larger than the kernel's.
pub(super) fn sigset(set: SignalSet) -> sigset_t {
    let mut result = MaybeUninit::<sigset_t>::uninit();
    // SAFETY: the first call fills the set. A number that libc does not take leaves
    // it as it is.
    unsafe {
        libc::sigemptyset(result.as_mut_ptr());
        for number in set.numbers() {
            libc::sigaddset(result.as_mut_ptr(), number);
        }
        result.assume_init()
    }
}

/// Sends it to this process.
pub(crate) fn raise(number: c_int) -> Result<(), Errno> {
    // SAFETY: no memory is touched.
    cvt(unsafe { libc::kill(libc::getpid(), number) }.into()).map(drop)
}

/// The number of this process.
pub(crate) fn process() -> u32 {
    // SAFETY: no preconditions.
    let number = unsafe { libc::getpid() };
    number.try_into().unwrap_or(0)
}

/// By the handler: makes the descriptor of a notifier readable. Eight bytes are one
/// more for an eventfd, and as good as one byte for a pipe.
pub(crate) fn notify(descriptor: u32) {
    let one = 1_u64.to_ne_bytes();
    if let Ok(descriptor) = c_int::try_from(descriptor) {
        // SAFETY: eight bytes of a live array. What can fail is that it is full, and
        // so readable.
        unsafe { libc::write(descriptor, one.as_ptr().cast(), one.len()) };
    }
}
