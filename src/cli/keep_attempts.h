/* What `up` finds in this host's logs, into its store; and what the store then says of this host.
 *
 * The store is opened with the first attempt; batches are taken as they fill, so that memory stays bounded. A failure is complained about once, and nothing more is kept.
 */
#ifndef CT_CLI_KEEP_ATTEMPTS_H
#define CT_CLI_KEEP_ATTEMPTS_H

#include "cli/stored.h"
#include "event/attempt.h"

struct ct_keeping_attempts {
    struct ct_stored s;
    bool open, failed;
    struct ct_asset host;
    ct_arena *arena;         /* the batch */
    struct ct_buf batch;     /* lines of events */
    uint64_t n, taken, again, more; /* more: over what is kept */
};
/* For ct_detect_opts.keep: never ends a run. */
ct_err ct_keep_attempt(void *keeping, const struct ct_attempt *a);
/* Takes the last batch, and says what was kept. */
void ct_keep_attempts_end(struct ct_keeping_attempts *k);

/* The commander's table of this host, the incident that it makes, and the attempts against it; nothing when the store knows neither. The exit status of an answer: 0, 1, 3. */
int ct_show_this_host(void);

#endif
