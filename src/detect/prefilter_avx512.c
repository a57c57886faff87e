/* The prefilter's search with vectors of 64 bytes. prefilter.c says how it works and holds the portable twin; prefilter_avx2.c says
 * why words are listed.
 *
 * One look-up tells the class of every character exactly. So runs of token characters are measured, for eight words at once, and
 * looked at only where one is long enough.
 *
 * What a processor does badly is to hand a comparison's bits over, two cycles for 64 bytes, as long as four additions take. Where many
 * questions are asked of a byte, they are asked by look-ups and logic, and one comparison in the end tells whether anything is left.
 * And Zen 4 does only one operation of three vectors a cycle, look-ups in 128 bytes among them: where six bits of a byte tell enough, 64
 * will do.
 */
#include "detect/prefilter.h"

#include "base/unset.h"
#include "detect/verdict.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx512vpopcntdq,gfni,popcnt,bmi,bmi2")))

/* A chunk has up to WORDS times 64 bytes: what is kept of it lies on the stack, of which the compiler touches each page, for short
 * texts too. FIRST: the first chunk, since behind a hit often the next one is near. BEFORE, BEHIND: bytes around 64 that are looked at
 * with them. */
enum { FIRST = 8, WORDS = 120, BEFORE = 3, BEHIND = 4 };

typedef unsigned char vector[64];
typedef unsigned char characters[128]; /* by a byte without its highest bit */

/* Of a byte behind a '%', and of the one behind that: groups of first digits; FIVE is seven, SIX four, too. SPLIT needs a look at what
 * stands before, AMPERSAND at what follows. OPEN: an escape may start here later, whatever follows. */
enum { AMPERSAND = 1, TWO = 2, THREE = 4, FIVE = 16, SIX = 32, OPEN = 64, SPLIT = 128 };
/* Of a byte behind another lead: the two may start something; DIGITS: if a pair of digits follows that matters. */
enum { DIGITS = 1, DOLLAR = 2, AND = 4, BACKSLASH = 8, ANY = DOLLAR | AND | BACKSLASH };
/* Of three bytes behind a '&', names of references, by their first letters: dol sol bso; lcu lbr low per plu Und; num; amp. */
enum { SOL = 16, CUB = 32, NUM = 64, AMP = 128 };

/* # $ % & + - / 0-9 A-Z \ _ a-z; '|' and pairs that are no digits may pass too */
enum { ONE_UP = THREE | FIVE | SIX, THREE_UP = ONE_UP | TWO, A = FIVE | SIX, B = SIX | SPLIT, F = A | SPLIT };
static const _Alignas(64) characters first_digit = {
    ['2'] = AMPERSAND | TWO | SPLIT, ['3'] = THREE, ['4'] = SIX, ['5'] = FIVE, ['6'] = SIX, ['7'] = FIVE,
    ['#'] = OPEN, ['$'] = OPEN, ['%'] = OPEN, ['&'] = OPEN, ['\\'] = OPEN, ['{'] = OPEN, ['U'] = OPEN, ['u'] = OPEN,
};
static const _Alignas(64) vector second_digit = { /* by the low six bits */
    ['0'] = THREE | FIVE, CT_TWO('1', ONE_UP), CT_TWO('3', THREE_UP), ['5'] = THREE_UP, ['6'] = ONE_UP | AMPERSAND,
    CT_TWO('7', ONE_UP), ['9'] = ONE_UP, ['A' - 64] = A, ['B' - 64] = B, ['C' - 64] = A, ['D' - 64] = B, ['E' - 64] = SIX, ['F' - 64] = F,
    ['a' - 64] = A, ['b' - 64] = B, ['c' - 64] = A, ['d' - 64] = B, ['e' - 64] = SIX, ['f' - 64] = F,
};
static const _Alignas(64) characters behind = {
    ['#'] = DOLLAR | AND, ['$'] = ANY, ['%'] = DIGITS | DOLLAR | BACKSLASH, ['&'] = ANY, ['/'] = BACKSLASH, CT_FOUR('0', BACKSLASH),
    CT_FOUR('4', BACKSLASH), ['U'] = BACKSLASH | CUB, ['\\'] = ANY, ['u'] = BACKSLASH, ['x'] = DIGITS, ['{'] = DOLLAR | AND,
    ['A'] = AMP, ['a'] = AMP, ['b'] = SOL, ['d'] = SOL, ['l'] = CUB, ['n'] = NUM, ['p'] = CUB, ['s'] = SOL,
};
/* Of a byte before a '%': it may be the end of a value. */
static const _Alignas(64) characters ends_value = {
    ['+'] = SPLIT, ['-'] = SPLIT, ['/'] = SPLIT, ['_'] = SPLIT, CT_FOUR('0', SPLIT), CT_FOUR('4', SPLIT), CT_TWO('8', SPLIT),
    CT_TWO('A', SPLIT), CT_FOUR('C', SPLIT), CT_FOUR('G', SPLIT), CT_SIXTEEN('K', SPLIT), CT_TWO('a', SPLIT), CT_FOUR('c', SPLIT),
    CT_FOUR('g', SPLIT), CT_SIXTEEN('k', SPLIT),
};
/* For each lead, what makes it one that may matter: any group of its pair of digits, or what stands behind it. */
enum { NAMED = 1 };
static const _Alignas(64) characters matters = {['$'] = DOLLAR, ['%'] = 255 & ~BACKSLASH, ['&'] = NAMED, ['\\'] = DIGITS | BACKSLASH};

