/* The prefilter: most of a log leaves here, at memory speed.
 *
 * A lookup needs "${" in some decoded form. Every encoded form of '$' that our decoders undo starts with one of
 * % & \ or is base64; so a block is searched for $ % & \ and for runs of base64 characters, 64 bytes at a time, and each
 * hit is confirmed by a look at the bytes around it. An escape matters when its value can take part in "${" or in a
 * further escape: '$', the escape leads, letters, digits and '#'. The blanks, slashes and quotes that make up ordinary
 * percent-encoding do not.
 *
 * May pass too much, never too little: whatever ct_judge finds in a text, ct_prefilter must pass. A property test holds
 * it to that over every encoder chain the generator knows.
 */
#include "detect/verdict.h"

#include "detect/token.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Inlined into each instruction set's loop, to be compiled with its instructions. */
#define INLINE __attribute__((always_inline)) static inline

static inline bool is_lead(unsigned char c) { return c == '$' || c == '%' || c == '&' || c == '\\'; }

/* The character of the entity name at p that can take part in a lookup ('$', '{', an escape lead, '#', a base64 character),
 * and where the name ends; 0: none. A prefix of a longer name counts, since the semicolon may be missing. */
static unsigned char entity_value(const unsigned char *p, const unsigned char *end, const unsigned char **ret_rest)
{
    static const struct {
        ct_str name;
        unsigned char value;
    } names[] = {{CT_STR_INIT("dollar"), '$'}, {CT_STR_INIT("lcub"), '{'},   {CT_STR_INIT("lbrace"), '{'}, {CT_STR_INIT("percnt"), '%'},
                 {CT_STR_INIT("amp"), '&'},    {CT_STR_INIT("AMP"), '&'},    {CT_STR_INIT("bsol"), '\\'},  {CT_STR_INIT("num"), '#'},
                 {CT_STR_INIT("plus"), '+'},   {CT_STR_INIT("sol"), '/'},    {CT_STR_INIT("lowbar"), '_'}, {CT_STR_INIT("UnderBar"), '_'}};
    static const char firsts[] = "dlpaAbnsU";
    if (end - p < 3 || !memchr(firsts, p[0], sizeof firsts - 1)) return 0;
    ct_str text = {p, (size_t)(end - p)};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (p[0] != names[i].name.p[0] || !ct_str_starts(text, names[i].name)) continue;
        *ret_rest = p + names[i].name.n;
        if (*ret_rest < end && **ret_rest == ';') ++*ret_rest;
        return names[i].value;
    }
    return 0;
}

static bool hex_run(const unsigned char *p, const unsigned char *end, unsigned n, unsigned *ret_value)
{
    unsigned v = 0;
    if (end - p < (ptrdiff_t)n) return false;
    for (unsigned i = 0; i < n; i++) {
        int d = ct_hex_value(p[i]);
        if (d < 0) return false;
        v = v << 4 | (unsigned)d;
    }
    *ret_value = v;
    return true;
}

static bool percent_value(const unsigned char *p, const unsigned char *end, unsigned *ret_value, const unsigned char **ret_rest)
{
    bool wide = end - p > 1 && (p[1] | 0x20) == 'u';
    *ret_rest = p + (wide ? 6 : 3);
    return wide ? hex_run(p + 2, end, 4, ret_value) : hex_run(p + 1, end, 2, ret_value);
}

