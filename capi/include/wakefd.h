/*
 * wakefd: a descriptor that wakes an event loop. It is an eventfd if the running
 * kernel supports eventfd, otherwise a self-pipe; both behave the same. Timers and
 * signals have a descriptor too, with a fallback of their own.
 *
 *     static struct wakefd wake;
 *
 *     wakefd_init(&wake, WAKEFD_AUTO);
 *     // poll, select or epoll: watch wakefd_fd(&wake) for reading
 *
 *     // producer, in any thread or signal handler: publish, then notify
 *     wakefd_notify(&wake);
 *
 *     // the loop, when the descriptor is readable: clear,
 *     wakefd_clear(&wake);
 *     // then check what was published
 *
 * Link with -lwakefd. A static program that uses timers needs -pthread too. The
 * header works in C99 and C++98.
 *
 * RETURN VALUE
 *     Functions return zero or more, or an errno as a negative number (-EMFILE).
 *     wakefd_notify and wakefd_add preserve errno itself; after other calls it is
 *     undefined, as after a call of libc. Every function can fail with
 *       -EINVAL  a pointer is null, a number is not one of those named for it, or a
 *                counter was passed where a notifier is required, or the reverse
 *       -EBADF   the object is not open: it is closed, or all zeroes and never
 *                initialised. Or its descriptor was closed by number
 *     and with the errnos listed for it. wakefd passes on the errnos of the kernel,
 *     except EINTR, which it never returns, and EAGAIN, which it returns only where
 *     listed.
 *
 * STORAGE
 *     The caller owns the object: it may be static, on the stack, or part of another
 *     object. All zeroes mean closed, so functions fail with -EBADF for a static
 *     object that is not yet initialised. The object may be moved (memcpy, realloc)
 *     while no thread uses it. Of two copies, use only one. The library uses no heap
 *     (malloc) and keeps one word, with what it found out about the kernel. Timers
 *     and signals need more, a page and a thread or a table: see there.
 *
 * THREADS AND SIGNAL HANDLERS
 *     Any thread may call any function on an open object at the same time, except
 *     those whose names end in init, init_counter, reinit_after_fork and close, which
 *     need exclusive use of the object.
 *     Async-signal-safe are wakefd_notify and wakefd_add, the functions whose names
 *     end in fd, version, backend and mechanism, and those that return names. A
 *     handler that clears, takes or waits must save and restore errno itself. Only
 *     timers and signals take a lock; their sections say what a handler may call.
 *     Functions that notify, add, clear, take, arm, disarm or return the next signal
 *     are not cancellation points (pthread_cancel), nor is the signal handler of this
 *     library. Do not cancel a thread that may wait on, create, reinitialise or close
 *     an object. Wake it instead, and let it end itself.
 *
 * FORK AND EXEC
 *     After fork, parent and child share an object, as they share a descriptor:
 *     either can notify, and the first to clear takes the notification. A child that
 *     needs its own calls wakefd_reinit_after_fork. Descriptors are close-on-exec and
 *     non-blocking. Before Linux 2.6.27 they become so a moment after they are
 *     created: another thread's fork and exec in that moment leaks one.
 */
#ifndef WAKEFD_H
#define WAKEFD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header. */
#define WAKEFD_VERSION_MAJOR 0
#define WAKEFD_VERSION_MINOR 1
#define WAKEFD_VERSION_PATCH 0
#define WAKEFD_VERSION_STRING "0.1.0"
/* One number, to compare with: #if WAKEFD_VERSION >= 0x000100 is 0.1.0 or later. */
#define WAKEFD_VERSION \
    (WAKEFD_VERSION_MAJOR << 16 | WAKEFD_VERSION_MINOR << 8 | WAKEFD_VERSION_PATCH)

/* The members are private. */
struct wakefd {
    uint32_t opaque[5];
};

struct wakefd_timer {
    union {
        void *aligned;
        uint32_t words[8];
    } opaque;
};
struct wakefd_signals {
    union {
        void *aligned;
        uint32_t words[12];
    } opaque;
};

