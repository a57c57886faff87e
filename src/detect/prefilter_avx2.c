/* The prefilter's search with vectors of 32 bytes. prefilter.c says how it works and holds the portable twin.
 *
 * The search goes by chunks of 64 words of 64 bytes. What a step finds out about a byte is a bit in the word's mask; what it finds
 * out about a word is a bit in the chunk's, which tells the next step where to look. So a step runs over its words without guesses:
 * in text, a processor would guess every second one wrong, and that costs as much as looking at a word.
 */
#include "detect/prefilter.h"

#include "detect/verdict.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt,bmi,bmi2")))

typedef unsigned char vector[32];

#define SAME8(c) c, c, c, c, c, c, c, c
#define SAME(c) {SAME8(c), SAME8(c), SAME8(c), SAME8(c)}
#define TABLE(...) {__VA_ARGS__, __VA_ARGS__} /* by the low four bits of a byte; a byte from 0x80 on finds 0 */

/* Pairs of hexadecimal digits, by groups of first digits: FOUR is six, too. The last three need a look at what is around them. */
enum { TWO = 1, THREE = 2, FOUR = 4, FIVE = 8, SEVEN = 16, ALWAYS = 31, SPLIT = 32, BRACE = 64, AMPERSAND = 128 };
/* Names of references, by their first three letters: dol sol; lcu low; per plu; lbr; ... */
enum { DOL = 1, LCU = 2, PER = 4, LBR = 8, BSO = 16, NUM = 32, UND = 64, AMP = 128 };
/* Token characters: digits; A-O a-o; + - /; P-Z p-z; _ */
enum { N = 1, L = 2, M = 4, P = 8, U = 16 };

struct tables {
    _Alignas(32) vector newline, percent, ampersand, backslash, dollar, semicolon, x, u, blank, low_half, up_40, down_40, brace, always, splits;
    vector leads, special, dollar_u, harmless, separators;                         /* each byte of a list under its low half */
    vector first_digit, second_digit, second_letter, name_1, name_2, name_3, token_low, token_high; /* classes */
};

