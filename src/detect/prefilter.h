/* What the portable and the vector search of the prefilter share: the last steps, on 64 bytes whose bits stand in words. Bit i
 * stands for byte i. prefilter.c says how it all works. */
#ifndef CT_DETECT_PREFILTER_H
#define CT_DETECT_PREFILTER_H

#include "base/limits.h"
#include "detect/lead.h"
#include "detect/token.h"

/* Inlined into each instruction set's loop, to be compiled with its instructions. */
#define CT_INLINE __attribute__((always_inline)) static inline

struct ct_search {
    ct_str block;
    size_t from;
    uint64_t lines; /* newlines seen before the hit */
};

/* A class of bytes among 64 and among the 64 before them. */
struct ct_bits {
    uint64_t now, before;
};

/* now shifted up by n, with the bits of the 64 bytes before. */
CT_INLINE uint64_t ct_bits_up(struct ct_bits b, unsigned n) { return b.now << n | b.before >> (64 - n); }

CT_INLINE struct ct_bits ct_bits_both(struct ct_bits b, unsigned n)
{
    return (struct ct_bits){b.now & ct_bits_up(b, n), b.before & b.before << n};
}

_Static_assert(CT_BASE64_MIN == 23, "16 + 7, the steps below");

/* Bits where CT_BASE64_MIN or more bytes of the class end; one more doubling each. */
CT_INLINE struct ct_bits ct_bits_runs(struct ct_bits class)
{
    return ct_bits_both(ct_bits_both(ct_bits_both(ct_bits_both(ct_bits_both(class, 1), 2), 4), 8), 7);
}

/* Where a run of token characters, or the part of one behind a / + - or _ (split), reaches its shortest length. */
CT_INLINE uint64_t ct_bits_starts(struct ct_bits token, struct ct_bits split)
{
    struct ct_bits runs = ct_bits_runs(token);
    return runs.now & (~ct_bits_up(runs, 1) | ct_bits_up(split, CT_BASE64_MIN));
}

/* Looks closer at the leads and starts of the 64 bytes at `at`, in their order. The offset of the first that matters, or
 * CT_STR_NONE. */
CT_INLINE size_t ct_search_confirm(const struct ct_search *s, size_t at, uint64_t leads, uint64_t starts)
{
    for (uint64_t hits = leads | starts; hits; hits &= hits - 1) {
        size_t hit = at + (unsigned)__builtin_ctzll(hits);
        bool is_start = hits & -hits & starts;
        if (is_start ? ct_token_run_matters(s->block, hit - (CT_BASE64_MIN - 1)) : ct_lead_matters(s->block, s->from, hit)) return hit;
    }
    return CT_STR_NONE;
}

/* Only where ct_prefilter_has_avx2. */
size_t ct_prefilter_avx2(struct ct_search *s);

#endif