/* The library was compiled for this size and alignment. */
struct wakefd_alignment {
    char one;
    struct wakefd wakefd;
};
struct wakefd_timer_alignment {
    char one;
    struct wakefd_timer timer;
};
struct wakefd_signals_alignment {
    char one;
    struct wakefd_signals signals;
};
typedef char wakefd_size_check[sizeof(struct wakefd) == 20 ? 1 : -1];
typedef char wakefd_alignment_check[offsetof(struct wakefd_alignment, wakefd) == 4 ? 1 : -1];
typedef char wakefd_timer_size_check[sizeof(struct wakefd_timer) == 32 ? 1 : -1];
typedef char wakefd_timer_alignment_check
    [offsetof(struct wakefd_timer_alignment, timer) == sizeof(void *) ? 1 : -1];
typedef char wakefd_signals_size_check[sizeof(struct wakefd_signals) == 48 ? 1 : -1];
typedef char wakefd_signals_alignment_check
    [offsetof(struct wakefd_signals_alignment, signals) == sizeof(void *) ? 1 : -1];

/*
 * How to create an object. Notifiers and counters accept the first four values; timers
 * accept WAKEFD_AUTO, WAKEFD_TIMERFD and WAKEFD_TIMER_THREAD; signals accept
 * WAKEFD_AUTO, WAKEFD_SIGNALFD and WAKEFD_SIGNAL_HANDLER.
 */
enum wakefd_selection {
    WAKEFD_AUTO = 0,    /* notifier: a pipe on a glibc before 2.8, otherwise as
                           WAKEFD_KERNEL; timer: a timerfd if the kernel has one,
                           otherwise a thread; signals: handlers */
    WAKEFD_KERNEL = 1,  /* the best mechanism of the kernel, whatever the libc */
    WAKEFD_EVENTFD = 2, /* an eventfd only */
    WAKEFD_PIPE = 3,    /* a pipe only; no eventfd call, for which a sandbox may kill */
    WAKEFD_TIMERFD = 4, /* a timerfd only */
    WAKEFD_TIMER_THREAD = 5,  /* a thread and a notifier; no timerfd call */
    WAKEFD_SIGNALFD = 6,      /* a signalfd only; see its conditions below */
    WAKEFD_SIGNAL_HANDLER = 7 /* handlers and a notifier, as WAKEFD_AUTO */
};

/* The mechanism that created an object, the best of each kind first. */
enum wakefd_mechanism {
    WAKEFD_MECHANISM_EVENTFD2 = 1,       /* Linux 2.6.27 */
    WAKEFD_MECHANISM_EVENTFD = 2,        /* Linux 2.6.22 */
    WAKEFD_MECHANISM_PIPE2 = 3,          /* Linux 2.6.27 */
    WAKEFD_MECHANISM_PIPE = 4,           /* always */
    WAKEFD_MECHANISM_SIGNALFD4 = 5,      /* Linux 2.6.27 */
    WAKEFD_MECHANISM_SIGNALFD = 6,       /* Linux 2.6.22 */
    WAKEFD_MECHANISM_SIGNAL_HANDLER = 7, /* always */
    WAKEFD_MECHANISM_TIMERFD_FLAGS = 8,  /* timerfd_create with flags, Linux 2.6.27 */
    WAKEFD_MECHANISM_TIMERFD = 9,        /* timerfd_create without flags, Linux 2.6.25 */
    WAKEFD_MECHANISM_TIMER_THREAD = 10   /* always */
};

/* What wakefd_take takes from a counter. */
enum wakefd_mode {
    WAKEFD_SUM = 0,      /* the whole count */
    WAKEFD_SEMAPHORE = 1 /* one, as with EFD_SEMAPHORE */
};

/*
 * Creates a notifier. The previous content of the object is ignored: close an open
 * object first, or its descriptors stay open. After a failure the object is closed.
 * Returns 0.
 *   -EMFILE, -ENFILE, -ENOMEM  a resource is exhausted; there is no fallback to a pipe
 *   -ENOSYS                    the kernel does not support the requested backend, or it
 *                              was not compiled in
 *   -EPERM, -EACCES            a sandbox refuses every mechanism of the selection
 */
int wakefd_init(struct wakefd *wakefd, int selection);

