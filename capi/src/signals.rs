//! The functions `wakefd_signals_…` of wakefd.h.

use core::mem::{align_of, size_of};
use core::slice;

use libc::{c_int, c_long, sigset_t, size_t};
use wakefd::{Backend, Signal, Signals};

use crate::held::{Held, OPEN};
use crate::selection::{AUTO, SIGNALFD, SIGNAL_HANDLER};
use crate::{answer, close, errno, open, timeout, waited};

/// `struct wakefd_signals`.
pub type Object = Held<Signals>;

// The size and alignment in wakefd.h.
const _: () = assert!(size_of::<Object>() <= 48 && align_of::<Object>() <= align_of::<usize>());

/// `struct wakefd_signal`.
#[repr(C)]
pub struct Info {
    number: c_int,
    told: c_int,
    code: c_int,
    pid: u32,
    uid: u32,
    status: c_int,
    value: c_int,
    timer_id: c_int,
    overrun: c_int,
    fd: c_int,
    band: c_long,
    value_ptr: usize,
}

const _: () = assert!(size_of::<Info>() == 40 + 2 * size_of::<usize>());

impl Info {
    const NONE: Info = Info {
        number: 0,
        told: 0,
        code: 0,
        pid: 0,
        uid: 0,
        status: 0,
        value: 0,
        timer_id: 0,
        overrun: 0,
        fd: 0,
        band: 0,
        value_ptr: 0,
    };

    fn of(signal: &Signal) -> Self {
        // `enum wakefd_told`
        let told = [
            signal.code().is_some(),
            signal.pid().is_some(),
            signal.status().is_some(),
            signal.value().is_some(),
            signal.timer_id().is_some(),
            signal.fd().is_some(),
        ];
        let bits = told
            .iter()
            .rev()
            .fold(0, |bits, &bit| bits << 1 | c_int::from(bit));
        Info {
            number: signal.number(),
            told: bits,
            code: signal.code().unwrap_or(0),
            pid: signal.pid().unwrap_or(0),
            uid: signal.uid().unwrap_or(0),
            status: signal.status().unwrap_or(0),
            value: signal.value().unwrap_or(0),
            timer_id: signal.timer_id().unwrap_or(0),
            overrun: signal.overrun().unwrap_or(0),
            fd: signal.fd().unwrap_or(0),
            band: signal.band().unwrap_or(0),
            value_ptr: signal.value_ptr().unwrap_or(0),
        }
    }
}

/// `wakefd_signals_init`
///
/// # Safety
///
/// `numbers` points to `count` numbers.
#[no_mangle]
pub unsafe extern "C" fn wakefd_signals_init(
    object: Option<&mut Object>,
    selection: c_int,
    numbers: *const c_int,
    count: size_t,
) -> c_int {
    answer((|| {
        let object = object.ok_or(libc::EINVAL)?;
        object.init(OPEN, || {
            let backend = match selection {
                AUTO | SIGNAL_HANDLER => Backend::SignalHandler,
                SIGNALFD => Backend::SignalFd,
                _ => return Err(libc::EINVAL),
            };
            let numbers = match count {
                0 => &[],
                _ if numbers.is_null() => return Err(libc::EINVAL),
                // SAFETY: the pointer is not null, so the caller has promised `count` numbers.
                _ => unsafe { slice::from_raw_parts(numbers, count) },
            };
            Signals::with(backend, numbers).map_err(errno)
        })
    })())
}

/// `wakefd_signals_add`
#[no_mangle]
pub extern "C" fn wakefd_signals_add(object: Option<&Object>, number: c_int) -> c_int {
    answer(open(object).and_then(|signals| signals.add(number).map(|()| 0).map_err(errno)))
}

/// `wakefd_signals_remove`
#[no_mangle]
pub extern "C" fn wakefd_signals_remove(object: Option<&Object>, number: c_int) -> c_int {
    answer(open(object).and_then(|signals| signals.remove(number).map(|()| 0).map_err(errno)))
}

/// `wakefd_signals_next`
#[no_mangle]
pub extern "C" fn wakefd_signals_next(object: Option<&Object>, info: Option<&mut Info>) -> c_int {
    answer((|| {
        let signals = open(object)?;
        let info = info.ok_or(libc::EINVAL)?;
        let next = signals.next().map_err(errno)?;
        *info = next.as_ref().map_or(Info::NONE, Info::of);
        Ok(next.is_some().into())
    })())
}

/// `wakefd_signals_wait`
#[no_mangle]
pub extern "C" fn wakefd_signals_wait(object: Option<&Object>, milliseconds: c_int) -> c_int {
    answer((|| {
        let signals = open(object)?;
        let timeout = timeout(milliseconds)?;
        signals.wait(timeout).map(waited).map_err(errno)
    })())
}

/// `wakefd_signals_fd`
#[no_mangle]
pub extern "C" fn wakefd_signals_fd(object: Option<&Object>) -> c_int {
    answer(open(object).map(Signals::as_raw_fd))
}

/// `wakefd_signals_backend`
#[no_mangle]
pub extern "C" fn wakefd_signals_backend(object: Option<&Object>) -> c_int {
    answer(open(object).map(|signals| match signals.backend() {
        Backend::SignalFd => SIGNALFD,
        _ => SIGNAL_HANDLER,
    }))
}

/// `wakefd_signals_mechanism`
#[no_mangle]
pub extern "C" fn wakefd_signals_mechanism(object: Option<&Object>) -> c_int {
    answer(open(object).map(|signals| signals.mechanism() as c_int + 1))
}

/// `wakefd_signals_reinit_after_fork`
#[no_mangle]
pub extern "C" fn wakefd_signals_reinit_after_fork(object: Option<&Object>) -> c_int {
    answer(open(object).and_then(|signals| signals.reinit_after_fork().map(|()| 0).map_err(errno)))
}

/// `wakefd_signals_close`
#[no_mangle]
pub extern "C" fn wakefd_signals_close(object: Option<&mut Object>) -> c_int {
    close(object)
}

/// `wakefd_signals_before_exec`
#[no_mangle]
pub extern "C" fn wakefd_signals_before_exec() -> c_int {
    answer(Signals::before_exec().map(|()| 0).map_err(errno))
}

/// `wakefd_signals_spawn_mask`
#[no_mangle]
pub extern "C" fn wakefd_signals_spawn_mask(mask: Option<&mut sigset_t>) -> c_int {
    answer((|| {
        let mask = mask.ok_or(libc::EINVAL)?;
        *mask = Signals::spawn_mask().map_err(errno)?;
        Ok(0)
    })())
}
