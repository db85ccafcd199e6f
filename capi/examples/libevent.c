/*
 * libevent: threads, a timer and SIGTERM wake the loop. libevent waits with epoll, with
 * EVENT_NOEPOLL=1 in the environment with poll, and with EVENT_NOPOLL=1 too with select.
 *
 *     cc -std=c99 libevent.c $(pkg-config --cflags --libs wakefd libevent_core) -pthread
 */
#define _XOPEN_SOURCE 600
#include <signal.h>
#include <sys/resource.h>

#include <event2/event.h>

#include "queue.h"

static struct wakefd_timer timer;
static struct wakefd_signals signals;
static int received, terminated;
static long idle;

static long cpu_milliseconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000L +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

static void on_wake(evutil_socket_t fd, short what, void *unused)
{
    (void)fd, (void)what, (void)unused;
    received += receive();
    if (received < ALL)
        return;
    /* No message comes for the next second, so the loop has to sleep. */
    idle = cpu_milliseconds();
    if (wakefd_timer_arm(&timer, 1000000000, 0) != 0)
        _exit(1);
}

static void on_timer(evutil_socket_t fd, short what, void *unused)
{
    uint64_t count;
    (void)fd, (void)what, (void)unused;
    if (wakefd_timer_take(&timer, &count) == 1 && count == 1) {
        idle = cpu_milliseconds() - idle;
        kill(getpid(), SIGTERM);
    }
}

static void on_signal(evutil_socket_t fd, short what, void *base)
{
    struct wakefd_signal signal;
    (void)fd, (void)what;
    while (wakefd_signals_next(&signals, &signal) == 1)
        terminated += signal.number == SIGTERM && signal.pid == (uint32_t)getpid();
    event_base_loopbreak(base);
}

static struct event *watch(struct event_base *base, int fd, event_callback_fn on_readable)
{
    struct event *event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, base);
    if (event == NULL || event_add(event, NULL) != 0)
        _exit(1);
    return event;
}

int main(int argc, char **argv)
{
    static const int numbers[] = {SIGTERM};
    pthread_t threads[THREADS];
    struct event_base *base;
    struct event *events[3];
    int i;

    if (open_wake(argc, argv) != 0 || (base = event_base_new()) == NULL)
        return 1;
    /* Create the signals before the threads, which inherit the mask that they need. */
    if (wakefd_signals_init(&signals, selected(argc, argv, WAKEFD_SIGNALFD, WAKEFD_SIGNAL_HANDLER), numbers, 1) != 0 ||
        wakefd_timer_init(&timer, selected(argc, argv, WAKEFD_TIMERFD, WAKEFD_TIMER_THREAD)) != 0)
        return 1;
    events[0] = watch(base, wakefd_fd(&wake), on_wake);
    events[1] = watch(base, wakefd_timer_fd(&timer), on_timer);
    events[2] = watch(base, wakefd_signals_fd(&signals), on_signal);
    start_workers(threads);
    event_base_dispatch(base);
    join_workers(threads);

    printf("libevent with %s, %s, %s, %s: %d messages; an idle second takes %ld ms\n", event_base_get_method(base),
           wakefd_backend_name(wakefd_backend(&wake)), wakefd_backend_name(wakefd_timer_backend(&timer)),
           wakefd_backend_name(wakefd_signals_backend(&signals)), received, idle);
    for (i = 0; i < 3; i++)
        event_free(events[i]); /* before the descriptors are closed */
    event_base_free(base);
    return wakefd_timer_close(&timer) != 0 || wakefd_signals_close(&signals) != 0 || wakefd_close(&wake) != 0 ||
           received != ALL || terminated != 1 || idle > 50;
}