/*
 * Creates a counter: eventfd's 64-bit count, on both backends. Its descriptor is
 * readable while the count is above zero.
 * Returns 0, and fails as wakefd_init does.
 *   -ENOSYS  also for WAKEFD_SEMAPHORE with WAKEFD_EVENTFD, before Linux 2.6.30
 */
int wakefd_init_counter(struct wakefd *wakefd, int selection, int mode);

/*
 * Makes a notifier's descriptor readable. Never blocks, and succeeds however many
 * notifications are pending. Makes one system call. Async-signal-safe; preserves errno.
 * Returns 0.
 */
int wakefd_notify(const struct wakefd *wakefd);

/*
 * Makes a notifier's descriptor unreadable, however often it was notified. Makes one system
 * call on an eventfd, and on a pipe with at most 1,023 notifications pending.
 * Returns 1 if it was readable, 0 if not.
 */
int wakefd_clear(const struct wakefd *wakefd);

/*
 * Adds n to a counter. Zero adds nothing. Async-signal-safe; preserves errno.
 * Returns 0.
 *   -EAGAIN  the count would exceed UINT64_MAX - 1, and is unchanged
 *   -EINVAL  also if n is UINT64_MAX
 */
int wakefd_add(const struct wakefd *wakefd, uint64_t n);

/*
 * Takes the whole count, or one of it, depending on the counter's mode. Does not block.
 * Returns 1, with the amount taken in *count; or 0, with 0 in *count, if the count is
 * zero. On a pipe it may also return 0 while another call is in progress.
 */
int wakefd_take(const struct wakefd *wakefd, uint64_t *count);

/*
 * Sleeps until the descriptor is readable. timeout is in milliseconds: 0 checks without
 * sleeping, -1 waits for ever, and other negative numbers are invalid. It never ends
 * early: a signal does not end it, and a handler that wants to end it must notify. It
 * clears and takes nothing.
 * Returns 1 if the descriptor is readable, 0 if the time is over.
 */
int wakefd_wait(const struct wakefd *wakefd, int timeout);

/*
 * Returns the descriptor to watch for reading, or a negative errno. The number stays the
 * same until wakefd_close. Read the descriptor only with wakefd_clear and wakefd_take,
 * and do not close it.
 */
int wakefd_fd(const struct wakefd *wakefd);

/*
 * Returns the descriptor that notifies a notifier when it is written to, or a negative
 * errno. Pass it to another process, over a socket (SCM_RIGHTS) or across exec (dup2). For
 * an eventfd it is the descriptor of wakefd_fd, for a pipe the other end. The number stays
 * the same until wakefd_close; do not close it. The receiver calls wakefd_notify_by_fd.
 * Without this library it writes a uint64_t with the value one, in its own byte order, and
 * treats EAGAIN as success.
 */
int wakefd_notify_fd(const struct wakefd *wakefd);

/*
 * Notifies through a descriptor from wakefd_notify_fd, whatever the backend. Never blocks,
 * and succeeds however many notifications are pending. Makes one system call.
 * Async-signal-safe; preserves errno.
 * Returns 0.
 *   -EPIPE   the notifier was a pipe, and every process has closed it. The kernel first
 *            sends SIGPIPE: ignore it. On an eventfd that every other process has
 *            closed, the notification is lost without an error
 *   -EINVAL  fd is not a descriptor of a notifier
 */
int wakefd_notify_by_fd(int fd);

/* Returns WAKEFD_EVENTFD or WAKEFD_PIPE. */
int wakefd_backend(const struct wakefd *wakefd);

/* Returns one of enum wakefd_mechanism. */
int wakefd_mechanism(const struct wakefd *wakefd);

/*
 * Gives the calling process its own descriptors, with nothing pending, under the same
 * numbers. Call it in the child after fork. Sets of poll and select stay valid; create an
 * epoll set anew.
 * Returns 0, and fails as wakefd_init does, with the object unchanged.
 */
int wakefd_reinit_after_fork(struct wakefd *wakefd);

/* Closes a notifier or counter. Returns 0. Closing it twice fails with -EBADF and has no effect. */
int wakefd_close(struct wakefd *wakefd);

