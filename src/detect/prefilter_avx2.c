/* The prefilter's search with vectors of 32 bytes. prefilter.c says how it works and holds the portable twin.
 *
 * The search goes by chunks of many times 32 bytes. What a step finds out about a byte is a bit in the word of its 32; the words with
 * any make a list, which tells the next step where to look. All that a processor has to guess is where a list ends: in text, it would
 * guess every second time wrong whether there is something, and that costs as much as looking at 32 bytes.
 */
#include "detect/prefilter.h"

#include "base/unset.h"
#include "detect/verdict.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt,bmi,bmi2")))

typedef unsigned char vector[32];

#define SAME8(c) c, c, c, c, c, c, c, c
#define SAME(c) {SAME8(c), SAME8(c), SAME8(c), SAME8(c)}
#define TABLE(...) {__VA_ARGS__, __VA_ARGS__} /* by the low four bits of a byte; a byte from 0x80 on finds 0 */

/* Pairs of hexadecimal digits, by groups of first digits: FOUR is six, too. SPLIT and AMPERSAND need a look at what is around
 * them; only they compare, as signed numbers, below the others. */
enum { SPLIT = 1, TWO = 2, THREE = 4, FOUR = 8, FIVE = 16, SEVEN = 32, AMPERSAND = 128 };
/* Names of references, by their first three letters: dol sol; lcu low; per plu; lbr; ... */
enum { DOL = 1, LCU = 2, PER = 4, LBR = 8, BSO = 16, NUM = 32, UND = 64, AMP = 128 };
/* Token characters: digits; A-O a-o; + - /; P-Z p-z; _; and again those with which no text begins in base64, by first digits (see
 * ct_token_run_is_inert). */
enum { N = 1, L = 2, M = 4, P = 8, U = 16, DULL_4 = 32, DULL_6 = 64, DULL_7 = 128 };

struct tables {
    _Alignas(32) vector newline, percent, ampersand, backslash, dollar, semicolon, x, u, blank, low_half, up_40, only_split, splits, dull;
    vector in_turn; /* by four bytes: 0 4 1 5 2 6 3 7 */
    vector to_digit, three_of_four, blanks; /* see begin_no_text */
    vector leads, special, harmless, separators, open_escape;                      /* each byte of a list under its low half */
    vector first_digit, second_digit, second_letter, name_1, name_2, name_3, token_low, token_high; /* classes */
};

