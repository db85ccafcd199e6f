//! Boxed messages, passed by their address through a pipe.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::os::unix::io::AsRawFd;

use super::{sleep, RecvError, SendError};
use crate::backend::SelfPipe;
use crate::sys::boxes::{boxes, Reading, Writing};
use crate::sys::errno::Errno;
use crate::sys::poll;
use crate::{Error, Mechanism, Operation, RawFd};

/// Makes a channel whose messages travel through a pipe, by their address.
///
/// There is no queue but the kernel's: it holds 8192 messages on a 64-bit
/// machine, 16384 on a 32-bit one, and then says
/// [`Full`](SendError::Full). Two system calls a message and end (one is
/// `getpid`): for messages that are few and large. For many, see
/// [`channel`](crate::channel()).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (sender, receiver) = wakefd::box_channel()?;
/// sender.send(Box::new([7_u8; 10_000]))?;
/// assert_eq!(receiver.try_recv()?[9_999], 7);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`SelfPipe::new`].
pub fn box_channel<T: Send>() -> Result<(BoxSender<T>, BoxReceiver<T>), Error> {
    through(SelfPipe::new()?)
}

/// As [`box_channel`], on this mechanism and no other.
///
/// # Errors
///
/// As for [`SelfPipe::at`].
pub fn box_channel_at<T: Send>(
    mechanism: Mechanism,
) -> Result<(BoxSender<T>, BoxReceiver<T>), Error> {
    through(SelfPipe::at(mechanism)?)
}

fn through<T: Send>(pipe: SelfPipe) -> Result<(BoxSender<T>, BoxReceiver<T>), Error> {
    let mechanism = pipe.mechanism();
    let (reading, writing) =
        boxes(pipe.into_ends()).map_err(|errno| Error::new(Operation::Create, mechanism, errno))?;
    let end = Arc::new(End {
        reading,
        closed: AtomicBool::new(false),
        mechanism,
    });
    let sender = BoxSender {
        writing: Arc::new(writing),
        end: Arc::clone(&end),
    };
    Ok((sender, BoxReceiver { end }))
}

/// The reading end. The senders keep it open too: a pipe without one would
/// answer them with SIGPIPE.
struct End<T> {
    reading: Reading<T>,
    /// The receiver is gone.
    closed: AtomicBool,
    mechanism: Mechanism,
}

impl<T> End<T> {
    fn error(&self, operation: Operation, errno: Errno) -> Error {
        Error::new(operation, self.mechanism, errno)
    }
}

/// The sending end of a [`box_channel`]; clone it for every producer.
///
/// After `fork` the child's is of no use: `send` gives the message back with
/// `EXDEV`, since another process's memory has other boxes. (The check is by the
/// process's number; do not fork into a new PID namespace with the same one.)
pub struct BoxSender<T> {
    // Dropped first, so that the receiver sees the end of the file.
    writing: Arc<Writing<T>>,
    end: Arc<End<T>>,
}

impl<T> BoxSender<T> {
    /// Sends a message. Does not block.
    ///
    /// # Errors
    ///
    /// Every one gives the message back: [`Full`](SendError::Full),
    /// [`Disconnected`](SendError::Disconnected), or
    /// [`NotSent`](SendError::NotSent).
    pub fn send(&self, message: Box<T>) -> Result<(), SendError<Box<T>>> {
        if self.end.closed.load(Ordering::Acquire) {
            return Err(SendError::Disconnected(message));
        }
        self.writing
            .put(message)
            .map_err(|(message, errno)| match errno {
                libc::EAGAIN => SendError::Full(message),
                _ => SendError::NotSent(message, self.end.error(Operation::Send, errno)),
            })
    }
}

impl<T> Clone for BoxSender<T> {
    fn clone(&self) -> Self {
        BoxSender {
            writing: Arc::clone(&self.writing),
            end: Arc::clone(&self.end),
        }
    }
}

/// The receiving end of a [`box_channel`].
///
/// Its descriptor is readable while there are messages, and reports a hang-up
/// when all senders are gone. What is in it when both ends are dropped is
/// dropped too. In a child of `fork` it gives `EXDEV`, as for [`BoxSender`].
///
/// The descriptor is lent by its number alone, to be polled. Any code may read from
/// one that it borrows as `AsFd`, and what is in this one are addresses: half of one,
/// read there, makes the next a wrong one here. For the same reason it is not to be
/// passed to another process.
///
/// ```compile_fail
/// fn read(from: impl std::os::unix::io::AsFd) {}
/// let (sender, receiver) = wakefd::box_channel::<u64>().expect("a pipe");
/// read(receiver);
/// ```
pub struct BoxReceiver<T> {
    end: Arc<End<T>>,
}

impl<T> BoxReceiver<T> {
    /// Takes a message, if there is one.
    ///
    /// # Errors
    ///
    /// [`Empty`](RecvError::Empty); [`Disconnected`](RecvError::Disconnected)
    /// after the last message of the last sender; [`Failed`](RecvError::Failed).
    pub fn try_recv(&self) -> Result<Box<T>, RecvError> {
        match self.end.reading.take() {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(RecvError::Disconnected),
            Err(libc::EAGAIN) => Err(RecvError::Empty),
            Err(errno) => Err(RecvError::Failed(self.end.error(Operation::Receive, errno))),
        }
    }

    /// Takes a message, and sleeps until there is one.
    ///
    /// # Errors
    ///
    /// As for [`try_recv`](Self::try_recv), but never [`Empty`](RecvError::Empty).
    pub fn recv(&self) -> Result<Box<T>, RecvError> {
        self.recv_within(None)
    }

    /// Takes a message, and sleeps until there is one, or until `timeout` has
    /// passed.
    ///
    /// # Errors
    ///
    /// As for [`try_recv`](Self::try_recv).
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Box<T>, RecvError> {
        self.recv_within(Some(timeout))
    }

    fn recv_within(&self, timeout: Option<Duration>) -> Result<Box<T>, RecvError> {
        let sleep = |rest: Option<Duration>| {
            poll::wait_for(self.as_raw_fd(), rest)
                .map(drop)
                .map_err(|errno| self.end.error(Operation::Wait, errno))
        };
        sleep::until(timeout, || self.try_recv(), sleep)
    }
}

impl<T> Drop for BoxReceiver<T> {
    fn drop(&mut self) {
        self.end.closed.store(true, Ordering::Release);
        // What a sender puts in beside this is dropped with the last of them.
        while self.try_recv().is_ok() {}
    }
}

impl<T> AsRawFd for BoxReceiver<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.end.reading.as_raw_fd()
    }
}

macro_rules! debug {
    ($($type:ident)*) => {$(
        impl<T> core::fmt::Debug for $type<T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($type))
                    .field("mechanism", &self.end.mechanism)
                    .finish_non_exhaustive()
            }
        }
    )*};
}
debug!(BoxSender BoxReceiver);
