/* Outlets: where events go besides stdout.
 *
 *   file:PATH                     appended, one event per line; reopened when rotated away
 *   syslog:HOST[:PORT]            RFC 5424 over UDP (port 514); syslog+tcp:HOST[:PORT] over TCP (port 601, octet counting);
 *   syslog:///dev/log             a UNIX socket, datagram or stream; all three take ?severity=NAME (default "warning")
 *   https://HOST[:PORT]/PATH      a webhook: one POST per event; http:// to loopback only
 *   unix:PATH                     a UNIX stream socket, one event per line
 *   journald:[SOCKET]             the journal, by its native protocol
 *   smtp://HOST[:PORT]?from=&to=  a mail per alert through a relay; &tls=auto|require|off
 *   slack+https://...             an alert as Slack's incoming webhooks take it (Mattermost and others too)
 *   pagerduty+https://...?routing-key-file=PATH   an alert as an event of PagerDuty's Events API v2
 *
 * The last three are for people: they take alerts, and let records of contacts and heartbeats pass as delivered.
 *
 * Proxy environment variables are ignored. A program that uses outlets ignores SIGXFSZ.
 *
 * Every outlet has its own thread and its own bounded spool on disk, so a dead outlet delays nothing: offer() copies the
 * event into the spool and returns. Delivery is at least once, in order, with retry and exponential back-off (with
 * jitter, capped); what the full spool dropped (oldest first) is counted and reported. Events survive kill -9: the spool is
 * read again at the next start. An event that a web service refuses (4xx, but 401, 407, 408 and 429, which do not speak of
 * the event) three times is set aside in "refused.ndjson" in the spool's folder, so that it does not hold up the others.
 *
 * Delivered means: written to the file; sent to syslog (UDP and TCP do not tell whether it arrived: what was under way when
 * the receiver died is lost); read by the peer of unix:PATH; in the journal's queue; taken by the relay; answered 2xx by the web service. */
#ifndef CT_OUTLET_OUTLET_H
#define CT_OUTLET_OUTLET_H

#include "base/alloc.h"
#include "base/fault.h"
#include "base/limits.h"

typedef struct ct_outlet ct_outlet;

struct ct_outlet_opts {
    const char *spool_dir;     /* one folder per outlet is made below it */
    uint64_t spool_max;        /* bytes per outlet; 0: 64 MiB */
    const char *token;         /* webhook: "Authorization: Bearer"; PagerDuty without a key file: the routing key; may be null */
    const char *ca_file;       /* webhook: null: the system's certificates */
};
struct ct_outlet_stats {
    uint64_t offered, delivered; /* since open */
    uint64_t failures;           /* attempts at delivery that failed, since open */
    uint64_t waiting;            /* now, with what earlier runs left */
    uint64_t dropped, refused;   /* since the spool was made */
    uint64_t damaged;            /* torn or rotten places found in the spool, since it was made */
    uint64_t in_memory;          /* of those waiting: the spool's disk takes none of them, and they go with the process */
    int disk_error;              /* errno of its last refusal; 0: none */
    char last_error[160];      /* empty: none; also of what was delivered in part */
};

/* Parses the URL and starts the thread; nothing is connected yet. CT_ERR_USAGE with detail for a URL it does not know. */
CT_MUST_USE ct_err ct_outlet_open(const struct ct_alloc *alloc, const char *url, const struct ct_outlet_opts *opts,
                                  ct_outlet **ret_outlet, struct ct_fault *fault);
/* event: one JSON object on one line, with or without its newline; id: for the idempotency key. Never blocks on the network.
 * CT_ERR_SYNTAX: no object, or control bytes in it; CT_ERR_CAP: longer than CT_OUTLET_EVENT_MAX, counted as dropped. May be
 * called from several threads. */
CT_MUST_USE ct_err ct_outlet_offer(ct_outlet *o, const unsigned char id[16], ct_str event);
void ct_outlet_stats(ct_outlet *o, struct ct_outlet_stats *ret_stats);
/* Tries to deliver what waits for at most timeout_ms, then stops; the rest stays in the spool, save what is in memory. */
void ct_outlet_close(ct_outlet *o, int timeout_ms);
/* The same, and says how it ended. */
void ct_outlet_finish(ct_outlet *o, int timeout_ms, struct ct_outlet_stats *ret_stats);

#endif
