//! Counting with a pipe: records of eight bytes, whose sum is the count.
//!
//! The kernel writes a record as a whole or not at all (pipe(7): up to `PIPE_BUF`), and
//! returns whole records if every read asks for a multiple of eight bytes. So each record
//! is written once and read once, whatever runs at the same time, and the sum stays
//! correct.

use super::u96::U96;
use crate::backend::primitive::{Mode, LIMIT};
use crate::sys::errno::Errno;
use crate::sys::fd::Fd;

/// A number below this is added without reading the sum. Even as many records as the
/// largest pipe can hold (2²⁸) do not come near the limit.
const UNCHECKED_MAX: u64 = 1 << 32;

/// From this sum on the pipe is kept full, so that every [`add`] has to read the sum. Below
/// it, the records that fit into the pipe beside the sum do not reach the limit.
const KEEP_FULL_FROM: u64 = 1 << 62;

/// The records to take out of the pipe at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Drain {
    /// Every record.
    All,
    /// Records up to the first one that is not zero. Records of zero only pad the pipe.
    One,
}

/// Adds `n`, which is neither zero nor `u64::MAX`. Fails with `EAGAIN` if the sum would
/// exceed [`LIMIT`].
pub(super) fn add(read: &Fd, write: &Fd, n: u64) -> Result<(), Errno> {
    if n < UNCHECKED_MAX {
        match write_record(write, n) {
            Err(libc::EAGAIN) => {}
            result => return result,
        }
    }
    update(read, write, n, 0, Drain::All).map(drop)
}

/// Takes the amount of this mode. Returns zero if the sum is zero.
pub(super) fn take(read: &Fd, write: &Fd, mode: Mode) -> Result<u64, Errno> {
    match mode {
        Mode::Sum => update(read, write, 0, LIMIT, Drain::All),
        Mode::Semaphore => update(read, write, 0, 1, Drain::One),
    }
}

/// Takes records out, adds `n` to their sum, takes at most `most` from the sum, puts the
/// rest back, and returns the amount it took. Fails with `EAGAIN` if the sum with `n` would
/// exceed the limit; the sum in the pipe is then unchanged.
fn update(read: &Fd, write: &Fd, n: u64, most: u64, what: Drain) -> Result<u64, Errno> {
    let mut sum = U96::ZERO;
    sum.add(n);
    take_out(read, &mut sum, what)?;
    // Without `n` the sum can exceed the limit too, if several additions ran at the same
    // time.
    let exceeds = n > 0 && sum.saturated() > LIMIT;
    let taken = if exceeds {
        n
    } else {
        sum.saturated().min(most)
    };
    sum.subtract(taken);
    write_back(read, write, &mut sum)?;
    match exceeds {
        true => Err(libc::EAGAIN),
        false => Ok(taken),
    }
}

/// Takes records out and adds them to `sum`.
fn take_out(read: &Fd, sum: &mut U96, what: Drain) -> Result<(), Errno> {
    let mut records = [0; 128];
    let room = match what {
        Drain::One => &mut records[..1],
        Drain::All => &mut records[..],
    };
    loop {
        let count = match read.read_numbers(room) {
            Err(libc::EAGAIN) => return Ok(()),
            count => count?,
        };
        room.iter().take(count).for_each(|&record| sum.add(record));
        // A read ends short only when the pipe is empty.
        if count < room.len() || (what == Drain::One && room.first() != Some(&0)) {
            return Ok(());
        }
    }
}

/// Writes the sum to the pipe. If the pipe is full, takes records out and adds them to the
/// sum.
fn write_back(read: &Fd, write: &Fd, sum: &mut U96) -> Result<(), Errno> {
    let mut keep_full = false;
    loop {
        let record = sum.saturated();
        if record == 0 {
            break;
        }
        keep_full |= record >= KEEP_FULL_FROM;
        match write_record(write, record) {
            Ok(()) => sum.subtract(record),
            Err(libc::EAGAIN) => take_out(read, sum, Drain::All)?,
            Err(errno) => return Err(errno),
        }
    }
    // Pads only after the whole sum is written: a full pipe has no room for a second
    // record.
    if keep_full {
        pad_pipe(write);
    }
    Ok(())
}

fn write_record(write: &Fd, record: u64) -> Result<(), Errno> {
    write.write(&record.to_ne_bytes())
}

/// Fills the pipe so that it has no room for one more record. Writes large blocks first,
/// for speed, and because old schedulers let a consumer drain the pipe after every block.
///
/// Writes at most 256 blocks of 4 KiB, which fill a pipe of the largest pages (16 of 64
/// KiB). A thread that drains the pipe meanwhile then cannot keep this one busy: that
/// thread puts back the sum it took, and pads the pipe itself.
fn pad_pipe(write: &Fd) {
    for size in [4096, 256, 8] {
        for _ in 0..256 {
            if write.write_zeros(size).is_err() {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::fd::{Flags, Trust};
    use crate::sys::pipe;

    /// Additions that run at the same time can leave several records of the highest number.
    #[test]
    fn a_sum_of_several_records_goes_in_and_comes_out() {
        let (read, write) = pipe::create(Trust::Verify, Flags::ByFcntl).expect("a pipe");
        let mut sum = U96::ZERO;
        (0..3).for_each(|_| sum.add(u64::MAX));
        assert_eq!(write_back(&read, &write, &mut sum), Ok(()));
        // A sum that large keeps the pipe full.
        assert_eq!(write_record(&write, 0), Err(libc::EAGAIN));
        for expected in [LIMIT, LIMIT, LIMIT, 3, 0] {
            assert_eq!(take(&read, &write, Mode::Sum), Ok(expected));
        }
    }
}
