/* POSIX of 2001 with signals that restart nothing, in any libc's headers. */
#define _XOPEN_SOURCE 600

/* The whole test; its exit status. */
int suite(void);

/* The same as PID 1 of a machine, which is rebooted at the end. */
int supervise(void);
