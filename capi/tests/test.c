/*
 * Tests every function of wakefd.h with each selection. timer.c and signals.c have the
 * cases of timers and signals. Each case runs in a new process, so that its effects, a
 * crash or a hang included, end with that process. The report is in the Test Anything
 * Protocol. The program needs only C99 and POSIX of 2001. As PID 1 of a machine it
 * reboots at the end: see pid1.c.
 *
 * Define WITHOUT_TEXT, WITHOUT_TIMER or WITHOUT_SIGNAL for a library without the
 * feature.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <wakefd.h>

enum { SECONDS = 120 };

void equal(int line, const char *what, long long actual, long long expected)
{
    if (actual == expected)
        return;
    printf("# line %d: %s is %lld, expected %lld\n", line, what, actual, expected);
    fflush(stdout);
    _exit(FAILED);
}

int selection;
const char *program;

void must_be_here(int result)
{
    if (result == -ENOSYS && selection >= WAKEFD_EVENTFD)
        _exit(SKIPPED);
}

static struct wakefd made(void)
{
    struct wakefd wakefd;
    int result = wakefd_init(&wakefd, selection);
    must_be_here(result);
    EQUAL(result, 0);
    return wakefd; /* as a value: it may be moved */
}

static struct wakefd made_counter(int mode)
{
    struct wakefd wakefd;
    int result = wakefd_init_counter(&wakefd, selection, mode);
    must_be_here(result);
    if (result == -ENOSYS && selection == WAKEFD_EVENTFD && mode == WAKEFD_SEMAPHORE)
        _exit(SKIPPED); /* before Linux 2.6.30 */
    EQUAL(result, 0);
    return wakefd;
}

/* A signal may interrupt poll and select, even if they do not wait. */
static int polled(int fd)
{
    struct pollfd entry = {0, POLLIN, 0};
    int ready;

    entry.fd = fd;
    do
        ready = poll(&entry, 1, 0);
    while (ready < 0 && errno == EINTR);
    return ready;
}

static int selected(int fd)
{
    struct timeval none = {0, 0};
    fd_set set;
    int ready;

    do {
        FD_ZERO(&set);
        FD_SET(fd, &set);
        ready = select(fd + 1, &set, NULL, NULL, &none);
    } while (ready < 0 && errno == EINTR);
    return ready;
}

/* poll and select agree, unless the descriptor becomes readable in between. */
int readable_fd(int fd)
{
    int before, ready;

    TRUE(fd >= 0);
    before = polled(fd);
    ready = selected(fd);
    EQUAL(ready, before == ready ? before : polled(fd));
    return ready;
}

static int readable(const struct wakefd *wakefd) { return readable_fd(wakefd_fd(wakefd)); }

