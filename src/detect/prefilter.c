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

/* Names of entities whose character is '$', '{', an escape lead, '#', or ends a base64 piece. Also a prefix of a longer
 * name may match without its semicolon, so the search is by first letters. */
static bool entity_matters(const unsigned char *p, const unsigned char *end)
{
    static const ct_str names[] = {CT_STR_INIT("dollar"), CT_STR_INIT("lcub"),  CT_STR_INIT("lbrace"), CT_STR_INIT("percnt"),
                                   CT_STR_INIT("amp"),    CT_STR_INIT("AMP"),   CT_STR_INIT("bsol"),   CT_STR_INIT("num"),
                                   CT_STR_INIT("plus"),   CT_STR_INIT("sol"),   CT_STR_INIT("lowbar"), CT_STR_INIT("equals")};
    ct_str rest = {p, (size_t)(end - p)};
    if (memchr("abdelnpsA", *p, 9) == NULL) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ct_str_starts(rest, names[i])) return true;
    return false;
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

/* `at` is the 16th character of a run. */
static bool run_matters(ct_str block, size_t at)
{
    return ct_token_run_matters(block, at - (CT_BASE64_MIN - 1));
}

/* Masks of 64 bytes. */
struct masks {
    uint64_t lead, token, newline;
};

static void masks_portable(const unsigned char *p, struct masks *m)
{
    *m = (struct masks){0};
    for (unsigned i = 0; i < 64; i++) {
        uint64_t bit = (uint64_t)1 << i;
        if (is_lead(p[i])) m->lead |= bit;
        if (ct_token_char(p[i])) m->token |= bit;
        if (p[i] == '\n') m->newline |= bit;
    }
}

struct scan {
    ct_str block;
    size_t from;
    uint64_t lines;
    uint64_t run1, run2, run4, run8, run16; /* of the 64 bytes before: bit i: the 1, 2, 4 ... bytes up to i are token characters */
};

INLINE uint64_t carry(uint64_t now, uint64_t before, unsigned n) { return now << n | before >> (64 - n); }

/* One step over 64 bytes at `at` (valid: how many of them are real). The offset of a confirmed hit, or CT_STR_NONE. */
INLINE size_t step(struct scan *s, const struct masks *m, size_t at)
{
    uint64_t r1 = m->token, r2 = r1 & carry(r1, s->run1, 1), r4 = r2 & carry(r2, s->run2, 2), r8 = r4 & carry(r4, s->run4, 4),
             r16 = r8 & carry(r8, s->run8, 8);
    uint64_t hits = m->lead | (r16 & ~carry(r16, s->run16, 1));
    s->run1 = r1, s->run2 = r2, s->run4 = r4, s->run8 = r8, s->run16 = r16;
    for (; hits; hits &= hits - 1) {
        unsigned i = (unsigned)__builtin_ctzll(hits);
        bool lead = m->lead >> i & 1;
        if (lead ? lead_matters(s->block, s->from, at + i) : run_matters(s->block, at + i)) {
            s->lines += (unsigned)__builtin_popcountll(m->newline & (((uint64_t)1 << i) - 1));
            return at + i;
        }
    }
    s->lines += (unsigned)__builtin_popcountll(m->newline);
    return CT_STR_NONE;
}

typedef void masks_fn(const unsigned char *p, struct masks *m);

INLINE size_t tail(struct scan *s, size_t at, masks_fn *fn)
{
    if (at >= s->block.n) return CT_STR_NONE;
    unsigned char last[64] = {0};
    memcpy(last, s->block.p + at, s->block.n - at);
    struct masks m;
    fn(last, &m);
    return step(s, &m, at);
}

static size_t scan_portable(struct scan *s)
{
    size_t at = s->from;
    for (; s->block.n - at >= 64; at += 64) {
        struct masks m;
        masks_portable(s->block.p + at, &m);
        size_t hit = step(s, &m, at);
        if (hit != CT_STR_NONE) return hit;
    }
    return tail(s, at, masks_portable);
}

#if defined(__x86_64__)
/* Two table look-ups by nibble classify a byte: the classes that both nibbles allow remain. Bits 0-1: leads ($ % & and \),
 * bits 3-7: token characters. */
__attribute__((target("avx2"), always_inline)) static inline void masks32(const unsigned char *p, uint32_t *lead, uint32_t *token,
                                                                         uint32_t *newline)
{
    enum { D = 1, B = 2, N = 8, L = 16, M = 32, P = 64, U = 128 }; /* $%&  \  digits  A-O a-o  + - /  P-Z p-z  _ */
    const __m256i low = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        N | P, N | L | P, N | L | P, N | L | P, D | N | L | P, D | N | L | P, D | N | L | P, N | L | P,
        N | L | P, N | L | P, L | P, L | M, L | B, L | M, L, (char)(L | M | U)));
    const __m256i high = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 0, D | M, N, L, (char)(B | P | U), L, P, 0, 0, 0, 0, 0, 0, 0, 0));
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i nibble = _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(15));
    __m256i class = _mm256_and_si256(_mm256_shuffle_epi8(low, x), _mm256_shuffle_epi8(high, nibble));
    __m256i zero = _mm256_setzero_si256();
    __m256i leads = _mm256_cmpeq_epi8(_mm256_and_si256(class, _mm256_set1_epi8(D | B)), zero);
    __m256i others = _mm256_cmpeq_epi8(_mm256_and_si256(class, _mm256_set1_epi8((char)(N | L | M | P | U))), zero);
    *lead = ~(uint32_t)_mm256_movemask_epi8(leads);
    *token = ~(uint32_t)_mm256_movemask_epi8(others);
    *newline = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, _mm256_set1_epi8('\n')));
}

__attribute__((target("avx2,popcnt,bmi"), always_inline)) static inline void masks_avx2(const unsigned char *p, struct masks *m)
{
    uint32_t l0, l1, t0, t1, n0, n1;
    masks32(p, &l0, &t0, &n0);
    masks32(p + 32, &l1, &t1, &n1);
    m->lead = l0 | (uint64_t)l1 << 32;
    m->token = t0 | (uint64_t)t1 << 32;
    m->newline = n0 | (uint64_t)n1 << 32;
}

__attribute__((target("avx2,popcnt,bmi"))) static size_t scan_avx2(struct scan *s)
{
    size_t at = s->from;
    for (; s->block.n - at >= 64; at += 64) {
        struct masks m;
        masks_avx2(s->block.p + at, &m);
        size_t hit = step(s, &m, at);
        if (hit != CT_STR_NONE) return hit;
    }
    return tail(s, at, masks_avx2);
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
