/* Would notice what is wrong with a C library: threads of each ending, a variable and an
   errno for each, and the arithmetic that libgcc does. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static __thread int mine;
static volatile double factor = 2.5;
static volatile uint64_t big = 10000000000u;
static int cleaned;

static void cleanup(void *count) { __sync_fetch_and_add((int *)count, 1); }

static void *returns(void *number)
{
    mine = (int)(intptr_t)number;
    errno = mine;
    usleep(1000);
    return (void *)(intptr_t)(errno == mine);
}

static void *exits(void *number)
{
    pthread_cleanup_push(cleanup, &cleaned);
    pthread_exit(returns(number));
    pthread_cleanup_pop(0);
}

static void *waits(void *number)
{
    pthread_cleanup_push(cleanup, &cleaned);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return number;
}

int main(void)
{
    void *(*const work[])(void *) = {returns, exits, waits, returns, exits, waits};
    pthread_t threads[6];
    int i, right = 0, cancelled = 0;
    void *result;

    for (i = 0; i < 6; i++)
        if (pthread_create(&threads[i], NULL, work[i], (void *)(intptr_t)(i + 1)) != 0)
            return 1;
    for (i = 0; i < 6; i++) {
        if (work[i] == waits)
            pthread_cancel(threads[i]);
        if (pthread_join(threads[i], &result) != 0)
            return 1;
        right += result == (void *)1;
        cancelled += result == PTHREAD_CANCELED;
    }
    printf("hello from %d threads, %d cancelled, %d cleaned up; %d %.2f %llu\n",
           right, cancelled, cleaned, mine, 1.5 * factor, (unsigned long long)(big / 7));
    return 0;
}
