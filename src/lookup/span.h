/* Short spans of bytes: most of what the evaluator touches is a handful of bytes long, where a call of memchr or memcpy
 * costs more than its work. Internal to src/lookup; pure. */
#ifndef CT_LOOKUP_SPAN_H
#define CT_LOOKUP_SPAN_H

#include "base/str.h"

#include <string.h>

enum { CT_SPAN_SHORT = 16 };

/* The first c in s from `from` on, or s.n. */
static inline size_t ct_span_chr(ct_str s, size_t from, unsigned char c)
{
    size_t near = s.n - from > CT_SPAN_SHORT ? from + CT_SPAN_SHORT : s.n;
    for (; from < near; from++)
        if (s.p[from] == c) return from;
    if (from == s.n) return s.n;
    const unsigned char *hit = memchr(s.p + from, c, s.n - from);
    return hit ? (size_t)(hit - s.p) : s.n;
}

/* from <= s.n */
static inline ct_str ct_span_from(ct_str s, size_t from) { return (ct_str){s.p + from, s.n - from}; }

/* The spans do not overlap. */
static inline void ct_span_copy(unsigned char *to, const unsigned char *p, size_t n)
{
    if (n > CT_SPAN_SHORT) {
        memcpy(to, p, n);
        return;
    }
    for (size_t i = 0; i < n; i++) to[i] = p[i];
}

static inline bool ct_span_eq(ct_str a, ct_str b)
{
    return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}

#endif
