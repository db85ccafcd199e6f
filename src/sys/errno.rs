//! `errno`: reading, restoring and naming it.

use core::fmt;

/// An error number, as the libc reports it.
pub(crate) type Errno = libc::c_int;

// Every libc has a function for the location of errno, under its own name.
cfg_if::cfg_if! {
    if #[cfg(any(
        target_os = "android",
        target_os = "cygwin",
        target_os = "netbsd",
        target_os = "openbsd",
    ))] {
        use libc::__errno as location;
    } else if #[cfg(any(target_os = "freebsd", target_vendor = "apple"))] {
        use libc::__error as location;
    } else if #[cfg(target_os = "haiku")] {
        use libc::_errnop as location;
    } else if #[cfg(any(target_os = "illumos", target_os = "solaris"))] {
        use libc::___errno as location;
    } else {
        use libc::__errno_location as location;
    }
}

/// Returns the errno of the last call that failed on this thread.
///
/// MIPS kernels before 2.6.28 answer an unknown call with -ENOSYS instead of ENOSYS, and
/// some libcs pass that on. This function corrects that one value.
pub(crate) fn last() -> Errno {
    // SAFETY: the function has no preconditions and gives a pointer to this
    // thread's errno, valid as long as the thread runs.
    let errno = unsafe { *location() };
    if errno == -libc::ENOSYS {
        libc::ENOSYS
    } else {
        errno
    }
}

/// Restores errno at the end of the scope, whatever the calls in between do to it. A signal
/// handler must not change the errno of the code that it interrupts.
pub(crate) struct ErrnoGuard(*mut Errno, Errno);

impl ErrnoGuard {
    pub(crate) fn new() -> Self {
        // SAFETY: as in `last`.
        unsafe {
            let location = location();
            ErrnoGuard(location, *location)
        }
    }
}

impl Drop for ErrnoGuard {
    fn drop(&mut self) {
        // SAFETY: as in `last`; the location is this thread's own, so nobody
        // else reads or writes it at the same time.
        unsafe { *self.0 = self.1 }
    }
}

/// The name and the description of each errno that the crate's calls return.
const KNOWN: [(Errno, &str, &str); 18] = [
    (libc::EPERM, "EPERM", "operation not permitted"),
    (libc::EINTR, "EINTR", "interrupted by a signal"),
    (libc::EIO, "EIO", "input/output error"),
    (libc::EBADF, "EBADF", "bad file descriptor"),
    (libc::EAGAIN, "EAGAIN", "resource temporarily unavailable"),
    (libc::ENOMEM, "ENOMEM", "out of memory"),
    (libc::EACCES, "EACCES", "permission denied"),
    (libc::EFAULT, "EFAULT", "bad address"),
    (libc::EBUSY, "EBUSY", "resource busy"),
    (libc::EXDEV, "EXDEV", "object of another process"),
    (libc::ENODEV, "ENODEV", "no such device"),
    (libc::EINVAL, "EINVAL", "invalid argument"),
    (libc::ENFILE, "ENFILE", "too many open files in the system"),
    (libc::EMFILE, "EMFILE", "too many open files"),
    (libc::EPIPE, "EPIPE", "broken pipe"),
    (libc::ENOSYS, "ENOSYS", "no such system call"),
    (libc::ENOTSUP, "ENOTSUP", "not supported"),
    (libc::ECANCELED, "ECANCELED", "cancelled"),
];

/// Shows an errno as `EMFILE`, or an unknown one as `errno 123`.
pub(crate) struct Name(pub(crate) Errno);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match KNOWN.iter().find(|(errno, ..)| *errno == self.0) {
            Some((_, name, _)) => f.write_str(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}

/// Shows an errno as `too many open files (EMFILE)`.
pub(crate) struct Description(pub(crate) Errno);

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match KNOWN.iter().find(|(errno, ..)| *errno == self.0) {
            Some((_, name, words)) => write!(f, "{words} ({name})"),
            None => write!(f, "errno {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(errno: Errno) {
        // SAFETY: as in `last`.
        unsafe { *location() = errno }
    }

    #[test]
    fn negative_enosys_is_enosys() {
        set(-libc::ENOSYS);
        assert_eq!(last(), libc::ENOSYS);
        set(libc::EMFILE);
        assert_eq!(last(), libc::EMFILE);
    }

    #[test]
    fn kept_restores() {
        set(4242);
        {
            let _guard = ErrnoGuard::new();
            set(libc::EAGAIN);
        }
        assert_eq!(last(), 4242);
    }
}