uint64_t descriptors(void)
{
    uint64_t open = 0;
    int fd;
    for (fd = 0; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            open |= (uint64_t)1 << fd;
    return open;
}

void sleep_for(int milliseconds)
{
    struct timespec rest;
    rest.tv_sec = milliseconds / 1000;
    rest.tv_nsec = milliseconds % 1000 * 1000000L;
    while (nanosleep(&rest, &rest) != 0)
        ;
}

long long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void handle(int signal, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaction(signal, &action, NULL);
}

void alarm_every(int milliseconds)
{
    struct itimerval timer;
    timer.it_value.tv_sec = 0;
    timer.it_value.tv_usec = milliseconds * 1000;
    timer.it_interval = timer.it_value;
    EQUAL(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

void leave_room(int room)
{
    static struct rlimit limit;
    const uint64_t open = descriptors();
    struct rlimit low;
    int lowest = 0;

    if (room < 0) {
        EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
        return;
    }
    EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    for (; room >= 0; lowest++)
        if (!(open >> lowest & 1))
            room--;
    low.rlim_cur = lowest - 1;
    EQUAL(setrlimit(RLIMIT_NOFILE, &low), 0);
}

void child_passed(pid_t child)
{
    int status;
    EQUAL(waitpid(child, &status, 0), child);
    TRUE(WIFEXITED(status));
    EQUAL(WEXITSTATUS(status), 0);
}

/* Notifiers. */

static void notify_makes_readable_and_clear_unreadable(void)
{
    struct wakefd wakefd = made();
    int round;

    EQUAL(readable(&wakefd), 0);
    EQUAL(wakefd_wait(&wakefd, 0), 0);
    EQUAL(wakefd_clear(&wakefd), 0);
    for (round = 0; round < 3; round++) {
        EQUAL(wakefd_notify(&wakefd), 0);
        EQUAL(wakefd_notify(&wakefd), 0);
        EQUAL(readable(&wakefd), 1);
        EQUAL(wakefd_wait(&wakefd, -1), 1);
        EQUAL(wakefd_wait(&wakefd, 0), 1);
        EQUAL(wakefd_clear(&wakefd), 1);
        EQUAL(wakefd_clear(&wakefd), 0);
        EQUAL(readable(&wakefd), 0);
    }
    EQUAL(wakefd_close(&wakefd), 0);
}

static void never_full(void)
{
    struct wakefd wakefd = made();
    int i;
    for (i = 0; i < 70000; i++)
        EQUAL(wakefd_notify(&wakefd), 0);
    EQUAL(wakefd_clear(&wakefd), 1);
    EQUAL(readable(&wakefd), 0);
    EQUAL(wakefd_close(&wakefd), 0);
}

static void backend_and_mechanism_are_as_selected(void)
{
    struct wakefd wakefd = made();
    int backend = wakefd_backend(&wakefd), mechanism = wakefd_mechanism(&wakefd);

    TRUE(backend == WAKEFD_EVENTFD || backend == WAKEFD_PIPE);
    TRUE(backend == selection || selection < WAKEFD_EVENTFD);
    if (backend == WAKEFD_EVENTFD)
        TRUE(mechanism == WAKEFD_MECHANISM_EVENTFD2 || mechanism == WAKEFD_MECHANISM_EVENTFD);
    else
        TRUE(mechanism == WAKEFD_MECHANISM_PIPE2 || mechanism == WAKEFD_MECHANISM_PIPE);
    EQUAL(wakefd_close(&wakefd), 0);
}

static void descriptor_has_its_flags(void)
{
    struct wakefd wakefd = made();
    int fd = wakefd_fd(&wakefd);
    TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
    EQUAL(wakefd_close(&wakefd), 0);
}

static void descriptor_zero_is_one_like_any(void)
{
    struct wakefd wakefd;
    int result;
    close(0);
    result = wakefd_init(&wakefd, selection);
    must_be_here(result);
    EQUAL(result, 0);
    EQUAL(wakefd_fd(&wakefd), 0);
    EQUAL(wakefd_notify(&wakefd), 0);
    EQUAL(wakefd_clear(&wakefd), 1);
    EQUAL(wakefd_close(&wakefd), 0);
    EQUAL(wakefd_fd(&wakefd), -EBADF);
}

static void an_object_may_be_moved(void)
{
    struct wakefd old = made(), new;
    EQUAL(wakefd_notify(&old), 0);
    memcpy(&new, &old, sizeof new);
    memset(&old, 0, sizeof old);
    EQUAL(wakefd_clear(&new), 1);
    EQUAL(wakefd_notify(&new), 0);
    EQUAL(wakefd_wait(&new, -1), 1);
    EQUAL(wakefd_close(&new), 0);
    EQUAL(wakefd_close(&old), -EBADF);
}

static void nothing(int signal) { (void)signal; }

static void wait_is_never_early(void)
{
    struct wakefd wakefd = made();
    long long start = milliseconds();
    EQUAL(wakefd_wait(&wakefd, 50), 0);
    TRUE(milliseconds() - start >= 50);

    handle(SIGALRM, nothing);
    start = milliseconds();
    alarm_every(30);
    EQUAL(wakefd_wait(&wakefd, 200), 0);
    TRUE(milliseconds() - start >= 200);
    EQUAL(wakefd_close(&wakefd), 0);
}

static struct wakefd shared;
static volatile sig_atomic_t handled;

static void notifies(int signal)
{
    (void)signal;
    handled++;
    if (wakefd_notify(&shared) != 0)
        _exit(FAILED);
}

static void a_signal_handler_notifies(void)
{
    int seen = 0;

    shared = made();
    handle(SIGALRM, notifies);
    errno = 4242;
    raise(SIGALRM);
    EQUAL(errno, 4242);
    EQUAL(wakefd_clear(&shared), 1);

    alarm_every(1);
    while (seen < 200) {
        EQUAL(wakefd_wait(&shared, -1), 1);
        EQUAL(wakefd_clear(&shared), 1);
        seen = handled;
        /* The signal may come between these calls, or in one of them. */
        EQUAL(wakefd_notify(&shared), 0);
        EQUAL(wakefd_clear(&shared) & ~1, 0);
    }
    alarm_every(0);
    EQUAL(wakefd_close(&shared), 0);
}

static void *notifies_soon(void *unused)
{
    struct timespec soon = {0, 20000000};
    nanosleep(&soon, NULL);
    EQUAL(wakefd_notify(&shared), 0);
    return unused;
}

static void another_thread_ends_a_wait(void)
{
    pthread_t thread;
    shared = made();
    EQUAL(pthread_create(&thread, NULL, notifies_soon, NULL), 0);
    EQUAL(wakefd_wait(&shared, -1), 1);
    EQUAL(pthread_join(thread, NULL), 0);
    EQUAL(wakefd_clear(&shared), 1);
    EQUAL(wakefd_close(&shared), 0);
}

/* Cancellation. */

static volatile sig_atomic_t cancelled, reached;
static void (*calls_of_thread)(void);

static void *calls_while_cancelled(void *unused)
{
    while (!cancelled)
        sched_yield(); /* not a cancellation point */
    calls_of_thread();
    reached = 1;
    pthread_testcancel();
    reached = 2;
    return unused;
}

void not_cancelled_in(void (*calls)(void))
{
    pthread_t thread;
    void *result = NULL;

    cancelled = reached = 0;
    calls_of_thread = calls;
    EQUAL(pthread_create(&thread, NULL, calls_while_cancelled, NULL), 0);
    EQUAL(pthread_cancel(thread), 0);
    cancelled = 1;
    EQUAL(pthread_join(thread, &result), 0);
    EQUAL(reached, 1);
    TRUE(result == PTHREAD_CANCELED);
}

static struct wakefd counter;

static void notifies_and_clears(void)
{
    uint64_t sum = 0;
    EQUAL(wakefd_notify(&shared), 0);
    EQUAL(wakefd_clear(&shared), 1);
    EQUAL(wakefd_add(&counter, 5), 0);
    EQUAL(wakefd_add(&counter, (uint64_t)1 << 32), 0);
    EQUAL(wakefd_take(&counter, &sum), 1);
    TRUE(sum == ((uint64_t)1 << 32) + 5);
    raise(SIGALRM); /* the handler of SIGALRM notifies */
}

static void a_pending_cancellation_waits(void)
{
    shared = made();
    counter = made_counter(WAKEFD_SUM);
    handle(SIGALRM, notifies);
    not_cancelled_in(notifies_and_clears);
    EQUAL(wakefd_clear(&shared), 1);
    EQUAL(wakefd_close(&counter), 0);
    EQUAL(wakefd_close(&shared), 0);
}

enum { PRODUCERS = 4, MESSAGES = 5000 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int published;

static void *publishes(void *unused)
{
    int i;
    for (i = 0; i < MESSAGES; i++) {
        pthread_mutex_lock(&lock);
        published++;
        pthread_mutex_unlock(&lock);
        EQUAL(wakefd_notify(&shared), 0);
    }
    return unused;
}

/* After a lost notification the consumer would sleep for ever. */
static void four_threads_and_none_lost(void)
{
    pthread_t threads[PRODUCERS];
    int i, consumed = 0;

    shared = made();
    for (i = 0; i < PRODUCERS; i++)
        EQUAL(pthread_create(&threads[i], NULL, publishes, NULL), 0);
    while (consumed < PRODUCERS * MESSAGES) {
        EQUAL(wakefd_wait(&shared, -1), 1);
        EQUAL(wakefd_clear(&shared), 1);
        pthread_mutex_lock(&lock);
        consumed += published;
        published = 0;
        pthread_mutex_unlock(&lock);
    }
    for (i = 0; i < PRODUCERS; i++)
        EQUAL(pthread_join(threads[i], NULL), 0);
    EQUAL(consumed, PRODUCERS * MESSAGES);
    EQUAL(wakefd_close(&shared), 0);
}

/* Fork. */

static void a_child_shares_it(void)
{
    struct wakefd wakefd = made();
    pid_t child = fork();
    if (child == 0)
        _exit(wakefd_notify(&wakefd));
    child_passed(child);
    EQUAL(wakefd_clear(&wakefd), 1);
    EQUAL(wakefd_close(&wakefd), 0);
}

/* A message of one byte and a descriptor. */
struct parcel {
    char byte;
    struct iovec part;
    size_t control[8]; /* aligned as a struct cmsghdr */
    struct msghdr message;
};

static struct msghdr *parcel(struct parcel *parcel, size_t length)
{
    memset(parcel, 0, sizeof *parcel);
    parcel->part.iov_base = &parcel->byte;
    parcel->part.iov_len = 1;
    parcel->message.msg_iov = &parcel->part;
    parcel->message.msg_iovlen = 1;
    parcel->message.msg_control = parcel->control;
    parcel->message.msg_controllen = length;
    return &parcel->message;
}

/* Receives a descriptor over a socket, and notifies by its number. */
static void received(int *pair, void (*notify)(int))
{
    struct parcel room;
    struct msghdr *message = parcel(&room, sizeof room.control);
    int fd;

    TRUE(recvmsg(pair[1], message, 0) == 1);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(message)), sizeof fd);
    notify(fd);
    EQUAL(close(fd), 0);
}

static void sent(int *pair, int fd)
{
    struct parcel room;
    struct msghdr *message = parcel(&room, CMSG_SPACE(sizeof fd));
    struct cmsghdr *header;

    header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    TRUE(sendmsg(pair[0], message, 0) == 1);
}

static void with_the_library(int fd)
{
    int i;

    errno = 4242;
    for (i = 0; i < 70000; i++)
        EQUAL(wakefd_notify_by_fd(fd), 0);
    EQUAL(errno, 4242);
}

static void without_it(int fd)
{
    const uint64_t one = 1;

    /* A pipe may be full of earlier notifications. */
    TRUE(write(fd, &one, sizeof one) == sizeof one || errno == EAGAIN);
}

static void another_process_notifies_by_a_descriptor(void)
{
    void (*const ways[])(int) = {with_the_library, without_it};
    int pair[2], i;
    struct wakefd wakefd;
    pid_t child;

    EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    child = fork();
    if (child == 0) {
        EQUAL(close(pair[0]), 0); /* so that the child ends if the parent does */
        for (i = 0; i < 2; i++)
            received(pair, ways[i]);
        _exit(0);
    }
    wakefd = made(); /* after the fork, so that the child receives it only by the socket */
    for (i = 0; i < 2; i++) {
        sent(pair, wakefd_notify_fd(&wakefd));
        EQUAL(wakefd_wait(&wakefd, -1), 1);
        if (i == 1)
            child_passed(child);
        EQUAL(wakefd_clear(&wakefd), 1);
    }
    EQUAL(wakefd_close(&wakefd), 0);
    EQUAL(wakefd_notify_fd(&wakefd), -EBADF);
    EQUAL(wakefd_notify_by_fd(-1), -EBADF);
    EQUAL(wakefd_notify_fd(NULL), -EINVAL);
}

static void a_child_can_have_its_own(void)
{
    struct wakefd wakefd = made(), counter = made_counter(WAKEFD_SUM);
    int fd = wakefd_fd(&wakefd);
    uint64_t open = descriptors(), count;
    pid_t child;

    EQUAL(wakefd_notify(&wakefd), 0);
    EQUAL(wakefd_add(&counter, 7), 0);
    child = fork();
    if (child == 0) {
        EQUAL(wakefd_reinit_after_fork(&wakefd), 0);
        EQUAL(wakefd_reinit_after_fork(&counter), 0);
        EQUAL(wakefd_fd(&wakefd), fd);
        TRUE(descriptors() == open);
        EQUAL(wakefd_clear(&wakefd), 0);
        EQUAL(wakefd_take(&counter, &count), 0);
        EQUAL(wakefd_notify(&wakefd), 0);
        EQUAL(wakefd_clear(&wakefd), 1);
        EQUAL(wakefd_add(&counter, 5), 0);
        EQUAL(wakefd_notify(&wakefd), 0);
        TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
        _exit(0);
    }
    child_passed(child);
    EQUAL(wakefd_clear(&wakefd), 1);
    EQUAL(wakefd_clear(&wakefd), 0);
    EQUAL(wakefd_take(&counter, &count), 1);
    EQUAL(count, 7);
    EQUAL(wakefd_close(&wakefd), 0);
    EQUAL(wakefd_close(&counter), 0);
}

/* Counters. */

static void a_counter_gives_the_sum(void)
{
    struct wakefd counter = made_counter(WAKEFD_SUM);
    uint64_t count = 99;

    EQUAL(wakefd_take(&counter, &count), 0);
    EQUAL(count, 0);
    EQUAL(wakefd_add(&counter, 0), 0);
    EQUAL(readable(&counter), 0);
    EQUAL(wakefd_add(&counter, 3), 0);
    EQUAL(wakefd_add(&counter, (uint64_t)1 << 40), 0);
    EQUAL(readable(&counter), 1);
    EQUAL(wakefd_wait(&counter, -1), 1);
    EQUAL(wakefd_take(&counter, &count), 1);
    TRUE(count == ((uint64_t)1 << 40) + 3);
    EQUAL(readable(&counter), 0);
    EQUAL(wakefd_wait(&counter, 0), 0);
    EQUAL(wakefd_close(&counter), 0);
}

static void a_counter_has_a_limit(void)
{
    struct wakefd counter = made_counter(WAKEFD_SUM);
    const uint64_t limit = UINT64_MAX - 1;
    uint64_t count;

    errno = 4242;
    EQUAL(wakefd_add(&counter, UINT64_MAX), -EINVAL);
    EQUAL(wakefd_add(&counter, 2), 0);
    EQUAL(wakefd_add(&counter, limit - 1), -EAGAIN);
    EQUAL(wakefd_add(&counter, limit - 2), 0);
    EQUAL(wakefd_add(&counter, 1), -EAGAIN);
    EQUAL(wakefd_add(&counter, limit), -EAGAIN);
    EQUAL(errno, 4242);
    EQUAL(wakefd_take(&counter, &count), 1);
    TRUE(count == limit);
    EQUAL(wakefd_take(&counter, &count), 0);
    EQUAL(wakefd_close(&counter), 0);
}

static void a_semaphore_gives_one_at_a_time(void)
{
    struct wakefd counter = made_counter(WAKEFD_SEMAPHORE);
    uint64_t count;
    int i;

    EQUAL(wakefd_add(&counter, 2), 0);
    EQUAL(wakefd_add(&counter, 1), 0);
    for (i = 0; i < 3; i++) {
        EQUAL(readable(&counter), 1);
        EQUAL(wakefd_take(&counter, &count), 1);
        EQUAL(count, 1);
    }
    EQUAL(readable(&counter), 0);
    EQUAL(wakefd_take(&counter, &count), 0);
    EQUAL(count, 0);
    EQUAL(wakefd_close(&counter), 0);
}

static void *adds(void *unused)
{
    int i;
    for (i = 1; i <= MESSAGES; i++)
        EQUAL(wakefd_add(&shared, i), 0);
    return unused;
}

static void four_threads_and_the_sum_is_right(void)
{
    const uint64_t expected = (uint64_t)PRODUCERS * MESSAGES * (MESSAGES + 1) / 2;
    pthread_t threads[PRODUCERS];
    uint64_t count, sum = 0;
    int i;

    shared = made_counter(WAKEFD_SUM);
    for (i = 0; i < PRODUCERS; i++)
        EQUAL(pthread_create(&threads[i], NULL, adds, NULL), 0);
    while (sum < expected) {
        EQUAL(wakefd_wait(&shared, -1), 1);
        TRUE(wakefd_take(&shared, &count) >= 0);
        sum += count;
    }
    for (i = 0; i < PRODUCERS; i++)
        EQUAL(pthread_join(threads[i], NULL), 0);
    TRUE(sum == expected);
    EQUAL(wakefd_take(&shared, &count), 0);
    EQUAL(wakefd_close(&shared), 0);
}

/* Errors. */

static void null_is_invalid(void)
{
    struct wakefd counter = made_counter(WAKEFD_SUM);
    uint64_t count;

    EQUAL(wakefd_init(NULL, selection), -EINVAL);
    EQUAL(wakefd_init_counter(NULL, selection, WAKEFD_SUM), -EINVAL);
    EQUAL(wakefd_notify(NULL), -EINVAL);
    EQUAL(wakefd_clear(NULL), -EINVAL);
    EQUAL(wakefd_add(NULL, 1), -EINVAL);
    EQUAL(wakefd_take(NULL, &count), -EINVAL);
    EQUAL(wakefd_wait(NULL, 0), -EINVAL);
    EQUAL(wakefd_fd(NULL), -EINVAL);
    EQUAL(wakefd_backend(NULL), -EINVAL);
    EQUAL(wakefd_mechanism(NULL), -EINVAL);
    EQUAL(wakefd_reinit_after_fork(NULL), -EINVAL);
    EQUAL(wakefd_close(NULL), -EINVAL);

    EQUAL(wakefd_add(&counter, 1), 0);
    EQUAL(wakefd_take(&counter, NULL), -EINVAL);
    EQUAL(wakefd_take(&counter, &count), 1);
    EQUAL(wakefd_close(&counter), 0);
}

static void each_gives_ebadf(struct wakefd *closed)
{
    uint64_t count;
    EQUAL(wakefd_notify(closed), -EBADF);
    EQUAL(wakefd_clear(closed), -EBADF);
    EQUAL(wakefd_add(closed, 1), -EBADF);
    EQUAL(wakefd_take(closed, &count), -EBADF);
    EQUAL(wakefd_wait(closed, -1), -EBADF);
    EQUAL(wakefd_fd(closed), -EBADF);
    EQUAL(wakefd_backend(closed), -EBADF);
    EQUAL(wakefd_mechanism(closed), -EBADF);
    EQUAL(wakefd_reinit_after_fork(closed), -EBADF);
    EQUAL(wakefd_close(closed), -EBADF);
}

static void a_closed_object_is_a_bad_descriptor(void)
{
    struct wakefd wakefd = {{0}};
    uint64_t open = descriptors();

    each_gives_ebadf(&wakefd);
    wakefd = made();
    EQUAL(wakefd_close(&wakefd), 0);
    each_gives_ebadf(&wakefd);
    wakefd = made_counter(WAKEFD_SUM);
    EQUAL(wakefd_close(&wakefd), 0);
    each_gives_ebadf(&wakefd);
    /* A failed init also closes an object that held something else before. */
    memset(&wakefd, 0x55, sizeof wakefd);
    EQUAL(wakefd_init(&wakefd, WAKEFD_TIMERFD), -EINVAL);
    each_gives_ebadf(&wakefd);
    memset(&wakefd, 0x55, sizeof wakefd);
    EQUAL(wakefd_init_counter(&wakefd, selection, 2), -EINVAL);
    each_gives_ebadf(&wakefd);
    TRUE(descriptors() == open);
}

static void a_counter_is_no_notifier(void)
{
    struct wakefd counter = made_counter(WAKEFD_SUM), notifier = made();
    uint64_t count;
    EQUAL(wakefd_notify(&counter), -EINVAL);
    EQUAL(wakefd_clear(&counter), -EINVAL);
    EQUAL(wakefd_add(&notifier, 1), -EINVAL);
    EQUAL(wakefd_take(&notifier, &count), -EINVAL);
    EQUAL(readable(&counter), 0);
    EQUAL(readable(&notifier), 0);
    EQUAL(wakefd_close(&counter), 0);
    EQUAL(wakefd_close(&notifier), 0);
}

static void numbers_that_are_none(void)
{
    struct wakefd wakefd;
    EQUAL(wakefd_init(&wakefd, -1), -EINVAL);
    EQUAL(wakefd_init(&wakefd, 4), -EINVAL);
    EQUAL(wakefd_init_counter(&wakefd, -1, WAKEFD_SUM), -EINVAL);
    EQUAL(wakefd_init_counter(&wakefd, selection, -1), -EINVAL);
    EQUAL(wakefd_init_counter(&wakefd, selection, 2), -EINVAL);
    wakefd = made();
    EQUAL(wakefd_wait(&wakefd, -2), -EINVAL);
    EQUAL(wakefd_wait(&wakefd, -2147483647 - 1), -EINVAL);
    EQUAL(wakefd_close(&wakefd), 0);
}

static void out_of_descriptors_is_said(void)
{
    struct wakefd wakefd = made(), spare;
    const uint64_t open = descriptors();
    int room, needed = wakefd_backend(&wakefd) == WAKEFD_PIPE ? 2 : 1;

    for (room = 0; room < needed; room++) {
        leave_room(room);
        EQUAL(wakefd_init(&spare, selection), -EMFILE);
        EQUAL(wakefd_close(&spare), -EBADF);
        EQUAL(wakefd_init_counter(&spare, selection, WAKEFD_SUM), -EMFILE);
        EQUAL(wakefd_close(&spare), -EBADF);
        EQUAL(wakefd_reinit_after_fork(&wakefd), -EMFILE);
        leave_room(-1);
        TRUE(descriptors() == open);
    }
    EQUAL(wakefd_notify(&wakefd), 0);
    EQUAL(wakefd_clear(&wakefd), 1);
    EQUAL(wakefd_close(&wakefd), 0);
}

static void errno_stays(void)
{
    struct wakefd wakefd = made(), counter = made_counter(WAKEFD_SUM);
    int i, fd;

    errno = 4242;
    EQUAL(wakefd_notify(NULL), -EINVAL);
    EQUAL(wakefd_add(&wakefd, 1), -EINVAL);
    for (i = 0; i < 70000; i++)
        EQUAL(wakefd_notify(&wakefd), 0);
    for (i = 0; i < 9000; i++)
        EQUAL(wakefd_add(&counter, 1), 0);
    EQUAL(errno, 4242);
    /* Other code closes the descriptors by number, which is a bug of a program. */
    for (fd = 3; fd < 64; fd++)
        close(fd);
    errno = 4242;
    EQUAL(wakefd_notify(&wakefd), -EBADF);
    EQUAL(wakefd_add(&counter, 1), -EBADF);
    EQUAL(errno, 4242);
    EQUAL(wakefd_clear(&wakefd), -EBADF);
    EQUAL(wakefd_wait(&wakefd, -1), -EBADF);
}

static void no_descriptor_is_left(void)
{
    const uint64_t before = descriptors();
    int i, used;
    for (i = 0; i < 200; i++) {
        struct wakefd wakefd = made(), sum = made_counter(WAKEFD_SUM);
        uint64_t open = descriptors() & ~before;
        for (used = 0; open != 0; open &= open - 1)
            used++;
        EQUAL(used, wakefd_backend(&wakefd) == WAKEFD_PIPE ? 4 : 2);
        EQUAL(wakefd_close(&wakefd), 0);
        EQUAL(wakefd_close(&sum), 0);
        TRUE(descriptors() == before);
    }
}

static void the_version_is_the_headers(void)
{
    char text[32];

    snprintf(text, sizeof text, "%d.%d.%d", WAKEFD_VERSION >> 16, WAKEFD_VERSION >> 8 & 255, WAKEFD_VERSION & 255);
    EQUAL(strcmp(wakefd_version(), text), 0);
    EQUAL(strcmp(wakefd_version(), WAKEFD_VERSION_STRING), 0);
}

#ifndef WITHOUT_TEXT
/* Texts. */

static void names_are_names(void)
{
    EQUAL(strcmp(wakefd_backend_name(WAKEFD_EVENTFD), "eventfd"), 0);
    EQUAL(strcmp(wakefd_backend_name(WAKEFD_PIPE), "pipe"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_EVENTFD2), "eventfd2"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_EVENTFD), "eventfd"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_PIPE2), "pipe2"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_PIPE), "pipe"), 0);
    TRUE(wakefd_backend_name(WAKEFD_AUTO) == NULL);
    TRUE(wakefd_backend_name(-EBADF) == NULL);
    TRUE(wakefd_backend_name(WAKEFD_SIGNAL_HANDLER + 1) == NULL);
    TRUE(wakefd_mechanism_name(0) == NULL);
    TRUE(wakefd_mechanism_name(WAKEFD_MECHANISM_TIMER_THREAD + 1) == NULL);
}

