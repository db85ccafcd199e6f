//! Sets of signals, and the calling thread's mask.

use core::borrow::Borrow;
use core::mem::MaybeUninit;

use libc::{c_int, c_ulong, sigset_t};

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::cvt;
use super::errno::Errno;

/// The highest signal number: `_NSIG` of Linux, which is twice as high on MIPS, and high
/// enough for other systems.
const LAST: c_int = match cfg!(all(
    any(target_os = "linux", target_os = "android"),
    not(any(
        target_arch = "mips",
        target_arch = "mips32r6",
        target_arch = "mips64",
        target_arch = "mips64r6",
    )),
)) {
    true => 64,
    false => 128,
};

/// The number of signals.
pub(crate) const COUNT: usize = LAST as usize;

/// The signals that a faulting instruction raises.
pub(super) const FAULTS: &[c_int] = &[
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGSYS,
    #[cfg(any(
        target_arch = "mips",
        target_arch = "mips32r6",
        target_arch = "mips64",
        target_arch = "mips64r6",
    ))]
    libc::SIGEMT,
];

/// A set of signals in the kernel's form: one bit for each signal, in words of the kernel's
/// `unsigned long`. libc's `sigset_t` is larger, and the kernel refuses that size.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct SignalSet([c_ulong; WORDS]);

const BITS: usize = c_ulong::BITS as usize;

/// The number of words in a set.
pub(super) const WORDS: usize = COUNT / BITS;

impl SignalSet {
    pub(crate) const EMPTY: SignalSet = SignalSet([0; WORDS]);

    /// Every signal except those that a fault raises.
    #[allow(clippy::indexing_slicing)] // The compiler evaluates it.
    pub(crate) const ALL_BUT_FAULTS: SignalSet = {
        let mut words = [!0; WORDS];
        let mut rest = FAULTS;
        while let [fault, others @ ..] = rest {
            let place = *fault as usize - 1;
            words[place / BITS] &= !(1 << (place % BITS));
            rest = others;
        }
        SignalSet(words)
    };

    pub(super) const fn words(self) -> [c_ulong; WORDS] {
        self.0
    }

    pub(super) const fn from_words(words: [c_ulong; WORDS]) -> Self {
        SignalSet(words)
    }

    /// Creates a set. Fails with `EINVAL` if a number is no signal, or a signal that cannot
    /// be watched.
    pub(crate) fn new(
        numbers: impl IntoIterator<Item = impl Borrow<c_int>>,
    ) -> Result<Self, Errno> {
        let mut set = Self::EMPTY;
        for number in numbers {
            let number = *number.borrow();
            if !can_be_watched(number) {
                return Err(libc::EINVAL);
            }
            set.insert(number);
        }
        Ok(set)
    }

    pub(crate) fn insert(&mut self, number: c_int) {
        let (word, bit) = place(number);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    pub(crate) fn contains(&self, number: c_int) -> bool {
        let (word, bit) = place(number);
        self.0.get(word).map_or(false, |word| word & bit != 0)
    }

    pub(crate) fn without(mut self, others: SignalSet) -> Self {
        for (word, other) in self.0.iter_mut().zip(others.0) {
            *word &= !other;
        }
        self
    }

    pub(crate) fn with(mut self, others: SignalSet) -> Self {
        for (word, other) in self.0.iter_mut().zip(others.0) {
            *word |= other;
        }
        self
    }

    /// Iterates over the numbers, the lowest first.
    pub(crate) fn numbers(self) -> impl Iterator<Item = c_int> {
        every_number().filter(move |&number| self.contains(number))
    }

    /// Returns a pointer to the set, for a system call by number.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) const fn as_ptr(&self) -> *const c_ulong {
        self.0.as_ptr()
    }

    /// Converts to libc's form.
    pub(crate) fn to_libc(self) -> sigset_t {
        let mut result = MaybeUninit::<sigset_t>::uninit();
        // SAFETY: the first call fills the set. A number that libc does not take leaves
        // it as it is.
        unsafe {
            libc::sigemptyset(result.as_mut_ptr());
            for number in self.numbers() {
                libc::sigaddset(result.as_mut_ptr(), number);
            }
            result.assume_init()
        }
    }

