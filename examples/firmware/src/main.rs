//! A `poll` loop for everything that a daemon waits for: work from a thread, a timer, SIGTERM.
#![no_std]
#![no_main]

use core::ffi::c_void;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::ptr::{addr_of, null, null_mut};
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use libc::{c_char, c_int, pollfd, POLLIN, SIGTERM};
use wakefd::{AutoNotifier, Error, Signals, Timer};

/// The work that the worker has published and the loop has not yet taken.
static WORK: AtomicU32 = AtomicU32::new(0);

/// The entry point, which `crt1.o` of libc calls, as in C.
#[no_mangle]
pub extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    match run() {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(Out, "{error}");
            1
        }
    }
}

fn run() -> Result<(), Error> {
    // Create the signals before any thread, so that threads inherit the right mask.
    let signals = Signals::new([SIGTERM])?;
    let timer = Timer::new()?;
    let notifier = AutoNotifier::new()?;
    let tick = Duration::from_millis(100);
    timer.arm_after(tick, Some(tick))?;
    start(&notifier);
    let _ = writeln!(Out, "ready");

    let (mut ticks, mut work) = (0_u64, 0);
    loop {
        let mut watched =
            [notifier.as_raw_fd(), timer.as_raw_fd(), signals.as_raw_fd()].map(|fd| pollfd {
                fd,
                events: POLLIN,
                revents: 0,
            });
        // SAFETY: the array is live and has three elements. A signal handler can cause EINTR,
        // after which no `revents` is set.
        unsafe { libc::poll(watched.as_mut_ptr(), 3, -1) };
        let [notified, expired, signalled] = watched.map(|entry| entry.revents & POLLIN != 0);
        if notified {
            notifier.clear()?; // Consumer: clear, then check what was published.
            work += WORK.swap(0, Ordering::Acquire);
        }
        if expired {
            ticks += timer.take()?.map_or(0, u64::from);
        }
        if signalled && signals.next()?.is_some() {
            let _ = writeln!(
                Out,
                "stopping after {ticks} ticks and {work} pieces of work"
            );
            return Ok(());
        }
    }
}

/// Starts a thread that produces work for the loop.
fn start(notifier: &AutoNotifier) {
    let mut thread = core::mem::MaybeUninit::uninit();
    // SAFETY: the notifier lives as long as the process, which ends when `run` returns.
    unsafe {
        let notifier = addr_of!(*notifier) as *mut c_void;
        libc::pthread_create(thread.as_mut_ptr(), null(), worker, notifier);
    }
}

extern "C" fn worker(notifier: *mut c_void) -> *mut c_void {
    // SAFETY: `start` has passed a pointer to a notifier.
    let notifier = unsafe { &*notifier.cast::<AutoNotifier>() };
    loop {
        WORK.fetch_add(1, Ordering::Release); // Producer: publish, then notify.
        if notifier.notify().is_err() {
            return null_mut();
        }
        // SAFETY: the call has no preconditions.
        unsafe { libc::usleep(30_000) };
    }
}

/// Standard output.
struct Out;

impl Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the pointer and the length are those of a live string.
        unsafe { libc::write(1, text.as_ptr().cast(), text.len()) };
        Ok(())
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: the call has no preconditions.
    unsafe { libc::abort() }
}
