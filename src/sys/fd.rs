//! A descriptor: its owner, and the calls on it.

use core::mem::MaybeUninit;

use libc::{c_int, c_long};

use super::cvt;
use super::errno::{Errno, ErrnoGuard};

/// A file descriptor's number, as `std::os::unix::io::RawFd` is.
pub type RawFd = c_int;

/// Owns a descriptor that no other code closes. Dropping it closes the descriptor.
#[derive(Debug)]
pub(crate) struct Fd(RawFd);

/// Whether a system call can set a new descriptor's flags while it creates the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flags {
    /// The call takes flags. It came with Linux 2.6.27 or later, as `dup3` did.
    Atomic,
    /// The call takes no flags: `fcntl` sets them afterwards.
    ByFcntl,
}

/// Whether this process has verified that a system call does what is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The call is used for the first time: verify its answer.
    Verify,
    /// The call was verified in this process.
    Proved,
}

impl Fd {
    /// Creates a descriptor with a system call by number, and makes sure that it is
    /// close-on-exec and non-blocking.
    ///
    /// Before the call is verified, its answer may be no new descriptor: a vendor's kernel
    /// can have another call under this number, and a MIPS kernel before 2.6.28 makes
    /// `syscall` return +89 for an unknown call. That number may be another's descriptor,
    /// which must not be touched. A real call returns another number the second time.
    #[allow(dead_code)] // A build with pipes alone has no such call.
    #[inline(always)] // For size: in a build for C there is one caller.
    pub(super) fn create(
        trust: Trust,
        flags: Flags,
        call: impl Fn() -> Result<RawFd, Errno>,
    ) -> Result<Self, Errno> {
        let fd = call()?;
        if trust == Trust::Verify {
            match call() {
                Ok(second) if second == fd => return Err(libc::ENOSYS),
                // Two calls returned two numbers, so both are new and no other code knows
                // them.
                Ok(second) => drop(Fd(second)),
                // The call failed, for example because only one descriptor was left. A call
                // that creates no descriptor would have returned the same number again.
                Err(_) => {}
            }
        }
        let fd = Fd(fd);
        fd.ensure_cloexec_nonblock(trust, flags)?;
        Ok(fd)
    }

    /// Takes ownership of `raw`.
    ///
    /// # Safety
    ///
    /// `raw` is open, and the caller gives up the right to close it.
    #[allow(dead_code)] // A build without the pipe does not use it.
    pub(super) const unsafe fn from_raw(raw: RawFd) -> Self {
        Fd(raw)
    }

    pub(crate) const fn as_raw(&self) -> RawFd {
        self.0
    }

    /// Makes sure that the descriptor is close-on-exec and non-blocking. Sets the flags if
    /// the call took none, and reads them back before the call is trusted. Sets
    /// close-on-exec first, because it races with the `exec` of another thread.
    ///
    /// Fails with ENOSYS if the flags are not set, and with EBADF, which means the same.
    pub(super) fn ensure_cloexec_nonblock(&self, trust: Trust, flags: Flags) -> Result<(), Errno> {
        if flags == Flags::ByFcntl {
            // F_SETFD's flag is not O_CLOEXEC. A new descriptor has no other to clear.
            self.fcntl(libc::F_SETFD, libc::FD_CLOEXEC)?;
            self.fcntl(libc::F_SETFL, libc::O_NONBLOCK)?;
        }
        if flags == Flags::ByFcntl || trust == Trust::Verify {
            let descriptor = self.fcntl(libc::F_GETFD, 0)? & libc::FD_CLOEXEC;
            let status = self.fcntl(libc::F_GETFL, 0)? & libc::O_NONBLOCK;
            if descriptor == 0 || status == 0 {
                return Err(libc::ENOSYS);
            }
        }
        Ok(())
    }

    /// Duplicates the descriptor: returns another number for the same open file,
    /// close-on-exec, and non-blocking if this descriptor is.
    pub(crate) fn duplicate(&self) -> Result<Self, Errno> {
        match self.fcntl(libc::F_DUPFD_CLOEXEC, 0) {
            Ok(fd) => Ok(Fd(fd)),
            // Linux before 2.6.24 does not support that command.
            Err(libc::EINVAL) => {
                let new = Fd(self.fcntl(libc::F_DUPFD, 0)?);
                new.fcntl(libc::F_SETFD, libc::FD_CLOEXEC)?;
                Ok(new)
            }
            Err(errno) => Err(errno),
        }
    }

