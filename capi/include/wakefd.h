/*
 * wakefd: a descriptor that wakes an event loop. It is an eventfd where the
 * running kernel has one, a self-pipe where it has not, and both behave the
 * same. Timers and signals have a descriptor too, here or there.
 *
 *     static struct wakefd wake;
 *
 *     wakefd_init(&wake, WAKEFD_AUTO);
 *     // poll, select or epoll: watch wakefd_fd(&wake) for reading
 *
 *     // any thread, any signal handler: first publish, then
 *     wakefd_notify(&wake);
 *
 *     // the loop, when the descriptor is readable: first
 *     wakefd_clear(&wake);
 *     // then look at what has been published
 *
 * Link with -lwakefd; a static program that has timers with -pthread too. C99 and
 * C++98.
 *
 * RETURN VALUE
 *     Zero or more, or an errno as a negative number (-EMFILE). errno itself is
 *     as undefined after a call as after any of libc's, but wakefd_notify and
 *     wakefd_add leave it as it was. Every function can give
 *       -EINVAL  for a null pointer, for a number that is none of those named
 *                for it, and for a counter where a notifier is due or the reverse
 *       -EBADF   for an object that is not open: closed, or all zeroes and never
 *                initialised; or if somebody closed its descriptor by number
 *     and whatever else a function can give is with the function. What the kernel
 *     says is passed on, with two exceptions: EINTR never, and EAGAIN only where
 *     it is named.
 *
 * STORAGE
 *     The object is yours: static, on the stack, or part of another. All zeroes
 *     mean closed, so a static one may be used, and gives -EBADF, before it is
 *     initialised. It may be moved (memcpy, realloc) while nobody uses it. Of two
 *     copies, one is to be forgotten. There is no heap (malloc); the library keeps
 *     one word, what it has found out about the kernel. What timers and signals take
 *     beside that, a page and a thread or a table, is said there.
 *
 * THREADS AND SIGNAL HANDLERS
 *     Any thread may call any function on an open object at the same time. Only
 *     those whose names end in init, init_counter, reinit_after_fork and close want
 *     the object for themselves.
 *     Async-signal-safe: wakefd_notify and wakefd_add, and those whose names end in
 *     fd, version, backend and mechanism, and the names. A handler that clears, takes or
 *     waits has to keep errno itself. Nothing but timers and signals takes a lock;
 *     what of them a handler may call is said there.
 *     Those that notify, add, clear, take, arm, disarm or give the next signal are no
 *     cancellation points (pthread_cancel), nor is the signal handler of this library.
 *     A thread that may wait, make, renew or close an object in here is not to be
 *     cancelled: it is woken, and ends itself.
 *
 * FORK AND EXEC
 *     After fork, parent and child share an object, as they share a descriptor:
 *     either can notify, and whoever clears first takes it. A child that wants its
 *     own calls wakefd_reinit_after_fork. Descriptors are close-on-exec and
 *     non-blocking. Before Linux 2.6.27 they become so a moment after they are
 *     made: another thread's fork and exec in that moment leaks one.
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

/* What is in it is not yours. */
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

/* The library has been compiled for this size and alignment. */
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
 * What to make it of. A notifier and a counter take the first four, a timer
 * WAKEFD_AUTO, WAKEFD_TIMERFD and WAKEFD_TIMER_THREAD, signals WAKEFD_AUTO,
 * WAKEFD_SIGNALFD and WAKEFD_SIGNAL_HANDLER.
 */
enum wakefd_selection {
    WAKEFD_AUTO = 0,    /* a pipe if this runs on a glibc before 2.8, else WAKEFD_KERNEL;
                           a timerfd if the kernel has one, else a thread;
                           handlers for signals */
    WAKEFD_KERNEL = 1,  /* the best that the kernel has, whatever the libc */
    WAKEFD_EVENTFD = 2, /* an eventfd, or fail */
    WAKEFD_PIPE = 3,    /* a pipe; no eventfd is asked for, for which a sandbox may kill */
    WAKEFD_TIMERFD = 4, /* a timerfd, or fail */
    WAKEFD_TIMER_THREAD = 5,  /* a thread and a notifier; no timerfd is asked for */
    WAKEFD_SIGNALFD = 6,      /* a signalfd, or fail; see its conditions below */
    WAKEFD_SIGNAL_HANDLER = 7 /* handlers and a notifier, as WAKEFD_AUTO */
};

