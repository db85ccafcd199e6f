/*
 * wakefd: a descriptor that wakes an event loop. It is an eventfd where the
 * running kernel has one, a self-pipe where it has not, and both behave the
 * same.
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
 * Link with -lwakefd. C99 and C++98.
 *
 * RETURN VALUE
 *     Zero or more, or an errno as a negative number (-EMFILE). errno itself is
 *     as undefined after a call as after any of libc's, but wakefd_notify and
 *     wakefd_add leave it as it was. Every function can give
 *       -EINVAL  for a null pointer, for a number that is none of those named
 *                here, and for a counter where a notifier is due or the reverse
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
 *     copies, one is to be forgotten. Nothing is ever allocated; the library
 *     keeps one word, what it has found out about the kernel.
 *
 * THREADS AND SIGNAL HANDLERS
 *     Any thread may call any function on an open object at the same time. Only
 *     wakefd_init, wakefd_init_counter, wakefd_reinit_after_fork and wakefd_close
 *     want the object for themselves.
 *     Async-signal-safe: wakefd_notify and wakefd_add, and wakefd_fd,
 *     wakefd_backend, wakefd_rung and the names. A handler that clears, takes or
 *     waits has to keep errno itself. Nothing takes a lock. A thread that may be in
 *     here is not to be cancelled (pthread_cancel): it is woken, and ends itself.
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

/* What is in it is not yours. */
struct wakefd {
    uint32_t opaque[4];
};

/* The library has been compiled for this size and alignment. */
struct wakefd_alignment {
    char one;
    struct wakefd wakefd;
};
typedef char wakefd_size_check[sizeof(struct wakefd) == 16 ? 1 : -1];
typedef char wakefd_alignment_check[offsetof(struct wakefd_alignment, wakefd) == 4 ? 1 : -1];

/* What to make it of. */
enum wakefd_selection {
    WAKEFD_AUTO = 0,    /* a pipe if this runs on a glibc before 2.8, else WAKEFD_KERNEL */
    WAKEFD_KERNEL = 1,  /* the best that the kernel has, whatever the libc */
    WAKEFD_EVENTFD = 2, /* an eventfd, or fail */
    WAKEFD_PIPE = 3     /* a pipe; no eventfd is asked for, for which a sandbox may kill */
};

/* How it was made, best first. */
enum wakefd_rung {
    WAKEFD_RUNG_EVENTFD2 = 1, /* Linux 2.6.27 */
    WAKEFD_RUNG_EVENTFD = 2,  /* Linux 2.6.22 */
    WAKEFD_RUNG_PIPE2 = 3,    /* Linux 2.6.27 */
    WAKEFD_RUNG_PIPE = 4      /* always */
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

/* Returns WAKEFD_EVENTFD or WAKEFD_PIPE. */
int wakefd_backend(const struct wakefd *wakefd);

/* Returns one of enum wakefd_rung. */
int wakefd_rung(const struct wakefd *wakefd);

/*
 * Gives the calling process descriptors of its own, with nothing pending, under
 * the same numbers. For the child, after fork: sets of poll and select stay right,
 * an epoll set has to be made anew.
 * Returns 0, and fails as wakefd_init does, with the object as it was.
 */
int wakefd_reinit_after_fork(struct wakefd *wakefd);

/* Closes it. Returns 0; closing twice gives -EBADF and does nothing. */
int wakefd_close(struct wakefd *wakefd);

/* The rest is not in a library that was built without the feature `text`. */

/* Return `eventfd` or `eventfd2` and the like; NULL for any other number. */
const char *wakefd_backend_name(int backend);
const char *wakefd_rung_name(int rung);

/*
 * Ask the kernel once more what it has, and tell a person: in a sentence why
 * wakefd_init with this selection chooses what it does, or in six lines or more
 * all that was found out. As snprintf, they write at most size bytes with the zero
 * at the end, and return the length of the whole text; with size 0, buffer may be
 * NULL. They make each kind of descriptor and close it again.
 */
int wakefd_reason(int selection, char *buffer, size_t size);
int wakefd_report(int selection, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