static bool backslash_value(const unsigned char *p, const unsigned char *end, unsigned *ret_value, const unsigned char **ret_rest)
{
    if (end - p < 2) return false;
    unsigned char c = p[1];
    *ret_rest = p + 2;
    if (c == 'u' && end - p > 2 && p[2] == '{') {
        const unsigned char *q = p + 3;
        unsigned v = 0;
        for (; q < end && ct_hex_value(*q) >= 0 && v < 0x110000; q++) v = v << 4 | (unsigned)ct_hex_value(*q);
        *ret_value = v;
        *ret_rest = q + (q < end && *q == '}');
        return q > p + 3;
    }
    if (c == 'x' || c == 'u' || c == 'U') {
        unsigned n = c == 'x' ? 2 : c == 'u' ? 4 : 8;
        *ret_rest = p + 2 + n;
        return hex_run(p + 2, end, n, ret_value);
    }
    if (c >= '0' && c <= '7') {
        const unsigned char *q = p + 1;
        unsigned v = 0;
        for (; q < end && q < p + 4 && *q >= '0' && *q <= '7' && v * 8 + (unsigned)(*q - '0') < 256; q++)
            v = v * 8 + (unsigned)(*q - '0');
        *ret_value = v;
        *ret_rest = q;
        return true;
    }
    *ret_value = c;
    return c == '\\' || c == '/' || c == '"' || c == '\'';
}

static bool ampersand_value(const unsigned char *p, const unsigned char *end, unsigned *ret_value, const unsigned char **ret_rest)
{
    if (end - p < 3) return false;
    if (p[1] != '#') return (*ret_value = entity_value(p + 1, end, ret_rest)) != 0;
    const unsigned char *q = p + 2;
    unsigned v = 0;
    bool hex = (*q | 0x20) == 'x';
    if (hex) q++;
    const unsigned char *digits = q;
    for (; q < end && v < 0x110000; q++) {
        int d = ct_hex_value(*q);
        if (d < 0 || (!hex && d > 9)) break;
        v = v * (hex ? 16u : 10u) + (unsigned)d;
    }
    *ret_value = v;
    *ret_rest = q + (q < end && *q == ';');
    return q > digits;
}

/* The escape at p: its value and where it ends. False: the bytes at p are no escape. */
static bool escape_at(const unsigned char *p, const unsigned char *end, unsigned *ret_value, const unsigned char **ret_rest)
{
    switch (*p) {
    case '%': return percent_value(p, end, ret_value, ret_rest);
    case '\\': return backslash_value(p, end, ret_value, ret_rest);
    case '&': return ampersand_value(p, end, ret_value, ret_rest);
    default: return false;
    }
}

/* Behind "\U": can the eight digits of a code point start here? They do not in C:\Users. */
static bool begins_eight(const unsigned char *p, const unsigned char *end) { return p < end && (*p == '0' || is_lead(*p)); }

/* The character `lead` (raw, or the value of an escape) stands before p: can the two be the start of "${" or of an escape
 * after one more decoding? A raw lead before raw bytes is one already, or never will be. */
static bool continues(unsigned char lead, bool raw, const unsigned char *p, const unsigned char *end)
{
    unsigned v;
    const unsigned char *rest;
    if (p >= end) return false;
    bool escaped = escape_at(p, end, &v, &rest);
    if (!escaped) v = *p;
    if (lead == '$' && *p == '#') return end - p >= 3 && p[1] == '7' && (p[2] | 0x20) == 'b'; /* HAProxy logs '{' as #7B */
    if (lead == '$') return v == '{' || (escaped ? v < 0x80 && is_lead((unsigned char)v) : v != '$' && is_lead(*p));
    if (raw && !escaped) return is_lead(*p) && *p != '$';
    if (v >= 0x80) return false;
    unsigned char c = (unsigned char)v;
    if (is_lead(c)) return c != '$';
    switch (lead) {
    case '%': return c == 'u' || c == 'U' || ct_hex_value(c) >= 0;
    case '\\': return c == 'x' || c == 'u' || (c >= '0' && c <= '7') || (c == 'U' && begins_eight(escaped ? rest : p + 1, end));
    default: return c == '#' || (escaped ? ct_ascii_alpha(c) : entity_value(p, end, &rest) != 0);
    }
}

/* A '+' or '/' (c) written as an escape breaks a base64 value into pieces too short for the run search: does a value stand
 * before it? What there is of it must decode to text, which ordinary words seldom do. Behind a '.' neither belongs to a value. */
