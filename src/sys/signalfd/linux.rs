//! The calls, and what they read and write.

use core::mem::{size_of, size_of_val, MaybeUninit};

use libc::{c_int, c_ulong, signalfd_siginfo};

use super::How;
use crate::signals::{told, Record, Signal, SignalSet, Told, COUNT};
use crate::sys::errno::Errno;
use crate::sys::fd::{self, Fd};
use crate::sys::{cvt, numbers};
use crate::RawFd;

pub(super) fn call(how: How, fd: RawFd, set: SignalSet) -> Result<RawFd, Errno> {
    let (number, flags) = match how {
        // SFD_CLOEXEC and SFD_NONBLOCK are the architecture's O_ flags by definition
        // (include/linux/signalfd.h).
        How::WithFlags => (
            Some(libc::SYS_signalfd4),
            libc::O_CLOEXEC | libc::O_NONBLOCK,
        ),
        How::Flagless => (numbers::SIGNALFD, 0),
    };
    let number = number.ok_or(libc::ENOSYS)?;
    let mask = kernel_mask(set);
    // SAFETY: a live mask of the size that is said, which the kernel only reads; the
    // older call ignores the flags.
    cvt(unsafe {
        libc::syscall(
            number,
            fd,
            mask.as_ptr(),
            size_of_val(&mask),
            flags as c_int,
        )
    })
}

/// The kernel's form of a set: `_NSIG` bits in words of its `unsigned long`, 8 bytes,
/// on MIPS 16. libc's `sigset_t` is larger, and the kernel refuses that size.
pub(in crate::sys) fn kernel_mask(set: SignalSet) -> [c_ulong; MASK_WORDS] {
    let mut mask = [0; MASK_WORDS];
    for number in set.numbers() {
        // From 1 to `COUNT`.
        let place = number.unsigned_abs().saturating_sub(1);
        if let Some(word) = mask.get_mut((place / c_ulong::BITS) as usize) {
            *word |= 1 << (place % c_ulong::BITS);
        }
    }
    mask
}

const MASK_WORDS: usize = COUNT / c_ulong::BITS as usize;

/// The next signal that is pending for this thread or the process.
pub(crate) fn read(signalfd: &Fd) -> Result<Signal, Errno> {
    const SIZE: usize = size_of::<signalfd_siginfo>();
    let mut info = MaybeUninit::<signalfd_siginfo>::zeroed();
    // SAFETY: a live siginfo of this size.
    let read = unsafe { fd::read(signalfd.as_raw(), info.as_mut_ptr().cast(), SIZE) }?;
    if read != SIZE {
        return Err(libc::EIO);
    }
    // SAFETY: it is integers, and the kernel has filled it.
    let info = unsafe { info.assume_init() };
    let number = c_int::try_from(info.ssi_signo).map_err(|_| libc::EIO)?;
    let code = info.ssi_code;
    let (pid, uid, extra) = match told(number, code) {
        Told::Nothing => (0, 0, 0),
        Told::Sender => (info.ssi_pid, info.ssi_uid, 0),
        Told::Child => (info.ssi_pid, info.ssi_uid, info.ssi_status),
        Told::Value => (info.ssi_pid, info.ssi_uid, info.ssi_int),
        Told::ValueAlone => (0, 0, info.ssi_int),
    };
    let record = Record {
        code,
        pid,
        uid,
        extra,
    };
    Ok(Signal::new(number, record))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_has_the_kernels_size_and_order() {
        let bytes = size_of_val(&kernel_mask(SignalSet::EMPTY));
        let is_mips = cfg!(any(
            target_arch = "mips",
            target_arch = "mips32r6",
            target_arch = "mips64",
            target_arch = "mips64r6",
        ));
        assert_eq!(bytes, if is_mips { 16 } else { 8 });
        let (first_real_time, _) = crate::sys::signals::real_time();
        for number in [1, libc::SIGTERM, libc::SIGUSR2, first_real_time] {
            let mask = kernel_mask(SignalSet::new([number]).expect("a set"));
            let place = number as usize - 1;
            let bits = c_ulong::BITS as usize;
            assert_eq!(mask[place / bits], 1 << (place % bits), "{number}");
            assert_eq!(mask.iter().map(|word| word.count_ones()).sum::<u32>(), 1);
        }
    }
}