static const struct tables all_tables = {
    .newline = SAME('\n'), .percent = SAME('%'), .ampersand = SAME('&'), .backslash = SAME('\\'), .dollar = SAME('$'),
    .semicolon = SAME(';'), .x = SAME('x'), .u = SAME('u'), .blank = SAME(' '), .low_half = SAME(15), .up_40 = SAME(0x40),
    .down_40 = SAME(0xc0), .brace = SAME(BRACE), .always = SAME(ALWAYS), .splits = SAME(M | U),
    .leads = TABLE(1, 0, 0, 0, '$', '%', '&', 0, 0, 0, 0, 0, '\\', 0, 0, 0),
    .special = TABLE(1, 0, 0, '#', '$', '%', '&', 0, 0, 0, 0, '{', '\\', 0, 0, 0),
    .dollar_u = TABLE(1, 0, 0, 0, '$', 'u', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    .harmless = TABLE('p', 'a', '"', 's', 't', 'e', 'f', 'w', 'x', 'i', 'j', 'k', 'l', 'm', 'n', 'o'), /* behind a backslash */
    .separators = TABLE(' ', '!', '"', '#', '$', '%', '&', '\'', '(', ')', ':', ';', '\\', '=', '.', '?'),
    /* # $ % & + - / 0-9 A-Z \ _ a-z {; pairs that are no digits may pass too */
    .first_digit = TABLE(0, 0, TWO | SPLIT | AMPERSAND, THREE, FOUR, FIVE, FOUR, SEVEN | BRACE, 0, 0, 0, 0, 0, 0, 0, 0),
    .second_digit = TABLE(THREE | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN,
                          TWO | THREE | FOUR | FIVE | SEVEN, TWO | THREE | FOUR | FIVE | SEVEN, TWO | THREE | FOUR | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN | AMPERSAND,
                          THREE | FOUR | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN, 0, 0, 0, 0, 0, 0),
    .second_letter = TABLE(0, FOUR | FIVE | SEVEN, FOUR | SPLIT | BRACE, FOUR | FIVE, FOUR | SPLIT, FOUR, FOUR | FIVE | SPLIT, 0, 0, 0, 0, 0,
                           0, 0, 0, 0),
    .name_1 = TABLE(PER, AMP, BSO, DOL, DOL, UND, 0, 0, 0, 0, 0, 0, LCU | LBR, 0, NUM, 0),
    .name_2 = TABLE(0, 0, LBR, LCU | BSO, 0, PER | NUM, 0, 0, 0, 0, 0, 0, PER, AMP, UND, DOL | LCU),
    .name_3 = TABLE(AMP, 0, PER | LBR, 0, UND, PER | LCU, 0, LCU, 0, 0, 0, 0, DOL, NUM, 0, BSO),
    .token_low = TABLE(N | P, N | L | P, N | L | P, N | L | P, N | L | P, N | L | P, N | L | P, N | L | P, N | L | P, N | L | P, L | P, L | M, L,
                       L | M, L, L | M | U),
    .token_high = TABLE(0, 0, M, N, L, P | U, L, P, 0, 0, 0, 0, 0, 0, 0, 0),
};

AVX2 CT_INLINE __m256i load(const unsigned char *p) { return _mm256_loadu_si256((const __m256i *)(const void *)p); }
AVX2 CT_INLINE __m256i both(__m256i a, __m256i b) { return _mm256_and_si256(a, b); }
AVX2 CT_INLINE __m256i either(__m256i a, __m256i b) { return _mm256_or_si256(a, b); }
AVX2 CT_INLINE __m256i but_not(__m256i a, __m256i b) { return _mm256_andnot_si256(b, a); }
AVX2 CT_INLINE __m256i is_none(__m256i x) { return _mm256_cmpeq_epi8(x, _mm256_setzero_si256()); }
AVX2 CT_INLINE __m256i equal(__m256i x, const unsigned char *same) { return _mm256_cmpeq_epi8(x, load(same)); }
AVX2 CT_INLINE __m256i plus(__m256i x, const unsigned char *same) { return _mm256_add_epi8(x, load(same)); }
AVX2 CT_INLINE __m256i find(const unsigned char *table, __m256i x) { return _mm256_shuffle_epi8(load(table), x); }
AVX2 CT_INLINE __m256i among(const unsigned char *table, __m256i x) { return _mm256_cmpeq_epi8(find(table, x), x); }

AVX2 CT_INLINE uint32_t bits(__m256i a) { return (uint32_t)_mm256_movemask_epi8(a); }
AVX2 CT_INLINE uint64_t join(__m256i a, __m256i b) { return bits(a) | (uint64_t)bits(b) << 32; }

/* FIRST: words of the first chunk, since behind a hit often the next one is near. BEFORE, BEHIND: bytes around a word that are
 * looked at with it. */
enum { WORD = 64, WORDS = 64, FIRST = 8, BEFORE = 3, BEHIND = 4 };

struct chunk {
    const struct tables *t;
    size_t at, words, most; /* most: words it may have */
    size_t inner, n_inner;      /* words from `inner` on whose surroundings lie in the block */
    uint64_t has_lead[2], has_run; /* a bit for each word; of leads, one for each half of it */
    uint32_t lead[2 * WORDS];         /* by half word */
    uint32_t closed[2 * (1 + WORDS)]; /* the same: bytes known to end a run; the first word is the one before the chunk */
    uint64_t hits[WORDS], starts[WORDS], has_hit; /* starts: only where has_run */
    unsigned char padded[BEFORE + WORD + 32];
};

/* At either end of the block: a copy among zeros. */
AVX2 static const unsigned char *outer_word_at(const struct ct_search *s, struct chunk *c, size_t i)
{
    const unsigned char *p = s->block.p + c->at + i * WORD;
    size_t before = (size_t)(p - s->block.p) - s->from, left = (size_t)(s->block.p + s->block.n - p);
    if (before > BEFORE) before = BEFORE;
    if (left > WORD + BEHIND) left = WORD + BEHIND;
    memset(c->padded, 0, sizeof c->padded);
    memcpy(c->padded + BEFORE - before, p - before, before + left);
    return c->padded + BEFORE;
}

/* The bytes of a word and those around it. */
AVX2 CT_INLINE const unsigned char *word_at(const struct ct_search *s, struct chunk *c, size_t i)
{
    return i - c->inner < c->n_inner ? s->block.p + c->at + i * WORD : outer_word_at(s, c, i);
}

/* 1. Which words hold a lead, and in which may a run of token characters end? */

/* What the survey of a half word needs, held in registers. */
struct surveyor {
    __m256i leads, separators, newline, count; /* count: of newlines, in each place of a vector */
};

AVX2 CT_INLINE void survey_half(struct surveyor *v, const unsigned char *p, uint32_t *lead, uint32_t *closed)
{
    __m256i x = load(p);
    *lead = bits(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(v->leads, x), x));
    /* From 0x80 on the highest bit says by itself that a byte ends a run. */
    *closed = bits(either(x, _mm256_cmpeq_epi8(_mm256_shuffle_epi8(v->separators, x), x)));
    v->count = _mm256_sub_epi8(v->count, _mm256_cmpeq_epi8(x, v->newline));
}

