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
    assert!(try_to_queue_self(number, value), "sigqueue");
}

/// Sends one with a value to the caller's, if there is room.
pub(crate) fn try_to_queue_self(number: i32, value: i32) -> bool {
    // SAFETY: passed as C passes it.
    let result = unsafe { libc::sigqueue(pid(), number, sigval(value)) };
    assert!(result == 0 || errno::get() == libc::EAGAIN, "sigqueue");
    result == 0
}

/// Sends one with an address to the caller's.
pub(crate) fn queue_pointer_to_self(number: i32, address: usize) {
    let sival_ptr = address as *mut c_void;
    // SAFETY: passed as C passes it, and nobody follows the pointer.
    let result = unsafe { libc::sigqueue(pid(), number, libc::sigval { sival_ptr }) };
    check(result, "sigqueue");
}

fn sigval(value: i32) -> libc::sigval {
    let mut union = libc::sigval {
        sival_ptr: null_mut(),
    };
    let first: *mut libc::sigval = &mut union;
    // SAFETY: the union begins with the int.
    unsafe { *first.cast() = value };
    union
}

/// A timer of the kernel's that sends a signal.
pub(crate) struct KernelTimer(i32);

impl KernelTimer {
    /// Makes one that sends this value. `None` if the kernel has none.
    pub(crate) fn new(number: i32, value: i32) -> Option<Self> {
        let mut id = 0;
        // SAFETY: zero is a value of every field.
        let mut event = unsafe { MaybeUninit::<libc::sigevent>::zeroed().assume_init() };
        event.sigev_value = sigval(value);
        event.sigev_signo = number;
        event.sigev_notify = libc::SIGEV_SIGNAL;
        let (clock, id_out) = (libc::CLOCK_MONOTONIC, &mut id as *mut i32);
        // SAFETY: a live event, as the kernel has it, and room for an id, which is an int.
        let result = unsafe { libc::syscall(libc::SYS_timer_create, clock, &event, id_out) };
        if result != 0 {
            assert_eq!(errno::get(), libc::ENOSYS, "timer_create");
            return None;
        }
        Some(KernelTimer(id))
    }

    pub(crate) fn id(&self) -> i32 {
        self.0
    }

    pub(crate) fn arm_in_1ms(&self) {
        // Period and first time, each of two longs of the kernel's.
        let time: [libc::c_long; 4] = [0, 0, 0, 1_000_000];
        let old = null_mut::<c_void>();
        // SAFETY: a live time, and the old one is not wanted.
        let result =
            unsafe { libc::syscall(libc::SYS_timer_settime, self.0, 0, time.as_ptr(), old) };
        assert_eq!(result, 0, "timer_settime");
    }
}

impl Drop for KernelTimer {
    fn drop(&mut self) {
        // SAFETY: our own timer.
        unsafe { libc::syscall(libc::SYS_timer_delete, self.0) };
    }
}

/// Returns whether qemu's user emulation runs this. Its timers have numbers of their own, which
/// start with this.
pub(crate) fn is_qemu_user() -> bool {
    const START: i32 = 0x0caf_0000;
    KernelTimer::new(libc::SIGURG, 0).map_or(false, |timer| timer.id() & !0xffff == START)
}

/// Writes a line to the report: what cannot be tested here.
pub(crate) fn say(line: &str) {
    // SAFETY: so many bytes of a live string. A report that is closed needs no line.
    unsafe { libc::write(1, line.as_ptr().cast(), line.len()) };
}

