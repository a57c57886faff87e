/* The prefilter: most of a log leaves here, at memory speed.
 *
 * A lookup needs "${" in some decoded form. Every encoded form of '$' that our decoders undo starts with one of the leads
 * % & \ or is base64. So a block is searched for $ % & \ and for runs of base64 characters that are long enough for a value,
 * and each hit is confirmed by a look at the bytes around it (lead.c, token.c).
 *
 * How the search is kept cheap (prefilter_avx2.c and prefilter_avx512.c; what stands here does the same byte by byte, and tests
 * compare them):
 *
 * 1. Which 32 bytes hold a lead, and in which may a run end? To rule out runs it is enough to know some bytes that end them: sixteen
 *    usual ones that differ in their low four bits are found by one table look-up. A run holds five times four bytes side by side,
 *    at multiples of four, without any of these. AVX-512 looks all characters up at once, and needs no such test.
 * 2. 32 or 64 bytes that hold a lead: all leads of ordinary text are dismissed together, by the bytes around them.
 * 3. 32 or 64 bytes where a run is long enough: one whose first characters decode to no text is dismissed (most words and identifiers
 *    do, many by the first character).
 * 4. What is left is looked at one by one.
 *
 * May pass too much, never too little: whatever ct_judge finds in a text, ct_prefilter must pass. A property test holds
 * it to that over every encoder chain the generator knows.
 */
#include "detect/prefilter.h"

#include "detect/verdict.h"

enum { ESCAPE_LEAD = CT_CLASS_LEAD | CT_CLASS_ESCAPE, WORD = CT_CLASS_TOKEN, DULL = WORD | CT_CLASS_DULL, PARTS = DULL | CT_CLASS_SPLIT };
const unsigned char ct_prefilter_classes[256] = {
    ['$'] = CT_CLASS_LEAD, ['%'] = ESCAPE_LEAD, ['&'] = ESCAPE_LEAD, ['\\'] = ESCAPE_LEAD, ['#'] = CT_CLASS_ESCAPE, [';'] = CT_CLASS_ESCAPE,
    ['}'] = CT_CLASS_ESCAPE, ['\n'] = CT_CLASS_NEWLINE, ['+'] = PARTS, ['-'] = PARTS, ['/'] = PARTS, ['_'] = PARTS, CT_FOUR('0', WORD),
    CT_FOUR('4', WORD), CT_TWO('8', WORD), CT_TWO('A', DULL), CT_TWO('C', WORD), CT_FOUR('E', DULL), CT_SIXTEEN('I', WORD),
    CT_TWO('Y', WORD), CT_FOUR('a', WORD), CT_TWO('e', WORD), CT_SIXTEEN('g', DULL), CT_FOUR('w', WORD),
};

size_t ct_prefilter_portable(struct ct_search *s)
{
    uint32_t token_before = 0, split_before = 0;
    for (size_t at = s->from; at < s->block.n; at += 32) {
        uint32_t leads = 0, token = 0, split = 0, newlines = 0;
        for (size_t i = 0; i < 32 && at + i < s->block.n; i++) {
            uint32_t class = ct_prefilter_classes[s->block.p[at + i]];
            leads |= (class / CT_CLASS_LEAD & 1) << i;
            token |= (class / CT_CLASS_TOKEN & 1) << i;
            split |= (class / CT_CLASS_SPLIT & 1) << i;
            newlines |= (class / CT_CLASS_NEWLINE & 1) << i;
        }
        uint64_t starts = ct_window_starts(ct_window(token_before, token), ct_window(split_before, split));
        size_t hit = ct_search_confirm(s, at, leads, (uint32_t)(starts >> 32));
        if (hit != CT_STR_NONE) newlines &= ((uint32_t)1 << (hit - at)) - 1;
        s->lines += (unsigned)__builtin_popcount(newlines);
        if (hit != CT_STR_NONE) return hit;
        token_before = token;
        split_before = split;
    }
    return CT_STR_NONE;
}

const char *ct_prefilter_form(void) { return ct_prefilter_has_avx512() ? "AVX-512" : ct_prefilter_has_avx2() ? "AVX2" : "portable"; }

/* Vectors do not pay below: their search has more to set up. */
enum { SHORT = 16 };

size_t ct_prefilter_next(ct_str block, size_t from, uint64_t *lines)
{
    struct ct_search s = {.block = block, .from = from};
    size_t hit;
    if (block.n - from < SHORT) hit = ct_prefilter_portable(&s);
    else if (ct_prefilter_has_avx512()) hit = ct_prefilter_avx512(&s);
    else if (ct_prefilter_has_avx2()) hit = ct_prefilter_avx2(&s);
    else hit = ct_prefilter_portable(&s);
    *lines += s.lines;
    return hit;
}

bool ct_prefilter(ct_str text)
{
    uint64_t lines = 0;
    return ct_prefilter_next(text, 0, &lines) != CT_STR_NONE;
}