static const struct tables all_tables = {
    .newline = SAME('\n'), .percent = SAME('%'), .ampersand = SAME('&'), .backslash = SAME('\\'), .dollar = SAME('$'),
    .semicolon = SAME(';'), .x = SAME('x'), .u = SAME('u'), .blank = SAME(' '), .low_half = SAME(15), .up_40 = SAME(0x40),
    .only_split = SAME(SPLIT), .splits = SAME(M | U), .dull = SAME(M | U | DULL_4 | DULL_6 | DULL_7),
    .in_turn = {0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 6, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0},
    .to_digit = TABLE(0, 0, 0, 52 - '0', 256 - 'A', 256 - 'A', 256 + 26 - 'a', 256 + 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0),
    .three_of_four = TABLE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 7, 11, 15), /* the last four are zeros, which do not count */
    .blanks = TABLE(1, 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0),
    .leads = TABLE(1, 0, 0, 0, '$', '%', '&', 0, 0, 0, 0, 0, '\\', 0, 0, 0),
    .special = TABLE(1, 0, 0, '#', '$', '%', '&', 0, 0, 0, 0, '{', '\\', 0, 0, 0),
    .harmless = TABLE('p', 'a', '"', 's', 't', 'e', 'f', 'w', 'x', 'i', 'j', 'k', 'l', 'm', 'n', 'o'), /* behind a backslash */
    .open_escape = TABLE(1, 0, 0, '#', 0, '%', '&', 0, 0, 0, 0, ';', '\\', '}', 0, 0), /* see ct_token_run_is_inert */
    .separators = TABLE(' ', '!', '"', '#', '$', '%', '&', '\'', '(', ')', ':', ';', '\\', '=', '.', '?'),
    /* # $ % & + - / 0-9 A-Z \ _ a-z; pairs that are no digits may pass too */
    .first_digit = TABLE(0, 0, TWO | SPLIT | AMPERSAND, THREE, FOUR, FIVE, FOUR, SEVEN, 0, 0, 0, 0, 0, 0, 0, 0),
    .second_digit = TABLE(THREE | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN,
                          TWO | THREE | FOUR | FIVE | SEVEN, TWO | THREE | FOUR | FIVE | SEVEN, TWO | THREE | FOUR | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN | AMPERSAND,
                          THREE | FOUR | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN, THREE | FOUR | FIVE | SEVEN, 0, 0, 0, 0, 0, 0),
    .second_letter = TABLE(0, FOUR | FIVE | SEVEN, FOUR | SPLIT, FOUR | FIVE, FOUR | SPLIT, FOUR, FOUR | FIVE | SPLIT, 0, 0, 0, 0, 0,
                           0, 0, 0, 0),
    .name_1 = TABLE(PER, AMP, BSO, DOL, DOL, UND, 0, 0, 0, 0, 0, 0, LCU | LBR, 0, NUM, 0),
    .name_2 = TABLE(0, 0, LBR, LCU | BSO, 0, PER | NUM, 0, 0, 0, 0, 0, 0, PER, AMP, UND, DOL | LCU),
    .name_3 = TABLE(AMP, 0, PER | LBR, 0, UND, PER | LCU, 0, LCU, 0, 0, 0, 0, DOL, NUM, 0, BSO),
    .token_low = TABLE(N | P | DULL_7, N | L | P | DULL_4 | DULL_7, N | L | P | DULL_4 | DULL_7, N | L | P | DULL_7, N | L | P | DULL_7,
                       N | L | P | DULL_4 | DULL_7, N | L | P | DULL_4 | DULL_7, N | L | P | DULL_4 | DULL_6, N | L | P | DULL_4 | DULL_6,
                       N | L | P | DULL_6, L | P | DULL_6, L | M | DULL_6, L | DULL_6, L | M | DULL_6, L | DULL_6, L | M | U | DULL_6),
    .token_high = TABLE(0, 0, M, N, L | DULL_4, P | U, L | DULL_6, P | DULL_7, 0, 0, 0, 0, 0, 0, 0, 0),
};

AVX2 CT_INLINE __m256i load(const unsigned char *p) { return _mm256_loadu_si256((const __m256i *)(const void *)p); }
AVX2 CT_INLINE __m128i load16(const unsigned char *p) { return _mm_loadu_si128((const __m128i *)(const void *)p); }
AVX2 CT_INLINE __m128i all16(int c) { return _mm_set1_epi8((char)c); }
AVX2 CT_INLINE __m256i both(__m256i a, __m256i b) { return _mm256_and_si256(a, b); }
AVX2 CT_INLINE __m256i either(__m256i a, __m256i b) { return _mm256_or_si256(a, b); }
AVX2 CT_INLINE __m256i but_not(__m256i a, __m256i b) { return _mm256_andnot_si256(b, a); }
AVX2 CT_INLINE __m256i is_none(__m256i x) { return _mm256_cmpeq_epi8(x, _mm256_setzero_si256()); }
AVX2 CT_INLINE __m256i equal(__m256i x, const unsigned char *same) { return _mm256_cmpeq_epi8(x, load(same)); }
AVX2 CT_INLINE __m256i plus(__m256i x, const unsigned char *same) { return _mm256_add_epi8(x, load(same)); }
AVX2 CT_INLINE __m256i find(const unsigned char *table, __m256i x) { return _mm256_shuffle_epi8(load(table), x); }
AVX2 CT_INLINE __m256i among(const unsigned char *table, __m256i x) { return _mm256_cmpeq_epi8(find(table, x), x); }

AVX2 CT_INLINE uint32_t bits(__m256i a) { return (uint32_t)_mm256_movemask_epi8(a); }

/* A chunk has up to WORDS times 32 bytes: half of a usual first-level cache; FIRST: the first chunk, since behind a hit often the next
 * one is near. COUNTED: words of which a byte can count something. BEFORE, BEHIND: bytes around 32 that are looked at with them. */
enum { FIRST = 16, COUNTED = 248, WORDS = 2 * COUNTED, BEFORE = 3, BEHIND = 4 };