AVX2 CT_INLINE void survey_word(struct surveyor *v, struct chunk *c, const unsigned char *p, size_t i)
{
    survey_half(v, p, c->lead + 2 * i, c->closed + 2 + 2 * i);
    survey_half(v, p + 32, c->lead + 2 * i + 1, c->closed + 3 + 2 * i);
}

/* ct_bits_runs of four words at once. */
AVX2 CT_INLINE unsigned words_with_run(const uint32_t *closed)
{
    static const int steps[] = {1, 2, 4, 8, 7};
    const __m256i all = _mm256_set1_epi8(-1);
    __m256i before = but_not(all, _mm256_loadu_si256((const __m256i *)(const void *)closed));
    __m256i now = but_not(all, _mm256_loadu_si256((const __m256i *)(const void *)(closed + 2)));
    for (int i = 0; i < 5; i++) {
        now = both(now, either(_mm256_slli_epi64(now, steps[i]), _mm256_srli_epi64(before, 64 - steps[i])));
        before = both(before, _mm256_slli_epi64(before, steps[i]));
    }
    __m256i none = _mm256_cmpeq_epi64(now, _mm256_setzero_si256());
    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(none)) ^ 15;
}

/* Of four words, a bit for each half that is not zero. */
AVX2 CT_INLINE uint64_t halves_with_lead(const uint32_t *lead)
{
    __m256i none = _mm256_cmpeq_epi32(_mm256_loadu_si256((const __m256i *)(const void *)lead), _mm256_setzero_si256());
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(none)) ^ 255;
}

/* Returns the newlines, counted in each place of a vector. */
AVX2 CT_INLINE __m256i survey(const struct ct_search *s, struct chunk *c)
{
    const unsigned char *p = s->block.p + c->at;
    size_t left = s->block.n - c->at, whole = left / WORD < c->most ? left / WORD : c->most;
    uint64_t has_lead[2] = {0}, has_run = 0;
    size_t surrounded = left >= BEHIND ? (left - BEHIND) / WORD : 0;
    c->inner = c->at - s->from < BEFORE;
    c->n_inner = surrounded > c->inner ? surrounded - c->inner : 0;
    struct surveyor v = {load(c->t->leads), load(c->t->separators), load(c->t->newline), _mm256_setzero_si256()};
    bool first = c->at == s->from;
    c->closed[0] = first ? UINT32_MAX : c->closed[2 * c->words]; /* of the chunk before, which was whole */
    c->closed[1] = first ? UINT32_MAX : c->closed[2 * c->words + 1];
    for (size_t i = 0; i < whole; i++) survey_word(&v, c, p + i * WORD, i);
    c->words = whole;
    if (whole < c->most && left % WORD) {
        survey_word(&v, c, word_at(s, c, whole), whole);
        c->words++;
    }
    for (size_t i = 2 * c->words; i % 8; i++) c->lead[i] = 0, c->closed[2 + i] = UINT32_MAX;
    for (size_t i = 0; i < c->words; i += 4) {
        has_run |= (uint64_t)words_with_run(c->closed + 2 * i) << i;
        has_lead[i / 32] |= halves_with_lead(c->lead + 2 * i) << (2 * i % 64);
    }
    c->has_lead[0] = has_lead[0], c->has_lead[1] = has_lead[1];
    c->has_run = has_run;
    return v.count;
}

