//! Boxed messages, passed through a pipe by their addresses.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::sync::atomic::{fence, AtomicBool, Ordering};
use core::time::Duration;
use std::os::unix::io::AsRawFd;

use super::deadline::recv_deadline;
use super::{RecvError, SendError};
use crate::backend::SelfPipe;
use crate::error::{Error, Operation};
use crate::mechanism::Mechanism;
use crate::sys::boxes::{boxes, BoxReader, BoxWriter};
use crate::sys::errno::Errno;
use crate::sys::fd::RawFd;
use crate::sys::{clock, poll};

/// Creates a channel whose messages travel through a pipe, by their addresses.
///
/// The kernel's pipe is the only queue. It holds 8192 messages on a 64-bit machine and
/// 16384 on a 32-bit one; when it is full, sending fails with [`Full`](SendError::Full).
/// Sending and receiving make two system calls each for a message (one of them is
/// `getpid`), so this channel suits few and large messages. For many messages, see
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

/// Creates a [`box_channel`] on this mechanism and no other.
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
    let (reader, writer) =
        boxes(pipe.into_ends()).map_err(|errno| Error::new(Operation::Create, mechanism, errno))?;
    let end = Arc::new(End {
        reader,
        closed: AtomicBool::new(false),
        mechanism,
    });
    let sender = BoxSender {
        writer: Arc::new(writer),
        end: Arc::clone(&end),
    };
    Ok((sender, BoxReceiver { end }))
}

/// The reading end. The senders keep it open too, because the kernel would answer a write
/// to a pipe without a reading end with SIGPIPE.
struct End<T> {
    reader: BoxReader<T>,
    /// Whether the receiver was dropped.
    closed: AtomicBool,
    mechanism: Mechanism,
}

impl<T> End<T> {
    fn try_recv(&self) -> Result<Box<T>, RecvError> {
        match self.reader.recv() {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(RecvError::Disconnected),
            Err(libc::EAGAIN) => Err(RecvError::Empty),
            Err(errno) => Err(RecvError::Failed(self.error(Operation::Receive, errno))),
        }
    }

    /// Returns whether the receiver was dropped. If so, drops the messages in the pipe.
    ///
    /// The receiver sets `closed`, then looks at the messages in the pipe; a sender writes
    /// a message, then looks at `closed`. With a fence between the two steps on each side,
    /// at least one sees the other, and no message stays in the pipe.
    fn is_closed(&self) -> bool {
        fence(Ordering::SeqCst);
        let closed = self.closed.load(Ordering::Relaxed);
        if closed {
            self.drop_messages();
        }
        closed
    }

    /// Drops the messages in the pipe, even if the drop of a message panics.
    fn drop_messages(&self) {
        struct Rest<'a, T>(&'a End<T>);

        impl<T> Drop for Rest<'_, T> {
            fn drop(&mut self) {
                while self.0.try_recv().is_ok() {}
            }
        }

        let rest = Rest(self);
        while rest.0.try_recv().is_ok() {}
    }

    fn error(&self, operation: Operation, errno: Errno) -> Error {
        Error::new(operation, self.mechanism, errno)
    }
}

/// The sending end of a [`box_channel`]. Clone it for every producer.
///
/// In a child of `fork` it is unusable: `send` fails with `EXDEV` and returns the message,
/// because another process's memory has other boxes at the same addresses. (The check
/// compares process ids: do not fork into a new PID namespace where the child has the same
/// one.)
pub struct BoxSender<T> {
    // Dropped first, so that the receiver reads the end of the file.
    writer: Arc<BoxWriter<T>>,
    end: Arc<End<T>>,
}

impl<T> BoxSender<T> {
    /// Sends a message. Does not block.
    ///
    /// # Errors
    ///
    /// Each error returns the message: [`Full`](SendError::Full) if the pipe has no room
    /// now, [`Disconnected`](SendError::Disconnected) if the receiver was dropped, and
    /// otherwise [`NotSent`](SendError::NotSent) with the errno of `write`, or with `EXDEV`
    /// in a child of `fork`.
    pub fn send(&self, message: Box<T>) -> Result<(), SendError<Box<T>>> {
        if self.end.is_closed() {
            return Err(SendError::Disconnected(message));
        }
        match self.writer.send(message) {
            Ok(()) => {
                // If the receiver was dropped meanwhile, one of the two ends drops the
                // message.
                self.end.is_closed();
                Ok(())
            }
            Err((message, libc::EAGAIN)) => Err(SendError::Full(message)),
            Err((message, errno)) => {
                let error = self.end.error(Operation::Send, errno);
                Err(SendError::NotSent(message, error))
            }
        }
    }
}

impl<T> Clone for BoxSender<T> {
    fn clone(&self) -> Self {
        BoxSender {
            writer: Arc::clone(&self.writer),
            end: Arc::clone(&self.end),
        }
    }
}

/// The receiving end of a [`box_channel`].
///
/// Its descriptor is readable while there are messages, and reports a hang-up after all
/// senders are dropped. Messages that are left in the pipe when both ends are dropped are
/// dropped too. In a child of `fork`, receiving fails with `EXDEV`, as sending does for
/// [`BoxSender`].
///
/// The descriptor is available only by its number, to be polled. Any code may read from a
/// descriptor that it borrows as `AsFd`, and this one carries addresses: after half of an
/// address was read elsewhere, the next one read here would be wrong. For the same reason,
/// do not pass the descriptor to another process.
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
    /// Takes a message, if there is one. Does not block.
    ///
    /// # Errors
    ///
    /// [`Empty`](RecvError::Empty) if there is no message now;
    /// [`Disconnected`](RecvError::Disconnected) after the last message of the last sender;
    /// [`Failed`](RecvError::Failed) if the read fails.
    pub fn try_recv(&self) -> Result<Box<T>, RecvError> {
        self.end.try_recv()
    }

    /// Takes a message, and sleeps until there is one.
    ///
    /// # Errors
    ///
    /// As for [`try_recv`](Self::try_recv), but never [`Empty`](RecvError::Empty).
    pub fn recv(&self) -> Result<Box<T>, RecvError> {
        self.recv_within(None)
    }

    /// Takes a message, and sleeps until there is one, or until `timeout` has passed.
    ///
    /// # Errors
    ///
    /// As for [`try_recv`](Self::try_recv), with [`Empty`](RecvError::Empty) if the time
    /// has passed. If a sandbox refuses the clock (`clock_gettime`), fails with
    /// [`Failed`](RecvError::Failed) unless a message is there at once.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Box<T>, RecvError> {
        self.recv_within(Some(timeout))
    }

    fn recv_within(&self, timeout: Option<Duration>) -> Result<Box<T>, RecvError> {
        let failed = |errno| self.end.error(Operation::Wait, errno);
        let now = || clock::try_now_ns().map_err(failed);
        let sleep = |rest| {
            poll::wait_for(self.as_raw_fd(), rest)
                .map(drop)
                .map_err(failed)
        };
        recv_deadline(timeout, || self.try_recv(), now, sleep)
    }
}

impl<T> Drop for BoxReceiver<T> {
    fn drop(&mut self) {
        self.end.closed.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.end.drop_messages();
    }
}

impl<T> AsRawFd for BoxReceiver<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.end.reader.as_raw_fd()
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