/// Has the kernel send this signal, with what is possible there, when a descriptor becomes
/// readable.
pub(crate) fn signal_when_readable(descriptor: i32, number: i32) {
    /// Linux's, which libc does not name everywhere.
    const F_SETSIG: i32 = 10;
    /// MIPS's is not what libc says for uClibc.
    const F_SETOWN: i32 = match cfg!(any(target_arch = "mips", target_arch = "mips64")) {
        true => 24,
        false => libc::F_SETOWN,
    };
    // SAFETY: commands that take an integer, on the caller's descriptor.
    unsafe {
        check(libc::fcntl(descriptor, F_SETOWN, pid()), "F_SETOWN");
        check(libc::fcntl(descriptor, F_SETSIG, number), "F_SETSIG");
        let flags = libc::fcntl(descriptor, libc::F_GETFL);
        check(
            libc::fcntl(descriptor, libc::F_SETFL, flags | libc::O_ASYNC),
            "O_ASYNC",
        );
    }
}

/// Whether a set of libc's has this signal.
pub(crate) fn contains(set: &libc::sigset_t, number: i32) -> bool {
    // SAFETY: a live set.
    unsafe { libc::sigismember(set, number) == 1 }
}

/// Whether one is blocked and pending for this thread or the process.
pub(crate) fn is_pending_in_kernel(number: i32) -> bool {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the call fills the set.
    unsafe {
        check(libc::sigpending(set.as_mut_ptr()), "sigpending");
        contains(&set.assume_init(), number)
    }
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
    /// One with flags and a mask of its own, which keeps the mask that it runs with.
    Picky,
    /// What [`Action::Above`] found: as a library installs it that leaves.
    Below,
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

/// The flags of [`Action::Picky`].
pub(crate) const PICKY: u32 = (libc::SA_NOCLDSTOP | libc::SA_NODEFER | libc::SA_RESTART) as u32;
/// The signal that it masks.
pub(crate) const PICKY_MASK: i32 = libc::SIGWINCH;
/// The signals from 1 to 31 that were blocked when it ran last.
static PICKY_BLOCKED: AtomicU32 = AtomicU32::new(0);

/// The signals from 1 to 31 that were blocked when [`Action::Picky`] ran last, as bits.
pub(crate) fn picky_blocked() -> u32 {
    PICKY_BLOCKED.load(Ordering::Relaxed)
}

extern "C" fn picky(number: i32) {
    let blocked = (1..32).filter(|&other| is_blocked(other));
    PICKY_BLOCKED.store(
        blocked.fold(0, |bits, other| bits | 1 << other),
        Ordering::Relaxed,
    );
    count(number, 0);
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
            Action::Picky => picky as extern "C" fn(i32) as usize,
            Action::Below => BELOW.load(Ordering::Relaxed),
            Action::Alarm => call_handler as extern "C" fn(i32) as usize,
        }
    }

    /// Installs it.
    pub(crate) fn install(self, number: i32) {
        let flags = match self {
            Action::WithInfo | Action::Above | Action::Below => libc::SA_SIGINFO as u32,
            Action::Picky => PICKY,
            _ => 0,
        };
        if self == Action::Above {
            BELOW.store(installed(number).0, Ordering::Relaxed);
        }
        // SAFETY: zero is a value of every field: no flags, an empty mask.
        let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
        action.sa_sigaction = self.address();
        action.sa_flags = flags as _;
        if self == Action::Picky {
            // SAFETY: a live set, empty but for this.
            unsafe { libc::sigaddset(&mut action.sa_mask, PICKY_MASK) };
        }
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
            Action::Picky,
        ];
        let (found, _) = installed(number);
        let is_it = |action: &Action| action.address() == found;
        known.into_iter().find(is_it).unwrap_or(Action::Other)
    }
}

/// The address of the handler, and its flags.
#[allow(clippy::unnecessary_cast)] // Unsigned on MIPS.
pub(crate) fn installed(number: i32) -> (usize, u32) {
    let mut found = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: nothing is installed, the struct is live, and zero is a value of every
    // field of it.
    unsafe {
        check(
            libc::sigaction(number, null(), found.as_mut_ptr()),
            "sigaction",
        );
        let found = found.assume_init();
        (found.sa_sigaction, found.sa_flags as u32)
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
