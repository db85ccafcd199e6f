//! Signals: sending them, masks, and handlers that count.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};

use super::alarms::call_handler;
use super::errno::{self, check};

/// This process.
pub(crate) fn pid() -> i32 {
    // SAFETY: no preconditions.
    unsafe { libc::getpid() }
}

/// Its real user.
pub(crate) fn uid() -> u32 {
    // SAFETY: no preconditions.
    unsafe { libc::getuid() }
}

/// Sends a signal to a process.
pub(crate) fn send(pid: i32, number: i32) {
    // SAFETY: touches no memory; the suite sends to its own processes only.
    check(unsafe { libc::kill(pid, number) }, "kill");
}

/// Sends one to the caller's, if the system has it.
pub(crate) fn try_to_send_self(number: i32) -> bool {
    // SAFETY: as in `send`.
    let result = unsafe { libc::kill(pid(), number) };
    assert!(result == 0 || errno::get() == libc::EINVAL, "kill");
    result == 0
}

/// Sends one to the caller's.
pub(crate) fn send_self(number: i32) {
    send(pid(), number);
}

/// Sends one with a value to the caller's.
pub(crate) fn queue_self(number: i32, value: i32) {
    let mut union = libc::sigval {
        sival_ptr: null_mut(),
    };
    let first: *mut libc::sigval = &mut union;
    // SAFETY: the union begins with the int, and is passed as C passes it.
    let result = unsafe {
        *first.cast() = value;
        libc::sigqueue(pid(), number, union)
    };
    check(result, "sigqueue");
}

/// The number of a child that has ended, without waiting for one.
pub(crate) fn reap() -> Option<i32> {
    // SAFETY: no status is asked for.
    match unsafe { libc::waitpid(-1, null_mut(), libc::WNOHANG) } {
        pid @ 1.. => Some(pid),
        _ => None,
    }
}

/// Whether this thread blocks it.
pub(crate) fn is_blocked(number: i32) -> bool {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // To look, any of them will do. A filter may refuse one.
    let found = [libc::SIG_BLOCK, libc::SIG_UNBLOCK, libc::SIG_SETMASK]
        .into_iter()
        // SAFETY: the call fills the set; nothing is changed.
        .any(|how| unsafe { libc::pthread_sigmask(how, null(), set.as_mut_ptr()) } == 0);
    assert!(found, "pthread_sigmask");
    // SAFETY: filled.
    unsafe { libc::sigismember(set.as_ptr(), number) == 1 }
}

/// Blocks it in this thread, or unblocks it.
pub(crate) fn set_blocked(number: i32, blocked: bool) {
    let how = match blocked {
        true => libc::SIG_BLOCK,
        false => libc::SIG_UNBLOCK,
    };
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the first call fills the set that the others read.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), number);
        assert_eq!(libc::pthread_sigmask(how, set.as_ptr(), null_mut()), 0);
    }
}

/// Runs `work` while this thread takes no signal.
pub(crate) fn without_signals(work: impl FnOnce()) {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: each set is filled before it is read.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    work();
    // SAFETY: filled by the first call.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut()) };
}

/// Whatever this process was started with, by `nohup` or in a shell's background: no
/// signal is ignored. But for SIGPIPE, which std ignores.
pub(crate) fn ignore_none() {
    for number in (1..=64).filter(|&number| number != libc::SIGPIPE) {
        // SAFETY: no handler is installed. It fails for numbers that are libc's or the
        // kernel's own.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
}

/// What can be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// `SIG_DFL`.
    Default,
    /// `SIG_IGN`.
    Ignore,
    /// A handler that counts, and spoils errno.
    Plain,
    /// One that gets a siginfo, too.
    WithInfo,
    /// One that calls what was there before it.
    Above,
    /// The handler of [`with_alarms`](super::alarms::with_alarms).
    Alarm,
    /// Something else.
    Other,
}

static CALLS: AtomicU32 = AtomicU32::new(0);
/// The number and the sender that the last call was given.
static LAST: [AtomicI32; 2] = [AtomicI32::new(0), AtomicI32::new(0)];
/// What [`Action::Above`] calls.
static BELOW: AtomicUsize = AtomicUsize::new(0);

