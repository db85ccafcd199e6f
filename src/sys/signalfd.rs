//! `signalfd4` and `signalfd`, by number for the reasons given in `eventfd.rs`.

use libc::c_int;

use super::errno::Errno;
use super::fd::{Fd, Flags, RawFd, Trust};
use super::siginfo::Record;
use super::sigset::SignalSet;

/// Creates a signalfd for these signals, close-on-exec and non-blocking.
pub(crate) fn create(trust: Trust, flags: Flags, set: SignalSet) -> Result<Fd, Errno> {
    const NEW: RawFd = -1;
    Fd::create(trust, flags, || signalfd(flags, NEW, set))
}

/// Replaces the signals of a signalfd with these.
pub(crate) fn set_signals(fd: &Fd, flags: Flags, set: SignalSet) -> Result<(), Errno> {
    match signalfd(flags, fd.as_raw(), set)? {
        raw if raw == fd.as_raw() => Ok(()),
        _ => Err(libc::ENOSYS),
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        use core::mem::size_of;

        use libc::signalfd_siginfo;

        use super::{cvt, numbers};

        /// The code of a signal that sigqueue(3) sent with a value.
        pub(crate) const QUEUED: c_int = libc::SI_QUEUE;

        fn signalfd(flags: Flags, fd: RawFd, set: SignalSet) -> Result<RawFd, Errno> {
            let (number, bits) = match flags {
                // SFD_CLOEXEC and SFD_NONBLOCK are the architecture's O_ flags by definition
                // (include/linux/signalfd.h).
                Flags::Atomic => (Some(libc::SYS_signalfd4), libc::O_CLOEXEC | libc::O_NONBLOCK),
                Flags::ByFcntl => (numbers::SIGNALFD, 0),
            };
            let number = number.ok_or(libc::ENOSYS)?;
            let size = size_of::<SignalSet>();
            // SAFETY: a live mask of the size that is said, which the kernel only reads; the
            // older call ignores the flags.
            cvt(unsafe { libc::syscall(number, fd, set.as_ptr(), size, bits as c_int) })
        }

        /// Takes the next signal that is pending for this thread or for the process.
        pub(crate) fn read(fd: &Fd) -> Result<(c_int, Record), Errno> {
            const SIZE: usize = size_of::<signalfd_siginfo>();
            let mut bytes = [0; SIZE];
            if fd.read(&mut bytes)? != SIZE {
                return Err(libc::EIO);
            }
            // SAFETY: it is integers, for which any bytes are a value.
            let info = unsafe { core::mem::transmute::<[u8; SIZE], signalfd_siginfo>(bytes) };
            let number = c_int::try_from(info.ssi_signo).map_err(|_| libc::EIO)?;
            Ok((number, Record::from_signalfd(number, &info)))
        }
    } else {
        /// A code that is not used: no signal is read on this system.
        pub(crate) const QUEUED: c_int = 0;

        /// Fails: only Linux has signalfd.
        fn signalfd(_: Flags, _: RawFd, _: SignalSet) -> Result<RawFd, Errno> {
            Err(libc::ENOSYS)
        }

        pub(crate) fn read(_: &Fd) -> Result<(c_int, Record), Errno> {
            Err(libc::ENOSYS)
        }
    }
}
