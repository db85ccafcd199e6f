/* Tests the functions of timers with each selection. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <wakefd.h>

#ifndef WITHOUT_TIMER

static const uint64_t MS = 1000000, HOUR = (uint64_t)3600 * 1000000000;

static struct wakefd_timer made(void)
{
    struct wakefd_timer timer;
    int result = wakefd_timer_init(&timer, selection);
    if (result == -ENOSYS && selection == WAKEFD_TIMERFD)
        _exit(SKIPPED);
    /* Linux 2.6.22 to 2.6.24 have an older call under the number. */
    if ((result == -EFAULT || result == -EINVAL) && selection == WAKEFD_TIMERFD)
        _exit(SKIPPED);
    EQUAL(result, 0);
    return timer; /* as a value: it may be moved */
}

static int readable(const struct wakefd_timer *timer) { return readable_fd(wakefd_timer_fd(timer)); }

static int on_the_thread(const struct wakefd_timer *timer)
{
    return wakefd_timer_backend(timer) == WAKEFD_TIMER_THREAD;
}

/* Checks that the timer has expired so often, and takes the expirations. */
static void expired(int line, const struct wakefd_timer *timer, uint64_t expected)
{
    uint64_t count = 99;
    equal(line, "wait", wakefd_timer_wait(timer, -1), 1);
    equal(line, "readable", readable(timer), 1);
    equal(line, "take", wakefd_timer_take(timer, &count), 1);
    equal(line, "count", (long long)count, (long long)expected);
    equal(line, "take again", wakefd_timer_take(timer, &count), 0);
    equal(line, "count again", (long long)count, 0);
    equal(line, "readable again", readable(timer), 0);
}
#define EXPIRED(timer, count) expired(__LINE__, timer, count)

static void not_expired(int line, const struct wakefd_timer *timer)
{
    uint64_t count = 99;
    equal(line, "wait", wakefd_timer_wait(timer, 0), 0);
    equal(line, "readable", readable(timer), 0);
    equal(line, "take", wakefd_timer_take(timer, &count), 0);
    equal(line, "count", (long long)count, 0);
}
#define NOT_EXPIRED(timer) not_expired(__LINE__, timer)

