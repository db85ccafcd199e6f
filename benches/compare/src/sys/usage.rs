//! What the process has used of the machine.

use std::mem::MaybeUninit;
use std::ops::Sub;

#[derive(Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) switches: f64,
    /// Of processor time, in user space and in the kernel.
    pub(crate) microseconds: f64,
}

impl Usage {
    pub(crate) fn of_this_process() -> Self {
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: room for a record, which is numbers, so that zeroes are one too.
        let usage = unsafe {
            assert_eq!(libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()), 0);
            usage.assume_init()
        };
        let microseconds = |time: libc::timeval| time.tv_sec as f64 * 1e6 + time.tv_usec as f64;
        Usage {
            switches: (usage.ru_nvcsw + usage.ru_nivcsw) as f64,
            microseconds: microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
        }
    }
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Usage {
            switches: self.switches - other.switches,
            microseconds: self.microseconds - other.microseconds,
        }
    }
}

/// The bytes that the program has allocated from libc.
pub(crate) fn heap() -> usize {
    // SAFETY: reads libc's own state.
    let info = unsafe { libc::mallinfo2() };
    info.uordblks + info.hblkhd
}