/* Some words of a chunk, in their order. Written by eight. */
struct words {
    size_t n;
    uint16_t at[WORDS + 8];
};

/* What was found in the words of a list (16 more are read), and the places in the list of those with any. */
struct found {
    uint32_t bits[WORDS + 16];
    struct words some;
};

struct chunk {
    const struct tables *t;
    size_t at, n, most;      /* it has n words, and may have `most` */
    size_t inner, inner_end; /* BEHIND bytes behind these lie in the block, and 32 before */
    struct words leads, run_ends;
    struct found suspects, starts;
    /* By 32 bytes, a bit for each four none of which is known to end a run; the first are those before the chunk. Read by 32. */
    unsigned char open[1 + (WORDS + 31) / 32 * 32];
    unsigned char padded[BEFORE + 32 + 32];
};

/* The places of a byte's bits that are set. */
#define PLACE(m, i) ((uint64_t)((m) >> (i) & 1) * (i) << 8 * __builtin_popcount((m) & ((1 << (i)) - 1)))
#define PLACES(m) (PLACE(m, 1) | PLACE(m, 2) | PLACE(m, 3) | PLACE(m, 4) | PLACE(m, 5) | PLACE(m, 6) | PLACE(m, 7))
#define PLACES_4(m) PLACES(m), PLACES((m) + 1), PLACES((m) + 2), PLACES((m) + 3)
#define PLACES_16(m) PLACES_4(m), PLACES_4((m) + 4), PLACES_4((m) + 8), PLACES_4((m) + 12)
#define PLACES_64(m) PLACES_16(m), PLACES_16((m) + 16), PLACES_16((m) + 32), PLACES_16((m) + 48)
static const uint64_t places[256] = {PLACES_64(0), PLACES_64(64), PLACES_64(128), PLACES_64(192)};

/* Behind n words come those of eight, from `first` (eight times) on, whose bits are set. Returns how many there are then. */
AVX2 CT_INLINE size_t list_eight(struct words *l, size_t n, unsigned set, __m128i first)
{
    __m128i some = _mm_cvtepu8_epi16(_mm_loadu_si64(&places[set]));
    _mm_storeu_si128((__m128i *)(void *)(l->at + n), _mm_add_epi16(some, first));
    return n + (unsigned)__builtin_popcount(set);
}

/* Something or nothing was found in the word at this place of the list, and something in n before it. Returns in how many now. */
CT_INLINE size_t note(struct found *f, size_t n, size_t place, uint32_t bits)
{
    f->bits[place] = bits;
    f->some.at[n] = (uint16_t)place;
    return n + (bits != 0);
}

AVX2 CT_INLINE unsigned which_of_eight(const uint32_t *bits)
{
    __m256i none = _mm256_cmpeq_epi32(load((const unsigned char *)bits), _mm256_setzero_si256());
    return ~(unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(none)) & 0xff;
}

/* When something or nothing was found in each of a list's n words. */
AVX2 CT_INLINE void list_found(struct found *f, size_t n)
{
    __m128i first = _mm_setzero_si128();
    size_t some = 0;
    _mm256_storeu_si256((__m256i *)(void *)(f->bits + n), _mm256_setzero_si256());
    _mm256_storeu_si256((__m256i *)(void *)(f->bits + n + 8), _mm256_setzero_si256());
    for (size_t i = 0; i < n; i += 16) {
        some = list_eight(&f->some, some, which_of_eight(f->bits + i), first);
        first = _mm_add_epi16(first, _mm_set1_epi16(8));
        some = list_eight(&f->some, some, which_of_eight(f->bits + i + 8), first);
        first = _mm_add_epi16(first, _mm_set1_epi16(8));
    }
    f->some.n = some;
}

/* At either end of the block: a copy among zeros. */
AVX2 static const unsigned char *outer_bytes_at(const struct ct_search *s, struct chunk *c, size_t i)
{
    const unsigned char *p = s->block.p + c->at + 32 * i;
    size_t before = (size_t)(p - s->block.p) - s->from, left = (size_t)(s->block.p + s->block.n - p);
    if (before > BEFORE) before = BEFORE;
    if (left > 32 + BEHIND) left = 32 + BEHIND;
    memset(c->padded, 0, sizeof c->padded);
    memcpy(c->padded + BEFORE - before, p - before, before + left);
    return c->padded + BEFORE;
}