static bool breaks_base64(const unsigned char *start, const unsigned char *escape, unsigned char c)
{
    const unsigned char *p = escape;
    for (; p > start && escape - p < 64 && ct_token_char(p[-1]); p--)
        if (ct_token_parts(p[-1]) && ct_token_starts_text(p, escape)) return true;
    unsigned char before = p > start ? p[-1] : ' ';
    if (before == '.') return c != '+' && c != '/' && ct_token_starts_text(p, escape);
    if (p < escape && before == '%') p += (*p | 0x20) == 'u' ? 5 : 2;
    else if (p < escape && before == '\\') p += *p == 'u' ? 5 : *p == 'x' ? 3 : 1;
    return p < escape && *p != '/' && ct_token_starts_text(p, escape);
}

/* An escape from `escape` to before `rest` has the value v: can it take part in a lookup? */
static bool value_matters(unsigned v, const unsigned char *start, const unsigned char *escape, const unsigned char *rest,
                          const unsigned char *end)
{
    if (v >= 0x80) return false;
    unsigned char c = (unsigned char)v, before = escape > start ? escape[-1] : ' ';
    if (is_lead(c)) return continues(c, false, rest, end);
    if (ct_ascii_digit(c) || ct_ascii_alpha(c)) return true;
    if (c == '#') return before == '&';
    if (c == '{') return before == 'u' || before == '$';
    if (c == '+' || c == '/' || c == '-' || c == '_') return breaks_base64(start, escape, c);
    return false;
}

