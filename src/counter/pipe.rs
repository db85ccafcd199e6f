//! A count in a pipe: records of eight bytes, whose sum is the count.
//!
//! A pipe takes a record as a whole or not at all (pipe(7): up to `PIPE_BUF`),
//! and gives it back as a whole if every read asks for a multiple of eight. So
//! whatever runs at the same time, each record is written once and read once,
//! and the sum stays what it is.

use super::{Counter, Mode};
use crate::backend::SelfPipe;
use crate::sys::errno::Errno;
use crate::sys::pipe::read_records;

/// What is less is written without knowing the sum. As many records as the
/// largest pipe can hold (2²⁸) do not come near the limit.
const SMALL: u64 = 1 << 32;

/// From here on the pipe is kept full, so that every [`add`](SelfPipe::add) has
/// to look at the sum. Below it, what fits in beside it does not reach the limit.
const LARGE: u64 = 1 << 62;

impl SelfPipe {
    pub(crate) fn add(&self, n: u64) -> Result<(), Errno> {
        if n < SMALL {
            match self.write.write(&n.to_ne_bytes()) {
                Err(libc::EAGAIN) => {}
                result => return result,
            }
        }
        let before = self.take_all()?;
        let sum = before.wrapping_add(n.into());
        if sum <= Counter::LIMIT.into() {
            self.put(sum)
        } else {
            self.put(before).and(Err(libc::EAGAIN))
        }
    }

    pub(crate) fn take(&self) -> Result<u64, Errno> {
        match self.mode() {
            Mode::Sum => {
                let sum = self.take_all()?;
                // More than that there is only if additions raced for the limit.
                let taken = u64::try_from(sum).unwrap_or(u64::MAX).min(Counter::LIMIT);
                self.put(sum.saturating_sub(taken.into()))?;
                Ok(taken)
            }
            Mode::Semaphore => loop {
                let mut record = [0];
                read_records(&self.read, &mut record)?;
                // A zero only fills a pipe.
                if let Some(rest) = record[0].checked_sub(1) {
                    return self.put(rest.into()).map(|()| 1);
                }
            },
        }
    }

    /// Takes every record out, and gives their sum.
    ///
    /// In 128 bits: racing additions can exceed 64, and must not be lost. These
    /// cannot overflow, however large a pipe is.
    fn take_all(&self) -> Result<u128, Errno> {
        let mut sum = 0;
        let mut records = [0; 128];
        loop {
            match read_records(&self.read, &mut records) {
                Ok(count) => {
                    for &record in records.iter().take(count) {
                        sum = u128::wrapping_add(sum, record.into());
                    }
                    // A read ends short only when the pipe is empty.
                    if count < records.len() {
                        return Ok(sum);
                    }
                }
                Err(libc::EAGAIN) => return Ok(sum),
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Puts a sum in, together with what has to make room for it.
    fn put(&self, mut sum: u128) -> Result<(), Errno> {
        let mut large = false;
        while sum > 0 {
            let record = u64::try_from(sum).unwrap_or(u64::MAX);
            match self.write.write(&record.to_ne_bytes()) {
                Ok(()) => sum = sum.saturating_sub(record.into()),
                Err(libc::EAGAIN) => sum = sum.wrapping_add(self.take_all()?),
                Err(errno) => return Err(errno),
            }
            large |= record >= LARGE;
        }
        if large {
            self.fill_up();
        }
        Ok(())
    }

    /// Leaves no room for one more record. Large blocks first, for speed.
    ///
    /// Not more than the largest pages make a pipe hold by default (16 of 64 KiB),
    /// so that a thread that takes out meanwhile does not keep this one busy: it
    /// puts back what it took, and fills up itself.
    fn fill_up(&self) {
        // On the stack, not among the program's constants.
        let block = [0; 1024];
        let _ = (0..1024).all(|_| self.write.write(&block).is_ok());
        let _ = (0..128).all(|_| self.write.write(&[0; 8]).is_ok());
    }
}