/* By the low four bits of a byte; a byte from 0x80 on finds 0. */
#define QUARTERS(...) {__VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__}
#define FOUR(i, step) (i), (i) + (step), (i) + 2 * (step), (i) + 3 * (step)
#define EIGHT(i, step) FOUR(i, step), FOUR((i) + 4 * (step), step)
#define SIXTEEN(i) EIGHT(i, 1), EIGHT((i) + 8, 1)
#define FROM(i) {SIXTEEN(i), SIXTEEN((i) + 16), SIXTEEN((i) + 32), SIXTEEN((i) + 48)}
static const struct tables {
    _Alignas(64) vector name_2, name_3;
    vector by_1, by_2, by_4;     /* places of bytes further on */
    vector by_class, last_first; /* see survey_two, turned */
    vector three_of_four;        /* see begin_text */
    characters no_text;          /* control characters */
} all_tables = {
    .name_2 = QUARTERS(0, 0, CUB, CUB | SOL, 0, CUB | NUM, 0, 0, 0, 0, 0, 0, CUB, AMP, CUB, CUB | SOL),
    .name_3 = QUARTERS(AMP, 0, CUB, 0, CUB, CUB, 0, CUB, 0, 0, 0, 0, SOL, NUM, 0, SOL),
    .by_1 = FROM(1), .by_2 = FROM(2), .by_4 = FROM(4),
    .by_class = {EIGHT(56, -8), EIGHT(120, -8), EIGHT(57, -8), EIGHT(121, -8), EIGHT(58, -8), EIGHT(122, -8)},
    .last_first = QUARTERS(EIGHT(7, -1), EIGHT(15, -1)),
    .three_of_four = QUARTERS(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 7, 11, 15),
    .no_text = {CT_FOUR(0, 1), CT_FOUR(4, 1), [8] = 1, CT_TWO(11, 1), CT_TWO(14, 1), CT_SIXTEEN(16, 1), [127] = 1},
};

/* Half of `characters` each. */
struct table {
    __m512i low, high;
};

