/*
 * libuv: a uv_poll_t watches the descriptor. (If the producers use libuv too,
 * uv_async_t does the same.)
 *
 *     cc -std=c99 libuv.c $(pkg-config --cflags --libs wakefd libuv) -pthread
 */
#define _XOPEN_SOURCE 600
#include <uv.h>

#include "queue.h"

static int received;

static void on_wake(uv_poll_t *poll, int status, int events)
{
    if (status < 0 || !(events & UV_READABLE))
        _exit(1);
    received += receive();
    if (received >= ALL)
        uv_close((uv_handle_t *)poll, NULL); /* the loop ends, because no handle is left */
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    uv_loop_t loop;
    uv_poll_t poll;

    if (open_wake(argc, argv) != 0 || uv_loop_init(&loop) != 0)
        return 1;
    if (uv_poll_init(&loop, &poll, wakefd_fd(&wake)) != 0 || uv_poll_start(&poll, UV_READABLE, on_wake) != 0)
        return 1;
    start_workers(threads);
    uv_run(&loop, UV_RUN_DEFAULT);
    join_workers(threads);
    printf("libuv, %s: %d messages\n", wakefd_backend_name(wakefd_backend(&wake)), received);
    return uv_loop_close(&loop) != 0 || wakefd_close(&wake) != 0 || received != ALL;
}