static void texts_are_cut_as_snprintf_does(void)
{
    int (*const text[])(int, char *, size_t) = {wakefd_reason, wakefd_report};
    const uint64_t open = descriptors();
    char whole[1024], cut[1024];
    int i, length, size;

    for (i = 0; i < 2; i++) {
        length = text[i](selection, NULL, 0);
        must_be_here(length);
        TRUE(length > 10 && length < 1024);
        EQUAL(text[i](selection, whole, sizeof whole), length);
        EQUAL(strlen(whole), length);
        for (size = 1; size <= length + 1; size += size < 3 || size > length - 3 ? 1 : length / 5) {
            memset(cut, '?', sizeof cut);
            EQUAL(text[i](selection, cut, size), length);
            EQUAL(cut[size - 1], 0);
            EQUAL(strncmp(cut, whole, size - 1), 0);
            EQUAL(cut[size], '?');
        }
        /* A size that says nothing about the buffer, as sprintf assumes. */
        memset(cut, '?', sizeof cut);
        EQUAL(text[i](selection, cut, (size_t)-1), length);
        EQUAL(strcmp(cut, whole), 0);
        EQUAL(cut[length + 1], '?');
        EQUAL(text[i](selection, NULL, 1), -EINVAL);
        EQUAL(text[i](4, whole, sizeof whole), -EINVAL);
        EQUAL(text[i](-1, NULL, 0), -EINVAL);
    }
    EQUAL(whole[strlen(whole) - 1], '\n');
    EQUAL(strncmp(whole, "kernel: ", 8), 0);
    TRUE(strstr(whole, "\nreason: ") != NULL);
    TRUE(descriptors() == open);
}
#endif

