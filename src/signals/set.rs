//! Which signals.

use core::borrow::Borrow;

use libc::c_int;

use crate::sys::errno::Errno;
use crate::sys::signals::real_time;

/// The highest number of a signal: `_NSIG` of Linux, which on MIPS is the double, and
/// enough for the others.
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
/// How many signals there are.
pub(crate) const COUNT: usize = LAST as usize;

/// A set of signals, one bit for each: that of signal 1 is the lowest of the first
/// word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignalSet([u32; COUNT / 32]);

impl SignalSet {
    pub(crate) const EMPTY: SignalSet = SignalSet([0; COUNT / 32]);

    /// `EINVAL` if one of them is no signal, or one that cannot be watched.
    pub(crate) fn new<I>(numbers: I) -> Result<Self, Errno>
    where
        I: IntoIterator,
        I::Item: Borrow<c_int>,
    {
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

    /// The lowest number first, as the kernel gives them.
    pub(crate) fn numbers(self) -> impl Iterator<Item = c_int> {
        every_number().filter(move |&number| self.contains(number))
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

/// The word and the bit; no word for what is no signal.
fn place(number: c_int) -> (usize, u32) {
    match u32::try_from(number) {
        Ok(number @ 1..) => (
            usize::try_from((number - 1) / 32).unwrap_or(usize::MAX),
            1 << ((number - 1) % 32),
        ),
        _ => (usize::MAX, 0),
    }
}

/// Not SIGKILL and SIGSTOP, which the kernel keeps; not what a fault raises, as the
/// instruction that failed would be tried again, or, if the signal is blocked, the
/// process killed (sigaction(2)); not the real-time signals that libc keeps for its
/// threads.
fn can_be_watched(number: c_int) -> bool {
    let unwatched = [libc::SIGKILL, libc::SIGSTOP];
    let refused = unwatched.contains(&number) || FAULTS.contains(&number);
    // Linux has 31 others.
    let (first, last) = real_time();
    !refused && (matches!(number, 1..=31) || (first..=last).contains(&number))
}

/// Raised by the instruction that runs.
pub(crate) const FAULTS: &[c_int] = &[
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
        // One is enough.
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
}