/* 1. Which words hold a lead, and in which may a run of token characters end? */

/* What the survey needs, held in registers. */
struct surveyor {
    __m256i leads, separators, newline, count; /* count: of newlines, in each place of a vector */
    __m128i first;                             /* word, eight times */
    size_t n;                                  /* leads listed */
};

/* What is found out about 32 bytes, and then, packed, about more: bytes that are not zero where a lead stands, and all ones where
 * no byte is known to end a run. */
struct seen {
    __m256i lead, open;
};

AVX2 CT_INLINE struct seen see_32(struct surveyor *v, const unsigned char *p)
{
    __m256i x = load(p);
    v->count = _mm256_sub_epi8(v->count, _mm256_cmpeq_epi8(x, v->newline));
    /* A separator leaves 0, and a byte from 0x80 on, which ends a run as well, something negative. */
    __m256i left = _mm256_xor_si256(_mm256_shuffle_epi8(v->separators, x), x);
    return (struct seen){_mm256_cmpeq_epi8(_mm256_shuffle_epi8(v->leads, x), x), _mm256_cmpgt_epi8(left, _mm256_setzero_si256())};
}

/* Two bytes to one, which keeps all ones and what is not zero. Of 16 bytes in a's first half, 16 in b's, and then the second ones. */
AVX2 CT_INLINE struct seen pack(struct seen a, struct seen b)
{
    return (struct seen){_mm256_packs_epi16(a.lead, b.lead), _mm256_packs_epi16(a.open, b.open)};
}

AVX2 CT_INLINE struct seen see_64(struct surveyor *v, const unsigned char *p)
{
    struct seen first = see_32(v, p);
    return pack(first, see_32(v, p + 32));
}

AVX2 CT_INLINE struct seen see_128(struct surveyor *v, const unsigned char *p)
{
    struct seen first = see_64(v, p);
    return pack(first, see_64(v, p + 64));
}

/* Of 128 bytes: a bit for each four none of which is known to end a run. */
AVX2 CT_INLINE uint64_t open_fours(const struct tables *t, __m256i open)
{
    __m256i fours = _mm256_cmpeq_epi8(open, _mm256_set1_epi8(-1));
    return bits(_mm256_permutevar8x32_epi32(fours, load(t->in_turn)));
}