static const struct test cases[] = {
    CASE(notify_makes_readable_and_clear_unreadable),
    CASE(never_full),
    CASE(backend_and_mechanism_are_as_selected),
    CASE(descriptor_has_its_flags),
    CASE(descriptor_zero_is_one_like_any),
    CASE(an_object_may_be_moved),
    CASE(wait_is_never_early),
    CASE(a_signal_handler_notifies),
    CASE(another_thread_ends_a_wait),
    CASE(a_pending_cancellation_waits),
    CASE(four_threads_and_none_lost),
    CASE(a_child_shares_it),
    CASE(another_process_notifies_by_a_descriptor),
    CASE(a_child_can_have_its_own),
    CASE(a_counter_gives_the_sum),
    CASE(a_counter_has_a_limit),
    CASE(a_semaphore_gives_one_at_a_time),
    CASE(four_threads_and_the_sum_is_right),
    CASE(null_is_invalid),
    CASE(a_closed_object_is_a_bad_descriptor),
    CASE(a_counter_is_no_notifier),
    CASE(numbers_that_are_none),
    CASE(out_of_descriptors_is_said),
    CASE(errno_stays),
    CASE(no_descriptor_is_left),
    CASE(the_version_is_the_headers),
#ifndef WITHOUT_TEXT
    CASE(names_are_names),
    CASE(texts_are_cut_as_snprintf_does),
#endif
};
static const int count = sizeof cases / sizeof *cases;