AVX512 CT_INLINE __m512i load(const void *p) { return _mm512_loadu_si512(p); }
AVX512 CT_INLINE void store(void *p, __m512i x) { _mm512_storeu_si512(p, x); }
AVX512 CT_INLINE __m512i all(int c) { return _mm512_set1_epi8((char)c); }
AVX512 CT_INLINE __m512i both(__m512i a, __m512i b) { return _mm512_and_si512(a, b); }
AVX512 CT_INLINE __m512i differs(__m512i a, __m512i b) { return _mm512_xor_si512(a, b); }
AVX512 CT_INLINE __m512i at_most(__m512i a, __m512i b) { return _mm512_min_epu8(a, b); }
/* a & b & c; a | b | c; a & (b | c); a | (b & c); (a ^ b) | c; b where a has ones, else c */
AVX512 CT_INLINE __m512i all_three(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0x80); }
AVX512 CT_INLINE __m512i any_of(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0xfe); }
AVX512 CT_INLINE __m512i and_either(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0xe0); }
AVX512 CT_INLINE __m512i or_both(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0xf8); }
AVX512 CT_INLINE __m512i differs_or(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0xbe); }
AVX512 CT_INLINE __m512i choose(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0xca); }
AVX512 CT_INLINE uint64_t equal(__m512i x, int c) { return _mm512_cmpeq_epi8_mask(x, all(c)); }
AVX512 CT_INLINE uint64_t has(__m512i x, int bits) { return _mm512_test_epi8_mask(x, all(bits)); }
AVX512 CT_INLINE struct table table(const unsigned char *of) { return (struct table){load(of), load(of + 64)}; }
AVX512 CT_INLINE __m512i find(struct table t, __m512i x) { return _mm512_permutex2var_epi8(t.low, x, t.high); }
/* A byte from 0x80 on finds what 127 does: 0. */
AVX512 CT_INLINE __m512i find_exactly(struct table t, __m512i x) { return find(t, at_most(x, all(127))); }

/* Some words of a chunk, in their order. Written by eight. */
struct words {
    size_t n;
    uint16_t at[WORDS + 8];
};

/* Some bytes of a chunk, in their order. Read by four. */
struct places {
    size_t n;
    uint16_t at[64 * WORDS + 4];
};

struct chunk {
    const struct tables *t;
    size_t at, n, most; /* it has n words, and may have `most` */
    struct {
        uint64_t lead[2], token[2];
    } planes[WORDS / 2 + 4];     /* of two words each, the first byte highest */
    uint64_t reached[WORDS + 8]; /* where runs have reached their shortest length */
    vector rows[3];              /* see reached: of the last eight words of the chunk before, which was whole */
    struct words leads, runs;
    uint64_t suspects[WORDS];    /* in the words of leads */
    struct places starts;        /* where runs reach it that may be values */
};

/* The 64 bytes that begin `off` behind the block's byte `at`; zeros outside [from, n). */
AVX512 CT_INLINE __m512i load_within(const struct ct_search *s, size_t at, ptrdiff_t off)
{
    ptrdiff_t first = (ptrdiff_t)at + off, before = (ptrdiff_t)s->from - first, left = (ptrdiff_t)s->block.n - first;
    uint64_t valid = left >= 64 ? UINT64_MAX : left > 0 ? ((uint64_t)1 << left) - 1 : 0;
    if (before > 0) valid &= UINT64_MAX << before;
    return _mm512_maskz_loadu_epi8(valid, (const unsigned char *)((uintptr_t)s->block.p + (uintptr_t)first));
}

/* Behind n words come those of eight whose bits are set. Returns how many there are then. */
AVX512 CT_INLINE size_t list_eight(struct words *l, size_t n, __mmask8 set, __m128i eight)
{
    _mm_storeu_si128((__m128i *)(void *)(l->at + n), _mm_maskz_compress_epi16(set, eight));
    return n + (unsigned)__builtin_popcount(set);
}

/* 1. Which words hold a lead, and in which is a run of token characters long enough? */

/* Matrices of eight by eight bits, each with bit i in its row i. */
AVX512 CT_INLINE __m512i unit(void) { return _mm512_set1_epi64((long long)0x8040201008040201); }

/* What the survey needs, held in registers. */
struct surveyor {
    struct table classes;
    __m512i unit, by_class;
};

