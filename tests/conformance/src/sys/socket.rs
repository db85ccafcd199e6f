//! A pair of sockets that carries descriptors (unix(7), `SCM_RIGHTS`).

use core::mem::{size_of, zeroed};
use core::ptr;

use super::descriptors::close;
use super::errno::check;

/// Both ends; each process uses one.
pub(crate) struct Socket([i32; 2]);

/// Room for one header and one number, aligned as the header has to be.
#[repr(C)]
union Control {
    header: libc::cmsghdr,
    bytes: [u8; 64],
}

impl Socket {
    pub(crate) fn pair() -> Self {
        let mut ends = [0; 2];
        // SAFETY: room for two descriptors.
        let result =
            unsafe { libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, ends.as_mut_ptr()) };
        check(result, "socketpair");
        Socket(ends)
    }

    /// Sends a descriptor from the first end.
    pub(crate) fn send(&self, number: i32) {
        with_message(|message, length| {
            // SAFETY: the message has room for one header and one number, and both are
            // written before it is sent.
            unsafe {
                let header = libc::CMSG_FIRSTHDR(message);
                (*header).cmsg_level = libc::SOL_SOCKET;
                (*header).cmsg_type = libc::SCM_RIGHTS;
                (*header).cmsg_len = length;
                libc::CMSG_DATA(header)
                    .cast::<i32>()
                    .write_unaligned(number);
                check(libc::sendmsg(self.0[0], message, 0) as i32, "sendmsg");
            }
        });
    }

    /// Receives a descriptor at the second end. The caller closes it.
    pub(crate) fn receive(&self) -> i32 {
        with_message(|message, _| {
            // SAFETY: the kernel writes into the room that the message has, and says whether
            // a header is there.
            unsafe {
                check(libc::recvmsg(self.0[1], message, 0) as i32, "recvmsg");
                let header = libc::CMSG_FIRSTHDR(message);
                assert!(!header.is_null() && (*header).cmsg_type == libc::SCM_RIGHTS);
                libc::CMSG_DATA(header).cast::<i32>().read_unaligned()
            }
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.0.into_iter().for_each(close);
    }
}

/// A message of one byte, with room for a descriptor; and what its header's length is.
#[allow(clippy::useless_conversion)] // Which types these fields have is each libc's affair.
fn with_message<R>(call: impl FnOnce(&mut libc::msghdr, CmsgLen) -> R) -> R {
    let mut byte = [0_u8];
    let mut part = libc::iovec {
        iov_base: byte.as_mut_ptr().cast(),
        iov_len: 1,
    };
    // SAFETY: zeroes are an empty message.
    let mut message: libc::msghdr = unsafe { zeroed() };
    let mut control = Control { bytes: [0; 64] };
    message.msg_iov = &mut part;
    message.msg_iovlen = 1;
    message.msg_control = ptr::addr_of_mut!(control).cast();
    // SAFETY: both only compute.
    let (space, length) = unsafe {
        (
            libc::CMSG_SPACE(size_of::<i32>() as u32),
            libc::CMSG_LEN(size_of::<i32>() as u32),
        )
    };
    message.msg_controllen = space as _;
    call(&mut message, length as CmsgLen)
}

/// The type of `cmsg_len`: `size_t` in glibc and uClibc, `socklen_t` in musl.
#[cfg(not(target_env = "musl"))]
type CmsgLen = usize;
#[cfg(target_env = "musl")]
type CmsgLen = libc::socklen_t;