/* How it was made, of each kind the best first. */
enum wakefd_mechanism {
    WAKEFD_MECHANISM_EVENTFD2 = 1,       /* Linux 2.6.27 */
    WAKEFD_MECHANISM_EVENTFD = 2,        /* Linux 2.6.22 */
    WAKEFD_MECHANISM_PIPE2 = 3,          /* Linux 2.6.27 */
    WAKEFD_MECHANISM_PIPE = 4,           /* always */
    WAKEFD_MECHANISM_SIGNALFD4 = 5,      /* Linux 2.6.27 */
    WAKEFD_MECHANISM_SIGNALFD = 6,       /* Linux 2.6.22 */
    WAKEFD_MECHANISM_SIGNAL_HANDLER = 7, /* always */
    WAKEFD_MECHANISM_TIMERFD_FLAGS = 8,  /* timerfd_create with flags, Linux 2.6.27 */
    WAKEFD_MECHANISM_TIMERFD = 9,        /* without, Linux 2.6.25 */
    WAKEFD_MECHANISM_TIMER_THREAD = 10   /* always */
};

/* What wakefd_take takes. */
enum wakefd_mode {
    WAKEFD_SUM = 0,      /* all there is */
    WAKEFD_SEMAPHORE = 1 /* one, as EFD_SEMAPHORE does */
};

/*
 * Makes a notifier. The object's content does not matter; one that is open should
 * be closed first, or its descriptors stay open. After a failure it is closed.
 * Returns 0.
 *   -EMFILE, -ENFILE, -ENOMEM  a lack; never a reason to take a pipe instead
 *   -ENOSYS                    for a forced backend that the kernel or this build
 *                              has not
 *   -EPERM, -EACCES            a sandbox refuses all that was allowed to be tried
 */
int wakefd_init(struct wakefd *wakefd, int selection);

/*
 * Makes a counter: eventfd's 64-bit count, on both backends. It is readable while
 * it is above zero.
 * Returns 0, and fails as wakefd_init does.
 *   -ENOSYS  also for WAKEFD_SEMAPHORE on a forced eventfd, before Linux 2.6.30
 */
int wakefd_init_counter(struct wakefd *wakefd, int selection, int mode);

/*
 * Makes a notifier's descriptor readable. Never blocks, and does not fail because
 * much is pending. One system call. Async-signal-safe; errno stays as it was.
 * Returns 0.
 */
int wakefd_notify(const struct wakefd *wakefd);

/*
 * Makes a notifier's descriptor unreadable, however often it was notified.
 * Returns 1 if it was readable, 0 if not.
 */
int wakefd_clear(const struct wakefd *wakefd);

/*
 * Adds n to a counter. Zero adds nothing. Async-signal-safe; errno stays as it was.
 * Returns 0.
 *   -EAGAIN  the count would exceed UINT64_MAX - 1; it is as it was
 *   -EINVAL  also for an n of UINT64_MAX
 */
int wakefd_add(const struct wakefd *wakefd, uint64_t n);

/*
 * Takes the count, or one of it: the mode says what. Does not block.
 * Returns 1, and what it took in *count; or 0, with 0 in *count, if there was
 * nothing. On a pipe that can be so too while another call is half-way through.
 */
int wakefd_take(const struct wakefd *wakefd, uint64_t *count);

/*
 * Sleeps until the descriptor is readable. timeout is in milliseconds: 0 only
 * looks, -1 is for ever, no other negative number is taken. It never ends early,
 * and goes on after a signal; a handler that wants to end it notifies. Nothing is
 * cleared or taken.
 * Returns 1 if the descriptor is readable, 0 if the time is over.
 */
int wakefd_wait(const struct wakefd *wakefd, int timeout);

/*
 * Returns the descriptor to watch for reading, or a negative errno. It stays the
 * same until wakefd_close. Read it only through wakefd_clear and wakefd_take, and
 * do not close it.
 */
int wakefd_fd(const struct wakefd *wakefd);