AVX2 CT_INLINE void survey_256(struct surveyor *v, struct chunk *c, const unsigned char *p, size_t i)
{
    struct seen first = see_128(v, p), second = see_128(v, p + 128);
    __m256i all = _mm256_packs_epi16(first.lead, second.lead);
    __m128i lead = _mm_or_si128(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    __m128i none = _mm_cmpeq_epi16(lead, _mm_setzero_si128());
    unsigned leads = ~(unsigned)_mm_movemask_epi8(_mm_packs_epi16(none, none)) & 0xff; /* a bit for each 32 bytes that hold one */
    uint64_t open = open_fours(c->t, first.open) | open_fours(c->t, second.open) << 32;
    v->n = list_eight(&c->leads, v->n, leads, v->first);
    v->first = _mm_add_epi16(v->first, _mm_set1_epi16(8));
    _mm_storeu_si64(c->open + 1 + 8 * i, _mm_cvtsi64_si128((long long)open));
}

AVX2 CT_INLINE uint64_t sum_of(__m256i counters)
{
    __m256i sums = _mm256_sad_epu8(counters, _mm256_setzero_si256());
    return (uint64_t)_mm256_extract_epi64(sums, 0) + (uint64_t)_mm256_extract_epi64(sums, 1) + (uint64_t)_mm256_extract_epi64(sums, 2) +
           (uint64_t)_mm256_extract_epi64(sums, 3);
}

/* Returns the number of newlines. */
AVX2 CT_INLINE uint64_t survey(const struct ct_search *s, struct chunk *c)
{
    const unsigned char *p = s->block.p + c->at;
    size_t left = s->block.n - c->at, n = left < 32 * c->most ? left : 32 * c->most, i = 0;
    uint64_t newlines = 0;
    c->inner = c->at - s->from < 32;
    c->inner_end = left >= BEHIND ? (left - BEHIND) / 32 : 0;
    c->open[0] = c->at == s->from ? 0 : c->open[c->n]; /* of the chunk before, which was whole */
    c->n = (n + 31) / 32;
    struct surveyor v = {load(c->t->leads), load(c->t->separators), load(c->t->newline), _mm256_setzero_si256(), _mm_setzero_si128(), 0};
    for (size_t end; i < n / 256;) {
        for (end = n / 256 - i < COUNTED / 8 ? n / 256 : i + COUNTED / 8; i < end; i++) survey_256(&v, c, p + 256 * i, i);
        newlines += sum_of(v.count);
        v.count = _mm256_setzero_si256();
    }
    if (n % 256) {
        unsigned char last[256] CT_UNSET;
        memset(last, ' ', sizeof last);
        memcpy(last, p + 256 * i, n % 256);
        survey_256(&v, c, last, i);
        newlines += sum_of(v.count);
    }
    c->leads.n = v.n;
    return newlines;
}

/* Where in a list the inner words begin and end. */
struct inner {
    size_t from, to;
};

CT_INLINE struct inner inner_of(const struct chunk *c, const struct words *l)
{
    struct inner in = {0, l->n};
    while (in.from < in.to && l->at[in.from] < c->inner) in.from++;
    while (in.to > in.from && l->at[in.to - 1] >= c->inner_end) in.to--;
    return in;
}

/* 2. Which leads may matter? The conditions are those of ct_lead_matters, or wider. */

/* What is asked for most often, held in registers: loads are what this step has most of. */
struct lead_tables {
    __m256i percent, special, first_digit, second_digit, second_letter;
    const struct tables *rest;
};

/* The groups that the bytes behind may belong to. */
AVX2 CT_INLINE __m256i pair_groups(const struct lead_tables *l, __m256i first, __m256i second)
{
    /* Doubled, letters have the highest bit, and digits do not. */
    __m256i digit = _mm256_shuffle_epi8(l->second_digit, second), letter = _mm256_shuffle_epi8(l->second_letter, second);
    __m256i known = _mm256_blendv_epi8(digit, letter, _mm256_add_epi8(second, second));
    return both(_mm256_shuffle_epi8(l->first_digit, plus(first, l->rest->up_40)), known); /* moved by 0x40, letters find 0 */
}

/* By the low half of three letters alone: few others agree. */
AVX2 CT_INLINE __m256i names(const struct tables *t, __m256i a, __m256i b, __m256i c)
{
    return both(find(t->name_1, a), both(find(t->name_2, b), find(t->name_3, c)));
}

/* Each byte takes the place of the one before; the last, which is not known, is zero. */
AVX2 CT_INLINE __m256i moved_by_one(__m256i x) { return _mm256_alignr_epi8(_mm256_permute2x128_si256(x, x, 0x81), x, 1); }

/* Of 32 bytes at p. The upper bit of each byte counts. */
AVX2 CT_INLINE uint32_t suspects(const struct lead_tables *l, const unsigned char *p)
{
    const struct tables *t = l->rest;
    __m256i x = load(p), a = load(p + 1), b = load(p + 2), c = load(p + 3), last = load(p - 1);
    __m256i is_percent = _mm256_cmpeq_epi8(x, l->percent), is_ampersand = equal(x, t->ampersand), is_backslash = equal(x, t->backslash);
    __m256i next = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(l->special, a), a), wide = equal(either(a, load(t->blank)), t->u); /* of %uXXXX */
    __m256i group = pair_groups(l, a, b), name = names(t, a, b, c);
    __m256i none = is_none(group), open = either(wide, next);
    __m256i parted = either(among(t->separators, last), _mm256_cmpeq_epi8(load(p - 3), l->percent)); /* see breaks_base64 */
    __m256i takes_part = either(_mm256_cmpgt_epi8(group, load(t->only_split)), but_not(_mm256_slli_epi16(group, 7), parted));
    __m256i hex = but_not(both(is_backslash, equal(a, t->x)), moved_by_one(none)); /* \xHH */
    __m256i other = either(but_not(is_backslash, among(t->harmless, a)), both(equal(x, t->dollar), next));
    uint32_t escape = bits(either(both(is_percent, either(takes_part, open)), either(other, hex)));

    uint32_t inert = bits(but_not(both(is_percent, none), open));
    uint32_t alone = bits(is_none(name)) & ~(bits(next) & ~(inert >> 1)); /* a '&' here would refer to nothing; behind the 32 it may */
    uint32_t entity = bits(both(name, equal(load(p + 4), t->semicolon))) & alone >> 4; /* "amp;" that would not either */
    uint32_t ampersand = bits(is_ampersand) & ~alone & ~entity;
    uint32_t encoded = bits(both(is_percent, group)) & ~(alone >> 2); /* %26 */
    return escape | ampersand | encoded;
}

