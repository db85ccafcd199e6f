//! Counting. An eventfd does it in the kernel. In a pipe there are records of eight
//! bytes, whose sum is the count.
//!
//! A pipe takes a record as a whole or not at all (pipe(7): up to `PIPE_BUF`),
//! and gives it back as a whole if every read asks for a multiple of eight. So
//! whatever runs at the same time, each record is written once and read once,
//! and the sum stays what it is.

use libc::c_int;

use super::sum::Sum;
use super::Raw;
use crate::error::FromErrno;
use crate::sys::errno::{Errno, ErrnoGuard};
use crate::{Counter, Mode, Operation};

/// What is less is written without knowing the sum. As many records as the
/// largest pipe can hold (2²⁸) do not come near the limit.
const SMALL: u64 = 1 << 32;

/// From here on the pipe is kept full, so that every [`add`](Raw::add) has to look
/// at the sum. Below it, what fits in beside it does not reach the limit.
const LARGE: u64 = 1 << 62;

impl Raw {
    /// [`Counter::add`].
    pub fn add<E: FromErrno>(&self, n: u64) -> Result<(), E> {
        let _guard = ErrnoGuard::new();
        match n {
            0 => Ok(()),
            u64::MAX => Err(libc::EINVAL),
            _ => self.count(n),
        }
        .map_err(|errno| E::new(Operation::Add, self.mechanism, errno))
    }

    fn count(&self, n: u64) -> Result<(), Errno> {
        if n < SMALL || !self.is_pipe() {
            match self.write(n) {
                Err(libc::EAGAIN) if self.is_pipe() => {}
                result => return result.map(drop),
            }
        }
        self.rewrite(n, 0).map(drop)
    }

    /// [`Counter::take`]; zero if there is nothing.
    pub fn take<E: FromErrno>(&self) -> Result<u64, E> {
        let most = match self.mode {
            Mode::Sum => Counter::LIMIT,
            Mode::Semaphore => 1,
        };
        self.rewrite(0, most)
            .map_err(|errno| E::new(Operation::Take, self.mechanism, errno))
    }

    /// Takes records out, puts back what they are with `n` more and at most `most` less,
    /// and says how much less that is.
    fn rewrite(&self, n: u64, most: u64) -> Result<u64, Errno> {
        let mut sum = Sum::ZERO;
        sum.add(n);
        self.drain(&mut sum, most == 1)?;
        let number = sum.number();
        if !self.is_pipe() {
            return Ok(number);
        }
        let exceeds = n > 0 && number > Counter::LIMIT;
        // More than the limit there is without adding, if additions raced for it.
        let taken = if exceeds { n } else { number.min(most) };
        sum.subtract(taken);
        self.put(&mut sum)?;
        if exceeds {
            Err(libc::EAGAIN)
        } else {
            Ok(taken)
        }
    }

    /// Takes every record out, or `one` that is not zero, which only fills a pipe.
    fn drain(&self, sum: &mut Sum, one: bool) -> Result<(), Errno> {
        let mut records = [0; 128];
        let room = if one {
            &mut records[..1]
        } else {
            &mut records[..]
        };
        loop {
            let count = match self.ends.read_numbers(room) {
                Err(libc::EAGAIN) => return Ok(()),
                count => count?,
            };
            room.iter().take(count).for_each(|&record| sum.add(record));
            // A read ends short only when the pipe is empty.
            if count < room.len() || (one && room.first() != Some(&0)) {
                return Ok(());
            }
        }
    }

    /// Puts a sum in, together with what has to make room for it.
    fn put(&self, sum: &mut Sum) -> Result<(), Errno> {
        let mut large = false;
        loop {
            let record = sum.number();
            if record == 0 {
                break;
            }
            large |= record >= LARGE;
            match self.write(record) {
                Ok(_) => sum.subtract(record),
                Err(libc::EAGAIN) => self.drain(sum, false)?,
                Err(errno) => return Err(errno),
            }
        }
        // Not before all of it is in: a pipe that is full has no room for a second
        // record.
        if large {
            self.fill_up();
        }
        Ok(())
    }

    fn write(&self, record: u64) -> Result<c_int, Errno> {
        self.ends.write(&record.to_ne_bytes())
    }

    /// Leaves no room for one more record. Large blocks first, for speed.
    ///
    /// Not more than the largest pages make a pipe hold by default (16 of 64 KiB),
    /// so that a thread that takes out meanwhile does not keep this one busy: it
    /// puts back what it took, and fills up itself.
    fn fill_up(&self) {
        // On the stack, not among the program's constants.
        let block = [0; 256];
        let mut zeros = &block[..];
        for _ in 0..4096 + 32 {
            if self.ends.write(zeros).is_err() {
                if zeros.len() == 8 {
                    break;
                }
                zeros = &block[..8];
            }
        }
    }
}

#[cfg(all(test, feature = "pipe"))]
mod tests {
    use super::*;
    use crate::{Error, Mechanism};

    /// What additions that race for the limit can come to.
    #[test]
    fn a_sum_of_several_records_goes_in_and_comes_out() {
        let raw = Raw::at::<Error>(Mechanism::Pipe, Mode::Sum).expect("a pipe");
        let mut sum = Sum::ZERO;
        (0..3).for_each(|_| sum.add(u64::MAX));
        assert_eq!(raw.put(&mut sum), Ok(()));
        // It is kept full.
        assert_eq!(raw.write(0), Err(libc::EAGAIN));
        for expected in [Counter::LIMIT, Counter::LIMIT, Counter::LIMIT, 3, 0] {
            assert_eq!(raw.take::<Error>(), Ok(expected));
        }
    }
}