/*
 * Returns the version of the running library, such as "0.1.0". A program can compare it
 * with WAKEFD_VERSION_STRING. Async-signal-safe. Does not fail.
 */
const char *wakefd_version(void);

/*
 * TIMERS
 *
 * A library that was built without the feature `timer` does not have these functions.
 *
 * A timer has a descriptor that is readable once the timer has expired. It is a timerfd
 * (timerfd_create(2)) if the kernel has it, since Linux 2.6.25, otherwise a thread that
 * notifies. Both behave the same:
 *   - It never expires early. It can be late: by a tick of the kernel's clock, up to
 *     10 ms, on kernels without high-resolution timers, and by the scheduler.
 *   - Expirations are counted from the first one, however late the caller takes them.
 *   - A first time of zero, or one that has passed, expires at once and does not disarm.
 *     A periodic timer whose first time has passed counts the expirations that it missed.
 *   - Arming or disarming discards expirations that were not taken.
 *   - A period shorter than the clock's resolution (clock_getres(2)) counts as one of the
 *     resolution: a tick, 1 to 10 ms, on kernels without high-resolution timers.
 *   - Times are in nanoseconds. Those more than 2^31 - 1 seconds away are reduced to that.
 *     The clock is CLOCK_MONOTONIC, which does not run while the system is suspended. The
 *     library reads it from the kernel, not from libc.
 * In an edge-triggered set, the next edge comes only after wakefd_timer_take.
 *
 * One thread serves all timers of a process that have no timerfd. The first of them starts
 * it, and closing the last waits for its end. It blocks every signal, asks for 64 KiB of
 * stack, and sleeps unless a timer that was armed, or taken from, is due. It has the
 * policy, the priority and the processors of the thread that created the first timer. Its
 * name is wakefd-timers. Each timer that it serves takes a page from mmap, and the
 * descriptors of a notifier (wakefd_init with WAKEFD_AUTO).
 *
 * A signal handler may call only wakefd_timer_wait, besides the functions that are named
 * above as async-signal-safe, because the thread uses a lock.
 *
 * After fork, parent and child share a timerfd: either can arm and take. A timer of the
 * thread stays the parent's: the child can wait, but arming, disarming and taking fail with
 *   -EXDEV   the timer belongs to the parent
 * On both, wakefd_timer_reinit_after_fork makes it the child's own.
 *
 * The thread needs libpthread, which is a separate library before glibc 2.34. libwakefd.so
 * depends on it, so it is loaded; link a static program with -pthread, as
 * `pkg-config --static` prints.
 */

/*
 * Creates a disarmed timer, as wakefd_init creates a notifier. selection is WAKEFD_AUTO,
 * WAKEFD_TIMERFD or WAKEFD_TIMER_THREAD. Returns 0.
 *   -EMFILE, -ENFILE, -ENOMEM  a resource is exhausted; there is no fallback to the thread
 *   -EAGAIN                    the system could not create a thread
 *   -EINVAL                    the process has called unshare(CLONE_NEWPID) and cannot
 *                              create a thread; or selection is none of these
 *   -ENOSYS                    the kernel does not support the requested timerfd. From
 *                              Linux 2.6.22 to 2.6.24, on x86 and ARM, an older call has
 *                              its number and fails with -EFAULT or -EINVAL
 *   -EPERM, -EACCES            a sandbox refuses every mechanism of the selection
 */
int wakefd_timer_init(struct wakefd_timer *timer, int selection);

/*
 * Creates a disarmed timer of another clock. clock is a clock of <time.h>: CLOCK_MONOTONIC,
 * as for wakefd_timer_init, or, on a timerfd of Linux, CLOCK_BOOTTIME (since 3.15), which
 * runs while the system is suspended, or CLOCK_REALTIME (since 3.0). Returns 0, and fails as
 * wakefd_timer_init does, and with
 *   -ENOTSUP  the system does not have a timerfd of this clock
 *   -EINVAL   clock is none of these
 * If the real-time clock is set while wakefd_timer_arm_at has armed the timer, the
 * descriptor becomes readable, and wakefd_timer_take discards the expirations and fails with
 *   -ECANCELED  the real-time clock was set
 * The timer stays armed for the same time of the clock. wakefd_timer_arm_at fails with it
 * too, if the clock is set at the same time.
 */
