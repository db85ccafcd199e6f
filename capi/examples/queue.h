/*
 * What these programs have in common: four threads that post messages to the
 * loop, through a list and a mutex of their own. The list is the program's
 * business; wakefd only says "look there".
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

/* A worker: first publish, then notify. */
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

/* The loop: first clear, then look. How many messages there were. */
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

/* The program's argument: the kernel's descriptors, what they are replaced by, or,
 * without one, what is here. */
static int selected(int argc, char **argv, int eventfd, int pipe)
{
    if (argc < 2)
        return WAKEFD_AUTO;
    return strcmp(argv[1], "pipe") == 0 ? pipe : eventfd;
}

/* `eventfd` or `pipe`. */
static int open_wake(int argc, char **argv)
{
    int error = wakefd_init(&wake, selected(argc, argv, WAKEFD_EVENTFD, WAKEFD_PIPE));
    if (error != 0) {
        fprintf(stderr, "wakefd_init: %s\n", strerror(-error));
        return -1;
    }
    alarm(60); /* a lost wake-up would be a sleep for ever: end it, and fail */
    return 0;
}

#endif