/* The classes of 64 bytes in bits, the first byte's the highest. GFNI multiplies matrices: eight times eight bits come out turned, the
 * last row first. */
AVX512 CT_INLINE __m512i class_bits(const struct surveyor *v, __m512i x)
{
    return _mm512_gf2p8affine_epi64_epi8(v->unit, find_exactly(v->classes, x), 0);
}

/* The first byte's bit the lowest. */
AVX512 CT_INLINE __m512i turned(const struct tables *t, __m512i words)
{
    return _mm512_gf2p8affine_epi64_epi8(_mm512_shuffle_epi8(words, load(t->last_first)), unit(), 0);
}

_Static_assert(CT_CLASS_LEAD == 1 && CT_CLASS_TOKEN == 2 && CT_CLASS_NEWLINE == 4, "planes 0, 1 and 2");

/* Notes the bits of words i and i + 1, an even i; the rows of each class are put together. Returns how many of each class they have. */
AVX512 CT_INLINE __m512i survey_two(struct chunk *c, const struct surveyor *v, size_t i, __m512i x, __m512i y)
{
    __m512i p = _mm512_permutex2var_epi8(class_bits(v, x), v->by_class, class_bits(v, y));
    _mm256_storeu_si256((__m256i *)(void *)&c->planes[i / 2], _mm512_castsi512_si256(p));
    return _mm512_popcnt_epi64(p);
}

/* Where one, three and nine token characters in a row end, in eight words. */
struct rows {
    __m512i one, three, nine;
};

/* The words before eight of them. */
AVX512 CT_INLINE __m512i preceding(__m512i eight, __m512i eight_before) { return _mm512_alignr_epi64(eight, eight_before, 7); }
/* Each byte's bit for the one k further on. Shifted to the left: Zen 4 takes longer to the right. */
#define FURTHER(eight, eight_before, k) _mm512_shldi_epi64(preceding(eight, eight_before), eight, 64 - (k))

_Static_assert(CT_BASE64_MIN == 9 + 14, "nine here, nine before it, and nine 14 before it");

/* Where runs reach their shortest length. Of the eight words before, `rows` is known; then of these. */
AVX512 CT_INLINE __m512i reached(struct rows *rows, __m512i one)
{
    struct rows before = *rows;
    __m512i three = all_three(one, FURTHER(one, before.one, 1), FURTHER(one, before.one, 2));
    __m512i nine = all_three(three, FURTHER(three, before.three, 3), FURTHER(three, before.three, 6));
    *rows = (struct rows){one, three, nine};
    return all_three(nine, FURTHER(nine, before.nine, 9), FURTHER(nine, before.nine, 14));
}

AVX512 CT_INLINE void list_words(struct chunk *c)
{
    const __m512i of_lead = _mm512_set_epi64(13, 12, 9, 8, 5, 4, 1, 0), of_token = _mm512_set_epi64(15, 14, 11, 10, 7, 6, 3, 2);
    __m128i eight = _mm_set_epi16(7, 6, 5, 4, 3, 2, 1, 0);
    struct rows rows = {load(c->rows[0]), load(c->rows[1]), load(c->rows[2])};
    size_t leads = 0, runs = 0;
    for (size_t i = 0; i < c->n; i += 8, eight = _mm_add_epi16(eight, _mm_set1_epi16(8))) {
        __m512i first = load(&c->planes[i / 2]), second = load(&c->planes[i / 2 + 2]), lead = _mm512_permutex2var_epi64(first, of_lead, second);
        __m512i run = reached(&rows, _mm512_permutex2var_epi64(first, of_token, second));
        store(c->reached + i, turned(c->t, run));
        leads = list_eight(&c->leads, leads, _mm512_test_epi64_mask(lead, lead), eight);
        runs = list_eight(&c->runs, runs, _mm512_test_epi64_mask(run, run), eight);
    }
    store(c->rows[0], rows.one);
    store(c->rows[1], rows.three);
    store(c->rows[2], rows.nine);
    c->leads.n = leads;
    c->runs.n = runs;
}