int wakefd_timer_init_clock(struct wakefd_timer *timer, int clock);

/*
 * Arms a timer to expire after `first`, and then every `period`, or once if the period is
 * zero. Both are in nanoseconds. Returns 0.
 */
int wakefd_timer_arm(const struct wakefd_timer *timer, uint64_t first, uint64_t period);

/* Arms a timer as wakefd_timer_arm does, but first for the time `at` of the timer's clock. */
int wakefd_timer_arm_at(const struct wakefd_timer *timer, uint64_t at, uint64_t period);

/*
 * Returns the time of CLOCK_MONOTONIC in nanoseconds, or zero if a sandbox refuses the call.
 * Async-signal-safe.
 */
uint64_t wakefd_timer_now(void);

/* Disarms a timer. Returns 0. */
int wakefd_timer_disarm(const struct wakefd_timer *timer);

/*
 * Takes the expirations of a timer and makes its descriptor unreadable. Does not block.
 * Returns 1, with the number of expirations since the timer was armed or last taken from in
 * *count; or 0, with 0 in *count, if it has not expired.
 */
int wakefd_timer_take(const struct wakefd_timer *timer, uint64_t *count);

/*
 * Stores the time until the timer expires next in *left and its period in *period, both in
 * nanoseconds. The period is zero if the timer expires once. Takes nothing. Returns 1, or 0
 * with zeroes if the timer is disarmed, or was to expire once and is due.
 */
int wakefd_timer_remaining(const struct wakefd_timer *timer, uint64_t *left, uint64_t *period);

/*
 * Sleeps until the timer has expired, as wakefd_wait does, and takes nothing. Another thread
 * ends the wait by arming the timer with a first time of zero.
 */
int wakefd_timer_wait(const struct wakefd_timer *timer, int timeout);

/* Returns the descriptor to watch for reading, as wakefd_fd does. */
int wakefd_timer_fd(const struct wakefd_timer *timer);

/* Returns WAKEFD_TIMERFD or WAKEFD_TIMER_THREAD. */
int wakefd_timer_backend(const struct wakefd_timer *timer);

/* Returns one of enum wakefd_mechanism. */
int wakefd_timer_mechanism(const struct wakefd_timer *timer);

/*
 * Gives the calling process its own timer, disarmed, under the same numbers: see
 * wakefd_reinit_after_fork. Returns 0, and fails as wakefd_timer_init does, with the timer
 * unchanged. After -EAGAIN, however, the descriptors are already the child's own, and every
 * call but another wakefd_timer_reinit_after_fork fails with -EXDEV.
 */
int wakefd_timer_reinit_after_fork(struct wakefd_timer *timer);

/* Closes the timer. Returns 0. Closing it twice fails with -EBADF and has no effect. */
int wakefd_timer_close(struct wakefd_timer *timer);