    /// Converts from libc's form.
    pub(super) fn from_libc(set: &sigset_t) -> Self {
        let mut members = SignalSet::EMPTY;
        every_number()
            // SAFETY: a live set.
            .filter(|&number| unsafe { libc::sigismember(set, number) } == 1)
            .for_each(|number| members.insert(number));
        members
    }
}

impl core::fmt::Debug for SignalSet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.numbers()).finish()
    }
}

pub(crate) fn every_number() -> impl Iterator<Item = c_int> {
    1..=LAST
}

/// Returns the word and the bit of a signal. The word does not exist if the number is no
/// signal.
fn place(number: c_int) -> (usize, c_ulong) {
    // A negative number becomes a large one, and zero becomes the largest.
    let place = (number as usize).wrapping_sub(1);
    (place / BITS, 1 << (place % BITS))
}

/// Returns whether the crate watches this signal. It refuses SIGKILL and SIGSTOP, which the
/// kernel reserves; the signals of faults, because the failed instruction would run again,
/// or the kernel would kill the process if the signal is blocked (sigaction(2)); and the
/// real-time signals that libc uses for its threads.
fn can_be_watched(number: c_int) -> bool {
    let unwatched = [libc::SIGKILL, libc::SIGSTOP];
    let refused = unwatched.contains(&number) || FAULTS.contains(&number);
    // Linux has 31 standard signals.
    let (first, last) = real_time();
    !refused && (matches!(number, 1..=31) || (first..=last).contains(&number))
}

/// Blocks these signals in the calling thread, and returns all that were blocked before.
/// For an empty set, makes no system call and returns an empty set.
pub(crate) fn block(set: SignalSet) -> Result<SignalSet, Errno> {
    match set {
        SignalSet::EMPTY => Ok(set),
        _ => change_mask(libc::SIG_BLOCK, set),
    }
}

/// Unblocks these signals in the calling thread, and otherwise works as [`block`].
pub(crate) fn unblock(set: SignalSet) -> Result<SignalSet, Errno> {
    match set {
        SignalSet::EMPTY => Ok(set),
        _ => change_mask(libc::SIG_UNBLOCK, set),
    }
}

/// Blocks every signal but those of faults in the calling thread until it is dropped. For
/// signal handlers: a handler that interrupts the recording of a signal and leaves with
/// `longjmp` must not cut it short. On Linux by number, so that libc's own signals are
/// blocked too, one of which cancels threads. If the mask cannot be changed, it stays
/// unchanged.
pub(super) struct AllBlocked(Option<SignalSet>);

impl AllBlocked {
    pub(super) fn new() -> Self {
        AllBlocked(set_mask(libc::SIG_BLOCK, SignalSet::ALL_BUT_FAULTS).ok())
    }
}

impl Drop for AllBlocked {
    fn drop(&mut self) {
        if let Some(before) = self.0 {
            let _ = set_mask(libc::SIG_SETMASK, before);
        }
    }
}

/// Changes the mask as `change_mask` does, without conversions to libc's form.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn set_mask(how: c_int, set: SignalSet) -> Result<SignalSet, Errno> {
    let (size, mut before) = (core::mem::size_of::<SignalSet>(), SignalSet::EMPTY);
    let found = before.0.as_mut_ptr();
    // SAFETY: two live sets of the size that is said, of which the call writes the second.
    cvt(unsafe { libc::syscall(libc::SYS_rt_sigprocmask, how, set.as_ptr(), found, size) })?;
    Ok(before)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
use change_mask as set_mask;

/// Returns the signals that this thread blocks.
pub(crate) fn blocked() -> Result<SignalSet, Errno> {
    change_mask(libc::SIG_BLOCK, SignalSet::EMPTY)
}

