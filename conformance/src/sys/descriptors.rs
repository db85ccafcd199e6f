//! Descriptors, by number: which are open, with what flags, and how many may be.

use core::mem::MaybeUninit;

use super::errno;

/// Numbers that the suite looks at.
const LIMIT: i32 = 512;

/// Which numbers are open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Open([bool; LIMIT as usize]);

impl Open {
    /// As it is now.
    #[must_use]
    pub fn now() -> Self {
        Open(core::array::from_fn(|number| {
            fcntl(number as i32, libc::F_GETFD) >= 0
        }))
    }

    pub(crate) fn count(&self) -> usize {
        self.numbers().count()
    }

    pub(crate) fn is_open(&self, number: i32) -> bool {
        self.0.get(number as usize) == Some(&true)
    }

    /// What is open here and was not before.
    pub fn since(self, before: Open) -> impl Iterator<Item = i32> {
        (0..LIMIT).filter(move |&number| self.is_open(number) && !before.is_open(number))
    }

    fn numbers(&self) -> impl Iterator<Item = i32> + '_ {
        (0..LIMIT).filter(|&number| self.is_open(number))
    }
}

impl core::fmt::Debug for Open {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.numbers()).finish()
    }
}

/// Whether the descriptor is close-on-exec.
pub(crate) fn is_close_on_exec(number: i32) -> bool {
    fcntl(number, libc::F_GETFD) & libc::FD_CLOEXEC != 0
}

/// Whether the descriptor is non-blocking.
pub(crate) fn is_non_blocking(number: i32) -> bool {
    fcntl(number, libc::F_GETFL) & libc::O_NONBLOCK != 0
}

fn fcntl(number: i32, command: i32) -> i32 {
    // SAFETY: commands without an argument.
    unsafe { libc::fcntl(number, command) }
}

/// Duplicates a descriptor. The caller closes what it gets.
pub(crate) fn dup(number: i32) -> i32 {
    // SAFETY: makes a new descriptor and touches no memory.
    let duplicate = unsafe { libc::dup(number) };
    assert!(duplicate >= 0, "dup: errno {}", errno::get());
    duplicate
}

/// Closes a descriptor by number.
pub fn close(number: i32) {
    // SAFETY: the suite closes its own duplicates, or does as a careless program
    // does, on purpose and in a process of its own.
    let result = unsafe { libc::close(number) };
    assert_eq!(result, 0, "close: errno {}", errno::get());
}

/// A pipe of the suite's own, which nobody writes to.
pub(crate) struct Pipe([i32; 2]);

impl Pipe {
    pub(crate) fn new() -> Self {
        let mut ends = [0; 2];
        // SAFETY: room for two descriptors.
        let result = unsafe { libc::pipe(ends.as_mut_ptr()) };
        assert_eq!(result, 0, "pipe: errno {}", errno::get());
        Pipe(ends)
    }

    pub(crate) fn numbers(&self) -> [i32; 2] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        let [reading, _] = self.0;
        !super::multiplexer::Multiplexer::new(super::multiplexer::Kind::Poll, reading).wait(0)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.0.into_iter().for_each(close);
    }
}

/// Writes a 64-bit number, as one writes to an eventfd.
pub(crate) fn write_u64(number: i32, value: u64) {
    let bytes = value.to_ne_bytes();
    // SAFETY: eight bytes of a live array.
    let written = unsafe { libc::write(number, bytes.as_ptr().cast(), bytes.len()) };
    assert_eq!(written, 8, "write: errno {}", errno::get());
}

/// Allows only descriptor numbers below `number` from now on.
pub(crate) fn limit_to(number: usize) {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the first call fills the struct that the second reads.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()), 0);
        let mut limit = limit.assume_init();
        limit.rlim_cur = number as libc::rlim_t;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
    }
}