/*
 * Returns the descriptor that notifies a notifier when it is written to, or a negative
 * errno: to hand to another process, over a socket (SCM_RIGHTS) or across exec (dup2). It is
 * the one of wakefd_fd if that is an eventfd, and the other end of a pipe. It stays the same
 * until wakefd_close; do not close it. Who receives it calls wakefd_notify_by_fd, or without
 * this library writes a uint64_t of its own byte order, the number one, and takes EAGAIN for
 * success.
 */
int wakefd_notify_fd(const struct wakefd *wakefd);

/*
 * Notifies by the number of a descriptor from wakefd_notify_fd, on whatever kind. Never
 * blocks, and does not fail because much is pending. One system call. Async-signal-safe;
 * errno stays as it was.
 * Returns 0.
 *   -EPIPE   the notifier was a pipe and everybody has closed it. SIGPIPE comes first:
 *            ignore it. A notification on an eventfd that nobody has any more is lost
 *   -EINVAL  it is no descriptor of a notifier
 */
int wakefd_notify_by_fd(int fd);

/* Returns WAKEFD_EVENTFD or WAKEFD_PIPE. */
int wakefd_backend(const struct wakefd *wakefd);

/* Returns one of enum wakefd_mechanism. */
int wakefd_mechanism(const struct wakefd *wakefd);

/*
 * Gives the calling process descriptors of its own, with nothing pending, under
 * the same numbers. For the child, after fork: sets of poll and select stay right,
 * an epoll set has to be made anew.
 * Returns 0, and fails as wakefd_init does, with the object as it was.
 */
int wakefd_reinit_after_fork(struct wakefd *wakefd);

/* Closes it. Returns 0; closing twice gives -EBADF and does nothing. */
int wakefd_close(struct wakefd *wakefd);

/*
 * Returns the version of the library that is running, such as "0.1.0", which a program
 * can compare with WAKEFD_VERSION_STRING. Async-signal-safe. Does not fail.
 */
const char *wakefd_version(void);

/*
 * TIMERS
 *
 * Not in a library that was built without the feature `timer`.
 *
 * A timer of the monotonic clock, whose descriptor is readable once it has expired. It
 * is a timerfd (timerfd_create(2)) where the kernel has it, since Linux 2.6.25, else a
 * thread that notifies, and both behave the same:
 *   - It never expires early. Late it can be: by a tick of the kernel's clock, up to
 *     10 ms, on kernels without high-resolution timers, and by the scheduler.
 *   - Expirations are counted from the first one, whoever is late.
 *   - A first time of zero, or one that has passed, expires at once. It does not
 *     disarm. A periodic timer whose first time has passed counts what it has missed.
 *   - To arm or disarm discards what has expired and was not taken.
 *   - A period shorter than the clock's resolution (clock_getres(2)) counts as one of the
 *     resolution: a tick, 1 to 10 ms, on kernels without high-resolution timers.
 *   - Times are in nanoseconds, and those more than 2^31 - 1 seconds away are cut to that. The
 *     clock is CLOCK_MONOTONIC, and does not run while the system is suspended. The kernel is
 *     asked for it, not libc.
 * After an edge, in an edge-triggered set, there is another one only after
 * wakefd_timer_take.
 *
 * The thread is one for all timers of a process that have no timerfd. The first of them
 * starts it, and closing the last waits for its end. Every signal is blocked in it, it
 * asks for 64 KiB of stack, and it sleeps unless a timer that was armed, or taken from,
 * is due. It has the policy, the priority and the processors of the thread that made the
 * first timer. Its name is wakefd-timers. Each timer that it serves takes a page from mmap,
 * and the descriptors of a notifier (wakefd_init with WAKEFD_AUTO).
 *
 * In a signal handler, only wakefd_timer_wait and what is named above: the thread has a
 * lock.
 *
 * After fork, parent and child share a timerfd: either can arm and take. A timer of the
 * thread is the parent's: the child can wait, but to arm, disarm and take give it
 *   -EXDEV
 * On both, wakefd_timer_reinit_after_fork makes it the child's own.
 *
 * The thread's library is libpthread, before glibc 2.34 one of its own: libwakefd.so
 * needs it, so that it is loaded; a static program is linked with -pthread, as
 * `pkg-config --static` says.
 */

