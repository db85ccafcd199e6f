/*
 * libevent, on whatever it waits with: epoll, or with EVENT_NOEPOLL=1 poll, or
 * with EVENT_NOPOLL=1 as well select.
 *
 *     cc -std=c99 libevent.c $(pkg-config --cflags --libs wakefd libevent_core) -pthread
 */
#define _XOPEN_SOURCE 600
#include <sys/resource.h>

#include <event2/event.h>

#include "queue.h"

static int received;

static void on_wake(evutil_socket_t fd, short what, void *base)
{
    (void)fd;
    (void)what;
    received += receive();
    if (received >= ALL)
        event_base_loopbreak(base);
}

static long cpu_milliseconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000L +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

int main(int argc, char **argv)
{
    const struct timeval second = {1, 0};
    pthread_t threads[THREADS];
    struct event_base *base;
    struct event *event;
    long idle;

    if (open_wake(argc, argv) != 0 || (base = event_base_new()) == NULL)
        return 1;
    event = event_new(base, wakefd_fd(&wake), EV_READ | EV_PERSIST, on_wake, base);
    if (event == NULL || event_add(event, NULL) != 0)
        return 1;
    start_workers(threads);
    event_base_dispatch(base);
    join_workers(threads);

    /* Nothing is pending now: the loop has to sleep. */
    received += receive();
    idle = cpu_milliseconds();
    event_base_loopexit(base, &second);
    event_base_dispatch(base);
    idle = cpu_milliseconds() - idle;

    printf("libevent with %s, %s: %d messages; an idle second takes %ld ms\n", event_base_get_method(base),
           wakefd_backend_name(wakefd_backend(&wake)), received, idle);
    event_free(event); /* before the descriptor is closed */
    event_base_free(base);
    return wakefd_close(&wake) != 0 || received != ALL || idle > 50;
}
