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

/* Does the name of an entity start here whose character is '$', '{', an escape lead, '#', or ends a base64 piece? A prefix of
 * a longer name may match without its semicolon, so two or three letters decide. */
static bool entity_matters(const unsigned char *p, const unsigned char *end)
{
    if (end - p < 3) return false;
    switch (p[0] << 8 | p[1]) {
    case 'd' << 8 | 'o': return p[2] == 'l';                  /* dollar */
    case 'l' << 8 | 'c': return p[2] == 'u';                  /* lcub */
    case 'l' << 8 | 'b': return p[2] == 'r';                  /* lbrace */
    case 'l' << 8 | 'o': return p[2] == 'w';                  /* lowbar */
    case 'p' << 8 | 'e': return p[2] == 'r';                  /* percnt */
    case 'p' << 8 | 'l': return p[2] == 'u';                  /* plus */
    case 'a' << 8 | 'm': return p[2] == 'p';                  /* amp */
    case 'A' << 8 | 'M': return p[2] == 'P';                  /* AMP */
    case 'b' << 8 | 's': return p[2] == 'o';                  /* bsol */
    case 'n' << 8 | 'u': return p[2] == 'm';                  /* num */
    case 's' << 8 | 'o': return p[2] == 'l';                  /* sol */
    case 'e' << 8 | 'q': return p[2] == 'u';                  /* equals */
    case 'U' << 8 | 'n': return p[2] == 'd';                  /* UnderBar */
    default: return false;
    }
}

/* The bytes at p stand right behind an escape lead (raw or decoded): could they go on as an escape? */
static bool continues_escape(unsigned char lead, const unsigned char *p, const unsigned char *end)
{
    if (p >= end) return false;
    if (is_lead(*p)) return true;
    switch (lead) {
    case '$': return *p == '{';
    case '%': return *p == 'u' || *p == 'U' || ct_hex_value(*p) >= 0;
    case '\\': return *p == 'x' || *p == 'u' || *p == 'X' || *p == 'U' || (*p >= '0' && *p <= '7');
    default: return *p == '#' || entity_matters(p, end);
    }
}

/* A '+' or '/' written as an escape breaks a base64 value into pieces too short for the run search: does a value stand
 * before it? Its first bytes must decode to text, which ordinary words seldom do. */
static bool breaks_base64(const unsigned char *start, const unsigned char *escape)
{
    const unsigned char *p = escape;
    while (p > start && escape - p < 64 && ct_token_char(p[-1])) p--;
    if (escape - p < 2) return false;
    unsigned char before = p > start ? p[-1] : ' ';
    if (before == '.' || before == '%' || *p == '/') return false;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned v[2];
    for (int i = 0; i < 2; i++) {
        const char *at = memchr(alphabet, p[i], 64);
        if (!at) return false;
        v[i] = (unsigned)(at - alphabet);
    }
    unsigned first = v[0] << 2 | v[1] >> 4;
    return first >= 0x20 && first < 0x7f;
}

