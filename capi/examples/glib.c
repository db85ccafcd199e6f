/*
 * GLib: threads post through a GAsyncQueue, and the main loop takes from it
 * without a time-out, without a source of its own and without a lock while it
 * sleeps.
 *
 *     cc -std=c99 glib.c $(pkg-config --cflags --libs wakefd glib-2.0)
 */
#define _XOPEN_SOURCE 600
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib.h>

#include <wakefd.h>

enum { THREADS = 4, MESSAGES = 50000 };

static struct wakefd wake;
static GAsyncQueue *queue;
static int received;

/* First publish, then notify. */
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

/* First clear, then look. */
static gboolean on_wake(gint fd, GIOCondition condition, gpointer loop)
{
    (void)fd;
    if (!(condition & G_IO_IN) || wakefd_clear(&wake) < 0)
        _exit(1);
    while (g_async_queue_try_pop(queue) != NULL)
        received++;
    if (received == THREADS * MESSAGES)
        g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
    int i, error, selection = WAKEFD_AUTO;
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    GThread *threads[THREADS];
    guint source;

    if (argc > 1)
        selection = strcmp(argv[1], "pipe") == 0 ? WAKEFD_PIPE : WAKEFD_EVENTFD;
    error = wakefd_init(&wake, selection);
    if (error != 0) {
        g_printerr("wakefd_init: %s\n", g_strerror(-error));
        return 1;
    }
    alarm(60); /* a lost wake-up would be a sleep for ever: end it, and fail */

    queue = g_async_queue_new();
    source = g_unix_fd_add(wakefd_fd(&wake), G_IO_IN, on_wake, loop);
    for (i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("worker", worker, NULL);
    g_main_loop_run(loop);
    for (i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);

    g_print("GLib, %s: %d messages\n", wakefd_backend_name(wakefd_backend(&wake)), received);
    g_source_remove(source); /* before the descriptor is closed */
    g_main_loop_unref(loop);
    g_async_queue_unref(queue);
    return wakefd_close(&wake) != 0 || received != THREADS * MESSAGES;
}