/* hexadecimal digits plus one */
static const unsigned char hex_digit[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11,
    ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Two hexadecimal digits of a byte that takes part in nothing: all but # $ % & + - / 0-9 A-Z \ _ a-z { */
INLINE bool is_inert_pair(const unsigned char *p)
{
    static const uint16_t by_high_digit[16] = {
        0xffff, 0xffff, 0x5787, 0xfc00, 0x0001, 0x6800, 0x0001, 0xf000, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff,
    };
    unsigned high = hex_digit[p[0]], low = hex_digit[p[1]];
    return high && low && by_high_digit[high - 1] >> (low - 1) & 1;
}

/* The first letters of the names in entity_value. */
INLINE bool begins_name(const unsigned char *p)
{
    switch (p[0] << 16 | p[1] << 8 | p[2]) {
    case 'd' << 16 | 'o' << 8 | 'l': case 'l' << 16 | 'c' << 8 | 'u': case 'l' << 16 | 'b' << 8 | 'r':
    case 'l' << 16 | 'o' << 8 | 'w': case 'p' << 16 | 'e' << 8 | 'r': case 'p' << 16 | 'l' << 8 | 'u':
    case 'a' << 16 | 'm' << 8 | 'p': case 'A' << 16 | 'M' << 8 | 'P': case 'b' << 16 | 's' << 8 | 'o':
    case 'n' << 16 | 'u' << 8 | 'm': case 's' << 16 | 'o' << 8 | 'l': case 'U' << 16 | 'n' << 8 | 'd': return true;
    default: return false;
    }
}

/* What stands behind a '&', raw or from an escape, makes no reference of it. */
INLINE bool ends_ampersand(const unsigned char *p)
{
    if (*p == '%') return is_inert_pair(p + 1);
    return *p != '#' && !is_lead(*p) && !begins_name(p);
}

/* What most leads of an ordinary log are: an escape of a byte that can take part in nothing, or the '&' before a parameter. A
 * quick no; false leaves the question to the closer look. */
INLINE bool is_inert(const unsigned char *start, const unsigned char *p, const unsigned char *end)
{
    if (end - p < 12 || p == start) return false;
    switch (*p) {
    case '&':
        if (!begins_name(p + 1)) return p[1] != '#' && !is_lead(p[1]);
        return p[1] == 'a' && p[4] == ';' && ends_ampersand(p + 5); /* &amp; */
    case '\\': return p[1] == 'x' && is_inert_pair(p + 2);
    case '%':
        if (p[1] == '2' && p[2] == '6') return ends_ampersand(p + 3);
        if (p[1] == '7' && (p[2] | 0x20) == 'b') return p[-1] != '$' && p[-1] != 'u'; /* '{' */
        return is_inert_pair(p + 1);
    default: return p[1] != '{' && p[1] != '#' && !is_lead(p[1]);
    }
}

static bool lead_matters(ct_str block, size_t from, size_t at)
{
    const unsigned char *start = block.p + from, *p = block.p + at, *end = block.p + block.n, *rest;
    unsigned v;
    if (*p == '&' && end - p >= 4 && p[1] == '#' && p[2] == '2' && p[3] == '3') return true; /* "&#" as HAProxy logs it */
    return escape_at(p, end, &v, &rest) ? value_matters(v, start, p, rest, end) : continues(*p, true, p + 1, end);
}

/* Masks of 64 bytes, bit i for byte i. */
struct masks {
    uint64_t lead, token, split, newline; /* split: / + - _, which belong to a base64 value or stand between two */
};

static void masks_portable(const unsigned char *p, struct masks *m)
{
    *m = (struct masks){0};
    for (unsigned i = 0; i < 64; i++) {
        uint64_t bit = (uint64_t)1 << i;
        if (is_lead(p[i])) m->lead |= bit;
        if (ct_token_char(p[i])) m->token |= bit;
        if (ct_token_parts(p[i])) m->split |= bit;
        if (p[i] == '\n') m->newline |= bit;
    }
}

/* Bit i of rN: the N bytes up to i are token characters; one more doubling each. */
struct runs {
    uint64_t r1, r2, r4, r8, r16, r23;
};

struct scan {
    ct_str block;
    size_t from;
    uint64_t lines;
    struct runs runs; /* of the 64 bytes before */
    uint64_t split;
};

/* now shifted up by n, with the bits of the 64 bytes before. */
INLINE uint64_t carry(uint64_t now, uint64_t before, unsigned n) { return now << n | before >> (64 - n); }

INLINE struct runs runs_of(uint64_t class, const struct runs *b)
{
    struct runs r = {.r1 = class};
    r.r2 = r.r1 & carry(r.r1, b->r1, 1);
    r.r4 = r.r2 & carry(r.r2, b->r2, 2);
    r.r8 = r.r4 & carry(r.r4, b->r4, 4);
    r.r16 = r.r8 & carry(r.r8, b->r8, 8);
    r.r23 = r.r16 & carry(r.r16, b->r16, 7);
    return r;
}

_Static_assert(CT_BASE64_MIN == 23, "the run search finds runs of 23");

/* One step over 64 bytes at `at`: leads, and base64 where a run, or a part of one, reaches its shortest length. The offset of a
 * confirmed hit, or CT_STR_NONE. */
INLINE size_t step(struct scan *s, const struct masks *m, size_t at)
{
    struct runs runs = runs_of(m->token, &s->runs);
    uint64_t starts = runs.r23 & (~carry(runs.r23, s->runs.r23, 1) | carry(m->split, s->split, CT_BASE64_MIN));
    s->runs = runs, s->split = m->split;
    for (uint64_t hits = m->lead | starts; hits; hits &= hits - 1) {
        uint64_t bit = hits & -hits;
        size_t hit = at + (unsigned)__builtin_ctzll(hits);
        bool matters = bit & starts ? ct_token_run_matters(s->block, hit - (CT_BASE64_MIN - 1))
                                    : !is_inert(s->block.p + s->from, s->block.p + hit, s->block.p + s->block.n) &&
                                          lead_matters(s->block, s->from, hit);
        if (matters) {
            s->lines += (unsigned)__builtin_popcountll(m->newline & (bit - 1));
            return hit;
        }
    }
    s->lines += (unsigned)__builtin_popcountll(m->newline);
    return CT_STR_NONE;
}

/* The state that step would have left behind had it seen these 64 bytes. */
INLINE void recall(struct scan *s, uint64_t token, uint64_t split)
{
    static const struct runs none;
    s->runs = runs_of(token, &none);
    s->split = split;
}

/* The last bytes of the block, fewer than 64, padded with zeros. */
INLINE const unsigned char *padded(const struct scan *s, size_t at, unsigned char last[64])
{
    memset(last, 0, 64);
    memcpy(last, s->block.p + at, s->block.n - at);
    return last;
}

static size_t scan_portable(struct scan *s)
{
    unsigned char last[64];
    for (size_t at = s->from; at < s->block.n; at += 64) {
        struct masks m;
        masks_portable(s->block.n - at >= 64 ? s->block.p + at : padded(s, at, last), &m);
        size_t hit = step(s, &m, at);
        if (hit != CT_STR_NONE) return hit;
    }
    return CT_STR_NONE;
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,popcnt,bmi")))

/* 32 bytes, and what each may be: negative: a lead; positive: a token character. */
struct classes {
    __m256i x, class;
};

/* Constants in memory: the compiler would build them anew in every round of so large a loop. */
#define TWICE(...) {__VA_ARGS__, __VA_ARGS__}
#define SAME8(c) c, c, c, c, c, c, c, c
#define SAME32(c) {SAME8(c), SAME8(c), SAME8(c), SAME8(c)}
enum { N = 1, L = 2, M = 4, P = 8, U = 16, D = 128 }; /* digits  A-O a-o  + - /  P-Z p-z  _  $%& */
static const _Alignas(32) unsigned char class_by_low[32] =
    TWICE(N | P, N | L | P, N | L | P, N | L | P, D | N | L | P, D | N | L | P, D | N | L | P, N | L | P, N | L | P, N | L | P, L | P,
          L | M, L, L | M, L, L | M | U);
static const _Alignas(32) unsigned char class_by_high[32] = TWICE(0, 0, D | M, N, L, P | U, L, P, 0, 0, 0, 0, 0, 0, 0, 0);
static const _Alignas(32) unsigned char low_nibbles[32] = SAME32(15), backslashes[32] = SAME32('\\'), leads_alone[32] = SAME32(D),
                                        newlines_alone[32] = SAME32('\n');

AVX2 INLINE __m256i constant(const unsigned char *c) { return _mm256_load_si256((const __m256i *)(const void *)c); }

/* Two table look-ups by nibble classify a byte: the classes that both nibbles allow remain. The backslash shares no class. */
AVX2 INLINE struct classes classify(const unsigned char *p)
{
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i nibble = _mm256_and_si256(_mm256_srli_epi16(x, 4), constant(low_nibbles));
    __m256i class = _mm256_and_si256(_mm256_shuffle_epi8(constant(class_by_low), x), _mm256_shuffle_epi8(constant(class_by_high), nibble));
    __m256i backslash = _mm256_and_si256(_mm256_cmpeq_epi8(x, constant(backslashes)), constant(leads_alone));
    return (struct classes){x, _mm256_or_si256(class, backslash)};
}

AVX2 INLINE __m256i tokens_of(const struct classes *c) { return _mm256_cmpgt_epi8(c->class, _mm256_setzero_si256()); }

AVX2 INLINE uint64_t mask_of(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

AVX2 INLINE uint64_t equal(const struct classes *a, const struct classes *b, char c)
{
    __m256i v = _mm256_set1_epi8(c);
    return mask_of(_mm256_cmpeq_epi8(a->x, v), _mm256_cmpeq_epi8(b->x, v));
}

AVX2 INLINE uint64_t splits_of(const struct classes *a, const struct classes *b)
{
    return equal(a, b, '/') | equal(a, b, '+') | equal(a, b, '-') | equal(a, b, '_');
}

AVX2 INLINE struct masks masks_avx2(const struct classes *a, const struct classes *b)
{
    return (struct masks){mask_of(a->class, b->class), mask_of(tokens_of(a), tokens_of(b)), splits_of(a, b),
                          equal(a, b, '\n')};
}

/* Bit i: the aligned 8 bytes i of 64 are all token characters. */
AVX2 INLINE unsigned full_eights(const struct classes *a, const struct classes *b)
{
    __m256i all = _mm256_set1_epi8(-1);
    int lo = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(tokens_of(a), all)));
    int hi = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(tokens_of(b), all)));
    return (unsigned)(lo | hi << 4);
}