/* An escape from `escape` to before `rest` has the value v: can it take part in a lookup? */
static bool value_matters(unsigned v, const unsigned char *start, const unsigned char *escape, const unsigned char *rest,
                          const unsigned char *end)
{
    if (v >= 0x80) return false;
    unsigned char c = (unsigned char)v;
    if (is_lead(c)) return continues_escape(c, rest, end);
    if (ct_ascii_digit(c) || ct_ascii_alpha(c)) return true;
    if (c == '#') return escape > start && escape[-1] == '&';
    if (c == '{') return escape > start && (escape[-1] == 'u' || escape[-1] == '$');
    if (c == '+' || c == '/' || c == '-' || c == '_') return breaks_base64(start, escape);
    return false;
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

static bool percent_matters(const unsigned char *start, const unsigned char *p, const unsigned char *end)
{
    unsigned v;
    if (hex_run(p + 1, end, 2, &v)) return value_matters(v, start, p, p + 3, end);
    if (end - p > 1 && (p[1] | 0x20) == 'u') {
        if (hex_run(p + 2, end, 4, &v)) return value_matters(v, start, p, p + 6, end);
    }
    return false;
}

static bool backslash_matters(const unsigned char *start, const unsigned char *p, const unsigned char *end)
{
    unsigned v;
    if (end - p < 2) return false;
    unsigned char c = p[1];
    if (c == 'x' || c == 'X') return hex_run(p + 2, end, 2, &v) && value_matters(v, start, p, p + 4, end);
    if (c == 'u' || c == 'U') {
        if (end - p > 2 && p[2] == '{') return true;
        return hex_run(p + 2, end, 4, &v) && value_matters(v, start, p, p + 6, end);
    }
    if (c >= '0' && c <= '7') {
        const unsigned char *q = p + 1;
        for (v = 0; q < end && q < p + 4 && *q >= '0' && *q <= '7' && v * 8 + (unsigned)(*q - '0') < 256; q++)
            v = v * 8 + (unsigned)(*q - '0');
        return value_matters(v, start, p, q, end);
    }
    if (c == '\\') return continues_escape('\\', p + 2, end);
    if (c == '/') return breaks_base64(start, p);
    return false;
}

static bool ampersand_matters(const unsigned char *start, const unsigned char *p, const unsigned char *end)
{
    if (end - p < 3) return false;
    if (p[1] != '#') return ct_ascii_alpha(p[1]) && entity_matters(p + 1, end);
    const unsigned char *q = p + 2;
    unsigned v = 0;
    bool hex = q < end && (*q | 0x20) == 'x';
    if (hex) q++;
    const unsigned char *digits = q;
    for (; q < end && v < 0x110000; q++) {
        int d = ct_hex_value(*q);
        if (d < 0 || (!hex && d > 9)) break;
        v = v * (hex ? 16u : 10u) + (unsigned)d;
    }
    if (q == digits) return q < end && is_lead(*q);
    /* Without a semicolon a following digit may come from another escape: let the judge look. */
    if (q < end && *q == ';') q++;
    else if (q < end && is_lead(*q)) return true;
    return value_matters(v, start, p, q, end);
}

static bool lead_matters(ct_str block, size_t from, size_t at)
{
    const unsigned char *start = block.p + from, *p = block.p + at, *end = block.p + block.n;
    switch (*p) {
    case '$': return continues_escape('$', p + 1, end);
    case '%': return percent_matters(start, p, end);
    case '\\': return backslash_matters(start, p, end);
    default: return ampersand_matters(start, p, end);
    }
}

/* Masks of 64 bytes, bit i for byte i. */
struct masks {
    uint64_t lead, token, slash, dot, newline; /* token includes slash */
};

static void masks_portable(const unsigned char *p, struct masks *m)
{
    *m = (struct masks){0};
    for (unsigned i = 0; i < 64; i++) {
        uint64_t bit = (uint64_t)1 << i;
        if (is_lead(p[i])) m->lead |= bit;
        if (ct_token_char(p[i])) m->token |= bit;
        if (p[i] == '/') m->slash |= bit;
        if (p[i] == '.') m->dot |= bit;
        if (p[i] == '\n') m->newline |= bit;
    }
}

/* Bit i of rN: the N bytes up to i are of the class; one more doubling each. */
struct runs {
    uint64_t r1, r2, r4, r8, r16, r23;
};

struct scan {
    ct_str block;
    size_t from;
    uint64_t lines;
    struct runs element, whole; /* of the 64 bytes before: token characters without and with '/' */
    uint64_t slash, dot;
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

/* One step over 64 bytes at `at`. The offset of a confirmed hit, or CT_STR_NONE.
 *
 * A base64 value is looked for where a run reaches CT_BASE64_MIN characters. Two kinds of runs, since '/' is a
 * base64 character and, far more often, part of a path: parts between slashes, and whole runs. Of whole runs only those count
 * that a value may start: not with '/' (no text has such base64), not behind '.'; and not when their first part alone
 * reaches that length, which the first kind has seen. */
_Static_assert(CT_BASE64_MIN == 23, "the run search finds runs of 23");
INLINE size_t step(struct scan *s, const struct masks *m, size_t at)
{
    struct runs element = runs_of(m->token & ~m->slash, &s->element), whole = runs_of(m->token, &s->whole);
    uint64_t elements = element.r23 & ~carry(element.r23, s->element.r23, 1);
    uint64_t wholes = whole.r23 & ~carry(whole.r23, s->whole.r23, 1) & ~element.r23 & ~carry(m->slash, s->slash, 22) &
                      ~carry(m->dot, s->dot, 23);
    s->element = element, s->whole = whole, s->slash = m->slash, s->dot = m->dot;
    for (uint64_t hits = m->lead | elements | wholes; hits; hits &= hits - 1) {
        uint64_t bit = hits & -hits;
        size_t hit = at + (unsigned)__builtin_ctzll(hits);
        size_t start = hit - (CT_BASE64_MIN - 1);
        bool matters;
        if (bit & m->lead) matters = lead_matters(s->block, s->from, hit);
        else if (bit & elements && start > s->from && (s->block.p[start - 1] == '/' || s->block.p[start - 1] == '.'))
            matters = ct_token_element_matters(s->block, start);
        else matters = ct_token_run_matters(s->block, start);
        if (matters) {
            s->lines += (unsigned)__builtin_popcountll(m->newline & (bit - 1));
            return hit;
        }
    }
    s->lines += (unsigned)__builtin_popcountll(m->newline);
    return CT_STR_NONE;
}

/* The state that step would have left behind had it seen the 64 bytes at `at`. */
INLINE void recall(struct scan *s, const struct masks *m)
{
    static const struct runs none;
    s->element = runs_of(m->token & ~m->slash, &none);
    s->whole = runs_of(m->token, &none);
    s->slash = m->slash, s->dot = m->dot;
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

struct classes {
    __m256i x, leads, tokens; /* bytes; ff where the byte is no lead, no token character */
};

/* Two table look-ups by nibble classify a byte: the classes that both nibbles allow remain. */
AVX2 INLINE struct classes classify(const unsigned char *p)
{
    enum { D = 1, B = 2, N = 8, L = 16, M = 32, P = 64, U = 128 }; /* $%&  \  digits  A-O a-o  + - /  P-Z p-z  _ */
    const __m256i low = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        N | P, N | L | P, N | L | P, N | L | P, D | N | L | P, D | N | L | P, D | N | L | P, N | L | P,
        N | L | P, N | L | P, L | P, L | M, L | B, L | M, L, (char)(L | M | U)));
    const __m256i high = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 0, D | M, N, L, (char)(B | P | U), L, P, 0, 0, 0, 0, 0, 0, 0, 0));
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p), zero = _mm256_setzero_si256();
    __m256i nibble = _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(15));
    __m256i class = _mm256_and_si256(_mm256_shuffle_epi8(low, x), _mm256_shuffle_epi8(high, nibble));
    return (struct classes){x, _mm256_cmpeq_epi8(_mm256_and_si256(class, _mm256_set1_epi8(D | B)), zero),
                            _mm256_cmpeq_epi8(_mm256_and_si256(class, _mm256_set1_epi8((char)(N | L | M | P | U))), zero)};
}

