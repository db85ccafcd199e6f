/*
 * The part that these programs share: four threads post messages to the loop
 * through a list with a mutex. The list belongs to the program; wakefd only wakes
 * the loop to check it.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <wakefd.h>

enum { THREADS = 4, MESSAGES = 50000, ALL = THREADS * MESSAGES };

struct message {
    struct message *next;
};

static struct wakefd wake;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct message *posted, messages[THREADS][MESSAGES];

/* A producer: publish, then notify. */
static void *worker(void *own)
{
    struct message *message = own, *end = message + MESSAGES;
    for (; message < end; message++) {
        pthread_mutex_lock(&lock);
        message->next = posted;
        posted = message;
        pthread_mutex_unlock(&lock);
        if (wakefd_notify(&wake) != 0)
            _exit(1);
    }
    return NULL;
}

static void start_workers(pthread_t threads[THREADS])
{
    int i;
    for (i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, worker, messages[i]) != 0)
            _exit(1);
}

static void join_workers(pthread_t threads[THREADS])
{
    int i;
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* The consumer: clear, then check the list. Returns the number of messages. */
static int receive(void)
{
    struct message *message;
    int count = 0;

    if (wakefd_clear(&wake) < 0)
        _exit(1);
    pthread_mutex_lock(&lock);
    message = posted;
    posted = NULL;
    pthread_mutex_unlock(&lock);
    for (; message != NULL; message = message->next)
        count++;
    return count;
}

/* Returns the selection for the program's argument: the fallback for "pipe", a descriptor
 * of the kernel for any other, and WAKEFD_AUTO without an argument. */
static int selected(int argc, char **argv, int eventfd, int pipe)
{
    if (argc < 2)
        return WAKEFD_AUTO;
    return strcmp(argv[1], "pipe") == 0 ? pipe : eventfd;
}

/* Creates the notifier. The program's argument is `eventfd` or `pipe`. */
static int open_wake(int argc, char **argv)
{
    int error = wakefd_init(&wake, selected(argc, argv, WAKEFD_EVENTFD, WAKEFD_PIPE));
    if (error != 0) {
        fprintf(stderr, "wakefd_init: %s\n", strerror(-error));
        return -1;
    }
    alarm(60); /* after a lost wake-up the loop would sleep for ever: fail instead */
    return 0;
}

#endif
