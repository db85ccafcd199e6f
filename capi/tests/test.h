/* POSIX of 2001 with signals that restart nothing, in any libc's headers. */
#define _XOPEN_SOURCE 600

#include <stdint.h>
#include <sys/types.h>

/* The whole test; its exit status. */
int suite(void);

/* The same as PID 1 of a machine, which is rebooted at the end. */
int supervise(void);

/* What cases have in common. One that fails says so and ends its process. */
enum { FAILED = 1, SKIPPED = 77 };

void equal(int line, const char *what, long long actual, long long expected);
#define EQUAL(actual, expected) equal(__LINE__, #actual, actual, expected)
#define TRUE(condition) equal(__LINE__, #condition, !!(condition), 1)

/* The selection of this case; -ENOSYS for one that is not here. */
extern int selection;
void must_be_here(int result);

/* How this program was called. */
extern const char *program;

/* As poll and select, which must agree, say of a descriptor. */
int readable_fd(int fd);
/* A bit for each open descriptor. */
uint64_t descriptors(void);
/* Makes all descriptors but so many fail, until it is called with -1. */
void leave_room(int room);
/* Sleeps. */
void sleep_for(int milliseconds);
/* Of the monotonic clock. */
long long milliseconds(void);
void handle(int signal, void (*handler)(int));
/* A signal after so many milliseconds, and again each time; 0 ends that. */
void alarm_every(int milliseconds);
void child_passed(pid_t child);
/* Makes these calls on a thread that is asked to end by pthread_cancel before it begins:
 * it must come to its own pthread_testcancel, and no farther. */
void not_cancelled_in(void (*calls)(void));

struct test {
    const char *name;
    void (*run)(void);
};
#define CASE(name) {#name, name}

extern const struct test timer_cases[], signal_cases[];
extern const int timer_count, signal_count;

/* A program that this one's child becomes: ends by SIGTERM, or if that is blocked or
 * ignored with this exit status. */
enum { SURVIVED = 3 };
void become_killed(void);
