/* The worker: all that outsiders' bytes touch. One epoll loop; it owns no privilege, opens nothing, dials nobody.
 *
 * A turn of the loop reads what is there, lets the faces speak into queues, writes down what was learned, and only then sends:
 * recorded first, answered second. Internal to this folder. */
#ifndef CT_DECOY_WORKER_H
#define CT_DECOY_WORKER_H

#include "actor/contact_in.h"
#include "base/buf.h"
#include "decoy/canary.h"
#include "decoy/decoy.h"
#include "decoy/wire.h"
#include "detect/verdict.h"

#include <netinet/in.h>

struct ct_session;
struct ct_record;
struct ct_sniffer;
struct ct_secure;

enum ct_watched { CT_WATCH_PARENT, CT_WATCH_TELLER, CT_WATCH_LISTENER, CT_WATCH_SESSION, CT_WATCH_SNIFFER, CT_WATCH_METRICS, CT_WATCH_SCRAPE };

/* What epoll hands back: the first member of whatever is watched. */
struct ct_watch_item {
    enum ct_watched kind;
    int fd;
};

struct ct_listener {
    struct ct_watch_item item;
    struct ct_wire_listener is;
};

struct ct_worker {
    const struct ct_alloc *alloc;
    const struct ct_decoy_opts *opts;
    int epoll;
    struct ct_watch_item parent, teller, metrics;
    struct ct_listener *listeners[CT_DECOY_PORTS_MAX * 2];
    size_t n_listeners;
    struct ct_moment now;
    struct ct_counts counts;
    bool ending, teller_waits, accept_rest;
    bool was_learning, learned_waits;              /* the list of background has changed, and its file has not */
    int64_t learned_ms, ignored_ms;                /* not before this */
    uint64_t ignored_told;                         /* hits of the ignore list when it was handed over last */
    int64_t accept_again_ms;

    struct ct_session *newest, *oldest;            /* by last activity */
    struct ct_session *to_send, *dead;             /* of this turn */
    struct ct_session *fresh, *fresh_before;       /* accepted in this turn and in the one before, silent so far */
    uint64_t next_session;
    unsigned char *window;                         /* what one session has to say now: CT_FACE_BUFFER_MAX */

    struct ct_record *record;
    struct ct_sniffer *sniffer;
    struct ct_secure *secure;
    struct ct_actors *actors;
    struct ct_canary_calls canaries;
    ct_arena *arena;                               /* of one contact */
    struct ct_contact_fact facts[CT_FACE_FACTS_MAX];
    size_t n_facts;
    ct_arena *facts_arena;                         /* their bytes, of one call of a face */
    bool facts_lost;

    unsigned char *queue;                          /* events that the teller has not taken yet */
    size_t queue_n, queue_cap;
    struct ct_wire_owned owned;
    unsigned char addresses[CT_DECOY_ADDRESSES_MAX][16];
    size_t n_addresses;
    int32_t lower[CT_DECOY_ADDRESSES_MAX];
    size_t n_lower;
    struct ct_wire_probe probe;                    /* the newest that is under way; number 0: none */
    unsigned scrapes;                              /* readers of the metrics, now */
    struct ct_face_host host;
};

/* The process: returns its exit status. */
/* learned: what a worker before it had learned, as a file; null p: nothing. */
int ct_worker_main(const struct ct_decoy_opts *opts, int parent_fd, int teller_fd, ct_str learned);

/* epoll's watch of an item; events as in EPOLLIN. */
CT_MUST_USE ct_err ct_worker_watch(struct ct_worker *w, struct ct_watch_item *item, uint32_t events);
void ct_worker_rewatch(struct ct_worker *w, struct ct_watch_item *item, uint32_t events);
/* An event for the outlets: queued when the teller does not take it at once. */
void ct_worker_tell(struct ct_worker *w, enum ct_wire kind, ct_str head, ct_str event);
/* How far the probe came is told to the parent. */
void ct_worker_heard(struct ct_worker *w, enum ct_probe_stage stage);
bool ct_worker_is_probe(const struct ct_worker *w, const struct ct_touch *t);
/* A connection stands: told to the actors, or a stage of the probe. */
void ct_worker_connected(struct ct_worker *w, const struct ct_touch *t, bool probe);

/* Brings w->counts up to date with what the record, the actors and the kernel count. */
void ct_worker_count(struct ct_worker *w);
/* Writes a contact down and gives it to the actors. What it says is borrowed for the call. `verdict` is filled here. */
void ct_worker_contact(struct ct_worker *w, struct ct_contact *c, bool probe);

/* session.c */
void ct_sessions_accept(struct ct_worker *w, struct ct_listener *l);
void ct_session_ready(struct ct_worker *w, struct ct_session *s, uint32_t events);
void ct_sessions_settle(struct ct_worker *w); /* who came and said nothing is written down one turn later: most speak by then */
void ct_sessions_send(struct ct_worker *w);   /* after the record was written */
void ct_sessions_expire(struct ct_worker *w); /* once a second */
void ct_sessions_bury(struct ct_worker *w);   /* frees what ended in this turn */
void ct_sessions_end(struct ct_worker *w);    /* all of them */

#endif
