/* SHA-1 and SHA-256 of an archive that is looked into, over bytes that come in pieces: for inventories. A tap of the walk
 * (archive/nest.h) while it streams, plain additions otherwise. */
#ifndef CT_SCAN_SUMS_H
#define CT_SCAN_SUMS_H

#include "base/sha.h"

struct ct_sums {
    struct ct_sha sha1, sha256;
    char text1[2 * CT_SHA1_DIGEST + 1], text256[2 * CT_SHA256_DIGEST + 1];
};

void ct_sums_init(struct ct_sums *s);
void ct_sums_add(struct ct_sums *s, ct_str piece);
void ct_sums_tap(void *sums, ct_str piece); /* the same, as a tap */
/* In lower-case hex, borrowed from s, which is to be initialised again. */
void ct_sums_done(struct ct_sums *s, ct_str *ret_sha1, ct_str *ret_sha256);

#endif
