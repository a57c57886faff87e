#include "net/deadline.h"

#include "os/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

struct ct_deadline ct_deadline_in(int64_t ms, int cancel_fd)
{
    return (struct ct_deadline){ct_clock_mono_ms() + ms, cancel_fd};
}

struct ct_deadline ct_deadline_within(const struct ct_deadline *d, int64_t ms)
{
    struct ct_deadline within = ct_deadline_in(ms, d->cancel_fd);
    if (within.at_ms > d->at_ms) within.at_ms = d->at_ms;
    return within;
}

ct_err ct_wait_fd(int fd, short events, const struct ct_deadline *d, struct ct_fault *fault)
{
    struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = d->cancel_fd, .events = POLLIN}};
    for (;;) {
        int64_t left = d->at_ms - ct_clock_mono_ms();
        if (left < 0) left = 0;
        int n = poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "poll: %s", strerror(errno));
        if (fds[1].revents) return ct_fault_set(fault, CT_ERR_INTERRUPTED, 0, "stopped while waiting");
        if (fds[0].revents) return CT_OK;
        if (left == 0) return ct_fault_set(fault, CT_ERR_NETWORK, 0, "timed out");
    }
}