    pub(super) fn fcntl(&self, command: c_int, argument: c_int) -> Result<c_int, Errno> {
        // SAFETY: the commands used here take an integer or nothing, and change flags, or
        // make a new descriptor.
        cvt(unsafe { libc::fcntl(self.0, command, argument) }.into())
    }

    /// Writes `bytes`, which are few enough to be written as a whole or not at all.
    /// Like [`read`](Self::read), never fails with EINTR: a signal interrupts only a call
    /// that waits (signal(7)), and these descriptors are non-blocking.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Errno> {
        let (start, length) = (bytes.as_ptr() as *mut u8, bytes.len());
        // SAFETY: pointer and length are those of a live slice, which is only read.
        unsafe { transfer(Transfer::Write, self.0, start, length) }.map(drop)
    }

    /// Writes `size` zeros, at most 4096, as a whole or not at all (pipe(7)).
    #[allow(dead_code)] // A build without the pipe does not use it.
    pub(crate) fn write_zeros(&self, size: usize) -> Result<(), Errno> {
        const BLOCK: usize = 256;
        let block = [0_u8; BLOCK];
        let part = libc::iovec {
            iov_base: block.as_ptr() as *mut _,
            iov_len: size.min(BLOCK),
        };
        let parts = [part; 4096 / BLOCK];
        let count = (size / BLOCK).clamp(1, parts.len());
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // 1 to 16.
        // SAFETY: as many live parts, each of a live block that is only read.
        unsafe { writev(self.0, parts.as_ptr(), count as c_int) }.map(drop)
    }

    /// Reads at most `buffer.len()` bytes, and returns their number.
    #[allow(dead_code)] // Which features use it is their affair.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        // SAFETY: pointer and length are those of a live slice.
        unsafe { transfer(Transfer::Read, self.0, buffer.as_mut_ptr(), buffer.len()) }
    }

    /// Returns the number of bytes that can be read (`ioctl` with `FIONREAD`).
    #[cfg(feature = "pipe-channel")]
    pub(crate) fn available(&self) -> Result<usize, Errno> {
        let mut bytes: c_int = 0;
        // SAFETY: the request writes one integer, to a live one.
        let result = unsafe { libc::ioctl(self.0, libc::FIONREAD, &mut bytes) };
        cvt(c_long::from(result)).map(|_| bytes as usize)
    }

    /// Reads at most `numbers.len()` 64-bit numbers, and returns how many. Fails with EPIPE
    /// at the end of the file: other code closed a pipe's writing end by number.
    #[allow(dead_code)] // As `read`.
    #[inline(never)] // For size: both backends call it.
    pub(crate) fn read_numbers(&self, numbers: &mut [u64]) -> Result<usize, Errno> {
        const SIZE: usize = core::mem::size_of::<u64>();
        let bytes = numbers.len() * SIZE;
        // SAFETY: pointer and length are those of a live slice of numbers of any value.
        match unsafe { transfer(Transfer::Read, self.0, numbers.as_mut_ptr().cast(), bytes) }? {
            0 => Err(libc::EPIPE),
            read => Ok(read / SIZE),
        }
    }

    /// Reads and discards everything, and returns whether there was anything.
    ///
    /// A read ends short only if it emptied the descriptor: for a pipe because the kernel's
    /// `pipe_read` goes from buffer to buffer, and for an eventfd because it has only eight
    /// bytes. So one call is usually enough. The buffer suits a small thread's stack.
    pub(crate) fn drain(&self) -> Result<bool, Errno> {
        const CAPACITY: usize = if cfg!(feature = "pipe") { 1024 } else { 16 };
        let mut drained = false;
        loop {
            let mut buffer = MaybeUninit::<[u8; CAPACITY]>::uninit();
            // SAFETY: the buffer has this size, and nobody reads it.
            match unsafe { transfer(Transfer::Read, self.0, buffer.as_mut_ptr().cast(), CAPACITY) }
            {
                // The end of the file: other code closed the writing end by number.
                Ok(0) => return Err(libc::EPIPE),
                Ok(CAPACITY) => drained = true,
                Ok(_) => return Ok(true),
                Err(libc::EAGAIN) => return Ok(drained),
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Notifies an eventfd. If it is full, it accepts a zero (fs/eventfd.c): another edge.
    pub(crate) fn notify_edge(&self) -> Result<(), Errno> {
        let _guard = ErrnoGuard::new();
        // SAFETY: eight live bytes, which are only read.
        let write =
            |n: u64| unsafe { transfer(Transfer::Write, self.0, (&n as *const u64) as *mut u8, 8) };
        match write(1) {
            Err(libc::EAGAIN) => write(0).map(drop).or(Ok(())),
            result => result.map(drop),
        }
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // SAFETY: an integer. Linux has released the number even on EINTR (close(2)).
        unsafe { libc::close(self.0) };
    }
}

/// Writes the first `size` bytes of the number one, and leaves errno unchanged. Succeeds if
/// the descriptor is full, because it is readable then.
#[inline(never)] // For size: both backends call it.
pub(crate) fn notify(fd: RawFd, size: usize) -> Result<(), Errno> {
    let _guard = ErrnoGuard::new();
    let one = 1_u64.to_ne_bytes();
    let bytes = one.get(..size).unwrap_or(&one);
    // SAFETY: pointer and length are those of a live slice, which is only read.
    match unsafe { transfer(Transfer::Write, fd, bytes.as_ptr() as *mut u8, bytes.len()) } {
        Err(libc::EAGAIN) | Ok(_) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// The direction of a [`transfer`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transfer {
    Read,
    Write,
}

/// Calls `read` or `write`.
///
/// On Linux by number: libc's functions are cancellation points (pthreads(7)), and a thread
/// that is cancelled in a handler, or with a lock, of this crate would leave it behind. If
/// a preloaded library refuses `syscall`, libc's functions are called.
///
/// # Safety
///
/// `length` bytes at `bytes` may be read, or written by a read.
#[allow(clippy::cast_sign_loss)] // A negative number was an error.
unsafe fn transfer(
    direction: Transfer,
    fd: RawFd,
    bytes: *mut u8,
    length: usize,
) -> Result<usize, Errno> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let number = match direction {
            Transfer::Read => libc::SYS_read,
            Transfer::Write => libc::SYS_write,
        };
        // SAFETY: the caller's promise.
        let result = cvt(unsafe { libc::syscall(number, fd, bytes, length) });
        if result != Err(libc::ENOSYS) {
            return result.map(|done| done as usize);
        }
    }
    // SAFETY: the caller's promise.
    cvt(unsafe {
        match direction {
            Transfer::Read => libc::read(fd, bytes.cast(), length),
            Transfer::Write => libc::write(fd, bytes.cast(), length),
        }
    } as c_long)
    .map(|done| done as usize)
}

/// Calls `writev`, on Linux by number as [`transfer`] does.
///
/// # Safety
///
/// There are `count` live parts, which may be read.
#[allow(dead_code)] // As its caller.
unsafe fn writev(fd: RawFd, parts: *const libc::iovec, count: c_int) -> Result<c_int, Errno> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // SAFETY: the caller's promise.
        let result = cvt(unsafe { libc::syscall(libc::SYS_writev, fd, parts, count) });
        if result != Err(libc::ENOSYS) {
            return result;
        }
    }
    // SAFETY: the caller's promise.
    cvt(unsafe { libc::writev(fd, parts, count) } as c_long)
}

#[cfg(feature = "std")]
mod std_impls {
    use super::Fd;
    use std::os::unix::io::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

    impl Fd {
        pub(crate) fn borrow(&self) -> BorrowedFd<'_> {
            // SAFETY: we own the descriptor, so it is open as long as `self`.
            unsafe { BorrowedFd::borrow_raw(self.0) }
        }
    }

    impl From<OwnedFd> for Fd {
        fn from(fd: OwnedFd) -> Self {
            Fd(fd.into_raw_fd())
        }
    }

    impl From<Fd> for OwnedFd {
        fn from(fd: Fd) -> Self {
            let raw = fd.0;
            core::mem::forget(fd);
            // SAFETY: we owned the descriptor and have just forgotten it.
            unsafe { OwnedFd::from_raw_fd(raw) }
        }
    }
}
