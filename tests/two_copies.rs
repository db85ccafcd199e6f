//! Tests two copies of the crate in one process: the one in this program and the one in
//! `libwakefd.so`. Each treats the other's signal handlers as those of another library.
//!
//!     cargo test --all-features --test two_copies -- --library=PATH
//!
//! `ci/capi.sh` builds the library and runs this. Without a library the tests are skipped.
#![allow(unsafe_code)]

mod suite;

use core::ffi::c_void;
use core::mem::{transmute, MaybeUninit};
use core::ptr::{null, null_mut};
use std::ffi::CString;

use libc::{c_int, SIGTERM};
use suite::Test;
use wakefd::Signals;

fn main() {
    let path = std::env::args().find_map(|argument| {
        let path = argument.strip_prefix("--library=");
        path.map(str::to_owned)
    });
    let names = [
        "rust_first_goes_first",
        "rust_first_goes_last",
        "c_first_goes_first",
        "c_first_goes_last",
    ];
    let tests = names.map(|name| match path.clone() {
        Some(path) => {
            let (rust_first, first_first) =
                (name.starts_with("rust"), name.ends_with("goes_first"));
            Test::isolated(name, move || two_copies(&path, rust_first, first_first))
        }
        None => Test {
            name: name.to_owned(),
            run: Box::new(|| wakefd_conformance::Outcome::Absent(0)),
            may_be_absent: Some("no --library: see ci/capi.sh"),
        },
    });
    suite::main(tests.into_iter());
}

/// `struct wakefd_signals` and the functions of the library.
struct C {
    handle: *mut c_void,
    object: Box<[u64; 6]>,
    next: extern "C" fn(*const c_void, *mut c_void) -> c_int,
    close: extern "C" fn(*mut c_void) -> c_int,
}

impl C {
    fn new(path: &str) -> Self {
        let path = CString::new(path).expect("a path");
        // SAFETY: the library's constructors do nothing.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!handle.is_null(), "dlopen");
        let symbol = |name: &str| {
            let name = CString::new(name).expect("a name");
            // SAFETY: a library that is open.
            let address = unsafe { libc::dlsym(handle, name.as_ptr()) };
            assert!(!address.is_null(), "{name:?}");
            address
        };
        let mut object = Box::new([0; 6]);
        // SAFETY: as wakefd.h declares them.
        let (init, next, close) = unsafe {
            (
                transmute::<
                    *mut c_void,
                    extern "C" fn(*mut c_void, c_int, *const c_int, usize) -> c_int,
                >(symbol("wakefd_signals_init")),
                transmute::<*mut c_void, extern "C" fn(*const c_void, *mut c_void) -> c_int>(
                    symbol("wakefd_signals_next"),
                ),
                transmute::<*mut c_void, extern "C" fn(*mut c_void) -> c_int>(symbol(
                    "wakefd_signals_close",
                )),
            )
        };
        assert_eq!(init(object.as_mut_ptr().cast(), 0, &SIGTERM, 1), 0);
        C {
            handle,
            object,
            next,
            close,
        }
    }
}

/// One copy's object.
enum Copy {
    Rust(Signals),
    C(C),
}

impl Copy {
    /// Takes SIGTERM once, and no more.
    fn sees_it(&self) {
        let take = || match self {
            Copy::Rust(signals) => signals.next().expect("next").map(|signal| signal.number()),
            Copy::C(c) => {
                // `struct wakefd_signal`, which begins with the number.
                let mut signal = [0_i32; 32];
                let result = (c.next)(c.object.as_ptr().cast(), signal.as_mut_ptr().cast());
                assert!(result == 0 || result == 1, "wakefd_signals_next: {result}");
                (result == 1).then_some(signal[0])
            }
        };
        assert_eq!([take(), take()], [Some(SIGTERM), None]);
    }
}

impl Drop for C {
    fn drop(&mut self) {
        assert_eq!((self.close)(self.object.as_mut_ptr().cast()), 0);
        // The other copy may still call the handler of this one, whose code stays therefore.
        // SAFETY: the library is open, and nothing of it is called from here any more.
        assert_eq!(unsafe { libc::dlclose(self.handle) }, 0);
    }
}

/// Each sees every signal, whichever comes and goes first; and then SIGTERM ends a process as
/// before.
fn two_copies(path: &str, rust_first: bool, first_goes_first: bool) {
    for blocked in [false, true] {
        set_blocked(blocked);
        let make = |rust| match rust {
            true => Copy::Rust(Signals::new([SIGTERM]).expect("Signals::new")),
            false => Copy::C(C::new(path)),
        };
        let (first, second) = (make(rust_first), make(!rust_first));
        for _ in 0..3 {
            send();
            first.sees_it();
            second.sees_it();
        }
        let (goes, stays) = match first_goes_first {
            true => (first, second),
            false => (second, first),
        };
        drop(goes);
        for _ in 0..3 {
            send();
            stays.sees_it();
        }
        drop(stays);
        // The first copy to block or unblock puts that back, unless the other is there then.
        if !(blocked && first_goes_first) {
            assert_eq!(is_blocked(), blocked);
        }
        set_blocked(false);
        assert_eq!(ended_by_a_signal(), Some(SIGTERM));
    }
}

fn send() {
    // SAFETY: touches no memory.
    assert_eq!(unsafe { libc::kill(libc::getpid(), SIGTERM) }, 0);
}

/// The signal that ends a child which sends itself SIGTERM.
fn ended_by_a_signal() -> Option<c_int> {
    // SAFETY: this process has one thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        send();
        // SAFETY: does not return.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: a live integer.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status))
}

fn is_blocked() -> bool {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the call fills the set.
    unsafe {
        libc::sigprocmask(libc::SIG_BLOCK, null(), set.as_mut_ptr());
        libc::sigismember(set.as_ptr(), SIGTERM) == 1
    }
}

fn set_blocked(blocked: bool) {
    let how = match blocked {
        true => libc::SIG_BLOCK,
        false => libc::SIG_UNBLOCK,
    };
    let mut set = MaybeUninit::uninit();
    // SAFETY: the first call fills the set that the others read.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), SIGTERM);
        libc::sigprocmask(how, set.as_ptr(), null_mut());
    }
}
