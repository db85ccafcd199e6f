//! Counting with a pipe: records of eight bytes, whose sum is the count.
//!
//! A pipe takes a record as a whole or not at all (pipe(7): up to `PIPE_BUF`), and gives it
//! back as a whole if every read asks for a multiple of eight. So whatever runs at the same
//! time, each record is written once and read once, and the sum stays what it is.

use super::u96::U96;
use crate::backend::primitive::{Mode, LIMIT};
use crate::sys::errno::Errno;
use crate::sys::fd::Fd;

/// A number below this is written without a look at the sum. As many records as the largest
/// pipe can hold (2²⁸) do not come near the limit.
const UNCHECKED_MAX: u64 = 1 << 32;

/// From this sum on the pipe is kept full, so that every [`add`] has to look at the sum.
/// Below it, what fits in beside it does not reach the limit.
const KEEP_FULL_FROM: u64 = 1 << 62;

/// How many records are taken out at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Drain {
    /// Every record.
    All,
    /// Records up to the first that is not zero. Zeros only pad the pipe.
    One,
}

/// Adds `n`, which is neither zero nor `u64::MAX`.
pub(super) fn add(read: &Fd, write: &Fd, n: u64) -> Result<(), Errno> {
    if n < UNCHECKED_MAX {
        match write_record(write, n) {
            Err(libc::EAGAIN) => {}
            result => return result,
        }
    }
    update(read, write, n, 0, Drain::All).map(drop)
}

/// Takes what the mode says; zero if there is nothing.
pub(super) fn take(read: &Fd, write: &Fd, mode: Mode) -> Result<u64, Errno> {
    match mode {
        Mode::Sum => update(read, write, 0, LIMIT, Drain::All),
        Mode::Semaphore => update(read, write, 0, 1, Drain::One),
    }
}

/// Takes records out, adds `n` to their sum, takes `most` or what there is from it, puts the
/// rest back, and returns what it took. `EAGAIN` if the sum with `n` exceeds the limit: then
/// all is as it was.
fn update(read: &Fd, write: &Fd, n: u64, most: u64, what: Drain) -> Result<u64, Errno> {
    let mut sum = U96::ZERO;
    sum.add(n);
    take_out(read, &mut sum, what)?;
    // Without adding it can exceed the limit too, if additions raced for it.
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

/// Puts a sum in, together with what has to make room for it.
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
    // Not before all of it is in: a full pipe has no room for a second record.
    if keep_full {
        pad_pipe(write);
    }
    Ok(())
}

fn write_record(write: &Fd, record: u64) -> Result<(), Errno> {
    write.write(&record.to_ne_bytes())
}

/// Leaves no room for one more record. Large blocks first, for speed, and because old
/// schedulers let a consumer drain the pipe after every block.
///
/// At most 256 blocks of 4 KiB, as many as fill a pipe of the largest pages (16 of 64 KiB), so
/// that a thread that takes out meanwhile does not keep this one busy: it puts back what it
/// took, and pads the pipe itself.
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

    /// What additions that race for the limit can come to.
    #[test]
    fn a_sum_of_several_records_goes_in_and_comes_out() {
        let (read, write) = pipe::create(Trust::Verify, Flags::ByFcntl).expect("a pipe");
        let mut sum = U96::ZERO;
        (0..3).for_each(|_| sum.add(u64::MAX));
        assert_eq!(write_back(&read, &write, &mut sum), Ok(()));
        // It is kept full.
        assert_eq!(write_record(&write, 0), Err(libc::EAGAIN));
        for expected in [LIMIT, LIMIT, LIMIT, 3, 0] {
            assert_eq!(take(&read, &write, Mode::Sum), Ok(expected));
        }
    }
}
