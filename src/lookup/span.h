/* Short spans of bytes: most of what the evaluator touches is a handful of bytes long, where a call of memchr, memcmp or
 * memcpy costs more than its work. Searches go by words, and a short span is taken as two words
 * that overlap. Internal to src/lookup; pure. */
#ifndef CT_LOOKUP_SPAN_H
#define CT_LOOKUP_SPAN_H

#include "base/str.h"

#include <string.h>

/* Kept out of line: inlined, the rare case would cost the common one its registers. */
#define CT_RARE __attribute__((noinline, cold))

enum { CT_SPAN_SHORT = 16 };

static inline uint32_t ct_span_load4(const unsigned char *p)
{
    uint32_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

static inline uint64_t ct_span_load8(const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* For searches: the first byte in memory is the lowest of the word. */
static inline uint64_t ct_span_word(const unsigned char *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return ct_span_load8(p);
#else
    return __builtin_bswap64(ct_span_load8(p));
#endif
}

/* Not zero when one of the bytes of w is c. The lowest bit set tells the first of them: borrows run upwards. */
static inline uint64_t ct_span_has(uint64_t w, unsigned char c)
{
    uint64_t x = w ^ (0x0101010101010101u * c);
    return (x - 0x0101010101010101u) & ~x & 0x8080808080808080u;
}

static inline size_t ct_span_first(uint64_t has) { return (unsigned)__builtin_ctzll(has) / 8u; }

/* The first c in s from `from` on, or s.n. */
static inline size_t ct_span_chr(ct_str s, size_t from, unsigned char c)
{
    for (; s.n - from >= 8; from += 8) {
        uint64_t has = ct_span_has(ct_span_word(s.p + from), c);
        if (has) return from + ct_span_first(has);
    }
    for (; from < s.n; from++)
        if (s.p[from] == c) return from;
    return s.n;
}

/* from <= s.n */
static inline ct_str ct_span_from(ct_str s, size_t from) { return (ct_str){s.p + from, s.n - from}; }

/* The spans may overlap. */
static inline void ct_span_copy(unsigned char *to, const unsigned char *p, size_t n)
{
    if (n > CT_SPAN_SHORT) {
        memmove(to, p, n);
    } else if (n >= 8) {
        uint64_t head = ct_span_load8(p), tail = ct_span_load8(p + n - 8);
        memcpy(to, &head, 8);
        memcpy(to + n - 8, &tail, 8);
    } else if (n >= 4) {
        uint32_t head = ct_span_load4(p), tail = ct_span_load4(p + n - 4);
        memcpy(to, &head, 4);
        memcpy(to + n - 4, &tail, 4);
    } else if (n) {
        unsigned char head = p[0], mid = p[n / 2], tail = p[n - 1];
        to[0] = head;
        to[n / 2] = mid;
        to[n - 1] = tail;
    }
}

static inline bool ct_span_same(const unsigned char *p, const unsigned char *q, size_t n)
{
    if (n > CT_SPAN_SHORT) return memcmp(p, q, n) == 0;
    if (n >= 8) return ct_span_load8(p) == ct_span_load8(q) && ct_span_load8(p + n - 8) == ct_span_load8(q + n - 8);
    if (n >= 4) return ct_span_load4(p) == ct_span_load4(q) && ct_span_load4(p + n - 4) == ct_span_load4(q + n - 4);
    return n == 0 || (p[0] == q[0] && p[n / 2] == q[n / 2] && p[n - 1] == q[n - 1]);
}

static inline bool ct_span_eq(ct_str a, ct_str b) { return a.n == b.n && ct_span_same(a.p, b.p, a.n); }

#endif