/* Cases, and the selection that they run with. */
static const struct {
    const char *name;
    int selection;
    const struct test *cases;
    const int *count;
} groups[] = {
    {"auto", WAKEFD_AUTO, cases, &count},
    {"kernel", WAKEFD_KERNEL, cases, &count},
    {"eventfd", WAKEFD_EVENTFD, cases, &count},
    {"pipe", WAKEFD_PIPE, cases, &count},
#ifndef WITHOUT_TIMER
    {"timer", WAKEFD_AUTO, timer_cases, &timer_count},
    {"timerfd", WAKEFD_TIMERFD, timer_cases, &timer_count},
    {"timer-thread", WAKEFD_TIMER_THREAD, timer_cases, &timer_count},
#endif
#ifndef WITHOUT_SIGNAL
    {"signals", WAKEFD_AUTO, signal_cases, &signal_count},
    {"signalfd", WAKEFD_SIGNALFD, signal_cases, &signal_count},
    {"signal-handler", WAKEFD_SIGNAL_HANDLER, signal_cases, &signal_count},
#endif
};
enum { GROUPS = sizeof groups / sizeof *groups };

/* Runs a case in a child, and returns its status as waitpid does. */
static int run(void (*function)(void))
{
    int status = -1;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        alarm(SECONDS); /* a hang is a failure */
        function();
        exit(0);
    }
    if (child > 0)
        waitpid(child, &status, 0);
    return status;
}