/* Returns the number of newlines. */
AVX512 CT_INLINE uint64_t survey(const struct ct_search *s, struct chunk *c)
{
    const unsigned char *p = s->block.p + c->at;
    size_t left = s->block.n - c->at, n = left < 64 * c->most ? left : 64 * c->most, i = 0;
    struct surveyor v = {table(ct_prefilter_classes), unit(), load(c->t->by_class)};
    __asm__("" : "+v"(v.classes.low), "+v"(v.classes.high), "+v"(v.unit), "+v"(v.by_class)); /* else they are loaded anew */
    __m512i counts = _mm512_setzero_si512();
    for (; i + 1 < n / 64; i += 2) counts = _mm512_add_epi64(counts, survey_two(c, &v, i, load(p + 64 * i), load(p + 64 * i + 64)));
    if (64 * i < n) {
        size_t at = c->at + 64 * i;
        counts = _mm512_add_epi64(counts, survey_two(c, &v, i, load_within(s, at, 0), load_within(s, at, 64)));
    }
    c->n = (n + 63) / 64;
    store(&c->planes[(c->n + 1) / 2], _mm512_setzero_si512());
    store(&c->planes[(c->n + 1) / 2 + 2], _mm512_setzero_si512());
    list_words(c);
    __m128i newlines = _mm512_extracti32x4_epi32(counts, 2);
    return (uint64_t)(_mm_cvtsi128_si64(newlines) + _mm_extract_epi64(newlines, 1));
}

/* 2. Which leads may matter? The conditions are those of ct_lead_matters, or wider. */

/* What is asked for, held in registers. */
struct lead_tables {
    struct table first_digit, behind, ends_value, matters;
    __m512i second_digit, name_2, name_3, by_1, by_2, by_4, always, not_amp, no_look;
};

/* The last n bytes of a, the others of b. */
AVX512 CT_INLINE __m512i last(unsigned n, __m512i a, __m512i b) { return _mm512_mask_mov_epi8(b, UINT64_MAX << (64 - n), a); }

AVX512 CT_INLINE struct lead_tables lead_tables(const struct tables *t)
{
    struct lead_tables l = {
        .first_digit = table(first_digit), .behind = table(behind), .ends_value = table(ends_value), .matters = table(matters),
        .second_digit = load(second_digit), .name_2 = load(t->name_2), .name_3 = load(t->name_3), .by_1 = load(t->by_1),
        .by_2 = load(t->by_2), .by_4 = load(t->by_4), .always = last(1, all(ANY | DIGITS), all(ANY)),
        .not_amp = last(4, all(255), all(255 & ~AMP)), .no_look = last(2, all(255 & ~SPLIT), all(255 & ~(SPLIT | AMPERSAND))),
    };
    __asm__("" : "+v"(l.first_digit.low), "+v"(l.first_digit.high), "+v"(l.behind.low), "+v"(l.behind.high), "+v"(l.ends_value.low),
                 "+v"(l.ends_value.high), "+v"(l.matters.low), "+v"(l.matters.high)); /* else they are loaded anew */
    __asm__("" : "+v"(l.second_digit), "+v"(l.name_2), "+v"(l.name_3), "+v"(l.by_1), "+v"(l.by_2), "+v"(l.by_4), "+v"(l.always),
                 "+v"(l.not_amp), "+v"(l.no_look));
    return l;
}

/* 64 bytes, those up to four further on, those one and three before. */
struct around {
    __m512i x, a, b, c, d, last, third;
};

AVX512 CT_INLINE struct around around(const unsigned char *p)
{
    return (struct around){load(p), load(p + 1), load(p + 2), load(p + 3), load(p + 4), load(p - 1), load(p - 3)};
}

AVX512 CT_INLINE struct around around_within(const struct ct_search *s, size_t at)
{
    return (struct around){load_within(s, at, 0), load_within(s, at, 1), load_within(s, at, 2), load_within(s, at, 3),
                           load_within(s, at, 4), load_within(s, at, -1), load_within(s, at, -3)};
}