/* Bit i: the byte i of 32 is a '%' whose two digits make a byte that takes part in nothing (the table of is_inert, by groups of
 * high digits). Reads 34 bytes. */
AVX2 INLINE uint32_t inert_percents(const unsigned char *p)
{
    enum { ANY = 1, TWO = 2, THREE = 4, FOUR = 8, FIVE = 16, SEVEN = 32 };
    const __m256i high = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(ANY, ANY, TWO, THREE, FOUR, FIVE, FOUR, SEVEN, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY));
    const __m256i low = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        ANY | TWO | FOUR, ANY | TWO, ANY | TWO, ANY, ANY, ANY, ANY, ANY | TWO, ANY | TWO, ANY | TWO, ANY | TWO | THREE,
        ANY | THREE | FIVE, ANY | TWO | THREE | SEVEN, ANY | THREE | FIVE | SEVEN, ANY | TWO | THREE | FIVE | SEVEN,
        ANY | THREE | SEVEN));
    __m256i class[2];
    for (int i = 0; i < 2; i++) {
        __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(p + 1 + i));
        __m256i letter = _mm256_or_si256(c, _mm256_set1_epi8(0x20));
        __m256i is_letter = _mm256_and_si256(_mm256_cmpgt_epi8(letter, _mm256_set1_epi8('a' - 1)), _mm256_cmpgt_epi8(_mm256_set1_epi8('f' + 1), letter));
        __m256i is_digit = _mm256_and_si256(_mm256_cmpgt_epi8(c, _mm256_set1_epi8('0' - 1)), _mm256_cmpgt_epi8(_mm256_set1_epi8('9' + 1), c));
        __m256i value = _mm256_add_epi8(_mm256_and_si256(c, _mm256_set1_epi8(15)), _mm256_and_si256(is_letter, _mm256_set1_epi8(9)));
        class[i] = _mm256_and_si256(_mm256_shuffle_epi8(i ? low : high, value), _mm256_or_si256(is_letter, is_digit));
    }
    __m256i apart = _mm256_cmpeq_epi8(_mm256_and_si256(class[0], class[1]), _mm256_setzero_si256());
    __m256i percent = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)p), _mm256_set1_epi8('%'));
    return (uint32_t)_mm256_movemask_epi8(_mm256_andnot_si256(apart, percent));
}

