//! What lies in a C program's `struct wakefd`.

use core::mem::{align_of, size_of, MaybeUninit};
use core::ptr;
use libc::c_int;
use wakefd::{AutoNotifier, Counter};

/// `struct wakefd`. The last byte says what the others are; zero, as in memory
/// that nobody has initialised, is nothing.
///
/// It holds numbers and no pointer into itself, so C may move it.
#[repr(C, align(4))]
pub struct Object([MaybeUninit<u8>; 16]);

const KIND: usize = 15;
const CLOSED: u8 = 0;
const NOTIFIER: u8 = 1;
const COUNTER: u8 = 2;

/// What an open object is.
pub enum Open<'a> {
    Notifier(&'a AutoNotifier),
    Counter(&'a Counter),
}

impl Object {
    /// It is nothing now, whatever it was: perhaps memory that nobody has
    /// written to.
    pub fn set_closed(&mut self) {
        self.set_kind(CLOSED);
    }

    pub fn put_notifier(&mut self, notifier: AutoNotifier) {
        // SAFETY: it fits, as is asserted below.
        unsafe { ptr::from_mut(self).cast::<AutoNotifier>().write(notifier) };
        self.set_kind(NOTIFIER);
    }

    pub fn put_counter(&mut self, counter: Counter) {
        // SAFETY: as above.
        unsafe { ptr::from_mut(self).cast::<Counter>().write(counter) };
        self.set_kind(COUNTER);
    }

    pub fn open(&self) -> Result<Open<'_>, c_int> {
        match self.kind() {
            // SAFETY: the kind says that one was put here, and not taken out.
            NOTIFIER => Ok(Open::Notifier(unsafe { &*ptr::from_ref(self).cast() })),
            // SAFETY: as above.
            COUNTER => Ok(Open::Counter(unsafe { &*ptr::from_ref(self).cast() })),
            _ => Err(libc::EBADF),
        }
    }

    /// Closes it. From then on it is nothing, even for a signal handler that
    /// comes in between.
    pub fn close(&mut self) -> Result<(), c_int> {
        let kind = self.kind();
        self.set_kind(CLOSED);
        match kind {
            // SAFETY: the kind said that one was put here; now it says no more.
            NOTIFIER => unsafe { ptr::from_mut(self).cast::<AutoNotifier>().drop_in_place() },
            // SAFETY: as above.
            COUNTER => unsafe { ptr::from_mut(self).cast::<Counter>().drop_in_place() },
            _ => return Err(libc::EBADF),
        }
        Ok(())
    }

    fn kind(&self) -> u8 {
        // SAFETY: wakefd.h asks for an object that was initialised, by
        // wakefd_init or with zeroes; both have set this byte.
        unsafe { self.0[KIND].assume_init() }
    }

    fn set_kind(&mut self, kind: u8) {
        self.0[KIND] = MaybeUninit::new(kind);
    }
}

// Both leave the last byte free.
const _: () = assert!(size_of::<AutoNotifier>() <= KIND && size_of::<Counter>() <= KIND);
const _: () = assert!(align_of::<AutoNotifier>() <= 4 && align_of::<Counter>() <= 4);
// As wakefd.h has it.
const _: () = assert!(size_of::<Object>() == 16 && align_of::<Object>() == 4);