int suite(void)
{
    const struct test *test;
    int group, i, status, failed = 0, number = 0, all = 0;

#ifndef WITHOUT_TEXT
    {
        /* In a child, because a process caches the results of the probe. */
        fflush(stdout);
        if (fork() == 0) {
            char report[1024], *line;
            wakefd_report(WAKEFD_AUTO, report, sizeof report);
            for (line = strtok(report, "\n"); line != NULL; line = strtok(NULL, "\n"))
                printf("# %s\n", line);
            exit(0);
        }
        wait(NULL);
    }
#endif
    for (group = 0; group < GROUPS; group++)
        all += *groups[group].count;
    printf("1..%d\n", all);
    for (group = 0; group < GROUPS; group++)
        for (i = 0; i < *groups[group].count; i++) {
            test = &groups[group].cases[i];
            selection = groups[group].selection;
            status = run(test->run);
            number++;
            if (WIFSIGNALED(status))
                printf("# ended by signal %d\n", WTERMSIG(status));
            if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
                printf("ok %d %s/%s # SKIP unavailable\n", number, groups[group].name, test->name);
            else if (status == 0)
                printf("ok %d %s/%s\n", number, groups[group].name, test->name);
            else {
                printf("not ok %d %s/%s\n", number, groups[group].name, test->name);
                failed++;
            }
        }
    fflush(stdout);
    return failed != 0;
}

/* Under qemu's user emulation this program cannot exec itself, but it can exec a shell. */
void become_killed(void)
{
    execl(program, program, "killed", (char *)NULL);
    execl("/bin/sh", "sh", "-c", "kill -TERM $$; exit 3", (char *)NULL);
    _exit(FAILED);
}

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc > 1 && strcmp(argv[1], "killed") == 0) {
        raise(SIGTERM);
        return SURVIVED;
    }
    return getpid() == 1 ? supervise() : suite();
}
