//! The echo server, which runs in the loop, and its clients, which block in their own
//! threads.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::iter;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::io::{AsFd, AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::net::sockopt::set_socket_send_buffer_size;

use crate::multiplexer::{Multiplexer, Source};
use crate::threads::spawn;

/// The number of bytes that a connection reads at once.
const CHUNK: usize = 64 * 1024;

/// The send buffer is small, so that large echoes do not fit and the loop has to wait.
const SEND_BUFFER: usize = 8 * 1024;

pub(crate) struct Server<'a> {
    multiplexer: &'a Multiplexer,
    listener: TcpListener,
    connections: BTreeMap<RawFd, Connection>,
    /// The buffer for reads.
    chunk: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    /// Bytes that were read and not yet written.
    pending: Vec<u8>,
}

impl<'a> Server<'a> {
    pub(crate) fn new(listener: TcpListener, multiplexer: &'a Multiplexer) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        multiplexer.add(Source::reading(&listener))?;
        Ok(Server {
            multiplexer,
            listener,
            connections: BTreeMap::new(),
            chunk: vec![0; CHUNK],
        })
    }

    /// Returns every descriptor to wait for.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Source<'_>> {
        let connections = self.connections.values().map(Connection::source);
        iter::once(Source::reading(&self.listener)).chain(connections)
    }

    /// Serves the ready descriptor without blocking.
    pub(crate) fn turn(&mut self, fd: RawFd) -> io::Result<()> {
        let connection = match self.connections.get_mut(&fd) {
            Some(connection) => connection,
            // The descriptor is the listener.
            None => return self.accept(),
        };
        let wrote = connection.source().write;
        match connection.echo(&mut self.chunk) {
            Err(error) if !is_transient(&error) => {
                // The client has closed the connection or died. The server continues.
                self.connections.remove(&fd);
                Ok(())
            }
            _ if connection.source().write == wrote => Ok(()),
            _ => self.multiplexer.modify(connection.source()),
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        let stream = match self.listener.accept() {
            Ok((stream, _)) => stream,
            // The client has closed the connection before it was accepted.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => return Ok(()),
            Err(error) if is_transient(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        set_socket_send_buffer_size(&stream, SEND_BUFFER)?;
        self.multiplexer.add(Source::reading(&stream))?;
        let (fd, pending) = (stream.as_raw_fd(), Vec::new());
        self.connections.insert(fd, Connection { stream, pending });
        Ok(())
    }
}

impl Connection {
    /// Waits to write while an echo is pending, and to read otherwise.
    fn source(&self) -> Source<'_> {
        Source {
            fd: self.stream.as_fd(),
            write: !self.pending.is_empty(),
        }
    }

    /// Reads once unless an echo is pending, and writes once. If bytes are left, the
    /// descriptor is ready again in the next turn.
    fn echo(&mut self, chunk: &mut [u8]) -> io::Result<()> {
        if self.pending.is_empty() {
            let length = self.stream.read(chunk)?;
            if length == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.pending.extend(chunk.iter().take(length));
        }
        let written = self.stream.write(&self.pending)?;
        self.pending.drain(..written);
        Ok(())
    }
}

/// Returns whether the call can be repeated later.
fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// The size of an echo that fits into any socket buffer.
const SMALL: usize = 100;
/// The size of an echo that fits into no socket buffer.
const LARGE: usize = 256 * 1024;

/// Sends bytes and compares the echoes until `enough` is set, with a new connection after
/// 1,000 round trips. Returns the number of round trips.
pub(crate) fn client(server: SocketAddr, enough: &AtomicBool) -> io::Result<u64> {
    let mut round_trips = 0;
    loop {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        for i in 0..1000 {
            let size = if i == 0 { LARGE } else { SMALL };
            // The bytes have a prime period and are shifted each time, so that stale and
            // misplaced pieces are noticed.
            let sent: Vec<u8> = (0..=250).cycle().skip(i % 251).take(size).collect();
            if round_trip(&stream, &sent)? != sent {
                return Err(io::Error::new(ErrorKind::InvalidData, "an echo was wrong"));
            }
            round_trips += 1;
            if round_trips >= 100 && enough.load(Ordering::Relaxed) {
                return Ok(round_trips);
            }
        }
    }
}

fn round_trip(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut echo = vec![0; bytes.len()];
    if bytes.len() <= SMALL {
        stream.write_all(bytes)?;
        stream.read_exact(&mut echo)?;
        return Ok(echo);
    }
    // The server reads no more until its echo is taken, so write and read at the same time.
    // If the write fails, the connection is broken and the read fails too.
    thread::scope(|scope| {
        spawn(scope, move || drop({ stream }.write_all(bytes)));
        stream.read_exact(&mut echo)?;
        Ok(echo)
    })
}
