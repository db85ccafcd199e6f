/*
 * Runs the test as /init, the first process of a machine that has no other program. The
 * suite runs in a child, because the kernel does not deliver signals with the default
 * action to PID 1, and because PID 1 has to report a crash or a hang.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* In seconds. Longer than a few cases that hang, and shorter than the limit of ci/boot.sh. */
enum { LIMIT = 1200 };

/* Opens descriptors 0 to 2, unless the kernel has opened them. */
static void open_console(void)
{
    int fd;
    do
        fd = open("/dev/console", O_RDWR);
    while (fd >= 0 && fd < 2);
    if (fd > 2)
        close(fd);
}

/* Waits for every process that ends, because orphans become children of PID 1. */
static int watch(pid_t child)
{
    const time_t start = time(NULL);
    int status;
    pid_t ended;

    while ((ended = waitpid(-1, &status, WNOHANG)) != child) {
        if (ended < 0 && errno != EINTR) {
            printf("Bail out! PID 1 cannot wait: errno %d\n", errno);
            return 101;
        }
        if (time(NULL) - start >= LIMIT) {
            printf("Bail out! still running after %d s\n", LIMIT);
            kill(-1, SIGKILL);
            return 124;
        }
        if (ended == 0)
            poll(NULL, 0, 20);
    }
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    printf("Bail out! the suite died: wait status %#x\n", (unsigned)status);
    return 101;
}

int supervise(void)
{
    pid_t child;
    int status = 101;

    open_console();
    child = fork();
    if (child == 0)
        _exit(suite());
    if (child > 0)
        status = watch(child);
    else
        printf("Bail out! PID 1 cannot fork: errno %d\n", errno);
    printf("# PID 1: exit status %d, rebooting\n", status);
    fflush(stdout);
    tcdrain(1);
    sync();
    reboot(RB_AUTOBOOT);
    /* This point is reached only in a container, where PID 1 may end. */
    printf("# PID 1: reboot failed: errno %d\n", errno);
    return status;
}
