#include "base/bytes_at.h"

#include <string.h>

static ct_err read_memory(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    const ct_str *s = ctx;
    size_t there = at < s->n ? s->n - (size_t)at : 0;
    if (n > there) n = there;
    if (n) memcpy(to, s->p + at, n);
    *ret_n = n;
    return CT_OK;
}

struct ct_bytes_at ct_bytes_at_memory(const ct_str *bytes)
{
    union {
        const ct_str *in;
        void *out;
    } ctx = {.in = bytes}; /* read_memory does not write through it */
    return (struct ct_bytes_at){.read = read_memory, .ctx = ctx.out, .size = bytes->n, .base = bytes->p};
}

ct_err ct_bytes_at_exact(const struct ct_bytes_at *b, uint64_t at, void *to, size_t n)
{
    size_t done = 0;
    while (done < n) {
        size_t got = 0;
        CT_TRY(b->read(b->ctx, at + done, (unsigned char *)to + done, n - done, &got));
        if (!got) return CT_ERR_TRUNCATED;
        done += got;
    }
    return CT_OK;
}