/* What was found out for bytes further on. Of those behind the 64 nothing is known: `always`, `not_amp` and `no_look` let pass what it
 * depends on. */
AVX512 CT_INLINE __m512i further(__m512i found, __m512i by) { return _mm512_permutexvar_epi8(by, found); }

/* By the low seven bits of each byte, so that some may pass which is no lead. */
AVX512 CT_INLINE uint64_t suspects(const struct lead_tables *l, struct around v)
{
    __asm__("" : "+v"(v.b)); /* else it is loaded twice */
    const __m512i one = all(1);
    __m512i pair = and_either(find(l->first_digit, v.a), _mm512_permutexvar_epi8(v.b, l->second_digit), all(OPEN));
    __m512i first = find(l->behind, v.a), next = and_either(first, at_most(further(pair, l->by_1), one), l->always);
    /* By the low half of two letters alone: few others agree. */
    __m512i name = all_three(first, _mm512_shuffle_epi8(l->name_2, v.b), _mm512_shuffle_epi8(l->name_3, v.c));
    __m512i reference = or_both(name, next, all(DIGITS | AND)), refers = at_most(reference, one); /* would a '&' here? */
    /* "amp;" that would not either */
    __m512i named = at_most(refers, differs_or(v.d, all(';'), or_both(further(refers, l->by_4), reference, l->not_amp)));
    /* Does a value stand before it, and not only an escape? See breaks_base64. */
    __m512i value = _mm512_adds_epu8(differs(v.third, all('%')), all(SPLIT - 1));
    __m512i beside = choose(find(l->ends_value, v.last), value, further(refers, l->by_2));
    __m512i of_pair = and_either(pair, beside, l->no_look);
    return _mm512_test_epi8_mask(find(l->matters, v.x), any_of(of_pair, next, named));
}

/* Of a few words. Apart, so that the tables stay in registers for all others. */
AVX512 __attribute__((noinline)) static uint64_t outer_suspects(const struct ct_search *s, const struct chunk *c, size_t word)
{
    struct lead_tables l = lead_tables(c->t);
    return suspects(&l, around_within(s, c->at + 64 * word));
}

/* What follows the last bytes of 64 was not known to each question above: a second look from their middle tells. */
AVX512 __attribute__((noinline)) static uint64_t look_again(const struct tables *t, const unsigned char *p, uint64_t found)
{
    enum { MIDDLE = 32 };
    struct lead_tables l = lead_tables(t);
    return found & (UINT64_MAX >> BEHIND | suspects(&l, around(p + MIDDLE)) << MIDDLE);
}

/* Only the words with suspects stay in the list. */
AVX512 CT_INLINE void look_at_leads(const struct ct_search *s, struct chunk *c)
{
    const unsigned char *p = s->block.p + c->at;
    size_t left = s->block.n - c->at, inner = c->at - s->from < BEFORE, inner_end = left < BEHIND ? 0 : (left - BEHIND) / 64;
    size_t from = 0, to = c->leads.n, kept = 0;
    const uint16_t *at = c->leads.at;
    while (from < to && at[from] < inner) from++;
    while (to > from && at[to - 1] >= inner_end) to--;
    for (size_t i = 0; i < from; i++) c->suspects[i] = outer_suspects(s, c, at[i]);
    if (from < to) {
        struct lead_tables l = lead_tables(c->t);
        for (size_t i = from; i < to; i++) c->suspects[i] = suspects(&l, around(p + 64 * (size_t)at[i]));
    }
    for (size_t i = to; i < c->leads.n; i++) c->suspects[i] = outer_suspects(s, c, at[i]);
    for (size_t i = 0; i < c->leads.n; i++) {
        size_t word = at[i];
        uint64_t found = c->suspects[i];
        if (found > UINT64_MAX >> BEHIND && word >= inner && word + 1 < inner_end) found = look_again(c->t, p + 64 * word, found);
        c->leads.at[kept] = (uint16_t)word;
        c->suspects[kept] = found;
        kept += found != 0;
    }
    c->leads.n = kept;
}

