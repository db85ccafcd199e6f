/* Calls some functions and nothing else: ci/size.sh counts the bytes that they add. */
#include <wakefd.h>
#if FUNCTIONS > 0 && FUNCTIONS < 4
static struct wakefd wake;
#endif
#if FUNCTIONS > 1 && FUNCTIONS < 4
static struct wakefd count;
#endif
#if FUNCTIONS == 4
static struct wakefd_timer timer;
#endif
#if FUNCTIONS == 5
static struct wakefd_signals signals;
#endif
int main(void)
{
    int result = 0;
#if FUNCTIONS == 4
    uint64_t taken = 0;
    result += wakefd_timer_init(&timer, WAKEFD_AUTO);
    result += wakefd_timer_arm(&timer, 1, 0);
    result += wakefd_timer_arm_at(&timer, wakefd_timer_now(), 1);
    result += wakefd_timer_disarm(&timer);
    result += wakefd_timer_take(&timer, &taken);
    result += wakefd_timer_wait(&timer, 0);
    result += wakefd_timer_fd(&timer);
    result += wakefd_timer_backend(&timer);
    result += wakefd_timer_mechanism(&timer);
    result += wakefd_timer_reinit_after_fork(&timer);
    result += wakefd_timer_close(&timer);
#elif FUNCTIONS == 5
    static const int numbers[] = {15, 1};
    struct wakefd_signal signal;
    static long mask[32];
    result += wakefd_signals_init(&signals, WAKEFD_AUTO, numbers, 2);
    result += wakefd_signals_next(&signals, &signal);
    result += wakefd_signals_wait(&signals, 0);
    result += wakefd_signals_fd(&signals);
    result += wakefd_signals_backend(&signals);
    result += wakefd_signals_mechanism(&signals);
    result += wakefd_signals_reinit_after_fork(&signals);
    result += wakefd_signals_before_exec();
    result += wakefd_signals_add(&signals, numbers[0]);
    result += wakefd_signals_remove(&signals, numbers[0]);
    result += wakefd_signals_spawn_mask(mask);
    result += wakefd_signals_close(&signals);
#elif FUNCTIONS > 0
    result += wakefd_init(&wake, WAKEFD_AUTO);
    result += wakefd_notify(&wake);
    result += wakefd_clear(&wake);
#endif
#if FUNCTIONS > 1 && FUNCTIONS < 4
    uint64_t taken = 0;
    result += wakefd_init_counter(&count, WAKEFD_AUTO, WAKEFD_SUM);
    result += wakefd_add(&count, 1);
    result += wakefd_take(&count, &taken);
    result += wakefd_wait(&wake, 0);
    result += wakefd_fd(&wake);
    result += wakefd_backend(&wake);
    result += wakefd_mechanism(&wake);
    result += wakefd_reinit_after_fork(&wake);
#endif
#if FUNCTIONS == 3
    static char text[512];
    result += wakefd_backend_name(WAKEFD_PIPE)[0];
    result += wakefd_mechanism_name(WAKEFD_MECHANISM_PIPE)[0];
    result += wakefd_reason(WAKEFD_AUTO, text, sizeof text);
    result += wakefd_report(WAKEFD_AUTO, text, sizeof text);
#endif
#if FUNCTIONS > 0 && FUNCTIONS < 4
    result += wakefd_close(&wake);
#endif
    return result;
}
