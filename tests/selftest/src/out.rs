//! Lines on standard output, without `std`.

use core::fmt;

/// Collects one line, so that it goes out in one `write` where it fits: on a
/// console the kernel's own messages then do not land inside it.
pub struct Line {
    bytes: [u8; 512],
    len: usize,
}

impl Line {
    pub fn new() -> Line {
        Line {
            bytes: [0; 512],
            len: 0,
        }
    }

    fn flush(&mut self) {
        let mut rest = &self.bytes[..self.len];
        while !rest.is_empty() {
            // SAFETY: `rest` is initialised memory of the length given.
            let n = unsafe { libc::write(1, rest.as_ptr().cast(), rest.len()) };
            if n > 0 {
                rest = &rest[n as usize..];
            } else if n == 0 || crate::sys::errno() != libc::EINTR {
                break; // nobody to tell; the reader misses the plan
            }
        }
        self.len = 0;
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.len == self.bytes.len() {
                self.flush();
            }
            self.bytes[self.len] = byte;
            self.len += 1;
        }
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Makes a comment of the report out of text that may have several lines.
pub struct Comment(pub Line);

impl fmt::Write for Comment {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (i, part) in text.split('\n').enumerate() {
            if i > 0 {
                self.0.write_str("\n# ")?;
            }
            self.0.write_str(part)?;
        }
        Ok(())
    }
}

/// Prints one line, as `println!` does.
macro_rules! line {
    ($($arg:tt)*) => {{
        use core::fmt::Write as _;
        let mut line = $crate::out::Line::new();
        let _ = writeln!(line, $($arg)*);
    }};
}

/// Prints a comment.
macro_rules! comment {
    ($($arg:tt)*) => {{
        use core::fmt::Write as _;
        let mut comment = $crate::out::Comment($crate::out::Line::new());
        let _ = write!(comment, "# {}", format_args!($($arg)*));
        let _ = comment.0.write_str("\n");
    }};
}