AVX2 INLINE uint64_t sum_of(__m256i counters)
{
    __m256i sums = _mm256_sad_epu8(counters, _mm256_setzero_si256());
    return (uint64_t)_mm256_extract_epi64(sums, 0) + (uint64_t)_mm256_extract_epi64(sums, 1) + (uint64_t)_mm256_extract_epi64(sums, 2) +
           (uint64_t)_mm256_extract_epi64(sums, 3);
}

/* The leads of 64 bytes without the percent escapes that need no look one by one. */
AVX2 INLINE uint64_t leads_of(const struct scan *s, const unsigned char *p, const struct classes *a, const struct classes *b, size_t at)
{
    uint64_t leads = mask_of(a->class, b->class);
    if (leads & (leads - 1) && s->block.n - at >= 66) leads &= ~(inert_percents(p) | (uint64_t)inert_percents(p + 32) << 32);
    return leads;
}

/* 64 bytes that hold leads but no run. */
AVX2 INLINE size_t examine_leads(struct scan *s, const unsigned char *p, const struct classes *a, const struct classes *b, size_t at)
{
    uint64_t newlines = equal(a, b, '\n');
    for (uint64_t hits = leads_of(s, p, a, b, at); hits; hits &= hits - 1) {
        size_t hit = at + (unsigned)__builtin_ctzll(hits);
        if (is_inert(s->block.p + s->from, s->block.p + hit, s->block.p + s->block.n) || !lead_matters(s->block, s->from, hit)) continue;
        s->lines += (unsigned)__builtin_popcountll(newlines & ((hits & -hits) - 1));
        return hit;
    }
    s->lines += (unsigned)__builtin_popcountll(newlines);
    return CT_STR_NONE;
}

