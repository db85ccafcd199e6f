//! The C library that this process runs on, and its version.

use core::fmt;

/// The C library that this process runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Libc {
    /// glibc, with the major and minor version of the running library, or of the one that
    /// is linked statically.
    Glibc(u32, u32),
    /// musl, which does not report its version.
    Musl,
    /// uClibc or uClibc-ng.
    UClibc,
    /// Bionic, Android's libc.
    Bionic,
    /// Another libc, or a glibc whose version cannot be read.
    Other,
}

impl Libc {
    pub(crate) fn running() -> Self {
        if let Some((major, minor)) = glibc_version() {
            Libc::Glibc(major, minor)
        } else if cfg!(target_env = "musl") {
            Libc::Musl
        } else if cfg!(target_env = "uclibc") {
            Libc::UClibc
        } else if cfg!(target_os = "android") {
            Libc::Bionic
        } else {
            Libc::Other
        }
    }
}

impl fmt::Display for Libc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Libc::Glibc(major, minor) => write!(f, "glibc {major}.{minor}"),
            Libc::Musl => f.write_str("musl"),
            Libc::UClibc => f.write_str("uClibc"),
            Libc::Bionic => f.write_str("bionic"),
            Libc::Other => f.write_str("another libc"),
        }
    }
}

/// Returns the major and minor version of the running glibc, or `None` on any other libc.
///
/// In a statically linked program it is the version of the linked glibc.
pub(crate) fn glibc_version() -> Option<(u32, u32)> {
    cfg_if::cfg_if! {
        // glibc has the function since 2.1. uClibc defines `__GLIBC__` in its headers but
        // lacks the function, and has another target_env.
        if #[cfg(all(target_os = "linux", target_env = "gnu"))] {
            // SAFETY: no preconditions; gives a pointer to a static C string.
            let mut next = unsafe { libc::gnu_get_libc_version() }.cast::<u8>();
            parse_version(core::iter::from_fn(|| {
                // SAFETY: `next` is within the string or at its end, and moves
                // on only while it is not at the end.
                unsafe {
                    let byte = *next;
                    if byte != 0 {
                        next = next.add(1);
                    }
                    Some(byte)
                }
            }))
        } else {
            None
        }
    }
}

/// Parses the beginning of a version: `2.36` of `2.36-9+deb12u4`.
#[cfg_attr(not(target_env = "gnu"), allow(dead_code))]
fn parse_version(mut text: impl Iterator<Item = u8>) -> Option<(u32, u32)> {
    let (major, end) = number(&mut text)?;
    if end != b'.' {
        return None;
    }
    let (minor, _) = number(&mut text)?;
    Some((major, minor))
}

/// Parses a decimal number, and returns it with the byte that ended it.
fn number(text: &mut impl Iterator<Item = u8>) -> Option<(u32, u8)> {
    let mut value = None;
    loop {
        let byte = text.next()?;
        if !byte.is_ascii_digit() {
            return Some((value?, byte));
        }
        let digit = u32::from(byte - b'0');
        value = Some(value.unwrap_or(0_u32).checked_mul(10)?.checked_add(digit)?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let table = [
            ("2.7\0", Some((2, 7))),
            ("2.36\0", Some((2, 36))),
            ("2.11.3\0", Some((2, 11))),
            ("2.36-9+deb12u4\0", Some((2, 36))),
            ("2\0", None),
            ("2.\0", None),
            (".7\0", None),
            ("\0", None),
            ("99999999999.1\0", None),
        ];
        for (text, version) in table {
            assert_eq!(parse_version(text.bytes()), version, "{text:?}");
        }
    }
}
