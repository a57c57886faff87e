/* What the forms of the prefilter's search share: the classes of bytes, and the last steps, on 32 or 64 bytes whose bits stand in a word.
 * Bit i stands for byte i. prefilter.c says how it all works. */
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

/* Looks closer at the leads and starts of the 32 or 64 bytes at `at`, in their order. The offset of the first that matters, or
 * CT_STR_NONE. */
CT_INLINE size_t ct_search_confirm(const struct ct_search *s, size_t at, uint64_t leads, uint64_t starts)
{
    for (uint64_t hits = leads | starts; hits; hits &= hits - 1) {
        size_t hit = at + (unsigned)__builtin_ctzll(hits);
        bool is_start = hits & -hits & starts;
        if (is_start ? ct_token_run_matters(s->block, hit - (CT_BASE64_MIN - 1))
                     : ct_is_lead(s->block.p[hit]) && ct_lead_matters(s->block, s->from, hit)) return hit;
    }
    return CT_STR_NONE;
}

/* What a byte is to the search. */
enum {
    CT_CLASS_LEAD = 1,    /* ct_is_lead */
    CT_CLASS_TOKEN = 2,   /* ct_token_char */
    CT_CLASS_NEWLINE = 4,
    CT_CLASS_SPLIT = 8,   /* ct_token_parts */
    CT_CLASS_DULL = 16,   /* with these no text begins in base64, see ct_token_run_is_inert */
    CT_CLASS_ESCAPE = 32, /* ct_token_is_behind_escape */
};
/* Characters that follow each other, of one class. */
#define CT_TWO(c, class) [c] = class, [(c) + 1] = class
#define CT_FOUR(c, class) CT_TWO(c, class), CT_TWO((c) + 2, class)
#define CT_SIXTEEN(c, class) CT_FOUR(c, class), CT_FOUR((c) + 4, class), CT_FOUR((c) + 8, class), CT_FOUR((c) + 12, class)
extern const unsigned char ct_prefilter_classes[256];

/* The forms of the search: each finds the same. Returns the offset of the first hit at or after `from`, or CT_STR_NONE. */
size_t ct_prefilter_portable(struct ct_search *s);
size_t ct_prefilter_avx2(struct ct_search *s);   /* where ct_prefilter_has_avx2 */
size_t ct_prefilter_avx512(struct ct_search *s); /* where ct_prefilter_has_avx512 */
/* Does this processor have the instructions? */
bool ct_prefilter_has_avx2(void);
bool ct_prefilter_has_avx512(void);

#endif
