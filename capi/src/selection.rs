//! Which backend: `enum wakefd_backend` of wakefd.h.

use libc::c_int;

#[cfg(feature = "text")]
pub use choice::report;
pub use choice::{counter, notifier};

const AUTO: c_int = 0;
#[allow(dead_code)] // In a build with one backend it is a number between two.
const KERNEL: c_int = 1;
pub const EVENTFD: c_int = 2;
pub const PIPE: c_int = 3;

/// A build with both: the core chooses.
#[cfg(all(
    feature = "eventfd",
    feature = "pipe",
    any(target_os = "linux", target_os = "android"),
))]
mod choice {
    use libc::c_int;
    use wakefd::{AutoNotifier, Counter, Mode, Selection};

    use crate::errno;

    fn selected(selection: c_int) -> Result<Selection, c_int> {
        match selection {
            super::AUTO => Ok(Selection::Auto),
            super::KERNEL => Ok(Selection::Kernel),
            super::EVENTFD => Ok(Selection::EventFd),
            super::PIPE => Ok(Selection::Pipe),
            _ => Err(libc::EINVAL),
        }
    }

    pub fn notifier(selection: c_int) -> Result<AutoNotifier, c_int> {
        AutoNotifier::with(selected(selection)?).map_err(errno)
    }

    pub fn counter(selection: c_int, mode: Mode) -> Result<Counter, c_int> {
        Counter::with(selected(selection)?, mode).map_err(errno)
    }

    #[cfg(feature = "text")]
    pub fn report(selection: c_int) -> Result<wakefd::Report, c_int> {
        Ok(wakefd::probe_with(selected(selection)?))
    }
}

/// A build with one: there is nothing to choose, and the other is not here.
#[cfg(not(all(
    feature = "eventfd",
    feature = "pipe",
    any(target_os = "linux", target_os = "android"),
)))]
mod choice {
    use libc::c_int;
    use wakefd::{AutoNotifier, Counter, Mode};

    use crate::errno;

    #[cfg(not(feature = "pipe"))]
    const OTHER: c_int = super::PIPE;
    #[cfg(feature = "pipe")]
    const OTHER: c_int = super::EVENTFD;

    fn check(selection: c_int) -> Result<(), c_int> {
        match selection {
            OTHER => Err(libc::ENOSYS),
            super::AUTO..=super::PIPE => Ok(()),
            _ => Err(libc::EINVAL),
        }
    }

    pub fn notifier(selection: c_int) -> Result<AutoNotifier, c_int> {
        check(selection)?;
        AutoNotifier::new().map_err(errno)
    }

    pub fn counter(selection: c_int, mode: Mode) -> Result<Counter, c_int> {
        check(selection)?;
        match mode {
            Mode::Sum => Counter::new(),
            Mode::Semaphore => Counter::semaphore(),
        }
        .map_err(errno)
    }

    #[cfg(feature = "text")]
    pub fn report(selection: c_int) -> Result<wakefd::Report, c_int> {
        check(selection)?;
        Ok(wakefd::probe())
    }
}
