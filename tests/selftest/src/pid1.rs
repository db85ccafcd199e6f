//! The program as `/init`, the first process of a machine that has no other program. The suite
//! runs in a forked child for two reasons: the kernel does not deliver signals with the
//! default action to PID 1, so cases about signals would fail; and PID 1 has to report a crash
//! or a hang of the suite.

use crate::sys;
use libc::c_int;

/// Seconds for the whole suite: more than the suite gives one case that hangs,
/// so that the case is named, and less than ci/boot.sh waits.
const LIMIT: u64 = 1800;

/// Runs `suite` in a child, says how it ended, and reboots.
pub fn supervise(suite: impl FnOnce() -> c_int) -> ! {
    open_console();
    // SAFETY: there is one thread, so the child may go on like the parent.
    let child = unsafe { libc::fork() };
    if child == 0 {
        sys::exit(suite());
    }
    if child < 0 {
        line!("Bail out! PID 1 cannot fork: errno {}", sys::errno());
        reboot(101);
    }
    reboot(watch(child))
}

/// Waits for the suite and returns its exit status. Reaps whatever else ends,
/// since orphans become children of PID 1.
fn watch(suite: libc::pid_t) -> c_int {
    let start = sys::nanoseconds();
    let mut status = 0;
    loop {
        // SAFETY: `status` is valid for writing.
        let ended = unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG) };
        if ended == suite {
            break;
        }
        if ended < 0 && sys::errno() != libc::EINTR {
            line!("Bail out! PID 1 cannot wait: errno {}", sys::errno());
            return 101;
        }
        if (sys::nanoseconds() - start) / 1_000_000_000 >= LIMIT {
            line!("Bail out! TIME LIMIT: still running after {} s", LIMIT);
            // SAFETY: no preconditions; from PID 1 this reaches every other
            // process, so also children that the suite left behind.
            unsafe { libc::kill(-1, libc::SIGKILL) };
            return 124;
        }
        if ended == 0 {
            sys::sleep_ms(20);
        }
    }
    if libc::WIFEXITED(status) {
        return libc::WEXITSTATUS(status);
    }
    line!("Bail out! the suite died: wait status {:#x}", status);
    101
}

/// The kernel opens /dev/console for PID 1 if the initramfs has it in time;
/// otherwise descriptors 0 to 2 are not open.
fn open_console() {
    loop {
        // SAFETY: the path is a C string.
        let fd = unsafe { libc::open(c_str(b"/dev/console\0"), libc::O_RDWR) };
        if fd < 0 {
            return; // no way to tell anybody; the reader misses the plan
        }
        if fd > 2 {
            // SAFETY: `fd` is ours, opened above.
            unsafe { libc::close(fd) };
            return;
        }
    }
}

fn c_str(bytes: &'static [u8]) -> *const libc::c_char {
    bytes.as_ptr().cast()
}

/// Restarts the machine, which ends an emulator started with `-no-reboot`.
/// (Powering off only halts some machines.) The line before it tells this end
/// from a kernel panic's.
pub fn reboot(status: c_int) -> ! {
    line!("# PID 1: exit status {}, rebooting", status);
    // SAFETY: none of these has preconditions. The console must have sent
    // everything before the machine goes.
    unsafe {
        libc::tcdrain(1);
        libc::sync();
        libc::reboot(libc::RB_AUTOBOOT);
    }
    // Only in a container, where PID 1 may end like any process.
    line!("# PID 1: reboot failed: errno {}", sys::errno());
    sys::exit(status)
}
