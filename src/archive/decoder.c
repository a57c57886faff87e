#include "archive/decoder.h"

#include <stdio.h>
#include <string.h>

#define HEADER 16u /* keeps what follows aligned for any type */

void *ct_codec_alloc(const struct ct_alloc *alloc, size_t items, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(items, size, &n) || __builtin_add_overflow(n, HEADER, &n)) return NULL;
    unsigned char *p = ct_alloc_get(alloc, n);
    if (!p) return NULL;
    memcpy(p, &n, sizeof n);
    return p + HEADER;
}

void ct_codec_free(const struct ct_alloc *alloc, void *p)
{
    if (!p) return;
    unsigned char *start = (unsigned char *)p - HEADER;
    size_t n;
    memcpy(&n, start, sizeof n);
    ct_alloc_put(alloc, start, n);
}

ct_err ct_codec_why(struct ct_codec_io *io, ct_err e, const char *what, const char *words)
{
    (void)snprintf(io->why, sizeof io->why, "%s: %s", what, words ? words : ct_err_text(e));
    return e;
}
