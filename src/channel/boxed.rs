//! Boxed messages, passed by their address through a pipe.

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

/// The reading end. The senders keep it open too: a pipe without one would
/// answer them with SIGPIPE.
struct End<T> {
    reader: BoxReader<T>,
    /// The receiver is gone.
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

    /// Whether the receiver is gone. If it is, drops what is in the pipe.
    ///
    /// The receiver says that it goes, then looks what is there; a sender writes, then looks
    /// whether the receiver has gone. With a fence between the two steps on each side, one
    /// of them sees the other, and no message stays.
    fn is_closed(&self) -> bool {
        fence(Ordering::SeqCst);
        let closed = self.closed.load(Ordering::Relaxed);
        if closed {
            self.drop_messages();
        }
        closed
    }

    /// Drops what is in the pipe, also when the drop of a message panics.
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

/// The sending end of a [`box_channel`]; clone it for every producer.
///
/// After `fork` the child's is of no use: `send` gives the message back with
/// `EXDEV`, since another process's memory has other boxes. (The check is by the
/// process's number; do not fork into a new PID namespace with the same one.)
pub struct BoxSender<T> {
    // Dropped first, so that the receiver sees the end of the file.
    writer: Arc<BoxWriter<T>>,
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
        if self.end.is_closed() {
            return Err(SendError::Disconnected(message));
        }
        match self.writer.send(message) {
            Ok(()) => {
                // If the receiver has gone meanwhile, the message is dropped here or there.
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

    /// Takes a message, and sleeps until there is one, or until `timeout` has
    /// passed.
    ///
    /// # Errors
    ///
    /// As for [`try_recv`](Self::try_recv). Where a sandbox refuses the clock
    /// (`clock_gettime`), [`Failed`](RecvError::Failed) if there is no message at once.
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
