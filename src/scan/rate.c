#include "scan/rate.h"

#include "os/clock.h"

#include <time.h>

enum { BURST_US = 100000, NAP_US = 50000 };

ct_err ct_rate_init(struct ct_rate *r, uint64_t files_per_second, uint64_t bytes_per_second)
{
    *r = (struct ct_rate){.per_second = {files_per_second, bytes_per_second}};
    return pthread_mutex_init(&r->lock, NULL) == 0 ? CT_OK : CT_ERR_NOMEM;
}

void ct_rate_done(struct ct_rate *r) { (void)pthread_mutex_destroy(&r->lock); }

/* Each taking moves the moment at which all is paid for; who comes later waits until that moment is near. */
void ct_rate_take(struct ct_rate *r, enum ct_rate_of what, uint64_t n, const atomic_bool *stop)
{
    uint64_t rate = r->per_second[what];
    if (rate == 0) return;
    (void)pthread_mutex_lock(&r->lock);
    int64_t now = ct_clock_mono_ms() * 1000;
    if (r->free_at_us[what] < now) r->free_at_us[what] = now;
    r->free_at_us[what] += (int64_t)((double)n * 1e6 / (double)rate);
    int64_t until = r->free_at_us[what] - BURST_US;
    (void)pthread_mutex_unlock(&r->lock);
    while (!atomic_load(stop) && (now = ct_clock_mono_ms() * 1000) < until) {
        int64_t left = until - now;
        struct timespec nap = {0, (long)(left < NAP_US ? left : NAP_US) * 1000};
        (void)nanosleep(&nap, NULL);
    }
}
