/* SHA-256 (FIPS 180-4), for ids. Not for secrets: nothing is wiped, and nothing is constant-time by design. */
#ifndef CT_EVENT_SHA256_H
#define CT_EVENT_SHA256_H

#include "base/str.h"

struct ct_sha256 {
    uint32_t h[8];
    uint64_t n; /* bytes so far */
    unsigned char block[64];
};

void ct_sha256_init(struct ct_sha256 *s);
void ct_sha256_add(struct ct_sha256 *s, ct_str bytes);
void ct_sha256_done(struct ct_sha256 *s, unsigned char ret_digest[32]);

#endif
