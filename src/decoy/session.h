/* One connection that a face speaks on. Internal to this folder; see worker.h. */
#ifndef CT_DECOY_SESSION_H
#define CT_DECOY_SESSION_H

#include "decoy/worker.h"
#include "face/face.h"

struct ct_tls_session;

enum { CT_SESSION_USER = 47 }; /* with its length three words; actors keep 64 bytes of a name */

struct ct_session {
    struct ct_watch_item item;
    struct ct_worker *worker;
    struct ct_session *newer, *older;             /* by last activity */
    struct ct_session *next_to_send, *next_dead, *next_fresh;
    const struct ct_face *face;                   /* null: not known yet */
    const struct ct_face *inside;                 /* whose port it is, when that begins inside TLS */
    void *state;
    struct ct_tls_session *tls;
    unsigned char *in, *out;                      /* what no message was made of yet; what is to be sent. Null mostly */
    uint32_t in_n, out_n, out_at, out_cap, watched;
    uint64_t id, bytes_in, bytes_out, told_in, told_out;
    int64_t opened_us, opened_ms, active_ms;
    struct ct_touch touch;
    unsigned char user_n, user[CT_SESSION_USER];  /* the name tried last: its password may come in a later piece */
    bool in_to_send, over, closing, peer_done, wants_tls, told, probe;
    bool fresh;                                   /* in the list of those that nothing is written of yet */
    bool broken;                                  /* no memory for an answer: it ends */
};

/* Its end is written down, its descriptor closed; its memory goes when the turn is over. */
void ct_session_over(struct ct_worker *w, struct ct_session *s);

/* Bytes as they are to go over the wire, behind what waits already. False: no room, and the session ends. */
bool ct_session_queue(struct ct_worker *w, struct ct_session *s, ct_str bytes);
/* What a TLS client showed is written down. */
struct ct_tls_hello;
void ct_session_hello(struct ct_worker *w, struct ct_session *s, const struct ct_tls_hello *hello);

/* secure.c: TLS from here on; already: what of it was read. False: cannot be had now. */
bool ct_secure_begin(struct ct_secure *t, struct ct_session *s, ct_str already);
void ct_secure_end(struct ct_secure *t, struct ct_session *s);
/* As recv: -1 and errno, 0: the peer has closed. */
ssize_t ct_secure_receive(struct ct_secure *t, struct ct_session *s, unsigned char *to, size_t n);
bool ct_secure_established(const struct ct_session *s);
bool ct_secure_pending(const struct ct_session *s); /* decrypted bytes that epoll does not see */
bool ct_secure_send(struct ct_session *s, ct_str bytes);
void ct_secure_goodbye(struct ct_session *s);

#endif
