/*
 * GLib: threads push messages to a GAsyncQueue, and the main loop pops them. It
 * needs no time-out and no GSource of its own, and holds no lock while it sleeps.
 * A periodic timer and SIGTERM arrive through descriptors too.
 *
 *     cc -std=c99 glib.c $(pkg-config --cflags --libs wakefd glib-2.0)
 */
#define _XOPEN_SOURCE 600
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib.h>

#include <wakefd.h>

enum { THREADS = 4, MESSAGES = 50000, TICKS = 10, PERIOD = 10000000 /* 10 ms */ };

static struct wakefd wake;
static struct wakefd_timer timer;
static struct wakefd_signals signals;
static GAsyncQueue *queue;
static int received, terminated;
static guint64 ticks;

/* A producer: publish, then notify. */
static gpointer worker(gpointer unused)
{
    int i;
    for (i = 1; i <= MESSAGES; i++) {
        g_async_queue_push(queue, GINT_TO_POINTER(i));
        if (wakefd_notify(&wake) != 0)
            _exit(1);
    }
    return unused;
}

/* The consumer: clear, then check the queue. */
static gboolean on_wake(gint fd, GIOCondition condition, gpointer unused)
{
    (void)fd;
    (void)unused;
    if (!(condition & G_IO_IN) || wakefd_clear(&wake) < 0)
        _exit(1);
    while (g_async_queue_try_pop(queue) != NULL)
        received++;
    return G_SOURCE_CONTINUE;
}

/* After all messages and ten ticks, the program sends itself SIGTERM. */
static gboolean on_timer(gint fd, GIOCondition condition, gpointer unused)
{
    uint64_t count;
    (void)fd;
    (void)condition;
    (void)unused;
    if (wakefd_timer_take(&timer, &count) < 0)
        _exit(1);
    ticks += count; /* more than one if the loop was late */
    if (ticks >= TICKS && received == THREADS * MESSAGES && !terminated)
        kill(getpid(), SIGTERM);
    return G_SOURCE_CONTINUE;
}

static gboolean on_signal(gint fd, GIOCondition condition, gpointer loop)
{
    struct wakefd_signal signal;
    (void)fd;
    (void)condition;
    while (wakefd_signals_next(&signals, &signal) == 1)
        terminated += signal.number == SIGTERM;
    g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
    static const int numbers[] = {SIGTERM};
    int i, error, pipe = argc > 1 && strcmp(argv[1], "pipe") == 0;
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    GThread *threads[THREADS];
    guint sources[3];

    /* Create the signals before the threads, which inherit the mask that they need. */
    error = wakefd_signals_init(&signals, argc < 2 ? WAKEFD_AUTO : pipe ? WAKEFD_SIGNAL_HANDLER : WAKEFD_SIGNALFD, numbers, 1);
    if (error == 0)
        error = wakefd_init(&wake, argc < 2 ? WAKEFD_AUTO : pipe ? WAKEFD_PIPE : WAKEFD_EVENTFD);
    if (error == 0)
        error = wakefd_timer_init(&timer, argc < 2 ? WAKEFD_AUTO : pipe ? WAKEFD_TIMER_THREAD : WAKEFD_TIMERFD);
    if (error == 0)
        error = wakefd_timer_arm(&timer, PERIOD, PERIOD);
    if (error != 0) {
        g_printerr("wakefd: %s\n", g_strerror(-error));
        return 1;
    }
    alarm(60); /* after a lost wake-up the loop would sleep for ever: fail instead */

    queue = g_async_queue_new();
    sources[0] = g_unix_fd_add(wakefd_fd(&wake), G_IO_IN, on_wake, NULL);
    sources[1] = g_unix_fd_add(wakefd_timer_fd(&timer), G_IO_IN, on_timer, NULL);
    sources[2] = g_unix_fd_add(wakefd_signals_fd(&signals), G_IO_IN, on_signal, loop);
    for (i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("worker", worker, NULL);
    g_main_loop_run(loop);
    for (i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);

    g_print("GLib, %s, %s, %s: %d messages, %d ticks, SIGTERM\n", wakefd_backend_name(wakefd_backend(&wake)),
            wakefd_backend_name(wakefd_timer_backend(&timer)), wakefd_backend_name(wakefd_signals_backend(&signals)),
            received, (int)ticks);
    for (i = 0; i < 3; i++)
        g_source_remove(sources[i]); /* before the descriptors are closed */
    g_main_loop_unref(loop);
    g_async_queue_unref(queue);
    return wakefd_timer_close(&timer) != 0 || wakefd_signals_close(&signals) != 0 || wakefd_close(&wake) != 0 ||
           received != THREADS * MESSAGES || terminated == 0;
}
