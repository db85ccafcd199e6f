//! Descriptors by number: the open ones, their flags, and their limit.

use super::errno::{self, check};
use super::multiplexer::{Kind, Multiplexer};

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
            fcntl(number as i32, libc::F_GETFD, 0) >= 0
        }))
    }

    pub(crate) fn count(&self) -> usize {
        self.numbers().count()
    }

    /// The lowest number that is not open, which the next descriptor gets.
    pub(crate) fn first_free(&self) -> i32 {
        let free = (0..LIMIT).find(|&number| !self.is_open(number));
        free.expect("a free number")
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
    fcntl(number, libc::F_GETFD, 0) & libc::FD_CLOEXEC != 0
}

/// Whether the descriptor is non-blocking.
pub(crate) fn is_non_blocking(number: i32) -> bool {
    fcntl(number, libc::F_GETFL, 0) & libc::O_NONBLOCK != 0
}

/// Makes the descriptor block, for everybody who has it.
pub(crate) fn set_blocking(number: i32) {
    let flags = fcntl(number, libc::F_GETFL, 0) & !libc::O_NONBLOCK;
    assert_eq!(fcntl(number, libc::F_SETFL, flags), 0);
}

/// Makes a pipe hold one page. There is nothing to make smaller before Linux 2.6.35,
/// which answers EINVAL, and with an eventfd, which answers EBADF.
pub(crate) fn one_page(number: i32) {
    if fcntl(number, libc::F_SETPIPE_SZ, 1) < 0 {
        assert!([libc::EINVAL, libc::EBADF].contains(&errno::get()));
    }
}

fn fcntl(number: i32, command: i32, argument: i32) -> i32 {
    // SAFETY: commands that take an integer or nothing.
    unsafe { libc::fcntl(number, command, argument) }
}

/// Duplicates a descriptor. The caller closes what it gets.
pub(crate) fn dup(number: i32) -> i32 {
    // SAFETY: makes a new descriptor and touches no memory.
    check(unsafe { libc::dup(number) }, "dup")
}

/// Writes a byte.
pub(crate) fn write_byte(number: i32) {
    // SAFETY: one live byte.
    assert_eq!(unsafe { libc::write(number, [1_u8].as_ptr().cast(), 1) }, 1);
}

/// Closes a descriptor by number.
pub fn close(number: i32) {
    // SAFETY: the suite closes its own duplicates, or does as a careless program
    // does, on purpose and in a process of its own.
    check(unsafe { libc::close(number) }, "close");
}

/// A pipe of the suite's own, which nobody writes to.
pub(crate) struct Pipe([i32; 2]);

impl Pipe {
    pub(crate) fn new() -> Self {
        let mut ends = [0; 2];
        // SAFETY: room for two descriptors.
        check(unsafe { libc::pipe(ends.as_mut_ptr()) }, "pipe");
        Pipe(ends)
    }

    pub(crate) fn numbers(&self) -> [i32; 2] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        let [reading, _] = self.0;
        !Multiplexer::new(Kind::Poll, reading).wait(0)
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

/// Writes what no notifier writes, whatever comes of it: much for a pipe, and then
/// what an eventfd takes, since Linux 6.10 eight bytes and no more.
pub(crate) fn write_any(number: i32) {
    let bytes = [1_u8; 4096];
    for length in [bytes.len(), 8] {
        // SAFETY: as many bytes of a live array.
        unsafe { libc::write(number, bytes.as_ptr().cast(), length) };
    }
}

/// Reads something, whatever comes of it.
pub(crate) fn read_any(number: i32) {
    let mut bytes = [0_u8; 4096];
    // SAFETY: a live array.
    unsafe { libc::read(number, bytes.as_mut_ptr().cast(), bytes.len()) };
}
