/* raw: for bytes that no face knows. Says nothing, keeps the first of them. */
#include "face/face_list.h"
#include "face/face_out.h"

#include <string.h>

enum { RAW_MAX = 64 * 1024, /* of one connection: later bytes of a bulk transfer tell nothing new, and are counted by the host */
       TAIL_MAX = 512 };    /* published payloads are shorter */

struct raw {
    uint32_t taken;
    uint16_t tail_n;
    unsigned char tail[TAIL_MAX];
};

/* At once, however few: a client that sends four bytes and waits must not be a secret. What is judged begins with the end of the piece before, so that no
 * cut hides a payload. */
static size_t raw_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct raw *s = state;
    unsigned char joined[CT_FACE_BUFFER_MAX] CT_UNSET;
    if (in.n > sizeof joined) in.n = sizeof joined;
    if (s->taken == 0) ct_face_fact(io, CT_FACT_FIRST_BYTES, in);
    if (s->taken < RAW_MAX && in.n) {
        size_t before = s->tail_n < sizeof joined - in.n ? s->tail_n : sizeof joined - in.n, n = before + in.n;
        memcpy(joined, s->tail + s->tail_n - before, before);
        memcpy(joined + before, in.p, in.n);
        ct_face_fact(io, CT_FACT_PAYLOAD, (ct_str){joined, n});
        s->tail_n = (uint16_t)(n < TAIL_MAX ? n : TAIL_MAX);
        memcpy(s->tail, joined + n - s->tail_n, s->tail_n);
        s->taken += (uint32_t)in.n;
    }
    return in.n;
}

static enum ct_claim raw_claims(ct_str first) { return first.n ? CT_CLAIM_YES : CT_CLAIM_MORE; }

const struct ct_face ct_face_raw = {.name = "raw", .state_size = sizeof(struct raw), .claims = raw_claims, .open = ct_face_open_quiet,
                                    .bytes = raw_bytes, .end = ct_face_end_left};
