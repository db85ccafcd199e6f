//! uname(2): the kernel that this process runs on.

use core::mem::MaybeUninit;

/// A name from `uname(2)`, cut to the length that Linux allows, and padded with zeros.
#[derive(Clone, Copy)]
pub(crate) struct UtsString([u8; UtsString::CAPACITY]);

impl UtsString {
    /// The kernel's `__NEW_UTS_LEN`.
    const CAPACITY: usize = 64;

    fn from_c(field: &[libc::c_char]) -> Self {
        let mut bytes = [0; Self::CAPACITY];
        for (to, &from) in bytes.iter_mut().zip(field) {
            *to = from as u8;
        }
        UtsString(bytes)
    }

    pub(crate) fn as_str(&self) -> &str {
        let length = self.0.iter().take_while(|&&byte| byte != 0).count();
        let bytes = self.0.get(..length).unwrap_or(&[]);
        core::str::from_utf8(bytes).unwrap_or("?")
    }
}

/// Returns the kernel's release (`6.1.0-13-armmp`) and the machine (`armv7l`).
pub(crate) fn uname() -> (UtsString, UtsString) {
    let mut names = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: the pointer is to a whole utsname, which the call fills. It is
    // arrays of integers, for which zero is a value, so even after a failure,
    // which a valid pointer rules out, it may be read.
    let names = unsafe {
        libc::uname(names.as_mut_ptr());
        names.assume_init()
    };
    (
        UtsString::from_c(&names.release),
        UtsString::from_c(&names.machine),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_at_zero_and_at_capacity() {
        let mut field = [b'6' as libc::c_char; 65];
        assert_eq!(UtsString::from_c(&field).as_str().len(), 64);
        field[3] = 0;
        assert_eq!(UtsString::from_c(&field).as_str(), "666");
    }
}