/*
 * Makes a timer, disarmed: see wakefd_init. selection is WAKEFD_AUTO, WAKEFD_TIMERFD or
 * WAKEFD_TIMER_THREAD. Returns 0.
 *   -EMFILE, -ENFILE, -ENOMEM  a lack; never a reason to take the thread instead
 *   -EAGAIN                    the system could not create a thread
 *   -EINVAL                    the process has called unshare(CLONE_NEWPID), and can create
 *                              no thread; or selection is none of these
 *   -ENOSYS                    for a timerfd that the kernel has not. From Linux 2.6.22
 *                              to 2.6.24, on x86 and ARM, an older call has its number,
 *                              and says -EFAULT or -EINVAL
 *   -EPERM, -EACCES            a sandbox refuses all that was allowed to be tried
 */
int wakefd_timer_init(struct wakefd_timer *timer, int selection);

/*
 * Makes a timer of another clock, disarmed. clock is CLOCK_MONOTONIC, as for
 * wakefd_timer_init, or, on a timerfd of Linux, CLOCK_BOOTTIME (since 3.15), which runs while
 * the system is suspended, or CLOCK_REALTIME (since 3.0), of <time.h>. Returns 0, and fails
 * as wakefd_timer_init does, and with
 *   -ENOTSUP  the system does not have a timerfd of this clock
 *   -EINVAL   another clock
 * When the real-time clock is set while the timer is armed by wakefd_timer_arm_at, the
 * descriptor becomes readable, and wakefd_timer_take discards what has expired and returns
 *   -ECANCELED
 * The timer stays armed for the same time of the clock. wakefd_timer_arm_at returns this too,
 * if the clock is set at the same time.
 */
int wakefd_timer_init_clock(struct wakefd_timer *timer, int clock);

/*
 * Lets it expire after `first`, and then every `period`, or once if that is zero. Both
 * in nanoseconds. Returns 0.
 */
int wakefd_timer_arm(const struct wakefd_timer *timer, uint64_t first, uint64_t period);

/* The same, but first at the time `at` of the timer's clock. */
int wakefd_timer_arm_at(const struct wakefd_timer *timer, uint64_t at, uint64_t period);

/*
 * Returns the time of CLOCK_MONOTONIC in nanoseconds; zero if a sandbox refuses it.
 * Async-signal-safe.
 */
uint64_t wakefd_timer_now(void);

/* Lets it expire no more. Returns 0. */
int wakefd_timer_disarm(const struct wakefd_timer *timer);

/*
 * Makes the descriptor unreadable. Does not block. Returns 1, and in *count how often
 * it has expired since it was armed or taken from; or 0, with 0 in *count, if it has
 * not.
 */
int wakefd_timer_take(const struct wakefd_timer *timer, uint64_t *count);

/*
 * Tells the time until the timer expires next, in *left, and its period, in *period, zero
 * if it expires once; both in nanoseconds. Takes nothing. Returns 1, or 0 with zeroes if the
 * timer is disarmed, or was to expire once and is due.
 */
int wakefd_timer_remaining(const struct wakefd_timer *timer, uint64_t *left, uint64_t *period);

/* Sleeps until it has expired, as wakefd_wait does, and takes nothing. */
int wakefd_timer_wait(const struct wakefd_timer *timer, int timeout);

/* As wakefd_fd: the descriptor to watch for reading. */
int wakefd_timer_fd(const struct wakefd_timer *timer);

/* Returns WAKEFD_TIMERFD or WAKEFD_TIMER_THREAD. */
int wakefd_timer_backend(const struct wakefd_timer *timer);

/* Returns one of enum wakefd_mechanism. */
int wakefd_timer_mechanism(const struct wakefd_timer *timer);

/*
 * As wakefd_reinit_after_fork: a timer of the child's own, disarmed, under the same
 * numbers. Returns 0, and fails as wakefd_timer_init does, with the timer as it was;
 * but after -EAGAIN the descriptors are the child's own, and all but another try gives
 * -EXDEV.
 */
int wakefd_timer_reinit_after_fork(struct wakefd_timer *timer);

/* Closes it. Returns 0; closing twice gives -EBADF and does nothing. */
int wakefd_timer_close(struct wakefd_timer *timer);