/* 64 bytes that may hold a run, or the rest of one. */
AVX2 static size_t examine(struct scan *s, const unsigned char *p, const struct classes *a, const struct classes *b, size_t at, bool forgotten)
{
    if (forgotten) {
        struct classes c = classify(s->block.p + at - 64), d = classify(s->block.p + at - 32);
        recall(s, mask_of(tokens_of(&c), tokens_of(&d)), splits_of(&c, &d));
    }
    struct masks m = masks_avx2(a, b);
    m.lead = leads_of(s, p, a, b, at);
    return step(s, &m, at);
}

/* Most 64 bytes hold no lead and no two aligned eights of token characters in a row. A run of 23 holds such a pair, wherever
 * it starts; so these bytes need no closer look, unless the pair ends just before them and the run may go on. */
AVX2 static size_t scan_avx2(struct scan *s)
{
    enum { ROUNDS = 120 };      /* then a byte of the newline counters might overflow */
    const unsigned char *const block = s->block.p;
    const size_t n = s->block.n;
    unsigned char last[64];
    unsigned before = 0;        /* full eights of the 64 bytes before */
    size_t examined = s->from;  /* end of the last examined 64 bytes */
    __m256i newlines = _mm256_setzero_si256();
    for (size_t at = s->from, round = 0; at < n; at += 64) {
        const unsigned char *p = block + at;
        if (n - at < 64) p = padded(s, at, last);
        struct classes a = classify(p), b = classify(p + 32);
        unsigned eights = full_eights(&a, &b);
        bool pair = (eights & (eights << 1 | before >> 7)) || before >> 6 == 3;
        before = eights;
        if (!pair && !_mm256_movemask_epi8(_mm256_or_si256(a.class, b.class))) {
            newlines = _mm256_sub_epi8(newlines, _mm256_cmpeq_epi8(a.x, constant(newlines_alone)));
            newlines = _mm256_sub_epi8(newlines, _mm256_cmpeq_epi8(b.x, constant(newlines_alone)));
            if (++round == ROUNDS) {
                s->lines += sum_of(newlines);
                newlines = _mm256_setzero_si256();
                round = 0;
            }
            continue;
        }
        size_t hit = pair ? examine(s, p, &a, &b, at, examined != at && at > s->from) : examine_leads(s, p, &a, &b, at);
        if (hit != CT_STR_NONE) {
            s->lines += sum_of(newlines);
            return hit;
        }
        if (pair) examined = at + 64;
    }
    s->lines += sum_of(newlines);
    return CT_STR_NONE;
}
#endif

size_t ct_prefilter_next(ct_str block, size_t from, uint64_t *lines)
{
    struct scan s = {.block = block, .from = from};
    size_t hit;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) hit = scan_avx2(&s);
    else
#endif
        hit = scan_portable(&s);
    *lines += s.lines;
    return hit;
}

bool ct_prefilter(ct_str text)
{
    uint64_t lines = 0;
    return ct_prefilter_next(text, 0, &lines) != CT_STR_NONE;
}
