/* Outlets: where events go besides stdout. file:PATH, syslog:HOST[:PORT] | syslog:///dev/log (RFC 5424 over UDP, TCP or
 * UNIX socket), https://... (a webhook; http:// to loopback only), unix:PATH.
 *
 * Every outlet has its own thread and its own bounded spool on disk, so a dead outlet delays nothing: offer() copies the
 * event into the spool and returns. Delivery is at least once, in order, with retry and exponential back-off (with
 * jitter, capped); what the full spool dropped (oldest first) is counted and reported. Events survive kill -9: the spool is
 * read again at the next start. */
#ifndef CT_OUTLET_OUTLET_H
#define CT_OUTLET_OUTLET_H

#include "base/alloc.h"
#include "base/fault.h"

typedef struct ct_outlet ct_outlet;

struct ct_outlet_opts {
    const char *spool_dir;     /* one folder per outlet is made below it */
    uint64_t spool_max;        /* bytes per outlet; 0: 64 MiB */
    const char *token;         /* webhook: "Authorization: Bearer"; may be null */
    const char *ca_file;       /* webhook: null: the system's certificates */
};
struct ct_outlet_stats {
    uint64_t offered, delivered, dropped, waiting, failures;
    char last_error[160];      /* empty: none */
};

/* Parses the URL and starts the thread; nothing is connected yet. CT_ERR_USAGE with detail for a URL it does not know. */
CT_MUST_USE ct_err ct_outlet_open(const struct ct_alloc *alloc, const char *url, const struct ct_outlet_opts *opts,
                                  ct_outlet **ret_outlet, struct ct_fault *fault);
/* event: one JSON object, with or without its newline; id: for the idempotency key. Never blocks on the network. */
CT_MUST_USE ct_err ct_outlet_offer(ct_outlet *o, const unsigned char id[16], ct_str event);
void ct_outlet_stats(ct_outlet *o, struct ct_outlet_stats *ret_stats);
/* Tries to deliver what waits for at most timeout_ms, then stops; the rest stays in the spool. */
void ct_outlet_close(ct_outlet *o, int timeout_ms);

#endif
