/* How long a step on the network may take, and the one thing that cuts it short.
 *
 * Every wait of this folder is a poll() on the socket and on cancel_fd together: a descriptor that has become readable for
 * good (an expired timer, say) ends whatever is under way with CT_ERR_INTERRUPTED. A step that runs out of time ends with
 * CT_ERR_NETWORK and "timed out".
 */
#ifndef CT_NET_DEADLINE_H
#define CT_NET_DEADLINE_H

#include "base/fault.h"

struct ct_deadline {
    int64_t at_ms;   /* on ct_clock_mono_ms() */
    int cancel_fd;   /* -1: none */
};

struct ct_deadline ct_deadline_in(int64_t ms, int cancel_fd);
/* The sooner of d and ms from now: for a step within a longer piece of work. */
struct ct_deadline ct_deadline_within(const struct ct_deadline *d, int64_t ms);

/* Waits until fd has one of the poll events (or an error, which the next call on fd will name). */
CT_MUST_USE ct_err ct_wait_fd(int fd, short events, const struct ct_deadline *d, struct ct_fault *fault);

#endif