AVX2 CT_INLINE struct lead_tables lead_tables(const struct tables *t)
{
    return (struct lead_tables){load(t->percent), load(t->special), load(t->first_digit), load(t->second_digit), load(t->second_letter), t};
}

/* Of a few words. Apart, so that the tables stay in registers for all others. */
AVX2 __attribute__((noinline)) static uint32_t few_suspects(const struct tables *t, const unsigned char *p)
{
    struct lead_tables l = lead_tables(t);
    return suspects(&l, p);
}

/* What follows the last bytes of 32 was not known to each question above: a second look from their middle tells. */
AVX2 CT_INLINE void look_again(struct chunk *c, const unsigned char *p)
{
    enum { MIDDLE = 16, KNOWN = 0x0fffffff };
    struct found *f = &c->suspects;
    size_t kept = 0;
    for (size_t i = 0; i < f->some.n; i++) {
        size_t place = f->some.at[i], word = c->leads.at[place];
        uint32_t bits = f->bits[place];
        if (bits > KNOWN && word >= c->inner && word + 1 < c->inner_end)
            bits &= (uint32_t)KNOWN | few_suspects(c->t, p + 32 * word + MIDDLE) << MIDDLE;
        kept = note(f, kept, place, bits);
    }
    f->some.n = kept;
}

AVX2 CT_INLINE void look_at_leads(const struct ct_search *s, struct chunk *c)
{
    const unsigned char *p = s->block.p + c->at;
    const uint16_t *at = c->leads.at;
    uint32_t *to = c->suspects.bits;
    struct inner in = inner_of(c, &c->leads);
    for (size_t i = 0; i < in.from; i++) to[i] = few_suspects(c->t, outer_bytes_at(s, c, at[i]));
    struct lead_tables l = lead_tables(c->t);
    __asm__("" : "+x"(l.percent), "+x"(l.special), "+x"(l.first_digit), "+x"(l.second_digit), "+x"(l.second_letter)); /* else they are loaded anew */
    for (size_t i = in.from; i < in.to; i++) to[i] = suspects(&l, p + 32 * (size_t)at[i]);
    for (size_t i = in.to; i < c->leads.n; i++) to[i] = few_suspects(c->t, outer_bytes_at(s, c, at[i]));
    list_found(&c->suspects, c->leads.n);
    look_again(c, p);
}

/* 3. Where may runs of token characters begin? */

/* 23 bytes in a row hold five times four that stand side by side at multiples of four, and end with these or among the next four. */
_Static_assert(CT_BASE64_MIN >= 3 + 20 && CT_BASE64_MIN < 4 + 20, "see near_fives");

/* In each sixteen bits, of fours: those where five end, and those behind one. */
AVX2 CT_INLINE __m256i near_fives(__m256i open)
{
    __m256i two = both(open, _mm256_slli_epi16(open, 1)), four = both(two, _mm256_slli_epi16(two, 2));
    __m256i five = both(four, _mm256_slli_epi16(open, 4));
    return either(five, _mm256_slli_epi16(five, 1));
}

/* A bit for each 32 of 1024 bytes. */
AVX2 CT_INLINE uint32_t may_end_run(const unsigned char *open)
{
    __m256i now = load(open), before = load(open - 1);
    __m256i even = near_fives(_mm256_unpacklo_epi8(before, now)), odd = near_fives(_mm256_unpackhi_epi8(before, now));
    return ~bits(is_none(_mm256_packus_epi16(_mm256_srli_epi16(even, 8), _mm256_srli_epi16(odd, 8))));
}

