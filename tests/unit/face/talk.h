/* A conversation with a face, without sockets: what it sent and what it learnt, as text to compare.
 *
 * Each call of bytes() gets its input flush against an unreadable page, and what face/face.h promises is asserted: bytes taken, sizes sent, nothing
 * after close, progress at a full buffer. Random bytes count up from the same start, so two runs of one conversation are equal. */
#ifndef CT_TESTS_TALK_H
#define CT_TESTS_TALK_H

#include "face/face.h"
#include "support/random.h"

enum { TALK_MAX = 1 << 20 };

struct talk {
    const struct ct_face *face;
    _Alignas(16) unsigned char state[CT_FACE_STATE_MAX];
    unsigned char held[CT_FACE_BUFFER_MAX];
    size_t held_n;
    bool closed, tls;       /* tls: it asked for TLS */
    bool offer_tls;         /* set before talk_open */
    const struct ct_face_host *host;
    unsigned char next_random;
    size_t call_sent, call_facts;
    char *sent, *facts;     /* sent: raw bytes; facts: "kind=value\n", bytes outside printable ASCII as \xHH; NUL-terminated */
    size_t sent_n, facts_n;
};

/* On the heap: free by talk_free. host null: the default one. */
struct talk *talk_open(const char *face, const struct ct_face_host *host, bool offer_tls);
void talk_in(struct talk *t, ct_str bytes);
void talk_end(struct talk *t);
void talk_free(struct talk *t);
bool talk_learnt(const struct talk *t, const char *line); /* "kind=value" among the facts */
bool talk_said(const struct talk *t, ct_str bytes);       /* somewhere in what was sent */

/* The conversation in pieces, byte by byte and at random splits: the same facts and answers as whole. */
void talk_same_in_pieces(const char *face, const struct ct_face_host *host, ct_str input, struct rng *r);
/* Random bytes, and input with random changes: nothing but what face/face.h allows, and the state stays within its size. */
void talk_nonsense(const char *face, const struct ct_face_host *host, ct_str input, struct rng *r);

#endif