/* 2. Which leads may matter? The conditions are those of ct_lead_matters, or wider. */

/* The groups that the bytes behind may belong to. */
AVX2 CT_INLINE __m256i pair_groups(const struct tables *t, __m256i first, __m256i second)
{
    /* Moved by 0x40, digits stay below 0x80 and letters do not, or the other way round: one look-up sees digits, one letters. */
    __m256i one = find(t->first_digit, plus(first, t->up_40));
    return both(one, either(find(t->second_digit, plus(second, t->up_40)), find(t->second_letter, plus(second, t->down_40))));
}

/* By the low half of three letters alone: few others agree. */
AVX2 CT_INLINE __m256i names(const struct tables *t, __m256i a, __m256i b, __m256i c)
{
    return both(find(t->name_1, a), both(find(t->name_2, b), find(t->name_3, c)));
}

#define LAST(n) (~UINT32_C(0) << (32 - (n))) /* of these n bytes, what stands behind is not known */

/* Of 32 bytes at p; open: those before which a token may stand. */
AVX2 CT_INLINE uint32_t suspects(const struct tables *t, const unsigned char *p, uint32_t open)
{
    __m256i x = load(p), a = load(p + 1), b = load(p + 2), c = load(p + 3);
    __m256i is_percent = equal(x, t->percent), is_ampersand = equal(x, t->ampersand), is_backslash = equal(x, t->backslash);
    __m256i next = among(t->special, a), wide = equal(either(a, load(t->blank)), t->u); /* of %uXXXX */
    __m256i group = pair_groups(t, a, b), name = names(t, a, b, c);
    __m256i digits = both(group, either(load(t->always), both(among(t->dollar_u, load(p - 1)), load(t->brace)))); /* ${ or u{ */
    __m256i percent = but_not(is_percent, but_not(is_none(digits), either(wide, next)));
    __m256i escape = either(percent, either(but_not(is_backslash, among(t->harmless, a)), both(equal(x, t->dollar), next)));
    __m256i is_split = but_not(both(is_percent, _mm256_slli_epi16(group, 2)), equal(load(p - 3), t->percent)); /* see breaks_base64 */

    uint32_t refers = ~bits(but_not(is_none(name), next)); /* would a '&' here refer to something? */
    uint32_t entity = bits(both(both(is_ampersand, name), equal(load(p + 4), t->semicolon))); /* &amp; */
    uint32_t ampersand = (entity & (refers >> 4 | LAST(4))) | (bits(is_ampersand) & ~entity & refers);
    uint32_t encoded = bits(both(is_percent, group)) & (refers >> 2 | LAST(2)); /* %26 */
    uint32_t hex = bits(both(is_backslash, equal(a, t->x))) & (~bits(is_none(group)) >> 1 | LAST(1)); /* \xHH */
    return bits(escape) | ampersand | encoded | (bits(is_split) & open) | hex;
}

/* 3. Where do runs begin? Only now are characters classified exactly: by two look-ups, whose common classes remain. */

AVX2 CT_INLINE void classify(const struct tables *t, const unsigned char *p, uint64_t *ret_token, uint64_t *ret_split)
{
    __m256i token_not[2], split_not[2];
    for (int i = 0; i < 2; i++) {
        __m256i x = load(p + 32 * i);
        __m256i class = both(find(t->token_low, x), find(t->token_high, both(_mm256_srli_epi16(x, 4), load(t->low_half))));
        token_not[i] = is_none(class);
        split_not[i] = is_none(both(class, load(t->splits)));
    }
    *ret_token = ~join(token_not[0], token_not[1]);
    *ret_split = ~join(split_not[0], split_not[1]);
}