static void one_shot_expires_once(void)
{
    struct wakefd_timer timer = made();
    NOT_EXPIRED(&timer);
    EQUAL(wakefd_timer_arm(&timer, 5 * MS, 0), 0);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_wait(&timer, 30), 0);
    EQUAL(wakefd_timer_arm_at(&timer, wakefd_timer_now() + 5 * MS, 0), 0);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void never_early(void)
{
    struct wakefd_timer timer = made();
    uint64_t start = wakefd_timer_now();
    EQUAL(wakefd_timer_arm(&timer, 40 * MS, 0), 0);
    EXPIRED(&timer, 1);
    TRUE(wakefd_timer_now() - start >= 40 * MS);
    start = wakefd_timer_now();
    EQUAL(wakefd_timer_arm_at(&timer, start + 40 * MS, 0), 0);
    EXPIRED(&timer, 1);
    TRUE(wakefd_timer_now() - start >= 40 * MS);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void a_time_that_has_come_expires_at_once(void)
{
    struct wakefd_timer timer = made();
    EQUAL(wakefd_timer_arm(&timer, 0, 0), 0);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_arm_at(&timer, 0, 0), 0);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_arm(&timer, 0, HOUR), 0);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void a_period_is_counted_from_the_first(void)
{
    const uint64_t period = 20 * MS;
    struct wakefd_timer timer = made();
    uint64_t first, before, count, sum = 0;
    int i;

    EQUAL(wakefd_timer_arm_at(&timer, wakefd_timer_now() - 3 * MS, HOUR), 0);
    EXPIRED(&timer, 1);
    /* Ten expirations are in the past, and one comes every 20 ms. */
    first = wakefd_timer_now() - 195 * MS;
    EQUAL(wakefd_timer_arm_at(&timer, first, period), 0);
    for (i = 0; i < 5; i++) {
        EQUAL(wakefd_timer_wait(&timer, -1), 1);
        before = wakefd_timer_now();
        EQUAL(wakefd_timer_take(&timer, &count), 1);
        sum += count;
        /* A timerfd counts by the kernel's tick, which may be 10 ms late. */
        TRUE(sum >= (before - 10 * MS - first) / period + 1);
        TRUE(sum <= (wakefd_timer_now() - first) / period + 1);
        if (i == 2)
            sleep_for(70); /* so that the next take is late */
    }
    EQUAL(wakefd_timer_disarm(&timer), 0);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void arming_and_disarming_discard(void)
{
    struct wakefd_timer timer = made();

    EQUAL(wakefd_timer_arm(&timer, 0, MS), 0);
    EQUAL(wakefd_timer_wait(&timer, -1), 1);
    EQUAL(wakefd_timer_arm(&timer, HOUR, 0), 0);
    NOT_EXPIRED(&timer);
    EQUAL(wakefd_timer_arm(&timer, 0, 0), 0);
    EQUAL(wakefd_timer_wait(&timer, -1), 1);
    EQUAL(wakefd_timer_arm_at(&timer, wakefd_timer_now() + HOUR, 0), 0);
    NOT_EXPIRED(&timer);
    EQUAL(wakefd_timer_arm(&timer, 0, MS), 0);
    EQUAL(wakefd_timer_wait(&timer, -1), 1);
    EQUAL(wakefd_timer_disarm(&timer), 0);
    NOT_EXPIRED(&timer);
    EQUAL(wakefd_timer_wait(&timer, 20), 0);
    EQUAL(wakefd_timer_disarm(&timer), 0);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void huge_times_do_not_come(void)
{
    struct wakefd_timer timer = made();
    EQUAL(wakefd_timer_arm(&timer, UINT64_MAX, UINT64_MAX), 0);
    NOT_EXPIRED(&timer);
    EQUAL(wakefd_timer_arm_at(&timer, UINT64_MAX, 1), 0);
    NOT_EXPIRED(&timer);
    EQUAL(wakefd_timer_arm(&timer, 0, UINT64_MAX), 0);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_close(&timer), 0);
}

enum { TIMERS = 12 };

static void each_of_many_is_on_time(void)
{
    struct wakefd_timer timers[TIMERS];
    const uint64_t start = wakefd_timer_now();
    int i;

    for (i = 0; i < TIMERS; i++) {
        timers[i] = made();
        /* The latest timer first, so that each one makes the thread wake up earlier. */
        EQUAL(wakefd_timer_arm_at(&timers[i], start + (60 - 4 * i) * MS, 0), 0);
    }
    for (i = TIMERS - 1; i >= 0; i--) {
        EXPIRED(&timers[i], 1);
        TRUE(wakefd_timer_now() - start >= (60 - 4 * i) * MS);
        EQUAL(wakefd_timer_close(&timers[i]), 0);
    }
}

static struct wakefd_timer shared;

static void *arms(void *unused)
{
    sleep_for(20);
    EQUAL(wakefd_timer_arm(&shared, MS, 0), 0);
    return unused;
}

static void another_thread_arms_it(void)
{
    pthread_t thread;
    shared = made();
    EQUAL(pthread_create(&thread, NULL, arms, NULL), 0);
    EXPIRED(&shared, 1);
    EQUAL(pthread_join(thread, NULL), 0);
    EQUAL(wakefd_timer_close(&shared), 0);
}

static volatile sig_atomic_t handled;
static pthread_t handling;
static void counts(int signal)
{
    (void)signal;
    handled++;
    handling = pthread_self();
}

/* Signal handlers run on the program's threads, and do not end a wait. */
static void signals_are_the_programs(void)
{
    struct wakefd_timer timer = made();
    const uint64_t start = wakefd_timer_now();

    handle(SIGALRM, counts);
    alarm_every(3);
    EQUAL(wakefd_timer_arm(&timer, HOUR, 0), 0);
    EQUAL(wakefd_timer_wait(&timer, 20), 0);
    TRUE(wakefd_timer_now() - start >= 20 * MS);
    EQUAL(wakefd_timer_arm(&timer, 20 * MS, 0), 0);
    EXPIRED(&timer, 1);
    alarm_every(0);
    TRUE(handled > 0);
    TRUE(pthread_equal(handling, pthread_self()));
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void a_timer_may_be_moved(void)
{
    struct wakefd_timer old = made(), new;
    EQUAL(wakefd_timer_arm(&old, 5 * MS, 0), 0);
    memcpy(&new, &old, sizeof new);
    memset(&old, 0, sizeof old);
    EXPIRED(&new, 1);
    EQUAL(wakefd_timer_close(&new), 0);
    EQUAL(wakefd_timer_close(&old), -EBADF);
}

static void backend_mechanism_and_flags(void)
{
    struct wakefd_timer timer = made();
    int backend = wakefd_timer_backend(&timer), mechanism = wakefd_timer_mechanism(&timer), fd = wakefd_timer_fd(&timer);

    TRUE(backend == WAKEFD_TIMERFD || backend == WAKEFD_TIMER_THREAD);
    TRUE(backend == selection || selection == WAKEFD_AUTO);
    if (backend == WAKEFD_TIMERFD)
        TRUE(mechanism == WAKEFD_MECHANISM_TIMERFD_FLAGS || mechanism == WAKEFD_MECHANISM_TIMERFD);
    else
        EQUAL(mechanism, WAKEFD_MECHANISM_TIMER_THREAD);
    TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
#ifndef WITHOUT_TEXT
    EQUAL(strcmp(wakefd_backend_name(WAKEFD_TIMERFD), "timerfd"), 0);
    EQUAL(strcmp(wakefd_backend_name(WAKEFD_TIMER_THREAD), "timer-thread"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_TIMERFD_FLAGS), "timerfd-flags"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_TIMERFD), "timerfd"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_TIMER_THREAD), "timer-thread"), 0);
