/* Tests the functions of signals with each selection. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <wakefd.h>

#ifndef WITHOUT_SIGNAL

static struct wakefd_signals made_of(const int *numbers, size_t count)
{
    struct wakefd_signals signals;
    int result = wakefd_signals_init(&signals, selection, numbers, count);
    if (result == -ENOSYS && selection == WAKEFD_SIGNALFD)
        _exit(SKIPPED);
    EQUAL(result, 0);
    return signals; /* as a value: it may be moved */
}

static struct wakefd_signals made(int number) { return made_of(&number, 1); }

static int readable(const struct wakefd_signals *signals) { return readable_fd(wakefd_signals_fd(signals)); }

static int by_handler(const struct wakefd_signals *signals)
{
    return wakefd_signals_backend(signals) == WAKEFD_SIGNAL_HANDLER;
}

/* Returns the next signal, which must have this number. */
static struct wakefd_signal next(int line, const struct wakefd_signals *signals, int number)
{
    struct wakefd_signal signal;
    memset(&signal, 0x55, sizeof signal);
    equal(line, "wait", wakefd_signals_wait(signals, -1), 1);
    equal(line, "readable", readable(signals), 1);
    equal(line, "next", wakefd_signals_next(signals, &signal), 1);
    equal(line, "number", signal.number, number);
    return signal;
}
#define NEXT(signals, number) next(__LINE__, signals, number)

static void none(int line, const struct wakefd_signals *signals)
{
    static const struct wakefd_signal zero;
    struct wakefd_signal signal;
    memset(&signal, 0x55, sizeof signal);
    equal(line, "next", wakefd_signals_next(signals, &signal), 0);
    equal(line, "zeroes", memcmp(&signal, &zero, sizeof zero), 0);
    equal(line, "readable", readable(signals), 0);
    equal(line, "wait", wakefd_signals_wait(signals, 0), 0);
}
#define NONE(signals) none(__LINE__, signals)

static int is_blocked(int number)
{
    sigset_t mask;
    EQUAL(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
    return sigismember(&mask, number);
}

static void set_blocked(int number, int blocked)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, number);
    EQUAL(sigprocmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &mask, NULL), 0);
}

