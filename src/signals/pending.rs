//! A descriptor that is readable if, and only if, something is pending: the kernel does
//! this for a signalfd, and this module does it for signals in memory and a notifier.

use crate::sys::errno::Errno;

/// Signals that are pending in memory, and the notifier that shows them.
pub(super) trait Pending {
    type Taken;

    /// Takes one signal that is pending.
    fn take(&self) -> Option<Self::Taken>;
    /// Makes a taken signal pending again.
    fn give_back(&self, taken: &Self::Taken);
    /// Returns whether a signal is pending.
    fn any(&self) -> bool;
    /// Makes the descriptor readable.
    fn notify(&self) -> Result<(), Errno>;
    /// Drains the descriptor.
    fn clear(&self) -> Result<(), Errno>;

    /// Takes one signal that is pending, and drains the descriptor if it was the last.
    ///
    /// Looks once more after the drain. A signal is marked before its notification, so
    /// either the mark is seen here or the notification is still to come. If a necessary
    /// notification is refused, everything stays pending, and the caller gets the error.
    fn next(&self) -> Result<Option<Self::Taken>, Errno> {
        loop {
            let taken = self.take();
            if self.any() {
                match taken {
                    Some(_) => return Ok(taken),
                    None => continue,
                }
            }
            match (self.clear(), taken) {
                (Err(errno), None) => return Err(errno),
                // The descriptor is still readable, so the next call returns the error.
                (Err(_), taken) => return Ok(taken),
                (Ok(()), taken) if !self.any() => return Ok(taken),
                // A signal has come meanwhile.
                (Ok(()), None) => {}
                (Ok(()), Some(taken)) => {
                    return match self.notify() {
                        Ok(()) => Ok(Some(taken)),
                        Err(errno) => {
                            self.give_back(&taken);
                            Err(errno)
                        }
                    }
                }
            }
        }
    }

    /// Drains the descriptor if nothing is pending.
    fn settle(&self) -> Result<(), Errno> {
        if self.any() {
            return Ok(());
        }
        self.clear()?;
        match self.any() {
            true => self.notify(),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use super::*;

    const REFUSED: Errno = 1;

    /// A source where a signal comes while the descriptor is drained, and notifications are
    /// refused.
    struct Refused {
        pending: Cell<u32>,
        comes: Cell<u32>,
    }

    impl Pending for Refused {
        type Taken = ();

        fn take(&self) -> Option<()> {
            self.pending.set(self.pending.get().checked_sub(1)?);
            Some(())
        }
        fn give_back(&self, (): &()) {
            self.pending.set(self.pending.get() + 1);
        }
        fn any(&self) -> bool {
            self.pending.get() > 0
        }
        fn notify(&self) -> Result<(), Errno> {
            Err(REFUSED)
        }
        fn clear(&self) -> Result<(), Errno> {
            self.pending.set(self.pending.get() + self.comes.take());
            Ok(())
        }
    }

    /// `next` must not succeed with something pending behind an unreadable descriptor.
    #[test]
    fn a_refused_notification_leaves_nothing_unseen() {
        for before in [0, 1] {
            let source = Refused {
                pending: Cell::new(before),
                comes: Cell::new(1),
            };
            match source.next() {
                Ok(taken) => assert_eq!((taken, source.pending.get()), (Some(()), 0)),
                Err(errno) => assert_eq!((errno, source.pending.get()), (REFUSED, before + 1)),
            }
        }
    }
}
