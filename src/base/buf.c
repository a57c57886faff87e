#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ct_buf_init(struct ct_buf *b, ct_arena *arena, size_t max)
{
    *b = (struct ct_buf){.arena = arena, .max = max};
}

unsigned char *ct_buf_grow(struct ct_buf *b, size_t n)
{
    if (b->err) return NULL;
    if (n > b->max - b->n) {
        b->err = CT_ERR_CAP;
        return NULL;
    }
    if (b->cap - b->n >= n && b->p) return b->p + b->n;
    size_t cap = b->cap < 64 ? 64 : b->cap * 2;
    if (cap < b->n + n) cap = b->n + n;
    if (cap > b->max) cap = b->max;
    unsigned char *p = ct_arena_grow(b->arena, b->p, b->n, cap);
    if (!p) {
        b->err = CT_ERR_NOMEM;
        return NULL;
    }
    b->p = p;
    b->cap = cap;
    return p + b->n;
}

void ct_buf_add(struct ct_buf *b, ct_str s)
{
    if (s.n == 0) return;
    unsigned char *to = ct_buf_room(b, s.n);
    if (!to) return;
    memcpy(to, s.p, s.n);
    b->n += s.n;
}

void ct_buf_byte(struct ct_buf *b, unsigned char c)
{
    unsigned char *to = b->n < b->cap && !b->err ? b->p + b->n : ct_buf_room(b, 1);
    if (!to) return;
    *to = c;
    b->n++;
}

void ct_buf_text(struct ct_buf *b, const char *z) { ct_buf_add(b, ct_str_from(z)); }

void ct_buf_printf(struct ct_buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    /* One byte more than needed, since vsnprintf always writes its NUL. */
    unsigned char *to = n < 0 ? NULL : ct_buf_room(b, (size_t)n + 1);
    if (to) b->n += (size_t)vsnprintf((char *)to, (size_t)n + 1, fmt, again);
    va_end(again);
}

void ct_buf_u64(struct ct_buf *b, uint64_t v)
{
    unsigned char digits[20];
    size_t i = sizeof digits;
    do digits[--i] = (unsigned char)('0' + v % 10);
    while (v /= 10);
    ct_buf_add(b, (ct_str){digits + i, sizeof digits - i});
}

ct_err ct_buf_str(const struct ct_buf *b, ct_str *ret_str)
{
    if (b->err) return b->err;
    *ret_str = ct_buf_view(b);
    return CT_OK;
}
