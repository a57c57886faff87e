/* Growing byte buffer in an arena, born with its maximum.
 *
 * The error is sticky: after the first failure (CT_ERR_CAP over the maximum, CT_ERR_NOMEM) every further call does
 * nothing, so a run of additions is checked once, by ct_buf_str or by reading .err.
 * Weak side: growth past the arena's newest allocation copies and leaves the old bytes behind until reset.
 */
#ifndef CT_BASE_BUF_H
#define CT_BASE_BUF_H

#include "base/arena.h"

struct ct_buf {
    unsigned char *p;
    size_t n, cap, max;
    ct_arena *arena;
    ct_err err;
};

void ct_buf_init(struct ct_buf *b, ct_arena *arena, size_t max);
/* As ct_buf_room, which calls it where there is no room yet. */
unsigned char *ct_buf_grow(struct ct_buf *b, size_t n);
/* Room for n more bytes: returns where to write them, or null. Move b->n forward by what was written. */
static inline unsigned char *ct_buf_room(struct ct_buf *b, size_t n)
{
    return b->p && b->cap - b->n >= n && !b->err ? b->p + b->n : ct_buf_grow(b, n);
}
void ct_buf_add(struct ct_buf *b, ct_str s);
void ct_buf_byte(struct ct_buf *b, unsigned char c);
void ct_buf_text(struct ct_buf *b, const char *z);
void ct_buf_printf(struct ct_buf *b, const char *fmt, ...) CT_PRINTF(2, 3);
void ct_buf_u64(struct ct_buf *b, uint64_t v);

static inline ct_str ct_buf_view(const struct ct_buf *b) { return (ct_str){b->p, b->n}; }
/* The bytes so far, or the sticky error. */
CT_MUST_USE ct_err ct_buf_str(const struct ct_buf *b, ct_str *ret_str);

#endif