/// How often the counting handlers have been called.
pub(crate) fn calls() -> u32 {
    CALLS.load(Ordering::Relaxed)
}

/// The number and the sender that the last call was given; no sender for a plain one.
pub(crate) fn last_call() -> (i32, i32) {
    let [number, sender] = &LAST;
    (
        number.load(Ordering::Relaxed),
        sender.load(Ordering::Relaxed),
    )
}

fn count(number: i32, sender: i32) {
    CALLS.fetch_add(1, Ordering::Relaxed);
    LAST[0].store(number, Ordering::Relaxed);
    LAST[1].store(sender, Ordering::Relaxed);
    errno::set(1234);
}

extern "C" fn plain(number: i32) {
    count(number, 0);
}

extern "C" fn with_info(number: i32, info: *mut libc::siginfo_t, context: *mut c_void) {
    assert!(!context.is_null());
    // SAFETY: the kernel's siginfo of a signal that was sent by `kill`.
    count(number, unsafe { (*info).si_pid() });
}

type WithInfo = extern "C" fn(i32, *mut libc::siginfo_t, *mut c_void);

extern "C" fn above(number: i32, info: *mut libc::siginfo_t, context: *mut c_void) {
    count(number, 0);
    // SAFETY: `install` has put here a handler that takes these.
    let below: WithInfo = unsafe { core::mem::transmute(BELOW.load(Ordering::Relaxed)) };
    below(number, info, context);
}

impl Action {
    fn address(self) -> usize {
        match self {
            Action::Default | Action::Other => libc::SIG_DFL,
            Action::Ignore => libc::SIG_IGN,
            Action::Plain => plain as extern "C" fn(i32) as usize,
            Action::WithInfo => with_info as WithInfo as usize,
            Action::Above => above as WithInfo as usize,
            Action::Alarm => call_handler as extern "C" fn(i32) as usize,
        }
    }

    /// Installs it.
    pub(crate) fn install(self, number: i32) {
        let flags = match self {
            Action::WithInfo | Action::Above => libc::SA_SIGINFO,
            _ => 0,
        };
        if self == Action::Above {
            BELOW.store(installed(number), Ordering::Relaxed);
        }
        // SAFETY: zero is a value of every field: no flags, an empty mask.
        let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
        action.sa_sigaction = self.address();
        action.sa_flags = flags as _;
        // SAFETY: the struct is live, and the handlers are async-signal-safe.
        check(
            unsafe { libc::sigaction(number, &action, null_mut()) },
            "sigaction",
        );
    }

    /// What is installed.
    pub(crate) fn installed(number: i32) -> Self {
        let known = [
            Action::Default,
            Action::Ignore,
            Action::Plain,
            Action::WithInfo,
            Action::Above,
        ];
        let found = installed(number);
        let is_it = |action: &Action| action.address() == found;
        known.into_iter().find(is_it).unwrap_or(Action::Other)
    }
}

/// The address of the handler.
fn installed(number: i32) -> usize {
    let mut found = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: nothing is installed, the struct is live, and zero is a value of every
    // field of it.
    unsafe {
        check(
            libc::sigaction(number, null(), found.as_mut_ptr()),
            "sigaction",
        );
        found.assume_init().sa_sigaction
    }
}

/// Runs `work`, which must be async-signal-safe, in a child that shares this
/// process's memory, as one of `vfork` does, and waits for it.
pub(crate) fn in_shared_memory(work: fn()) {
    #[repr(align(16))]
    struct Stack([MaybeUninit<u8>; 64 * 1024]);

    extern "C" fn start(work: *mut c_void) -> i32 {
        // SAFETY: the function that was passed.
        let work: fn() = unsafe { core::mem::transmute(work) };
        work();
        0
    }

    let mut stack = Stack([MaybeUninit::uninit(); 64 * 1024]);
    // SAFETY: the child runs on a stack of its own, and this thread stands still
    // until it has ended.
    let child = unsafe {
        let top = stack.0.as_mut_ptr().add(stack.0.len());
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        libc::clone(start, top.cast(), flags, work as *mut c_void)
    };
    super::process::Child::new(check(child, "clone")).succeeds();
}
