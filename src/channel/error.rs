//! The errors of sending and receiving a message.

use core::fmt;

use crate::error::Error;

/// The reason why a message was not sent.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<T> {
    /// The receiver was dropped. The message is returned.
    Disconnected(T),
    /// The channel has no room now. The message is returned.
    Full(T),
    /// The message could not be written to the pipe. It is returned with the error.
    NotSent(T, Error),
    /// The message is in the queue, but the receiver could not be woken: other code closed
    /// its descriptor by number, or a sandbox refuses `write`.
    NotWoken(Error),
}

/// The reason why no message was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecvError {
    /// There is no message now.
    Empty,
    /// There is no message, and none can come, because all senders were dropped.
    Disconnected,
    /// The channel could not be read or waited for: other code closed its descriptor by
    /// number, a sandbox refuses a call, or the receiver of a `box_channel` is used in a
    /// child of `fork` (`EXDEV`).
    Failed(Error),
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Disconnected(_) => f.write_str("the receiver was dropped"),
            SendError::Full(_) => f.write_str("the channel is full"),
            SendError::NotSent(_, error) => write!(f, "{error}"),
            SendError::NotWoken(error) => write!(f, "the receiver could not be woken: {error}"),
        }
    }
}

/// Shows the variant without the message, which need not be `Debug`.
impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Disconnected(_) => f.write_str("Disconnected(..)"),
            SendError::Full(_) => f.write_str("Full(..)"),
            SendError::NotSent(_, error) => write!(f, "NotSent(.., {error:?})"),
            SendError::NotWoken(error) => f.debug_tuple("NotWoken").field(error).finish(),
        }
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecvError::Empty => f.write_str("no message is available"),
            RecvError::Disconnected => f.write_str("all senders were dropped"),
            RecvError::Failed(error) => write!(f, "the channel cannot be used: {error}"),
        }
    }
}
