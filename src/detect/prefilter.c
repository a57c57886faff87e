/* The prefilter: most of a log leaves here, at memory speed.
 *
 * A lookup needs "${" in some decoded form. Every encoded form of '$' that our decoders undo starts with one of the leads
 * % & \ or is base64. So a block is searched for $ % & \ and for runs of base64 characters that are long enough for a value,
 * and each hit is confirmed by a look at the bytes around it (lead.c, token.c).
 *
 * How the search is kept cheap (prefilter_avx2.c; what stands here does the same byte by byte, and tests compare the two):
 *
 * 1. Which 32 bytes hold a lead, and in which may a run end? To rule out runs it is enough to know some bytes that end them: sixteen
 *    usual ones that differ in their low four bits are found by one table look-up. A run holds five times four bytes side by side,
 *    at multiples of four, without any of these.
 * 2. 32 bytes that hold a lead: all leads of ordinary text are dismissed together, by the bytes around them.
 * 3. 32 bytes where a run may end: only now are characters classified exactly; and a run whose first eight characters decode
 *    to no text is dismissed (most words and identifiers do, many by the first character).
 * 4. What is left is looked at one by one.
 *
 * May pass too much, never too little: whatever ct_judge finds in a text, ct_prefilter must pass. A property test holds
 * it to that over every encoder chain the generator knows.
 */
#include "detect/prefilter.h"

#include "detect/verdict.h"

enum { LEAD = 1, TOKEN = 2, SPLIT = 4, NEWLINE = 8 };

#define DIGITS(c) [c] = TOKEN, [c + 1] = TOKEN, [c + 2] = TOKEN, [c + 3] = TOKEN, [c + 4] = TOKEN
#define LETTERS(c) DIGITS(c), DIGITS(c + 5), DIGITS(c + 10), DIGITS(c + 15), DIGITS(c + 20), [c + 25] = TOKEN
/* ct_is_lead, ct_token_char and ct_token_parts in one. */
static const unsigned char classes[256] = {
    ['$'] = LEAD, ['%'] = LEAD, ['&'] = LEAD, ['\\'] = LEAD, ['\n'] = NEWLINE, DIGITS('0'), DIGITS('5'), LETTERS('A'), LETTERS('a'),
    ['+'] = TOKEN | SPLIT, ['-'] = TOKEN | SPLIT, ['/'] = TOKEN | SPLIT, ['_'] = TOKEN | SPLIT,
};

static size_t search_portable(struct ct_search *s)
{
    uint32_t token_before = 0, split_before = 0;
    for (size_t at = s->from; at < s->block.n; at += 32) {
        uint32_t leads = 0, token = 0, split = 0, newlines = 0;
        for (size_t i = 0; i < 32 && at + i < s->block.n; i++) {
            uint32_t class = classes[s->block.p[at + i]];
            leads |= (class & LEAD) << i;
            token |= (class / TOKEN & 1) << i;
            split |= (class / SPLIT & 1) << i;
            newlines |= class / NEWLINE << i;
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

/* Vectors do not pay below: their search has more to set up. */
enum { SHORT = 16 };

size_t ct_prefilter_next(ct_str block, size_t from, uint64_t *lines)
{
    struct ct_search s = {.block = block, .from = from};
    size_t hit = block.n - from >= SHORT && ct_prefilter_has_avx2() ? ct_prefilter_avx2(&s) : search_portable(&s);
    *lines += s.lines;
    return hit;
}

bool ct_prefilter(ct_str text)
{
    uint64_t lines = 0;
    return ct_prefilter_next(text, 0, &lines) != CT_STR_NONE;
}
