/* raw: for bytes that no face knows. Says nothing, keeps the first of them. */
#include "face/face_list.h"
#include "face/face_out.h"

struct raw {
    uint32_t taken;
};

enum { RAW_MAX = 64 * 1024 }; /* of one connection: later bytes of a bulk transfer tell nothing new, and are counted by the host */

/* At once, however few: a client that sends four bytes and waits must not be a secret. What comes in pieces is joined by the host when it keeps the
 * session's first bytes; a payload that was cut is found again through the bytes that overlap. */
static size_t raw_bytes(void *state, const struct ct_face_io *io, ct_str in)
{
    struct raw *s = state;
    if (s->taken == 0) ct_face_fact(io, CT_FACT_FIRST_BYTES, in);
    if (s->taken < RAW_MAX) ct_face_fact(io, CT_FACT_PAYLOAD, in);
    s->taken = s->taken > RAW_MAX ? s->taken : s->taken + (uint32_t)in.n;
    return in.n;
}

static enum ct_claim raw_claims(ct_str first) { return first.n ? CT_CLAIM_YES : CT_CLAIM_MORE; }

const struct ct_face ct_face_raw = {.name = "raw", .state_size = sizeof(struct raw), .claims = raw_claims, .open = ct_face_open_quiet,
                                    .bytes = raw_bytes, .end = ct_face_end_left};
