//! The choice of a backend: `enum wakefd_selection` of wakefd.h.

use libc::c_int;

pub use choice::chain;
#[cfg(feature = "text")]
pub use choice::report;

pub const AUTO: c_int = 0;
#[allow(dead_code)] // A build with one backend does not use it by name.
const KERNEL: c_int = 1;
pub const EVENTFD: c_int = 2;
pub const PIPE: c_int = 3;
#[cfg(feature = "timer")]
pub const TIMERFD: c_int = 4;
#[cfg(feature = "timer")]
pub const TIMER_THREAD: c_int = 5;
#[cfg(feature = "signal")]
pub const SIGNALFD: c_int = 6;
#[cfg(feature = "signal")]
pub const SIGNAL_HANDLER: c_int = 7;

/// The choice in a build with both backends, which the core makes.
#[cfg(all(
    feature = "eventfd",
    feature = "pipe",
    any(target_os = "linux", target_os = "android"),
))]
mod choice {
    use libc::c_int;
    use wakefd::ffi::Chain;
    use wakefd::Selection;

    fn selected(selection: c_int) -> Result<Selection, c_int> {
        match selection {
            super::AUTO => Ok(Selection::Auto),
            super::KERNEL => Ok(Selection::Kernel),
            super::EVENTFD => Ok(Selection::EventFd),
            super::PIPE => Ok(Selection::Pipe),
            _ => Err(libc::EINVAL),
        }
    }

    pub fn chain(selection: c_int) -> Result<Chain, c_int> {
        selected(selection).map(wakefd::ffi::selected_chain)
    }

    #[cfg(feature = "text")]
    pub fn report(selection: c_int) -> Result<wakefd::Report, c_int> {
        Ok(wakefd::probe_with(selected(selection)?))
    }
}

/// The choice in a build with one backend: the other one fails with `ENOSYS`.
#[cfg(not(all(
    feature = "eventfd",
    feature = "pipe",
    any(target_os = "linux", target_os = "android"),
)))]
mod choice {
    use libc::c_int;
    use wakefd::ffi::Chain;

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

    pub fn chain(selection: c_int) -> Result<Chain, c_int> {
        check(selection)?;
        Ok(wakefd::ffi::default_chain())
    }

    #[cfg(feature = "text")]
    pub fn report(selection: c_int) -> Result<wakefd::Report, c_int> {
        check(selection)?;
        Ok(wakefd::probe())
    }
}