/*
 * SIGNALS
 *
 * Not in a library that was built without the feature `signal`.
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
 * handlers notify: that works in every thread of every program and is the same on every
 * kernel. A signalfd (signalfd(2), Linux 2.6.22) is used only if WAKEFD_SIGNALFD names it.
 * docs/signals.md has a table of what each guarantees.
 *
 * With handlers: every object that watches a signal sees it. A signal counts once until an
 * object has taken it (signal(7)), real-time signals too, so one SIGCHLD may stand for
 * several children: call waitpid with WNOHANG until it finds none. The lowest number comes
 * first. The signals are unblocked in the thread that makes the object. Any thread that does
 * not block a signal may run the handler, and calls that are never restarted (poll,
 * nanosleep) then fail with EINTR there. If all threads block a signal after the object was
 * made, nothing comes and no error says so.
 *
 * With a signalfd: the kernel's queue. The first object to ask takes a signal; real-time
 * signals queue. Conditions: every thread of the process must block the signals. They are
 * blocked in the thread that makes the object and in threads that it makes later; a thread
 * that existed before takes signals away, as if there were no object. Programs that popen,
 * system or posix_spawn start inherit the blocked mask: see wakefd_signals_spawn_mask.
 *
 * The handler that was there before is called after ours, with its mask and flags, except
 * for SA_RESETHAND and SA_NOCLDWAIT. SIG_DFL and SIG_IGN are not acted upon while an object
 * watches. errno is kept. With a signalfd no handler is called. SIGCHLD is watched even if it
 * was ignored, and children are then zombies until waited for. A library that replaces our
 * handler and does not call it, or that resets the action when it leaves (libuv, libevent and
 * GLib do, if they were there first), takes the signal away from the objects that exist; an
 * object that is made later installs our handler again.
 *
 * When the last object that watches a signal is closed, the actions are restored, and in the
 * closing thread the mask: close it on the thread that made it, else that thread's mask stays
 * as it is. What is pending is discarded. A handler that somebody has installed above ours
 * stays, and ours below it passes signals on.
 *
 * To end a wait from another thread, poll this descriptor and that of a notifier together.
 *
 * After fork, a child gets signals of its own, and calls wakefd_signals_reinit_after_fork
 * before it asks for them. The mask and ignored signals survive exec: see
 * wakefd_signals_before_exec.
 *
 * A program that uses this library and the Rust crate beside it has two copies, which treat
 * each other's handlers as another library's: objects of both see every signal.
 *
 * In a signal handler, only wakefd_signals_before_exec and what is named above. The
 * library has a table of all signals, in .bss, if a program uses this.
 */

/* Of a signal, what the kernel has told: bits. What it has not is zero. */
enum wakefd_told {
    WAKEFD_TOLD_CODE = 1,   /* code. Only of one that came before
                               wakefd_signals_reinit_after_fork it may be missing */
    WAKEFD_TOLD_SENDER = 2, /* pid and uid */
    WAKEFD_TOLD_STATUS = 4, /* status */
    WAKEFD_TOLD_VALUE = 8,  /* value and value_ptr */
    WAKEFD_TOLD_TIMER = 16, /* timer_id and overrun */
    WAKEFD_TOLD_FD = 32     /* fd and band */
};

/* A signal. The code says what is told. Elsewhere than on Linux only sender and status are. */
struct wakefd_signal {
    int number;   /* SIGTERM, ... */
    int told;     /* enum wakefd_told */
    int code;     /* SI_USER, SI_QUEUE, CLD_EXITED, ... (sigaction(2)) */
    uint32_t pid; /* who sent it, or the child that it is about; 0 is one in another PID
                     namespace. With SI_USER, SI_TKILL, SI_QUEUE, SI_MESGQ and CLD_... */
    uint32_t uid; /* the real user of that process */
    int status;   /* of SIGCHLD with CLD_...: the exit status, or else a signal's number */
    int value;    /* sival_int. With SI_QUEUE, SI_TIMER and SI_MESGQ */
    int timer_id; /* of SI_TIMER: si_timerid */
    int overrun;  /* of SI_TIMER: si_overrun */
    int fd;       /* of F_SETSIG (fcntl(2)): si_fd */
    long band;    /* of F_SETSIG: si_band */
    uintptr_t value_ptr; /* sival_ptr, with value */
};

