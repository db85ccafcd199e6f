/*
 * Prints how much stack each function uses, its callees in libc included, and how many
 * descriptors an object has. The program fills the stack with a pattern before a call, and
 * afterwards counts the bytes that have changed.
 *
 * Define WITHOUT_TEXT for a library without the feature `text`.
 */
#define _XOPEN_SOURCE 600

#include <fcntl.h>
#include <stdio.h>

#include <wakefd.h>

enum { DEPTH = 16384, PAINT = 0xA5 };

static struct wakefd notifier, counter, another;
static int selection;
static uint64_t count;

/* Fills the stack, or counts the changed bytes. One function does both, so that the area is
 * at the same place. */
static __attribute__((noinline)) int stack(int painting)
{
    unsigned char area[DEPTH];
    volatile unsigned char *volatile paint = area; /* so that the compiler keeps the accesses */
    int i = 0;
    if (painting)
        for (; i < DEPTH; i++)
            paint[i] = PAINT;
    else
        while (i < DEPTH && paint[i] == PAINT)
            i++;
    return DEPTH - i;
}

static __attribute__((noinline)) int used(void (*call)(void))
{
    stack(1);
    call();
    return stack(0);
}

static void nothing(void) {}
static void init(void) { wakefd_init(&notifier, selection); }
static void init_again(void) { wakefd_init(&another, selection); }
static void init_counter(void) { wakefd_init_counter(&counter, selection, WAKEFD_SUM); }
static void notify(void) { wakefd_notify(&notifier); }
static void clear(void) { wakefd_clear(&notifier); }
static void wait(void) { wakefd_wait(&notifier, 1); }
static void add(void) { wakefd_add(&counter, 3); }
static void add_much(void) { wakefd_add(&counter, (uint64_t)1 << 63); }
static void take(void) { wakefd_take(&counter, &count); }
static void reinit(void) { wakefd_reinit_after_fork(&notifier); }
static void close_(void) { wakefd_close(&notifier); }
#ifndef WITHOUT_TEXT
static void reason(void) { wakefd_reason(selection, NULL, 0); }
static void report(void) { wakefd_report(selection, NULL, 0); }
#endif

static int descriptors(void)
{
    int fd, open = 0;
    for (fd = 0; fd < 64; fd++)
        open += fcntl(fd, F_GETFD) != -1;
    return open;
}

int main(void)
{
    static const struct {
        const char *name;
        void (*call)(void);
    } calls[] = {
        {"init", init}, {"init again", init_again}, {"notify", notify}, {"clear", clear},
        {"wait", wait}, {"reinit", reinit}, {"close", close_},
        {"init_counter", init_counter}, {"add", add}, {"add 2^63", add_much}, {"take", take},
#ifndef WITHOUT_TEXT
        {"reason", reason}, {"report", report},
#endif
    };
    const int empty = used(nothing), before = descriptors();
    int i, all;

    for (selection = WAKEFD_EVENTFD; selection <= WAKEFD_PIPE; selection++) {
        if (wakefd_init(&notifier, selection) != 0)
            continue;
        all = descriptors() - before;
        wakefd_close(&notifier);
        printf("%s: %d descriptor%s; stack:", selection == WAKEFD_PIPE ? "pipe" : "eventfd", all, &"s"[all == 1]);
        for (i = 0; i < (int)(sizeof calls / sizeof *calls); i++)
            printf("%s %s %d", &","[i == 0], calls[i].name, used(calls[i].call) - empty);
        printf("\n");
        wakefd_close(&another);
        wakefd_close(&counter);
    }
    return 0;
}
