//! The two ends of a notifier: what is read and polled, and what is written. Those
//! of an eventfd are one descriptor.

#[cfg(feature = "std")]
use core::mem::forget;
use core::mem::MaybeUninit;

use libc::c_int;

use super::errno::Errno;
use super::fd;
use crate::{Mechanism, Mode, RawFd};

/// Owns the descriptors of both ends, or is closed.
#[derive(Debug)]
pub(crate) struct Ends {
    read: RawFd,
    write: RawFd,
}

impl Ends {
    pub(crate) const CLOSED: Ends = Ends {
        read: -1,
        write: -1,
    };

    /// Makes them on this mechanism, close-on-exec and non-blocking. `first` doubts the
    /// kernel's answer; see [`carries`](Self::carries) for the other half of that.
    ///
    /// They are to be closed before. After a failure they are closed.
    #[cfg_attr(not(feature = "eventfd"), allow(unused_variables))] // A pipe has no mode.
    pub(crate) fn open(
        &mut self,
        mechanism: Mechanism,
        mode: Mode,
        first: bool,
    ) -> Result<c_int, Errno> {
        let [read, write] = match mechanism {
            #[cfg(all(feature = "eventfd", any(target_os = "linux", target_os = "android")))]
            Mechanism::EventFd2 | Mechanism::EventFd => {
                super::eventfd::eventfd(mechanism, mode, first)?
            }
            #[cfg(feature = "pipe")]
            Mechanism::Pipe2 | Mechanism::Pipe => super::pipe::pipe(mechanism)?,
            _ => return Err(libc::EINVAL),
        };
        self.read = read;
        self.write = write;
        let is_bare = !mechanism.has_flags();
        if !(first || is_bare) {
            return Ok(0);
        }
        let mut result = fd::ensure_cloexec_nonblock(read, is_bare);
        if result.is_ok() && self.are_two() {
            result = fd::ensure_cloexec_nonblock(write, is_bare);
        }
        if result.is_err() {
            self.close();
        }
        result
    }

    pub(crate) fn close(&mut self) {
        if self.read >= 0 {
            fd::close(self.read);
            if self.are_two() {
                fd::close(self.write);
            }
            self.read = -1;
        }
    }

    /// Whether a number that is written comes out again, and then nothing.
    pub(crate) fn carries(&self) -> bool {
        let mut number = [0];
        self.write(&2_u64.to_ne_bytes()).is_ok()
            && self.read_numbers(&mut number) == Ok(1)
            && number == [2]
            && self.read_numbers(&mut number) == Err(libc::EAGAIN)
    }

    /// The end that is read and polled.
    pub(crate) const fn reading(&self) -> RawFd {
        self.read
    }

    /// The end that is written, for a signal handler.
    #[cfg(feature = "signal")]
    pub(crate) const fn writing(&self) -> RawFd {
        self.write
    }

    /// Writes `bytes`, which are few enough to be written as a whole or not at all.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<c_int, Errno> {
        fd::write(self.write, bytes)
    }

    /// Reads at most `buffer.len()` bytes and says how many.
    #[cfg(feature = "pipe-channel")]
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        // SAFETY: pointer and length are those of a live slice.
        unsafe { fd::read(self.read, buffer.as_mut_ptr(), buffer.len()) }
    }

    /// Reads whole numbers, and says how many.
    pub(crate) fn read_numbers(&self, numbers: &mut [u64]) -> Result<usize, Errno> {
        const SIZE: usize = core::mem::size_of::<u64>();
        // SAFETY: pointer and length are those of a live slice, and a u64 may be
        // any eight bytes.
        match unsafe { fd::read(self.read, numbers.as_mut_ptr().cast(), numbers.len() * SIZE) }? {
            // The end of the file: somebody closed the writing end by number.
            0 => Err(libc::EPIPE),
            read => Ok(read / SIZE),
        }
    }

    /// Reads and throws away; says whether there may be more.
    ///
    /// A read ends short only when the pipe is empty (the kernel's `pipe_read` goes
    /// from buffer to buffer until then), so that one call usually does; and always
    /// for an eventfd, which gives eight bytes. The buffer is on the stack, perhaps
    /// that of a small thread.
    pub(crate) fn discard(&self) -> Result<bool, Errno> {
        const CAPACITY: usize = if cfg!(feature = "pipe") { 1024 } else { 16 };
        let mut buffer = MaybeUninit::<[u8; CAPACITY]>::uninit();
        // SAFETY: the buffer has this capacity, and is only written to.
        match unsafe { fd::read(self.read, buffer.as_mut_ptr().cast(), CAPACITY) }? {
            // The end of the file: somebody closed the writing end by number.
            0 => Err(libc::EPIPE),
            read => Ok(read == CAPACITY),
        }
    }

    /// Puts what the `new` ones refer to under these numbers; see [`fd::replace`].
    ///
    /// The writing end first: what is written meanwhile goes into a pipe that has a
    /// reading end, so nobody gets a SIGPIPE.
    pub(crate) fn replace(&self, new: &Ends, with_flags: bool) -> Result<c_int, Errno> {
        if self.are_two() {
            fd::replace(self.write, new.write, with_flags)?;
        }
        fd::replace(self.read, new.read, with_flags)
    }

    /// Whether it is a pipe. In a build with one backend there is nothing to ask.
    pub(crate) const fn are_two(&self) -> bool {
        const EVENTFD: bool = cfg!(all(
            feature = "eventfd",
            any(target_os = "linux", target_os = "android"),
        ));
        cfg!(feature = "pipe") && (!EVENTFD || self.read != self.write)
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(feature = "std")]
mod std_impls {
    use super::{forget, Ends};
    use std::os::unix::io::{BorrowedFd, FromRawFd, OwnedFd};

    impl Ends {
        /// The end that is polled.
        pub(crate) fn borrow(&self) -> BorrowedFd<'_> {
            // SAFETY: we own the descriptor, so it is open as long as `self`.
            unsafe { BorrowedFd::borrow_raw(self.read) }
        }
    }

    /// Of an eventfd, whose ends are one.
    impl From<Ends> for OwnedFd {
        fn from(ends: Ends) -> Self {
            let raw = ends.read;
            forget(ends);
            // SAFETY: we owned the descriptor and have just forgotten it.
            unsafe { OwnedFd::from_raw_fd(raw) }
        }
    }

    /// The reading end and the writing end, of a pipe.
    impl From<Ends> for (OwnedFd, OwnedFd) {
        fn from(ends: Ends) -> Self {
            let (read, write) = (ends.read, ends.write);
            forget(ends);
            // SAFETY: as above, of two.
            unsafe { (OwnedFd::from_raw_fd(read), OwnedFd::from_raw_fd(write)) }
        }
    }
}

#[cfg(all(feature = "channel", feature = "pipe"))]
impl Ends {
    /// The reading end and the writing end, each on its own.
    pub(crate) fn split(self) -> (fd::Fd, fd::Fd) {
        let (read, write) = (self.read, self.write);
        forget(self);
        // SAFETY: we owned the descriptors and have just forgotten them.
        unsafe { (fd::Fd::from_raw(read), fd::Fd::from_raw(write)) }
    }
}
