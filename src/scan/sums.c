#include "scan/sums.h"

#include <stdio.h>

void ct_sums_init(struct ct_sums *s)
{
    ct_sha1_init(&s->sha1);
    ct_sha256_init(&s->sha256);
}

void ct_sums_add(struct ct_sums *s, ct_str piece)
{
    ct_sha_add(&s->sha1, piece);
    ct_sha_add(&s->sha256, piece);
}

void ct_sums_tap(void *sums, ct_str piece) { ct_sums_add(sums, piece); }

static ct_str to_hex(struct ct_sha *s, size_t n, char *text)
{
    unsigned char digest[CT_SHA256_DIGEST];
    ct_sha_done(s, digest);
    for (size_t k = 0; k < n; k++) (void)snprintf(text + 2 * k, 3, "%02x", digest[k]);
    return (ct_str){(unsigned char *)text, 2 * n};
}

void ct_sums_done(struct ct_sums *s, ct_str *ret_sha1, ct_str *ret_sha256)
{
    *ret_sha1 = to_hex(&s->sha1, CT_SHA1_DIGEST, s->text1);
    *ret_sha256 = to_hex(&s->sha256, CT_SHA256_DIGEST, s->text256);
}