static void kill_tells_the_sender(void)
{
    struct wakefd_signals signals = made(SIGTERM);
    struct wakefd_signal signal;
    int round;

    NONE(&signals);
    for (round = 0; round < 3; round++) {
        EQUAL(kill(getpid(), SIGTERM), 0);
        signal = NEXT(&signals, SIGTERM);
        EQUAL(signal.told, WAKEFD_TOLD_CODE | WAKEFD_TOLD_SENDER);
        EQUAL(signal.code, SI_USER);
        EQUAL(signal.pid, getpid());
        EQUAL(signal.uid, getuid());
        EQUAL(signal.status, 0);
        EQUAL(signal.value, 0);
        NONE(&signals);
    }
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void sigqueue_tells_the_value(void)
{
    const int values[] = {4242, 0, -1, INT_MIN};
    struct wakefd_signals signals = made(SIGUSR1);
    struct wakefd_signal signal;
    union sigval value;
    int i;

    for (i = 0; i < 4; i++) {
        memset(&value, 0, sizeof value);
        value.sival_int = values[i];
        EQUAL(sigqueue(getpid(), SIGUSR1, value), 0);
        signal = NEXT(&signals, SIGUSR1);
        EQUAL(signal.told, WAKEFD_TOLD_CODE | WAKEFD_TOLD_SENDER | WAKEFD_TOLD_VALUE);
        EQUAL(signal.code, SI_QUEUE);
        EQUAL(signal.pid, getpid());
        EQUAL(signal.uid, getuid());
        EQUAL(signal.value, values[i]);
        EQUAL(signal.status, 0);
        NONE(&signals);
    }
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void sigchld_tells_the_child(void)
{
    struct wakefd_signals signals = made(SIGCHLD);
    struct wakefd_signal signal;
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(7);
    signal = NEXT(&signals, SIGCHLD);
    EQUAL(signal.told, WAKEFD_TOLD_CODE | WAKEFD_TOLD_SENDER | WAKEFD_TOLD_STATUS);
    EQUAL(signal.code, CLD_EXITED);
    EQUAL(signal.pid, child);
    EQUAL(signal.uid, getuid());
    EQUAL(signal.status, 7);
    EQUAL(signal.value, 0);
    EQUAL(waitpid(child, &status, WNOHANG), child);

    child = fork();
    if (child == 0)
        for (;;)
            pause();
    EQUAL(kill(child, SIGKILL), 0);
    signal = NEXT(&signals, SIGCHLD);
    EQUAL(signal.code, CLD_KILLED);
    EQUAL(signal.pid, child);
    EQUAL(signal.status, SIGKILL);
    EQUAL(waitpid(child, &status, WNOHANG), child);
    NONE(&signals);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void one_of_a_kind_and_none_lost(void)
{
    const int numbers[] = {SIGTERM, SIGHUP, SIGUSR1, SIGTERM};
    struct wakefd_signals signals = made_of(numbers, 4);
    int i, seen = 0;
    struct wakefd_signal signal;

    for (i = 0; i < 3; i++) {
        EQUAL(raise(SIGTERM), 0);
        EQUAL(raise(SIGHUP), 0);
        EQUAL(raise(SIGUSR1), 0);
    }
    EQUAL(wakefd_signals_wait(&signals, -1), 1);
    /* An emulator may return the signals in any order. */
    for (i = 0; i < 3; i++) {
        EQUAL(readable(&signals), 1);
        EQUAL(wakefd_signals_next(&signals, &signal), 1);
        seen |= signal.number == SIGTERM ? 1 : signal.number == SIGHUP ? 2 : signal.number == SIGUSR1 ? 4 : 8;
    }
    EQUAL(seen, 7);
    NONE(&signals);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void real_time_signals_too(void)
{
    const int numbers[] = {SIGRTMIN, SIGRTMIN + 1};
    struct wakefd_signals signals = made_of(numbers, 2);
    union sigval value;
    int i;

    memset(&value, 0, sizeof value);
    for (i = 1; i <= 3; i++) {
        value.sival_int = i;
        EQUAL(sigqueue(getpid(), SIGRTMIN, value), 0);
    }
    EQUAL(NEXT(&signals, SIGRTMIN).value, 1);
    if (!by_handler(&signals)) {
        EQUAL(NEXT(&signals, SIGRTMIN).value, 2);
        EQUAL(NEXT(&signals, SIGRTMIN).value, 3);
    }
    EQUAL(sigqueue(getpid(), SIGRTMIN + 1, value), 0);
    EQUAL(NEXT(&signals, SIGRTMIN + 1).value, 3);
    NONE(&signals);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void a_child_ends_a_wait(void)
{
    struct wakefd_signals signals = made(SIGUSR2);
    const pid_t parent = getpid(), child = fork();
    long long start;

    if (child == 0) {
        sleep_for(20);
        _exit(kill(parent, SIGUSR2));
    }
    EQUAL(NEXT(&signals, SIGUSR2).pid, child);
    child_passed(child);
    start = milliseconds();
    EQUAL(wakefd_signals_wait(&signals, 40), 0);
    TRUE(milliseconds() - start >= 40);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static volatile sig_atomic_t handled;
static void counts(int signal)
{
    (void)signal;
    handled++;
}

static void masks_and_handlers_are_put_back(void)
{
    const int both[] = {SIGUSR1, SIGUSR2};
    struct wakefd_signals signals, other;
    struct sigaction action;
    int by;

    handle(SIGUSR1, counts);
    set_blocked(SIGUSR2, 1);
    signals = made_of(both, 2);
    by = by_handler(&signals);
    other = made(SIGUSR1);
    EQUAL(is_blocked(SIGUSR1), !by);
    EQUAL(is_blocked(SIGUSR2), !by);
    EQUAL(raise(SIGUSR1), 0);
    EQUAL(handled, by);
    NEXT(&signals, SIGUSR1);
    EQUAL(wakefd_signals_close(&signals), 0);
    /* One object still watches SIGUSR1. */
    EQUAL(is_blocked(SIGUSR1), !by);
    EQUAL(is_blocked(SIGUSR2), 1);
    EQUAL(wakefd_signals_close(&other), 0);
    EQUAL(is_blocked(SIGUSR1), 0);
    EQUAL(is_blocked(SIGUSR2), 1);
    EQUAL(sigaction(SIGUSR1, NULL, &action), 0);
    TRUE(action.sa_handler == counts);
    EQUAL(sigaction(SIGUSR2, NULL, &action), 0);
    TRUE(action.sa_handler == SIG_DFL);
    handled = 0;
    EQUAL(raise(SIGUSR1), 0);
    EQUAL(handled, 1);
}

/* A pending SIGTERM is discarded: otherwise it would end the process. */
static void what_nobody_took_is_thrown_away(void)
{
    struct wakefd_signals signals = made(SIGTERM);
    EQUAL(raise(SIGTERM), 0);
    EQUAL(wakefd_signals_wait(&signals, -1), 1);
    EQUAL(wakefd_signals_close(&signals), 0);
    EQUAL(is_blocked(SIGTERM), 0);
    signals = made(SIGTERM);
    NONE(&signals);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void refused(int line, int number)
{
    const int numbers[] = {SIGUSR1, number};
    struct wakefd_signals signals;
    equal(line, "init", wakefd_signals_init(&signals, selection, numbers + 1, 1), -EINVAL);
    equal(line, "init of two", wakefd_signals_init(&signals, selection, numbers, 2), -EINVAL);
    equal(line, "close", wakefd_signals_close(&signals), -EBADF);
    equal(line, "blocked", is_blocked(SIGUSR1), 0);
}

static void what_is_refused(void)
{
    static const int never[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS,
                                0,       -1,      INT_MIN, INT_MAX, 32,    200};
    struct wakefd_signals signals = made(SIGUSR2);
    const uint64_t open = descriptors();
    size_t i;

    for (i = 0; i < sizeof never / sizeof *never; i++)
        refused(__LINE__, never[i]);
    refused(__LINE__, SIGRTMIN - 1);
    refused(__LINE__, SIGRTMAX + 1);
    TRUE(descriptors() == open);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void one_backend_at_a_time(void)
{
    struct wakefd_signals signals = made(SIGUSR1), other;
    const int numbers[] = {SIGUSR2, SIGUSR1};
    int another = by_handler(&signals) ? WAKEFD_SIGNALFD : WAKEFD_SIGNAL_HANDLER;
    int result = wakefd_signals_init(&other, another, numbers, 2);

    TRUE(result == -EBUSY || (result == -ENOSYS && another == WAKEFD_SIGNALFD));
    EQUAL(wakefd_signals_close(&other), -EBADF);
    EQUAL(is_blocked(SIGUSR2), 0);
    EQUAL(raise(SIGUSR1), 0);
    NEXT(&signals, SIGUSR1);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void thirty_two_objects(void)
{
    struct wakefd_signals signals[33];
    const int number = SIGUSR1;
    int i;

    for (i = 0; i < 32; i++)
        signals[i] = made(number);
    EQUAL(wakefd_signals_init(&signals[32], selection, &number, 1), -EAGAIN);
    EQUAL(raise(number), 0);
    EQUAL(wakefd_signals_wait(&signals[31], -1), 1);
    for (i = 0; i < 32; i++) {
        /* With handlers each object sees the signal. */
        if (i == 0 || by_handler(&signals[0]))
            NEXT(&signals[i], number);
        NONE(&signals[i]);
    }
    for (i = 31; i >= 0; i--)
        EQUAL(wakefd_signals_close(&signals[i]), 0);
}

static void added_and_removed(void)
{
    struct wakefd_signals signals = made(SIGUSR1);
    int round;

    for (round = 0; round < 2; round++) {
        EQUAL(wakefd_signals_add(&signals, SIGUSR2), 0);
        EQUAL(raise(SIGUSR2), 0);
        NEXT(&signals, SIGUSR2);
        NONE(&signals);
        EQUAL(wakefd_signals_remove(&signals, SIGUSR2), 0);
        EQUAL(is_blocked(SIGUSR2), 0);
    }
    EQUAL(wakefd_signals_add(&signals, SIGKILL), -EINVAL);
    EQUAL(wakefd_signals_remove(&signals, SIGKILL), -EINVAL);
    EQUAL(raise(SIGUSR1), 0);
    NEXT(&signals, SIGUSR1);
    EQUAL(wakefd_signals_close(&signals), 0);
    EQUAL(wakefd_signals_add(&signals, SIGUSR2), -EBADF);
    EQUAL(wakefd_signals_remove(&signals, SIGUSR2), -EBADF);
}

static void a_mask_for_posix_spawn(void)
{
    const int both[] = {SIGUSR1, SIGUSR2};
    struct wakefd_signals signals;
    sigset_t mask;

    set_blocked(SIGUSR2, 1);
    signals = made_of(both, 2);
    EQUAL(wakefd_signals_spawn_mask(&mask), 0);
    EQUAL(sigismember(&mask, SIGUSR1), 0);
    EQUAL(sigismember(&mask, SIGUSR2), 1);
    EQUAL(wakefd_signals_spawn_mask(NULL), -EINVAL);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void none_is_a_set_too(void)
{
    struct wakefd_signals signals = made_of(NULL, 0);
    NONE(&signals);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void an_object_may_be_moved(void)
{
    struct wakefd_signals old = made(SIGTERM), new;
    EQUAL(raise(SIGTERM), 0);
    memcpy(&new, &old, sizeof new);
    memset(&old, 0, sizeof old);
    NEXT(&new, SIGTERM);
    EQUAL(raise(SIGTERM), 0);
    NEXT(&new, SIGTERM);
    NONE(&new);
    EQUAL(wakefd_signals_close(&new), 0);
    EQUAL(wakefd_signals_close(&old), -EBADF);
}

static void backend_mechanism_and_flags(void)
{
    struct wakefd_signals signals = made(SIGTERM);
    int backend = wakefd_signals_backend(&signals), mechanism = wakefd_signals_mechanism(&signals);
    int fd = wakefd_signals_fd(&signals);

    TRUE(backend == WAKEFD_SIGNALFD || backend == WAKEFD_SIGNAL_HANDLER);
    TRUE(backend == selection || selection == WAKEFD_AUTO);
    if (backend == WAKEFD_SIGNALFD)
        TRUE(mechanism == WAKEFD_MECHANISM_SIGNALFD4 || mechanism == WAKEFD_MECHANISM_SIGNALFD);
    else
        EQUAL(mechanism, WAKEFD_MECHANISM_SIGNAL_HANDLER);
    TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
#ifndef WITHOUT_TEXT
    EQUAL(strcmp(wakefd_backend_name(WAKEFD_SIGNALFD), "signalfd"), 0);
    EQUAL(strcmp(wakefd_backend_name(WAKEFD_SIGNAL_HANDLER), "signal-handler"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_SIGNALFD4), "signalfd4"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_SIGNALFD), "signalfd"), 0);
    EQUAL(strcmp(wakefd_mechanism_name(WAKEFD_MECHANISM_SIGNAL_HANDLER), "signal-handler"), 0);
#endif
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void a_child_gets_its_own(void)
{
    struct wakefd_signals signals = made(SIGUSR1);
    struct wakefd_signal signal;
    const int fd = wakefd_signals_fd(&signals);
    const uint64_t open = descriptors();
    const pid_t child = fork();

    if (child == 0) {
        if (by_handler(&signals))
            EQUAL(wakefd_signals_next(&signals, &signal), -EXDEV);
        EQUAL(raise(SIGUSR1), 0);
        EQUAL(wakefd_signals_reinit_after_fork(&signals), 0);
        EQUAL(wakefd_signals_fd(&signals), fd);
        TRUE(descriptors() == open);
        /* The signal stays pending. With handlers only its number is known. */
        signal = NEXT(&signals, SIGUSR1);
        TRUE(!by_handler(&signals) || signal.told == 0);
        NONE(&signals);
        EQUAL(kill(getpid(), SIGUSR1), 0);
        EQUAL(NEXT(&signals, SIGUSR1).pid, getpid());
        EQUAL(wakefd_signals_close(&signals), 0);
        EQUAL(is_blocked(SIGUSR1), 0);
        _exit(0);
    }
    child_passed(child);
    NONE(&signals);
    EQUAL(kill(getpid(), SIGUSR1), 0);
    EQUAL(NEXT(&signals, SIGUSR1).pid, getpid());
    EQUAL(wakefd_signals_close(&signals), 0);
}

/* Returns the wait status of a child that execs a program, which gets SIGTERM. */
static int status_of_a_program(int before)
{
    int status;
    const pid_t child = fork();
    if (child == 0) {
        if (before && wakefd_signals_before_exec() != 0)
            _exit(FAILED);
        become_killed();
    }
    EQUAL(waitpid(child, &status, 0), child);
    return status;
}

static void a_program_gets_the_mask_of_before(void)
{
    struct wakefd_signals signals = made(SIGTERM);
    int status = status_of_a_program(1);

    TRUE(WIFSIGNALED(status));
    EQUAL(WTERMSIG(status), SIGTERM);
    /* Without before_exec a blocked mask survives exec; a handler does not. */
    status = status_of_a_program(0);
    if (by_handler(&signals))
        EQUAL(WTERMSIG(status), SIGTERM);
    else
        EQUAL(WEXITSTATUS(status), SURVIVED);
    EQUAL(wakefd_signals_close(&signals), 0);

    set_blocked(SIGTERM, 1);
    signals = made(SIGTERM);
    status = status_of_a_program(1);
    TRUE(WIFEXITED(status));
    EQUAL(WEXITSTATUS(status), SURVIVED);
    EQUAL(raise(SIGTERM), 0);
    NEXT(&signals, SIGTERM);
    EQUAL(wakefd_signals_close(&signals), 0);

    set_blocked(SIGTERM, 0);
    handle(SIGTERM, SIG_IGN);
    signals = made(SIGTERM);
    status = status_of_a_program(1);
    TRUE(WIFEXITED(status));
    EQUAL(WEXITSTATUS(status), SURVIVED);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void null_is_invalid(void)
{
    struct wakefd_signals signals = made(SIGTERM), spare;
    struct wakefd_signal signal;
    const int number = SIGUSR1;

    EQUAL(wakefd_signals_init(NULL, selection, &number, 1), -EINVAL);
    EQUAL(wakefd_signals_init(&spare, selection, NULL, 1), -EINVAL);
    EQUAL(wakefd_signals_close(&spare), -EBADF);
    EQUAL(wakefd_signals_next(NULL, &signal), -EINVAL);
    EQUAL(wakefd_signals_wait(NULL, 0), -EINVAL);
    EQUAL(wakefd_signals_fd(NULL), -EINVAL);
    EQUAL(wakefd_signals_backend(NULL), -EINVAL);
    EQUAL(wakefd_signals_mechanism(NULL), -EINVAL);
    EQUAL(wakefd_signals_reinit_after_fork(NULL), -EINVAL);
    EQUAL(wakefd_signals_close(NULL), -EINVAL);

    EQUAL(raise(SIGTERM), 0);
    EQUAL(wakefd_signals_next(&signals, NULL), -EINVAL);
    NEXT(&signals, SIGTERM);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void each_gives_ebadf(struct wakefd_signals *closed)
{
    struct wakefd_signal signal;
    EQUAL(wakefd_signals_next(closed, &signal), -EBADF);
    EQUAL(wakefd_signals_wait(closed, -1), -EBADF);
    EQUAL(wakefd_signals_fd(closed), -EBADF);
    EQUAL(wakefd_signals_backend(closed), -EBADF);
    EQUAL(wakefd_signals_mechanism(closed), -EBADF);
    EQUAL(wakefd_signals_reinit_after_fork(closed), -EBADF);
    EQUAL(wakefd_signals_close(closed), -EBADF);
}

static void a_closed_object_is_a_bad_descriptor(void)
{
    static struct wakefd_signals signals;
    const int number = SIGKILL;
    const uint64_t open = descriptors();

    each_gives_ebadf(&signals);
    signals = made(SIGTERM);
    EQUAL(wakefd_signals_close(&signals), 0);
    each_gives_ebadf(&signals);
    /* A failed init also closes an object that held something else before. */
    memset(&signals, 0x55, sizeof signals);
    EQUAL(wakefd_signals_init(&signals, selection, &number, 1), -EINVAL);
    each_gives_ebadf(&signals);
    TRUE(descriptors() == open);
}

static void numbers_that_are_none(void)
{
    const int term = SIGTERM;
    struct wakefd_signals signals;
    EQUAL(wakefd_signals_init(&signals, -1, &term, 1), -EINVAL);
    EQUAL(wakefd_signals_init(&signals, WAKEFD_KERNEL, &term, 1), -EINVAL);
    EQUAL(wakefd_signals_init(&signals, WAKEFD_PIPE, &term, 1), -EINVAL);
    EQUAL(wakefd_signals_init(&signals, WAKEFD_TIMERFD, &term, 1), -EINVAL);
    EQUAL(wakefd_signals_init(&signals, WAKEFD_SIGNAL_HANDLER + 1, &term, 1), -EINVAL);
    signals = made(SIGTERM);
    EQUAL(wakefd_signals_wait(&signals, -2), -EINVAL);
    EQUAL(wakefd_signals_wait(&signals, INT_MIN), -EINVAL);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void out_of_descriptors_is_said(void)
{
    struct wakefd_signals signals = made(SIGTERM), spare;
    const uint64_t open = descriptors();
    const int number = SIGUSR1;

    leave_room(0);
    EQUAL(wakefd_signals_init(&spare, selection, &number, 1), -EMFILE);
    EQUAL(wakefd_signals_close(&spare), -EBADF);
    EQUAL(is_blocked(SIGUSR1), 0);
    EQUAL(wakefd_signals_reinit_after_fork(&signals), -EMFILE);
    leave_room(-1);
    TRUE(descriptors() == open);
    EQUAL(raise(SIGTERM), 0);
    NEXT(&signals, SIGTERM);
    EQUAL(wakefd_signals_close(&signals), 0);
}

static void closed_by_number_is_said(void)
{
    struct wakefd_signals signals = made(SIGTERM);
    struct wakefd_signal signal;
    int fd;

    for (fd = 3; fd < 64; fd++)
        close(fd);
    EQUAL(wakefd_signals_next(&signals, &signal), -EBADF);
    EQUAL(wakefd_signals_wait(&signals, -1), -EBADF);
}

static void no_descriptor_is_left(void)
{
    const uint64_t before = descriptors();
    int i;
    for (i = 0; i < 100; i++) {
        struct wakefd_signals one = made(SIGUSR1), two = made(SIGUSR2);
        EQUAL(raise(SIGUSR1), 0);
        NEXT(&one, SIGUSR1);
        EQUAL(wakefd_signals_close(&one), 0);
        EQUAL(wakefd_signals_close(&two), 0);
        TRUE(descriptors() == before);
    }
}

static struct wakefd_signals shared;

/* With handlers the signal goes to this thread. A signalfd of another thread receives only
 * signals for the process. */
static void send_here(void)
{
    if (by_handler(&shared))
        raise(SIGUSR2);
    else
        kill(getpid(), SIGUSR2);
}

static void is_sent_signals(void)
{
    struct wakefd_signal signal;
    send_here();
    EQUAL(wakefd_signals_next(&shared, &signal), 1);
    EQUAL(wakefd_signals_next(&shared, &signal), 0);
    send_here();
}

static void a_pending_cancellation_waits(void)
{
    shared = made(SIGUSR2);
    not_cancelled_in(is_sent_signals);
    TRUE(readable(&shared));
    next(__LINE__, &shared, SIGUSR2);
    EQUAL(wakefd_signals_close(&shared), 0);
}

const struct test signal_cases[] = {
    CASE(kill_tells_the_sender),
    CASE(sigqueue_tells_the_value),
    CASE(sigchld_tells_the_child),
    CASE(one_of_a_kind_and_none_lost),
    CASE(real_time_signals_too),
    CASE(a_child_ends_a_wait),
    CASE(a_pending_cancellation_waits),
    CASE(masks_and_handlers_are_put_back),
    CASE(what_nobody_took_is_thrown_away),
    CASE(what_is_refused),
    CASE(one_backend_at_a_time),
    CASE(thirty_two_objects),
    CASE(added_and_removed),
    CASE(a_mask_for_posix_spawn),
    CASE(none_is_a_set_too),
    CASE(an_object_may_be_moved),
    CASE(backend_mechanism_and_flags),
    CASE(a_child_gets_its_own),
    CASE(a_program_gets_the_mask_of_before),
    CASE(null_is_invalid),
    CASE(a_closed_object_is_a_bad_descriptor),
    CASE(numbers_that_are_none),
    CASE(out_of_descriptors_is_said),
    CASE(closed_by_number_is_said),
    CASE(no_descriptor_is_left),
};
const int signal_count = sizeof signal_cases / sizeof *signal_cases;

#endif
