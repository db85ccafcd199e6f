/*
 * The daemon of src/main.rs in C: a poll loop for work from a thread, a timer and SIGTERM.
 *
 *     mips-linux-muslsf-gcc -static firmware.c $(pkg-config --static --cflags --libs wakefd)
 */
#define _XOPEN_SOURCE 700
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <wakefd.h>

static struct wakefd notifier;
static struct wakefd_timer timer;
static struct wakefd_signals signals;

/* The work that the worker has published and the loop has not yet taken. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int work;

static int fail(int result)
{
    fprintf(stderr, "errno %d\n", -result);
    return 1;
}

static void *worker(void *unused)
{
    const struct timespec pause = {0, 30000000};

    do {
        pthread_mutex_lock(&lock);
        work++; /* producer: publish, then notify */
        pthread_mutex_unlock(&lock);
        nanosleep(&pause, NULL);
    } while (wakefd_notify(&notifier) == 0);
    return unused;
}

int main(void)
{
    static const int numbers[] = {SIGTERM};
    const uint64_t tick = 100000000;
    struct wakefd_signal signal;
    pthread_t thread;
    uint64_t count;
    int result, all = 0, ticks = 0;

    /* Create the signals before any thread, so that threads inherit the right mask. */
    if ((result = wakefd_signals_init(&signals, WAKEFD_AUTO, numbers, 1)) < 0)
        return fail(result);
    if ((result = wakefd_timer_init(&timer, WAKEFD_AUTO)) < 0 || (result = wakefd_timer_arm(&timer, tick, tick)) < 0)
        return fail(result);
    if ((result = wakefd_init(&notifier, WAKEFD_AUTO)) < 0)
        return fail(result);
    if (pthread_create(&thread, NULL, worker, NULL) != 0)
        return 1;
    dprintf(1, "ready\n");
    for (;;) {
        struct pollfd watched[3] = {{0, POLLIN, 0}, {0, POLLIN, 0}, {0, POLLIN, 0}};

        watched[0].fd = wakefd_fd(&notifier);
        watched[1].fd = wakefd_timer_fd(&timer);
        watched[2].fd = wakefd_signals_fd(&signals);
        poll(watched, 3, -1);
        if (watched[0].revents & POLLIN) {
            wakefd_clear(&notifier); /* consumer: clear, then check what was published */
            pthread_mutex_lock(&lock);
            all += work;
            work = 0;
            pthread_mutex_unlock(&lock);
        }
        if (watched[1].revents & POLLIN && wakefd_timer_take(&timer, &count) == 1)
            ticks += (int)count;
        if (watched[2].revents & POLLIN && wakefd_signals_next(&signals, &signal) == 1) {
            dprintf(1, "stopping after %d ticks and %d pieces of work\n", ticks, all);
            return 0;
        }
    }
}