/* 3. Where do runs of token characters begin that may be values? */

/* Of runs that reach their shortest length in 64 bytes, whose starts are x; y: the bytes before those. Most of what
 * ct_token_run_is_inert dismisses it does by the first character alone: that is left out here. */
AVX512 CT_INLINE uint64_t run_starts(struct table classes, __m512i x, __m512i y, uint64_t reached)
{
    __m512i class = find(classes, x), before = find_exactly(classes, y);
    uint64_t goes_on = has(before, CT_CLASS_TOKEN) & ~has(before, CT_CLASS_SPLIT);
    return reached & (~(goes_on | has(class, CT_CLASS_DULL)) | has(before, CT_CLASS_ESCAPE));
}

enum { START = CT_BASE64_MIN - 1 }; /* so far behind its start a run reaches its length */

AVX512 CT_INLINE uint64_t starts_in(const struct ct_search *s, struct table classes, size_t at, uint64_t reached)
{
    if (at - s->from > START && s->block.n - at >= 64) {
        const unsigned char *p = s->block.p + at - START;
        return run_starts(classes, load(p), load(p - 1), reached);
    }
    uint64_t starts = run_starts(classes, load_within(s, at, -START), load_within(s, at, -START - 1), reached);
    return at == s->from ? starts | (reached & (uint64_t)1 << START) : starts; /* a run starts there, whatever stands before */
}

AVX512 CT_INLINE void look_at_runs(const struct ct_search *s, struct chunk *c)
{
    struct table classes = table(ct_prefilter_classes);
    uint64_t starts[WORDS] CT_UNSET; /* in the words that stay in the list */
    size_t kept = 0, n = 0;
    for (size_t i = 0; i < c->runs.n; i++) {
        size_t word = c->runs.at[i];
        c->runs.at[kept] = (uint16_t)word;
        starts[kept] = starts_in(s, classes, c->at + 64 * word, c->reached[word]);
        kept += starts[kept] != 0;
    }
    for (size_t i = 0; i < kept; i++)
        for (uint64_t left = starts[i]; left; left &= left - 1)
            c->starts.at[n++] = (uint16_t)(64 * c->runs.at[i] + (unsigned)__builtin_ctzll(left));
    c->starts.n = n;
}

/* Sixteen characters at each of four places decode to twelve bytes: do these begin text? As is_text in token.c, but for how many bytes
 * follow the first one of a character. Bits 0, 2, 4 and 6. */
AVX512 CT_INLINE unsigned begin_text(const struct tables *t, __m512i x)
{
    _Static_assert(CT_BASE64_MIN >= 16, "a run that starts has as many");
    __m512i digits = _mm512_sub_epi8(find(table(ct_base64_digit), x), all(1));
    __m512i twos = _mm512_maddubs_epi16(digits, _mm512_set1_epi16(0x0140)), fours = _mm512_madd_epi16(twos, _mm512_set1_epi32(0x00011000));
    __m512i c = _mm512_shuffle_epi8(fours, load(t->three_of_four)); /* the last four are zeros, which do not count */
    uint64_t high = _mm512_movepi8_mask(c), further = _mm512_cmplt_epi8_mask(c, all(0xc0)); /* of UTF-8 */
    uint64_t none = _mm512_cmpge_epu8_mask(c, all(0xf5)) | equal(both(c, all(0xfe)), 0xc0) | (has(find(table(t->no_text), c), 1) & ~high);
    none |= ((high & ~further) << 1 & ~further) | (further & ~(high << 1));
    __m512i each = _mm512_maskz_set1_epi8(none & UINT64_C(0x0fff0fff0fff0fff), 1);
    uint64_t wanting = _mm512_test_epi64_mask(each, each); /* two bits each */
    return ~(unsigned)(wanting | wanting >> 1);
}