AVX2 INLINE uint64_t mask_of(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

AVX2 INLINE uint64_t equal(const struct classes *a, const struct classes *b, char c)
{
    __m256i v = _mm256_set1_epi8(c);
    return mask_of(_mm256_cmpeq_epi8(a->x, v), _mm256_cmpeq_epi8(b->x, v));
}

AVX2 INLINE struct masks masks_avx2(const struct classes *a, const struct classes *b)
{
    return (struct masks){~mask_of(a->leads, b->leads), ~mask_of(a->tokens, b->tokens), equal(a, b, '/'), equal(a, b, '.'),
                          equal(a, b, '\n')};
}

/* Bit i: the aligned 8 bytes i of 64 are all token characters. */
AVX2 INLINE unsigned full_eights(const struct classes *a, const struct classes *b)
{
    __m256i zero = _mm256_setzero_si256();
    int lo = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(a->tokens, zero)));
    int hi = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(b->tokens, zero)));
    return (unsigned)(lo | hi << 4);
}

/* Most 64 bytes hold no lead and no two aligned eights of token characters in a row. A run of 23 holds such a pair, wherever
 * it starts; so these bytes need no closer look, unless the pair ends just before them and the run may go on. */
AVX2 static size_t scan_avx2(struct scan *s)
{
    unsigned char last[64];
    unsigned before = 0;        /* full eights of the 64 bytes before */
    size_t examined = s->from;  /* end of the last examined 64 bytes */
    for (size_t at = s->from; at < s->block.n; at += 64) {
        const unsigned char *p = s->block.n - at >= 64 ? s->block.p + at : padded(s, at, last);
        struct classes a = classify(p), b = classify(p + 32);
        unsigned eights = full_eights(&a, &b);
        bool leads = !_mm256_testc_si256(_mm256_and_si256(a.leads, b.leads), _mm256_set1_epi8(-1));
        bool pair = (eights & (eights << 1 | before >> 7)) || before >> 6 == 3;
        before = eights;
        if (!pair) {
            uint64_t newlines = equal(&a, &b, '\n');
            for (uint64_t hits = leads ? ~mask_of(a.leads, b.leads) : 0; hits; hits &= hits - 1) {
                size_t hit = at + (unsigned)__builtin_ctzll(hits);
                if (!lead_matters(s->block, s->from, hit)) continue;
                s->lines += (unsigned)__builtin_popcountll(newlines & ((hits & -hits) - 1));
                return hit;
            }
            s->lines += (unsigned)__builtin_popcountll(newlines);
            continue;
        }
        if (examined != at && at > s->from) {
            struct classes c = classify(s->block.p + at - 64), d = classify(s->block.p + at - 32);
            struct masks m = masks_avx2(&c, &d);
            recall(s, &m);
        }
        struct masks m = masks_avx2(&a, &b);
        size_t hit = step(s, &m, at);
        if (hit != CT_STR_NONE) return hit;
        examined = at + 64;
    }
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