/* Only where one may end are characters classified exactly: by two look-ups, whose common classes remain. */
struct classes {
    uint32_t token, split, dull, escape;
};

AVX2 CT_INLINE struct classes classify(const struct tables *t, const unsigned char *p)
{
    __m256i x = load(p), class = both(find(t->token_low, x), find(t->token_high, both(_mm256_srli_epi16(x, 4), load(t->low_half))));
    return (struct classes){~bits(is_none(class)), ~bits(is_none(both(class, load(t->splits)))), ~bits(is_none(both(class, load(t->dull)))),
                            bits(among(t->open_escape, x))};
}

/* Of the 32 bytes of b, and those of a before them. Most of what ct_token_run_is_inert dismisses it does by the first character
 * alone: that is left out here. */
AVX2 CT_INLINE uint32_t run_starts(struct classes a, struct classes b)
{
    uint64_t dull = ct_window(a.dull, b.dull) << (CT_BASE64_MIN - 1) & ~(ct_window(a.escape, b.escape) << CT_BASE64_MIN);
    return (uint32_t)((ct_window_starts(ct_window(a.token, b.token), ct_window(a.split, b.split)) & ~dull) >> 32);
}

/* Sixteen letters and digits decode to twelve bytes: do these begin no text? As is_text in token.c, but for how many bytes follow the
 * first one of a character. */
AVX2 CT_INLINE bool begin_no_text(const struct tables *t, __m128i x)
{
    __m128i row = _mm_and_si128(_mm_srli_epi16(x, 4), all16(15)); /* 3: 0-9, 4 and 5: A-Z, 6 and 7: a-z */
    __m128i digits = _mm_add_epi8(x, _mm_shuffle_epi8(load16(t->to_digit), row));
    __m128i fours = _mm_madd_epi16(_mm_maddubs_epi16(digits, _mm_set1_epi16(0x0140)), _mm_set1_epi32(0x00011000)); /* by six bits, by twelve */
    __m128i c = _mm_shuffle_epi8(fours, load16(t->three_of_four));
    __m128i below_20 = _mm_cmpeq_epi8(_mm_max_epu8(c, all16(0x1f)), all16(0x1f)), blank = _mm_cmpeq_epi8(_mm_shuffle_epi8(load16(t->blanks), c), c);
    __m128i from_f5 = _mm_cmpeq_epi8(_mm_max_epu8(c, all16(0xf5)), c), c0_or_c1 = _mm_cmpeq_epi8(_mm_and_si128(c, all16(0xfe)), all16(0xc0));
    __m128i none = _mm_or_si128(_mm_or_si128(_mm_andnot_si128(blank, below_20), _mm_cmpeq_epi8(c, all16(0x7f))), _mm_or_si128(from_f5, c0_or_c1));
    unsigned high = (unsigned)_mm_movemask_epi8(c), further = (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(all16(0xc0), c));
    unsigned alone = (high & ~further) << 1 & ~further, without_first = further & ~(high << 1); /* of UTF-8 */
    return (((unsigned)_mm_movemask_epi8(none) | alone | without_first) & 0xfff) != 0;
}

_Static_assert(CT_BASE64_MIN >= 16, "a run that starts has as many");

/* As ct_token_run_is_inert; of letters and digits alone it sees more, and without a guess. */
AVX2 CT_INLINE bool is_inert(const struct ct_search *s, const struct tables *t, size_t start)
{
    const unsigned char *p = s->block.p + start;
    __m128i x = load16(p), parting = _mm_or_si128(_mm_cmpgt_epi8(all16('0'), x), _mm_cmpeq_epi8(x, all16('_')));
    if (!_mm_testz_si128(parting, parting)) return ct_token_run_is_inert(s->block, start);
    return !ct_token_is_behind_escape(start ? p[-1] : ' ') && begin_no_text(t, x);
}

/* Those of the starts that can be more. */
AVX2 CT_INLINE uint32_t alive(const struct ct_search *s, const struct tables *t, size_t at, uint32_t starts)
{
    uint32_t kept = 0;
    for (uint32_t left = starts; left; left &= left - 1) {
        size_t start = at + (unsigned)__builtin_ctz(left) - (CT_BASE64_MIN - 1);
        kept |= is_inert(s, t, start) ? 0 : left & -left;
    }
    return kept;
}

