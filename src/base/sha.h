/* SHA-1 and SHA-256 (FIPS 180-4) of bytes that come in pieces: to name files in inventories as others name them. Not for
 * secrets, and SHA-1 not for trust: two files with one SHA-1 can be made. */
#ifndef CT_BASE_SHA_H
#define CT_BASE_SHA_H

#include "base/str.h"

enum { CT_SHA1_DIGEST = 20, CT_SHA256_DIGEST = 32 };

struct ct_sha {
    uint32_t h[8];
    uint64_t n;     /* bytes so far */
    unsigned words; /* of the state: 5 or 8 */
    bool by_processor; /* with its own instructions; may be cleared after init */
    unsigned char block[64];
};

void ct_sha1_init(struct ct_sha *s);
void ct_sha256_init(struct ct_sha *s);
void ct_sha_add(struct ct_sha *s, ct_str bytes);
/* Writes 20 or 32 bytes, and leaves s to be initialised again. */
void ct_sha_done(struct ct_sha *s, unsigned char *ret_digest);

#endif