fn change_mask(how: c_int, set: SignalSet) -> Result<SignalSet, Errno> {
    let (change, mut before) = (set.to_libc(), SignalSet::EMPTY.to_libc());
    // On Linux this call changes the thread's mask too. glibc before 2.32 has it in libc,
    // and `pthread_sigmask` in libpthread, which a program would have to load for it.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: two live sets.
    cvt(unsafe { libc::sigprocmask(how, &change, &mut before) }.into())?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    // SAFETY: two live sets.
    match unsafe { libc::pthread_sigmask(how, &change, &mut before) } {
        0 => {}
        errno => return Err(errno),
    }
    Ok(SignalSet::from_libc(&before))
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        /// Returns the first and the last real-time signal that libc leaves to programs.
        pub(crate) fn real_time() -> (c_int, c_int) {
            (libc::SIGRTMIN(), libc::SIGRTMAX())
        }

        /// Takes and discards what is pending of these signals, for this thread and the
        /// process. Stops after a fixed number, so that a process that keeps sending does
        /// not hold the caller here. Returns the signals that are still pending, because
        /// there were more or the call was refused.
        pub(crate) fn discard_pending(set: SignalSet) -> SignalSet {
            const PENDING_AT_MOST: usize = 1 << 16;
            const NUMBER: libc::c_long = super::numbers::timed::RT_SIGTIMEDWAIT;

            if set == SignalSet::EMPTY {
                return set;
            }
            // A time of zero, whatever the width of the kernel's time.
            let at_once = [0_u64; 2];
            let no_info = core::ptr::null_mut::<libc::siginfo_t>();
            let size = core::mem::size_of::<SignalSet>();
            // SAFETY: a live mask of the size that is said, no siginfo, and a live time.
            let take = || cvt(unsafe {
                libc::syscall(NUMBER, set.as_ptr(), no_info, at_once.as_ptr(), size)
            });
            if (0..PENDING_AT_MOST).find_map(|_| take().err()) == Some(libc::EAGAIN) {
                return SignalSet::EMPTY;
            }
            let mut pending = SignalSet::EMPTY.to_libc();
            // SAFETY: a live set.
            match cvt(unsafe { libc::sigpending(&mut pending) }.into()) {
                Ok(_) => SignalSet::from_libc(&pending),
                Err(_) => set,
            }
        }
    } else {
        /// Returns an empty range: these systems have no range in common.
        pub(crate) fn real_time() -> (c_int, c_int) {
            (0, -1)
        }

        /// Returns an empty set: nothing is pending where signals are not blocked.
        pub(crate) fn discard_pending(_: SignalSet) -> SignalSet {
            SignalSet::EMPTY
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn what_is_refused() {
        let (first, last) = real_time();
        for number in [
            0,
            -1,
            c_int::MIN,
            c_int::MAX,
            32,
            first - 1,
            last + 1,
            LAST + 1,
            libc::SIGKILL,
            libc::SIGSTOP,
            libc::SIGSEGV,
            libc::SIGBUS,
            libc::SIGFPE,
            libc::SIGILL,
            libc::SIGTRAP,
            libc::SIGSYS,
        ] {
            assert_eq!(SignalSet::new([number]), Err(libc::EINVAL), "{number}");
        }
        // One refused signal is enough.
        assert!(SignalSet::new([libc::SIGTERM, libc::SIGKILL]).is_err());
        for number in [libc::SIGHUP, libc::SIGABRT, libc::SIGCHLD, first, last] {
            assert!(SignalSet::new([number]).is_ok(), "{number}");
        }
    }

    #[test]
    fn numbers_are_in_order_and_once() {
        let (first, last) = real_time();
        let given = [last, libc::SIGTERM, 1, libc::SIGTERM, first];
        for set in [SignalSet::new(given.iter()), SignalSet::new(given)] {
            let numbers: Vec<_> = set.expect("a set").numbers().collect();
            assert_eq!(numbers, [1, libc::SIGTERM, first, last]);
        }
        assert_eq!(SignalSet::EMPTY.numbers().count(), 0);
    }

    #[test]
    fn the_set_has_the_kernels_size_and_order() {
        let is_mips = cfg!(any(
            target_arch = "mips",
            target_arch = "mips32r6",
            target_arch = "mips64",
            target_arch = "mips64r6",
        ));
        let bytes = if is_mips { 16 } else { 8 };
        assert_eq!(core::mem::size_of::<SignalSet>(), bytes);
        let (first_real_time, _) = real_time();
        for number in [1, libc::SIGTERM, libc::SIGUSR2, first_real_time] {
            let SignalSet(words) = SignalSet::new([number]).expect("a set");
            let place = number as usize - 1;
            assert_eq!(words[place / BITS], 1 << (place % BITS), "{number}");
            assert_eq!(words.iter().map(|word| word.count_ones()).sum::<u32>(), 1);
        }
    }
}
