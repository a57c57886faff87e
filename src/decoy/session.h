/* One connection that a face speaks on. Internal to this folder; see worker.h. */
#ifndef CT_DECOY_SESSION_H
#define CT_DECOY_SESSION_H

#include "decoy/worker.h"
#include "face/face.h"

struct ct_tls_session;

struct ct_session {
    struct ct_watch_item item;
    struct ct_worker *worker;
    struct ct_session *newer, *older;             /* by last activity */
    struct ct_session *next_to_send, *next_dead;
    const struct ct_face *face;                   /* null: not known yet */
    void *state;
    struct ct_tls_session *tls;
    unsigned char *in, *out;                      /* what no message was made of yet; what is to be sent. Null mostly */
    uint32_t in_n, out_n, out_at, out_cap, watched;
    uint64_t id, bytes_in, bytes_out, told_in, told_out;
    int64_t opened_us, opened_ms, active_ms;
    struct ct_touch touch;
    bool in_to_send, over, closing, peer_done, wants_tls, told, probe;
    bool broken;                                  /* no memory for an answer: it ends */
};

/* Its end is written down, its descriptor closed; its memory goes when the turn is over. */
void ct_session_over(struct ct_worker *w, struct ct_session *s);

/* secure.c: TLS. At most CT_DECOY_TLS_MAX at once; the one longest idle goes first. False: cannot be had. */
bool ct_secure_begin(struct ct_secure *t, struct ct_session *s);
void ct_secure_end(struct ct_secure *t, struct ct_session *s);
/* As recv and send: -1 and errno, 0: the peer has closed. */
ssize_t ct_secure_receive(struct ct_secure *t, struct ct_session *s, unsigned char *to, size_t n);
ssize_t ct_secure_send(struct ct_secure *t, struct ct_session *s, const unsigned char *from, size_t n);

#endif
