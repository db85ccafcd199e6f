/*
 * select: a loop of your own, without a library.
 *
 *     cc -std=c99 select.c $(pkg-config --cflags --libs wakefd) -pthread
 */
#define _XOPEN_SOURCE 600
#include <errno.h>
#include <sys/select.h>

#include "queue.h"

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    int received = 0, loops = 0, fd;
    fd_set set;

    if (open_wake(argc, argv) != 0)
        return 1;
    fd = wakefd_fd(&wake);
    if (fd >= FD_SETSIZE) /* select supports no higher descriptor */
        return 1;
    start_workers(threads);
    while (received < ALL) {
        FD_ZERO(&set);
        FD_SET(fd, &set);
        if (select(fd + 1, &set, NULL, NULL, NULL) < 0) {
            if (errno == EINTR)
                continue;
            return 1;
        }
        if (FD_ISSET(fd, &set))
            received += receive();
        loops++;
    }
    join_workers(threads);
    printf("select, %s: %d messages in %d loops\n", wakefd_backend_name(wakefd_backend(&wake)), received, loops);
    return wakefd_close(&wake) != 0 || received != ALL;
}