/* Only the starts that may be more than words stay in the list. */
AVX512 CT_INLINE void look_at_starts(const struct ct_search *s, struct chunk *c)
{
    const unsigned char *p = s->block.p + c->at;
    uint16_t *at = c->starts.at;
    size_t n = c->starts.n, kept = 0;
    for (size_t i = n; i % 4; i++) at[i] = at[n - 1];
    for (size_t i = 0; i < n; i += 4) {
        const unsigned char *start[4];
        for (size_t k = 0; k < 4; k++) start[k] = p + at[i + k] - START;
        __m512i x = _mm512_castsi128_si512(_mm_loadu_si128((const void *)start[0]));
        x = _mm512_inserti32x4(x, _mm_loadu_si128((const void *)start[1]), 1);
        x = _mm512_inserti32x4(x, _mm_loadu_si128((const void *)start[2]), 2);
        x = _mm512_inserti32x4(x, _mm_loadu_si128((const void *)start[3]), 3);
        unsigned text = begin_text(c->t, x);
        for (size_t k = 0; k < 4 && i + k < n; k++) {
            /* Then a value may start later: see ct_token_run_is_inert. */
            bool escaped = start[k] > s->block.p && ct_prefilter_classes[start[k][-1]] & CT_CLASS_ESCAPE;
            at[kept] = at[i + k];
            kept += escaped || (text >> 2 * k & 1);
        }
    }
    c->starts.n = kept;
}

/* 4. What is left one by one, in its order. */

AVX512 CT_INLINE size_t confirm(const struct ct_search *s, const struct chunk *c)
{
    const uint16_t *lead = c->leads.at, *leads_end = lead + c->leads.n, *start = c->starts.at, *starts_end = start + c->starts.n;
    const uint64_t *suspects = c->suspects;
    while (lead < leads_end || start < starts_end) {
        size_t first = lead < leads_end ? *lead : WORDS, second = start < starts_end ? *start / 64 : WORDS;
        size_t word = first < second ? first : second;
        uint64_t suspects_in = 0, starts_in = 0;
        if (first == word) lead++, suspects_in = *suspects++;
        for (; start < starts_end && *start / 64 == word; start++) starts_in |= (uint64_t)1 << *start % 64;
        size_t hit = ct_search_confirm(s, c->at + 64 * word, suspects_in, starts_in);
        if (hit != CT_STR_NONE) return hit;
    }
    return CT_STR_NONE;
}

AVX512 static uint64_t newlines_in(const unsigned char *p, size_t n)
{
    uint64_t lines = 0;
    for (; n >= 64; p += 64, n -= 64) lines += (unsigned)__builtin_popcountll(equal(load(p), '\n'));
    for (; n; p++, n--) lines += *p == '\n';
    return lines;
}

AVX512 size_t ct_prefilter_avx512(struct ct_search *s)
{
    struct chunk c CT_UNSET;
    c.t = &all_tables;
    __asm__("" : "+r"(c.t)); /* else the compiler, knowing the constants, builds each anew where it is used */
    memset(c.rows, 0, sizeof c.rows);
    c.most = FIRST;
    for (c.at = s->from; c.at < s->block.n; c.at += 64 * c.n, c.most = WORDS) {
        uint64_t newlines = survey(s, &c);
        look_at_leads(s, &c);
        look_at_runs(s, &c);
        look_at_starts(s, &c);
        size_t hit = confirm(s, &c);
        s->lines += hit == CT_STR_NONE ? newlines : newlines_in(s->block.p + c.at, hit - c.at);
        if (hit != CT_STR_NONE) return hit;
    }
    return CT_STR_NONE;
}

bool ct_prefilter_has_avx512(void)
{
    return __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("gfni") &&
           __builtin_cpu_supports("bmi2");
}
#else
size_t ct_prefilter_avx512(struct ct_search *s) { return s->block.n ? s->from : CT_STR_NONE; /* never called */ }
bool ct_prefilter_has_avx512(void) { return false; }
#endif