#endif
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void a_child_shares_it(void)
{
    struct wakefd_timer timer = made();
    uint64_t count;
    pid_t child;

    EQUAL(wakefd_timer_arm(&timer, 20 * MS, 0), 0);
    child = fork();
    if (child == 0) {
        EQUAL(wakefd_timer_wait(&timer, -1), 1);
        if (on_the_thread(&timer)) {
            EQUAL(wakefd_timer_arm(&timer, 0, 0), -EXDEV);
            EQUAL(wakefd_timer_arm_at(&timer, 0, 0), -EXDEV);
            EQUAL(wakefd_timer_disarm(&timer), -EXDEV);
            EQUAL(wakefd_timer_take(&timer, &count), -EXDEV);
        }
        /* The timer of the parent continues. */
        EQUAL(wakefd_timer_close(&timer), 0);
        _exit(0);
    }
    child_passed(child);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_arm(&timer, MS, 0), 0);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void a_child_can_have_its_own(void)
{
    struct wakefd_timer timer = made();
    const int fd = wakefd_timer_fd(&timer);
    const uint64_t open = descriptors();
    pid_t child;

    EQUAL(wakefd_timer_arm(&timer, 0, 0), 0);
    EQUAL(wakefd_timer_wait(&timer, -1), 1);
    child = fork();
    if (child == 0) {
        EQUAL(wakefd_timer_reinit_after_fork(&timer), 0);
        EQUAL(wakefd_timer_fd(&timer), fd);
        TRUE(descriptors() == open);
        NOT_EXPIRED(&timer);
        EQUAL(wakefd_timer_arm(&timer, 5 * MS, 0), 0);
        EXPIRED(&timer, 1);
        EQUAL(wakefd_timer_close(&timer), 0);
        _exit(0);
    }
    child_passed(child);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void remaining_time_and_period(void)
{
    struct wakefd_timer timer = made();
    uint64_t left = 99, period = 99, before;

    EQUAL(wakefd_timer_remaining(&timer, &left, &period), 0);
    TRUE(left == 0 && period == 0);
    EQUAL(wakefd_timer_arm(&timer, HOUR, MS), 0);
    EQUAL(wakefd_timer_remaining(&timer, &left, &period), 1);
    TRUE(left > 0 && left <= HOUR && period == MS);
    before = left;
    sleep_for(5);
    EQUAL(wakefd_timer_remaining(&timer, &left, &period), 1);
    TRUE(left + 5 * MS <= before);
    EQUAL(wakefd_timer_arm(&timer, 0, 0), 0);
    EQUAL(wakefd_timer_wait(&timer, -1), 1);
    EQUAL(wakefd_timer_remaining(&timer, &left, &period), 0);
    TRUE(left == 0 && period == 0);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void other_clocks(void)
{
    static const int clocks[] = {
        CLOCK_MONOTONIC,
        CLOCK_REALTIME,
#ifdef CLOCK_BOOTTIME
        CLOCK_BOOTTIME,
#endif
    };
    size_t i;
    for (i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct wakefd_timer timer;
        struct timespec now;
        uint64_t at, left, period;
        const int result = wakefd_timer_init_clock(&timer, clocks[i]);
        /* The kernel is too old for this clock. */
        if (result == -ENOTSUP && clocks[i] != CLOCK_MONOTONIC)
            continue;
        EQUAL(result, 0);
        EQUAL(clock_gettime(clocks[i], &now), 0);
        at = (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
        EQUAL(wakefd_timer_arm_at(&timer, at + HOUR, 0), 0);
        EQUAL(wakefd_timer_remaining(&timer, &left, &period), 1);
        TRUE(left <= HOUR && left > HOUR / 2 && period == 0);
        EQUAL(wakefd_timer_arm_at(&timer, at + 2 * MS, 0), 0);
        EXPIRED(&timer, 1);
        EQUAL(wakefd_timer_close(&timer), 0);
    }
}

static void null_is_invalid(void)
{
    struct wakefd_timer timer = made();
    uint64_t count;

    EQUAL(wakefd_timer_init(NULL, selection), -EINVAL);
    EQUAL(wakefd_timer_init_clock(NULL, CLOCK_MONOTONIC), -EINVAL);
    EQUAL(wakefd_timer_remaining(NULL, &count, &count), -EINVAL);
    EQUAL(wakefd_timer_remaining(&timer, NULL, &count), -EINVAL);
    EQUAL(wakefd_timer_remaining(&timer, &count, NULL), -EINVAL);
    EQUAL(wakefd_timer_arm(NULL, 0, 0), -EINVAL);
    EQUAL(wakefd_timer_arm_at(NULL, 0, 0), -EINVAL);
    EQUAL(wakefd_timer_disarm(NULL), -EINVAL);
    EQUAL(wakefd_timer_take(NULL, &count), -EINVAL);
    EQUAL(wakefd_timer_wait(NULL, 0), -EINVAL);
    EQUAL(wakefd_timer_fd(NULL), -EINVAL);
    EQUAL(wakefd_timer_backend(NULL), -EINVAL);
    EQUAL(wakefd_timer_mechanism(NULL), -EINVAL);
    EQUAL(wakefd_timer_reinit_after_fork(NULL), -EINVAL);
    EQUAL(wakefd_timer_close(NULL), -EINVAL);

    EQUAL(wakefd_timer_arm(&timer, 0, 0), 0);
    EQUAL(wakefd_timer_wait(&timer, -1), 1);
    EQUAL(wakefd_timer_take(&timer, NULL), -EINVAL);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void each_gives_ebadf(struct wakefd_timer *closed)
{
    uint64_t count;
    EQUAL(wakefd_timer_arm(closed, 0, 0), -EBADF);
    EQUAL(wakefd_timer_arm_at(closed, 0, 0), -EBADF);
    EQUAL(wakefd_timer_disarm(closed), -EBADF);
    EQUAL(wakefd_timer_take(closed, &count), -EBADF);
    EQUAL(wakefd_timer_remaining(closed, &count, &count), -EBADF);
    EQUAL(wakefd_timer_wait(closed, -1), -EBADF);
    EQUAL(wakefd_timer_fd(closed), -EBADF);
    EQUAL(wakefd_timer_backend(closed), -EBADF);
    EQUAL(wakefd_timer_mechanism(closed), -EBADF);
    EQUAL(wakefd_timer_reinit_after_fork(closed), -EBADF);
    EQUAL(wakefd_timer_close(closed), -EBADF);
}

static void a_closed_timer_is_a_bad_descriptor(void)
{
    static struct wakefd_timer timer;
    const uint64_t open = descriptors();

    each_gives_ebadf(&timer);
    timer = made();
    EQUAL(wakefd_timer_close(&timer), 0);
    each_gives_ebadf(&timer);
    /* A failed init also closes an object that held something else before. */
    memset(&timer, 0x55, sizeof timer);
    EQUAL(wakefd_timer_init(&timer, -1), -EINVAL);
    EQUAL(wakefd_timer_init_clock(&timer, 99), -EINVAL);
    each_gives_ebadf(&timer);
    TRUE(descriptors() == open);
}

static void numbers_that_are_none(void)
{
    struct wakefd_timer timer;
    EQUAL(wakefd_timer_init(&timer, -1), -EINVAL);
    EQUAL(wakefd_timer_init(&timer, WAKEFD_KERNEL), -EINVAL);
    EQUAL(wakefd_timer_init(&timer, WAKEFD_EVENTFD), -EINVAL);
    EQUAL(wakefd_timer_init(&timer, WAKEFD_PIPE), -EINVAL);
    EQUAL(wakefd_timer_init(&timer, WAKEFD_SIGNALFD), -EINVAL);
    EQUAL(wakefd_timer_init(&timer, WAKEFD_SIGNAL_HANDLER), -EINVAL);
    EQUAL(wakefd_timer_init(&timer, WAKEFD_SIGNAL_HANDLER + 1), -EINVAL);
    timer = made();
    EQUAL(wakefd_timer_wait(&timer, -2), -EINVAL);
    EQUAL(wakefd_timer_wait(&timer, -2147483647 - 1), -EINVAL);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void out_of_descriptors_is_said(void)
{
    struct wakefd_timer timer = made(), spare;
    const uint64_t open = descriptors();

    leave_room(0);
    EQUAL(wakefd_timer_init(&spare, selection), -EMFILE);
    EQUAL(wakefd_timer_close(&spare), -EBADF);
    EQUAL(wakefd_timer_reinit_after_fork(&timer), -EMFILE);
    leave_room(-1);
    TRUE(descriptors() == open);
    EQUAL(wakefd_timer_arm(&timer, 0, 0), 0);
    EXPIRED(&timer, 1);
    EQUAL(wakefd_timer_close(&timer), 0);
}

static void closed_by_number_is_said(void)
{
    struct wakefd_timer timer = made();
    uint64_t count;
    int fd;

    for (fd = 3; fd < 64; fd++)
        close(fd);
    EQUAL(wakefd_timer_arm(&timer, 0, 0), -EBADF);
    EQUAL(wakefd_timer_disarm(&timer), -EBADF);
    EQUAL(wakefd_timer_take(&timer, &count), -EBADF);
    EQUAL(wakefd_timer_wait(&timer, -1), -EBADF);
}

static void nothing_is_left(void)
{
    const uint64_t before = descriptors();
    int i;
    for (i = 0; i < 100; i++) {
        struct wakefd_timer one = made(), two = made();
        EQUAL(wakefd_timer_arm(&one, 0, MS), 0);
        EQUAL(wakefd_timer_close(&one), 0);
        EQUAL(wakefd_timer_arm(&two, 0, 0), 0);
        EXPIRED(&two, 1);
        EQUAL(wakefd_timer_close(&two), 0);
        TRUE(descriptors() == before);
    }
}

static struct wakefd_timer shared;

static void arms_and_takes(void)
{
    uint64_t count = 0;
    EQUAL(wakefd_timer_arm(&shared, 0, HOUR), 0);
    EQUAL(wakefd_timer_arm_at(&shared, 0, 0), 0);
    while (wakefd_timer_take(&shared, &count) == 0)
        ;
    EQUAL(count, 1);
    EQUAL(wakefd_timer_arm(&shared, HOUR, 0), 0);
    EQUAL(wakefd_timer_disarm(&shared), 0);
}

/* If a thread were cancelled with the timers' lock, the lock would stay locked. */
static void a_pending_cancellation_waits(void)
{
    shared = made();
    not_cancelled_in(arms_and_takes);
    EQUAL(wakefd_timer_arm(&shared, 0, 0), 0);
    EXPIRED(&shared, 1);
    EQUAL(wakefd_timer_close(&shared), 0);
}

const struct test timer_cases[] = {
    CASE(one_shot_expires_once),
    CASE(never_early),
    CASE(a_time_that_has_come_expires_at_once),
    CASE(a_period_is_counted_from_the_first),
    CASE(arming_and_disarming_discard),
    CASE(huge_times_do_not_come),
    CASE(each_of_many_is_on_time),
    CASE(another_thread_arms_it),
    CASE(a_pending_cancellation_waits),
    CASE(signals_are_the_programs),
    CASE(a_timer_may_be_moved),
    CASE(backend_mechanism_and_flags),
    CASE(a_child_shares_it),
    CASE(a_child_can_have_its_own),
    CASE(remaining_time_and_period),
    CASE(other_clocks),
    CASE(null_is_invalid),
    CASE(a_closed_timer_is_a_bad_descriptor),
    CASE(numbers_that_are_none),
    CASE(out_of_descriptors_is_said),
    CASE(closed_by_number_is_said),
    CASE(nothing_is_left),
};
const int timer_count = sizeof timer_cases / sizeof *timer_cases;

#endif