/*
 * Watches `count` signals; one that is given twice is watched once. selection is
 * WAKEFD_AUTO, WAKEFD_SIGNALFD or WAKEFD_SIGNAL_HANDLER. Otherwise as wakefd_init, and
 * the numbers are not needed afterwards. Returns 0.
 *   -EINVAL  also for SIGKILL and SIGSTOP, for SIGSEGV, SIGBUS, SIGFPE, SIGILL,
 *            SIGTRAP, SIGSYS and SIGEMT, which faults raise, for the real-time signals
 *            below SIGRTMIN, which are libc's, and for what is no signal
 *   -EBUSY   one of them is watched by an object of the other backend, or four handlers of
 *            ours are below those of other libraries
 *   -EAGAIN  there are 32 objects
 *   -EMFILE, -ENFILE, -ENOMEM, -ENOSYS, -EPERM, -EACCES  as wakefd_init
 */
int wakefd_signals_init(struct wakefd_signals *signals, int selection, const int *numbers, size_t count);

/*
 * Watches one more signal, under the same descriptor. Twice is as once. Returns 0, and fails as
 * wakefd_signals_init does, with the object as it was.
 */
int wakefd_signals_add(const struct wakefd_signals *signals, int number);

/*
 * Stops watching a signal, as closing the object would. What is pending of it in this object is
 * discarded. One that is not watched stays as it is. Returns 0.
 *   -EINVAL  what cannot be watched
 */
int wakefd_signals_remove(const struct wakefd_signals *signals, int number);

/*
 * Takes a signal. Does not block. Returns 1, with the signal in *signal; or 0, with
 * zeroes there, if none is pending. The descriptor stays readable while another is.
 *   -EXDEV  with handlers, in a child that has not called
 *           wakefd_signals_reinit_after_fork
 */
int wakefd_signals_next(const struct wakefd_signals *signals, struct wakefd_signal *signal);

/* Sleeps until a signal is pending, as wakefd_wait does, and takes none. */
int wakefd_signals_wait(const struct wakefd_signals *signals, int timeout);

/* As wakefd_fd: the descriptor to watch for reading. */
int wakefd_signals_fd(const struct wakefd_signals *signals);

/* Returns WAKEFD_SIGNALFD or WAKEFD_SIGNAL_HANDLER. */
int wakefd_signals_backend(const struct wakefd_signals *signals);

/* Returns one of enum wakefd_mechanism. */
int wakefd_signals_mechanism(const struct wakefd_signals *signals);

/*
 * As wakefd_reinit_after_fork: a descriptor of the child's own, under the same number.
 * Before the child makes threads, for each object that it goes on with. What came in
 * the child since the fork is kept. Returns 0, and fails as wakefd_signals_init does,
 * with the object as it was.
 */
int wakefd_signals_reinit_after_fork(struct wakefd_signals *signals);

/* Closes it. Returns 0; closing twice gives -EBADF and does nothing. */
int wakefd_signals_close(struct wakefd_signals *signals);

/*
 * In a child, between fork and exec: makes the mask of this thread, and the actions that
 * exec inherits, what they were before there was any object. Then call exec and nothing
 * else here. A signal that our handler took in the child is sent to it once more, if it
 * had no other handler. Async-signal-safe. Not after vfork. Returns 0.
 */
int wakefd_signals_before_exec(void);

/*
 * Puts into *mask, a sigset_t, the mask that this thread would have without any object, for
 * posix_spawnattr_setsigmask. exec resets handlers, so a spawned program needs nothing else,
 * except that a signal which was ignored before is not ignored there. Returns 0.
 */
int wakefd_signals_spawn_mask(void *mask);

/*
 * TEXTS
 *
 * Not in a library that was built without the feature `text`.
 */

/* Return `eventfd` or `eventfd2` and the like; NULL for any other number, and for one
 * of a feature that the library has not. */
const char *wakefd_backend_name(int backend);
const char *wakefd_mechanism_name(int mechanism);

/*
 * Ask the kernel once more what it has, and tell a person: in a sentence why
 * wakefd_init with this selection chooses what it does, or in six lines or more
 * all that was found out, the last with its newline. As snprintf, they write at most size bytes with the zero
 * at the end, and return the length of the whole text; with size 0, buffer may be
 * NULL. They make each kind of descriptor and close it again.
 */
int wakefd_reason(int selection, char *buffer, size_t size);
int wakefd_report(int selection, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