/* At either end of the block, before which nothing is known. */
AVX2 __attribute__((noinline)) static uint32_t outer_starts(const struct ct_search *s, struct chunk *c, size_t i)
{
    size_t at = c->at + 32 * i;
    struct classes before = {.escape = UINT32_MAX};
    if (at - s->from >= 32) before = classify(c->t, s->block.p + at - 32);
    return run_starts(before, classify(c->t, outer_bytes_at(s, c, i)));
}

AVX2 CT_INLINE void list_run_ends(struct chunk *c)
{
    __m128i first = _mm_setzero_si128();
    size_t n = 0;
    for (size_t i = 0; i < c->n; i += 32) {
        uint32_t ends = may_end_run(c->open + 1 + i);
        if (c->n - i < 32) ends &= (UINT32_C(1) << (c->n - i)) - 1;
        for (unsigned k = 0; k < 4; k++, first = _mm_add_epi16(first, _mm_set1_epi16(8))) n = list_eight(&c->run_ends, n, ends >> 8 * k & 0xff, first);
    }
    c->run_ends.n = n;
}

AVX2 CT_INLINE void look_at_runs(const struct ct_search *s, struct chunk *c)
{
    list_run_ends(c);
    const unsigned char *p = s->block.p + c->at;
    const uint16_t *at = c->run_ends.at;
    struct found *f = &c->starts;
    struct inner in = inner_of(c, &c->run_ends);
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < in.from; i++) n = note(f, n, i, outer_starts(s, c, at[i]));
    for (size_t i = in.from; i < in.to; i++) {
        const unsigned char *word = p + 32 * (size_t)at[i];
        n = note(f, n, i, run_starts(classify(c->t, word - 32), classify(c->t, word)));
    }
    for (size_t i = in.to; i < c->run_ends.n; i++) n = note(f, n, i, outer_starts(s, c, at[i]));
    for (size_t i = 0; i < n; i++) {
        size_t place = f->some.at[i];
        kept = note(f, kept, place, alive(s, c->t, c->at + 32 * (size_t)at[place], f->bits[place]));
    }
    f->some.n = kept;
}

/* 4. What is left one by one, in its order. */

AVX2 CT_INLINE size_t confirm(const struct ct_search *s, const struct chunk *c)
{
    const struct words *leads = &c->suspects.some, *starts = &c->starts.some;
    for (size_t i = 0, k = 0; i < leads->n || k < starts->n;) {
        size_t lead = i < leads->n ? c->leads.at[leads->at[i]] : WORDS, start = k < starts->n ? c->run_ends.at[starts->at[k]] : WORDS;
        size_t word = lead < start ? lead : start;
        uint32_t suspects_in = lead == word ? c->suspects.bits[leads->at[i++]] : 0, starts_in = start == word ? c->starts.bits[starts->at[k++]] : 0;
        size_t hit = ct_search_confirm(s, c->at + 32 * word, suspects_in, starts_in);
        if (hit != CT_STR_NONE) return hit;
    }
    return CT_STR_NONE;
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
    struct chunk c CT_UNSET;
    c.t = &all_tables;
    __asm__("" : "+r"(c.t)); /* else the compiler, knowing the constants, builds each anew with three instructions where it is used */
    c.most = FIRST;
    for (c.at = s->from; c.at < s->block.n; c.at += 32 * c.n, c.most = WORDS) {
        uint64_t newlines = survey(s, &c);
        look_at_leads(s, &c);
        look_at_runs(s, &c);
        size_t hit = confirm(s, &c);
        s->lines += hit == CT_STR_NONE ? newlines : newlines_in(c.t, s->block.p + c.at, hit - c.at);
        if (hit != CT_STR_NONE) return hit;
    }
    return CT_STR_NONE;
}

bool ct_prefilter_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"); }
#else
size_t ct_prefilter_avx2(struct ct_search *s) { return s->block.n ? s->from : CT_STR_NONE; /* never called */ }
bool ct_prefilter_has_avx2(void) { return false; }
#endif
