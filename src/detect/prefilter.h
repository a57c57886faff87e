/* What the portable and the vector search of the prefilter share: the last steps, on 32 bytes whose bits stand in a word. Bit i
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

/* The bits of 32 bytes in the upper half, of the 32 before them in the lower. */
CT_INLINE uint64_t ct_window(uint32_t before, uint32_t now) { return before | (uint64_t)now << 32; }

_Static_assert(CT_BASE64_MIN == 23, "16 + 7, the steps below; and no more than the 32 bytes before");

/* Where among the 32 a run of token characters, or the part of one behind a / + - or _ (split), reaches its shortest length. Of
 * windows. */
CT_INLINE uint64_t ct_window_starts(uint64_t token, uint64_t split)
{
    uint64_t runs = token & token << 1; /* where two end; one more doubling each */
    runs &= runs << 2;
    runs &= runs << 4;
    runs &= runs << 8;
    runs &= runs << 7;
    return runs & (~(runs << 1) | split << CT_BASE64_MIN);
}

/* Looks closer at the leads and starts of the 32 bytes at `at`, in their order. The offset of the first that matters, or
 * CT_STR_NONE. */
CT_INLINE size_t ct_search_confirm(const struct ct_search *s, size_t at, uint32_t leads, uint32_t starts)
{
    for (uint32_t hits = leads | starts; hits; hits &= hits - 1) {
        size_t hit = at + (unsigned)__builtin_ctz(hits);
        bool is_start = hits & -hits & starts;
        if (is_start ? ct_token_run_matters(s->block, hit - (CT_BASE64_MIN - 1)) : ct_lead_matters(s->block, s->from, hit)) return hit;
    }
    return CT_STR_NONE;
}

/* Only where ct_prefilter_has_avx2. */
size_t ct_prefilter_avx2(struct ct_search *s);

#endif
