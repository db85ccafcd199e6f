//! Why a message was not sent or received.

use core::fmt;

use crate::error::Error;

/// Why a message was not sent.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<T> {
    /// The receiver is gone. The message comes back.
    Disconnected(T),
    /// There is no room. The message comes back.
    Full(T),
    /// The pipe that carries messages does not take it. The message comes back.
    NotSent(T, Error),
    /// The message is in the queue, but the receiver could not be woken for it:
    /// somebody closed its descriptor by number.
    NotWoken(Error),
}

/// Why no message was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecvError {
    /// There is none now.
    Empty,
    /// There is none, and none can come: all senders are gone.
    Disconnected,
    /// Somebody closed the channel's descriptor by number.
    Failed(Error),
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Disconnected(_) => f.write_str("the receiver is gone"),
            SendError::Full(_) => f.write_str("the channel is full"),
            SendError::NotSent(_, error) => write!(f, "{error}"),
            SendError::NotWoken(error) => write!(f, "the receiver could not be woken: {error}"),
        }
    }
}

/// Without the message, which need not be `Debug`.
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
            RecvError::Empty => f.write_str("there is no message"),
            RecvError::Disconnected => f.write_str("all senders are gone"),
            RecvError::Failed(error) => write!(f, "the channel cannot be waited for: {error}"),
        }
    }
}
