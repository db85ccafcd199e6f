//! What lies in a C program's `struct wakefd`.

use core::mem::{align_of, size_of, MaybeUninit};
use libc::c_int;
use wakefd::raw::Raw;
use wakefd::Mode;

/// `struct wakefd`.
///
/// It holds numbers and no pointer into itself, so C may move it.
#[repr(C, align(4))]
pub struct Object {
    raw: MaybeUninit<Raw>,
    /// What it is. Zero, as in memory that nobody has initialised, is nothing.
    kind: MaybeUninit<u32>,
}

/// What an open object is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Notifier = 1,
    Counter = 2,
}

const CLOSED: u32 = 0;

impl Object {
    /// It is nothing now, whatever it was: perhaps memory that nobody has written to.
    pub fn set_closed(&mut self) {
        self.kind.write(CLOSED);
    }

    /// Makes one. It is nothing until `open` is through.
    pub fn init(
        &mut self,
        kind: Kind,
        mode: Mode,
        open: impl FnOnce(&mut Raw) -> Result<(), c_int>,
    ) -> Result<(), c_int> {
        open(self.raw.write(Raw::closed(mode)))?;
        self.kind.write(kind as u32);
        Ok(())
    }

    /// What it is made of, if it is of this kind; of any, if there is none.
    pub fn open(&self, wanted: Option<Kind>) -> Result<&Raw, c_int> {
        let kind = self.kind();
        match wanted {
            _ if kind != Kind::Notifier as u32 && kind != Kind::Counter as u32 => Err(libc::EBADF),
            Some(wanted) if wanted as u32 != kind => Err(libc::EINVAL),
            // SAFETY: the kind says that one was put here, and not taken out.
            _ => Ok(unsafe { self.raw.assume_init_ref() }),
        }
    }

    /// Closes it. From then on it is nothing, even for a signal handler that
    /// comes in between.
    pub fn close(&mut self) -> Result<(), c_int> {
        self.open(None)?;
        self.kind.write(CLOSED);
        // SAFETY: the kind said that one was put here.
        unsafe { self.raw.assume_init_mut() }.close();
        Ok(())
    }

    fn kind(&self) -> u32 {
        // SAFETY: wakefd.h asks for an object that was initialised, by
        // wakefd_init or with zeroes; both have set this.
        unsafe { self.kind.assume_init() }
    }
}

// As wakefd.h has it.
const _: () = assert!(size_of::<Object>() == 16 && align_of::<Object>() == 4);