/*
 * SIGNALS
 *
 * A library that was built without the feature `signal` does not have these functions.
 *
 *     static const int numbers[] = {SIGTERM, SIGHUP};
 *     static struct wakefd_signals signals;
 *     struct wakefd_signal signal;
 *
 *     wakefd_signals_init(&signals, WAKEFD_AUTO, numbers, 2);
 *     // when wakefd_signals_fd(&signals) is readable
 *     while (wakefd_signals_next(&signals, &signal) == 1)
 *         switch (signal.number) { ... }
 *
 * The descriptor is readable while one of these signals is pending. By default signal
 * handlers notify, which works in every thread of every program and is the same on every
 * kernel. A signalfd (signalfd(2), Linux 2.6.22) is used only if WAKEFD_SIGNALFD names it.
 * docs/signals.md has a table of what each guarantees.
 *
 * With handlers, every object that watches a signal sees it. A signal counts once until an
 * object has taken it (signal(7)), even a real-time signal, so one SIGCHLD may stand for
 * several children: call waitpid with WNOHANG until it finds none. The lowest number comes
 * first. The signals are unblocked in the thread that creates the object. Any thread that
 * does not block a signal may run the handler, and calls that are never restarted (poll,
 * nanosleep) then fail with EINTR in that thread. If all threads block a signal after the
 * object was created, no signal arrives and no error says so.
 *
 * With a signalfd, the kernel queues the signals. The first object to ask takes a signal;
 * real-time signals queue. Every thread of the process must block the signals. They are
 * blocked in the thread that creates the object and in threads that it creates later; a
 * thread that existed before takes signals away, as if there were no object. Programs that
 * popen, system or posix_spawn start inherit the blocked mask: see
 * wakefd_signals_spawn_mask.
 *
 * The handler that was installed before is called after ours, with its mask and flags,
 * except for SA_RESETHAND and SA_NOCLDWAIT. SIG_DFL and SIG_IGN have no effect while an
 * object watches the signal. errno is preserved. With a signalfd no handler is called.
 * SIGCHLD is watched even if it was ignored, and children are then zombies until waited
 * for. A library that replaces our handler and does not call it, or that resets the action
 * when it leaves (libuv, libevent and GLib do, if they were there first), takes the signal
 * away from the objects that exist. An object that is created later installs our handler
 * again.
 *
 * Closing the last object that watches a signal restores the actions and, in the closing
 * thread, the mask. Close it on the thread that created it, or that thread's mask stays as
 * it is. Pending signals are discarded. A handler that another library has installed above
 * ours stays, and ours below it passes signals on.
 *
 * To end a wait from another thread, poll this descriptor and that of a notifier together.
 *
 * After fork, a child receives its own signals, and calls wakefd_signals_reinit_after_fork
 * before it asks for them. The mask and ignored signals survive exec: see
 * wakefd_signals_before_exec.
 *
 * A program that uses this library beside the Rust crate has two copies. Each treats the
 * other's handlers as another library's, so objects of both see every signal.
 *
 * A signal handler may call only wakefd_signals_before_exec, besides the functions that are
 * named above as async-signal-safe. In a program that uses signals, the library has a table
 * of all signals, in .bss.
 */

/* Bits that tell which fields of a signal the kernel has filled in. The others are zero. */
enum wakefd_told {
    WAKEFD_TOLD_CODE = 1,   /* code, which may be missing only for a signal from
                               before wakefd_signals_reinit_after_fork */
    WAKEFD_TOLD_SENDER = 2, /* pid and uid */
    WAKEFD_TOLD_STATUS = 4, /* status */
    WAKEFD_TOLD_VALUE = 8,  /* value and value_ptr */
    WAKEFD_TOLD_TIMER = 16, /* timer_id and overrun */
    WAKEFD_TOLD_FD = 32     /* fd and band */
};

/* A signal. The code decides which fields are filled in. On other systems than Linux, only
   sender and status are. */
struct wakefd_signal {
    int number;   /* SIGTERM, ... */
    int told;     /* enum wakefd_told */
    int code;     /* SI_USER, SI_QUEUE, CLD_EXITED, ... (sigaction(2)) */
    uint32_t pid; /* the sender, or the child that the signal is about; 0 in another PID
                     namespace. With SI_USER, SI_TKILL, SI_QUEUE, SI_MESGQ and CLD_... */
    uint32_t uid; /* the real user of that process */
    int status;   /* of SIGCHLD with CLD_...: the exit status, otherwise a signal's number */
    int value;    /* sival_int. With SI_QUEUE, SI_TIMER and SI_MESGQ */
    int timer_id; /* of SI_TIMER: si_timerid */
    int overrun;  /* of SI_TIMER: si_overrun */
    int fd;       /* of F_SETSIG (fcntl(2)): si_fd */
    long band;    /* of F_SETSIG: si_band */
    uintptr_t value_ptr; /* sival_ptr, with value */
};

/*
 * Watches `count` signals. A signal that is given twice is watched once. selection is
 * WAKEFD_AUTO, WAKEFD_SIGNALFD or WAKEFD_SIGNAL_HANDLER. The object is created as
 * wakefd_init creates a notifier. The array is not needed afterwards. Returns 0.
 *   -EINVAL  also for SIGKILL and SIGSTOP; for SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
 *            SIGSYS and SIGEMT, which faults raise; for the real-time signals below
 *            SIGRTMIN, which belong to libc; and for a number that is no signal
 *   -EBUSY   an object of the other backend watches one of them, or four handlers of ours
 *            are below those of other libraries
 *   -EAGAIN  the process has 32 objects
 *   -EMFILE, -ENFILE, -ENOMEM, -ENOSYS, -EPERM, -EACCES  as for wakefd_init
 */