AVX2 CT_INLINE uint64_t run_starts(const struct ct_search *s, const struct tables *t, const unsigned char *p, size_t at)
{
    struct ct_bits token = {0}, split = {0};
    classify(t, p, &token.now, &split.now);
    if (at - s->from >= WORD) classify(t, s->block.p + at - WORD, &token.before, &split.before);
    return ct_bits_starts(token, split);
}

/* 4. What is left one by one, in its order. */

AVX2 CT_INLINE void look_at_leads(const struct ct_search *s, struct chunk *c)
{
    for (unsigned k = 0; k < 2; k++)
        for (uint64_t left = c->has_lead[k]; left; left &= left - 1) {
            unsigned half = 64 * k + (unsigned)__builtin_ctzll(left), i = half / 2, from = 32 * (half % 2);
            uint64_t found = suspects(c->t, word_at(s, c, i) + from, ~(c->closed[2 + half] << 1 | (from ? c->closed[1 + half] >> 31 : 0)));
            c->hits[i] |= found << from;
            c->has_hit |= (uint64_t)(found != 0) << i;
        }
}

AVX2 CT_INLINE void look_at_runs(const struct ct_search *s, struct chunk *c)
{
    for (uint64_t left = c->has_run; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        uint64_t found = run_starts(s, c->t, word_at(s, c, i), c->at + i * WORD), kept = 0;
        for (uint64_t rest = found; rest; rest &= rest - 1) {
            size_t at = c->at + i * WORD + (unsigned)__builtin_ctzll(rest) - (CT_BASE64_MIN - 1);
            kept |= ct_token_run_is_inert(s->block, at) ? 0 : rest & -rest;
        }
        c->starts[i] = kept;
        c->hits[i] |= kept;
        c->has_hit |= (uint64_t)(kept != 0) << i;
    }
}

AVX2 CT_INLINE size_t confirm(const struct ct_search *s, const struct chunk *c)
{
    size_t hit = CT_STR_NONE;
    for (uint64_t left = c->has_hit; left && hit == CT_STR_NONE; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        hit = ct_search_confirm(s, c->at + i * WORD, c->hits[i], c->has_run >> i & 1 ? c->starts[i] : 0);
    }
    return hit;
}

AVX2 CT_INLINE uint64_t sum_of(__m256i counters)
{
    __m256i sums = _mm256_sad_epu8(counters, _mm256_setzero_si256());
    return (uint64_t)_mm256_extract_epi64(sums, 0) + (uint64_t)_mm256_extract_epi64(sums, 1) + (uint64_t)_mm256_extract_epi64(sums, 2) +
           (uint64_t)_mm256_extract_epi64(sums, 3);
}

AVX2 static uint64_t newlines_in(const struct tables *t, const unsigned char *p, size_t n)
{
    uint64_t lines = 0;
    for (; n >= 32; p += 32, n -= 32) lines += (unsigned)__builtin_popcount(bits(equal(load(p), t->newline)));
    for (; n; p++, n--) lines += *p == '\n';
    return lines;
}

AVX2 size_t ct_prefilter_avx2(struct ct_search *s)
{
    struct chunk c;
    c.t = &all_tables;
    __asm__("" : "+r"(c.t)); /* else the compiler, knowing the constants, builds each anew with three instructions where it is used */
    c.most = FIRST;
    for (c.at = s->from; c.at < s->block.n; c.at += c.words * WORD, c.most = WORDS) {
        __m256i count = survey(s, &c);
        memset(c.hits, 0, c.words * sizeof *c.hits);
        c.has_hit = 0;
        look_at_leads(s, &c);
        look_at_runs(s, &c);
        size_t hit = confirm(s, &c);
        s->lines += hit == CT_STR_NONE ? sum_of(count) : newlines_in(c.t, s->block.p + c.at, hit - c.at);
        if (hit != CT_STR_NONE) return hit;
    }
    return CT_STR_NONE;
}

bool ct_prefilter_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"); }
#else
size_t ct_prefilter_avx2(struct ct_search *s) { return s->block.n ? s->from : CT_STR_NONE; /* never called */ }
bool ct_prefilter_has_avx2(void) { return false; }
#endif
