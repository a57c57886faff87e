/* BLAKE2b (RFC 7693) with a digest of 16 bytes, for ids: a strong hash at a third of SHA-256's cost. With a key it is a
 * message code that only the key's owner can make. Nothing is wiped: not for secrets that must not stay in memory. */
#ifndef CT_BASE_BLAKE2B_H
#define CT_BASE_BLAKE2B_H

#include "base/str.h"

enum { CT_BLAKE2B_DIGEST = 16 };

struct ct_blake2b {
    uint64_t h[8];
    uint64_t n;   /* bytes compressed so far */
    size_t held;  /* bytes in block: the last block is compressed only when its end is known */
    unsigned char block[128];
};

void ct_blake2b_init(struct ct_blake2b *b);
/* key: at most 64 bytes are used; none is the plain hash. */
void ct_blake2b_init_keyed(struct ct_blake2b *b, ct_str key);
void ct_blake2b_add(struct ct_blake2b *b, ct_str bytes);
void ct_blake2b_done(struct ct_blake2b *b, unsigned char ret_digest[CT_BLAKE2B_DIGEST]);

#endif