int wakefd_signals_init(struct wakefd_signals *signals, int selection, const int *numbers, size_t count);

/*
 * Watches one more signal, under the same descriptor. Watching a signal twice has no effect.
 * Returns 0, and fails as wakefd_signals_init does, with the object unchanged.
 */
int wakefd_signals_add(const struct wakefd_signals *signals, int number);

/*
 * Stops watching a signal, as closing the object would. The object discards the signal if it
 * is pending. Removing a signal that is not watched has no effect. Returns 0.
 *   -EINVAL  number is a signal that cannot be watched
 */
int wakefd_signals_remove(const struct wakefd_signals *signals, int number);

/*
 * Takes a pending signal. Does not block. Returns 1, with the signal in *signal; or 0, with
 * zeroes in *signal, if none is pending. The descriptor stays readable while another signal
 * is pending.
 *   -EXDEV  with handlers, in a child that has not called
 *           wakefd_signals_reinit_after_fork
 */
int wakefd_signals_next(const struct wakefd_signals *signals, struct wakefd_signal *signal);

/* Sleeps until a signal is pending, as wakefd_wait does, and takes none. */
int wakefd_signals_wait(const struct wakefd_signals *signals, int timeout);

/* Returns the descriptor to watch for reading, as wakefd_fd does. */
int wakefd_signals_fd(const struct wakefd_signals *signals);

/* Returns WAKEFD_SIGNALFD or WAKEFD_SIGNAL_HANDLER. */
int wakefd_signals_backend(const struct wakefd_signals *signals);

/* Returns one of enum wakefd_mechanism. */
int wakefd_signals_mechanism(const struct wakefd_signals *signals);

/*
 * Gives the calling process its own descriptor, under the same number: see
 * wakefd_reinit_after_fork. Call it before the child creates threads, for each object that
 * the child uses. Signals that came in the child since the fork are kept. Returns 0, and
 * fails as wakefd_signals_init does, with the object unchanged.
 */
int wakefd_signals_reinit_after_fork(struct wakefd_signals *signals);

/* Closes a signals object. Returns 0. Closing it twice fails with -EBADF and has no effect. */
int wakefd_signals_close(struct wakefd_signals *signals);

/*
 * Prepares a child for exec, between fork and exec. It restores the mask of this thread, and
 * the actions that exec inherits, to what they were before there was any object. Then call
 * exec and no other function of this library. A signal that our handler took in the child
 * is sent to the child once more, if it had no other handler. Async-signal-safe. Do not call
 * it after vfork. Returns 0.
 */
int wakefd_signals_before_exec(void);

/*
 * Stores in *mask, a sigset_t, the mask that this thread would have without any object, for
 * posix_spawnattr_setsigmask. exec resets handlers, so a spawned program needs nothing else,
 * except that a signal which was ignored before is not ignored there. Returns 0.
 */
int wakefd_signals_spawn_mask(void *mask);

/*
 * TEXTS
 *
 * A library that was built without the feature `text` does not have these functions.
 */

/* Returns the name of a backend or mechanism, such as `eventfd` or `eventfd2`; NULL for any
 * other number, and for one of a feature that the library does not have. */
const char *wakefd_backend_name(int backend);
const char *wakefd_mechanism_name(int mechanism);

/*
 * Asks the kernel again what it supports, and describes the result to a person.
 * wakefd_reason writes a sentence that says why wakefd_init with this selection chooses what
 * it does. wakefd_report writes everything that it found out, in six lines or more, the last
 * with its newline. Like snprintf, both write at most size bytes including the terminating
 * zero, and return the length of the whole text; with size 0, buffer may be NULL. Both
 * create each kind of descriptor and close it again.
 */
int wakefd_reason(int selection, char *buffer, size_t size);
int wakefd_report(int selection, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
