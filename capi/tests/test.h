/* POSIX of 2001, with signals that restart no call, in the headers of every libc. */
#define _XOPEN_SOURCE 600

#include <stdint.h>
#include <sys/types.h>

/* Runs the whole test, and returns its exit status. */
int suite(void);

/* Runs the whole test as PID 1 of a machine, and reboots it at the end. */
int supervise(void);

/* The exit status of a case. A case that fails prints a message and ends its process. */
enum { FAILED = 1, SKIPPED = 77 };

void equal(int line, const char *what, long long actual, long long expected);
#define EQUAL(actual, expected) equal(__LINE__, #actual, actual, expected)
#define TRUE(condition) equal(__LINE__, #condition, !!(condition), 1)

/* The selection of this case. must_be_here skips the case if the result is -ENOSYS. */
extern int selection;
void must_be_here(int result);

/* The path of this program. */
extern const char *program;

/* Returns whether a descriptor is readable. poll and select must agree. */
int readable_fd(int fd);
/* Returns a bit for each open descriptor. */
uint64_t descriptors(void);
/* Limits the number of further descriptors to room, until it is called with -1. */
void leave_room(int room);
/* Sleeps. */
void sleep_for(int milliseconds);
/* Returns the time of the monotonic clock. */
long long milliseconds(void);
void handle(int signal, void (*handler)(int));
/* Sends SIGALRM every so many milliseconds; 0 ends that. */
void alarm_every(int milliseconds);
void child_passed(pid_t child);
/* Makes these calls on a thread for which a cancellation is pending. The thread must end at
 * its own pthread_testcancel, and not before. */
void not_cancelled_in(void (*calls)(void));

struct test {
    const char *name;
    void (*run)(void);
};
#define CASE(name) {#name, name}

extern const struct test timer_cases[], signal_cases[];
extern const int timer_count, signal_count;

/* Replaces the child by a program that ends by SIGTERM, or, if SIGTERM is blocked or ignored,
 * with the exit status SURVIVED. */
enum { SURVIVED = 3 };
void become_killed(void);
