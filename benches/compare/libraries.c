/*
 * Wakes a loop of a C library so many times while a wake-up is pending, for ci/instructions.sh.
 *
 *     libraries glib|libuv|libevent COUNT
 */
#include <event2/event.h>
#include <event2/thread.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static void glib(long count)
{
    GMainContext *context = g_main_context_new();

    while (count-- > 0)
        g_main_context_wakeup(context);
    g_main_context_unref(context);
}

static void on_async(uv_async_t *async) { (void)async; }

static void libuv(long count)
{
    uv_loop_t loop;
    uv_async_t async;

    if (uv_loop_init(&loop) != 0 || uv_async_init(&loop, &async, on_async) != 0)
        abort();
    while (count-- > 0)
        uv_async_send(&async);
    uv_close((uv_handle_t *)&async, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

static void on_event(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what, (void)argument;
}

static void libevent(long count)
{
    struct event_base *base;
    struct event *event;

    /* Another thread may wake it only so. */
    if (evthread_use_pthreads() != 0 || !(base = event_base_new()))
        abort();
    event = event_new(base, -1, EV_PERSIST, on_event, NULL);
    while (count-- > 0)
        event_active(event, EV_READ, 0);
    event_free(event);
    event_base_free(base);
}

int main(int argc, char **argv)
{
    long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

    if (count <= 0)
        return 2;
    if (strcmp(argv[1], "glib") == 0)
        glib(count);
    else if (strcmp(argv[1], "libuv") == 0)
        libuv(count);
    else if (strcmp(argv[1], "libevent") == 0)
        libevent(count);
    else
        return 2;
    return 0;
}
