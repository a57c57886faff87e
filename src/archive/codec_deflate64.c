/* Deflate64, method 9 of zip: what Windows' own zip folders use for large files, and 7-Zip where it is asked to.
 *
 * Deflate (RFC 1951) with a window of 64 KiB: two more distance codes (30 and 31, with 14 extra bits), and length code 285 is 3 and
 * 16 extra bits instead of 258. Bits are taken from the input one byte at a time and no sooner than needed, so that what follows the stream
 * is left where it is. Weak side: slower than a library's deflate, some 100 MB/s. */
#include "archive/decoder.h"

#include <string.h>

enum { WINDOW = 65536, LITERALS = 288, LITERALS_USED = 286, DISTANCES = 32, ORDER_CODES = 19, CODE_MAX = 15, FAST = 9, END_OF_BLOCK = 256 };

struct code {
    uint16_t fast[1 << FAST];                      /* by the next bits: symbol << 4 | length; 0: a longer one, or none */
    uint16_t count[CODE_MAX + 1], symbol[LITERALS]; /* canonical: by length, then by symbol */
};

enum phase { HEADER, STORED_SIZE, STORED, SIZES, ORDER, LENGTHS, REPEAT, SYMBOL, LENGTH_EXTRA, DISTANCE, DISTANCE_EXTRA, COPY, DONE };

struct state {
    const struct ct_alloc *alloc;
    enum phase phase;
    bool last;                                      /* block */
    uint64_t bits;
    unsigned n_bits;
    unsigned literals, distances, order, lengths_n; /* how many there are; how many have been read */
    unsigned char lengths[LITERALS + DISTANCES];
    struct code literal, distance;                  /* while lengths are read, literal is the code that they are in */
    unsigned symbol;                                /* whose extra bits come next */
    uint32_t left, back;                            /* to be copied, and from how far back */
    uint32_t at, filled;                            /* in the window */
    unsigned char window[WINDOW];
};

static ct_err deflate64_open(const struct ct_alloc *alloc, void **ret_state)
{
    struct state *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    s->alloc = alloc;
    *ret_state = s;
    return CT_OK;
}

static void deflate64_close(void *state)
{
    struct state *s = state;
    ct_alloc_put(s->alloc, s, sizeof *s);
}

static ct_err deflate64_start(void *state)
{
    struct state *s = state;
    s->phase = HEADER;
    s->last = false;
    s->bits = 0;
    s->n_bits = 0;
    s->at = s->filled = 0;
    return CT_OK;
}

static bool pull(struct state *s, struct ct_codec_io *io)
{
    if (io->in_n == 0) return false;
    s->bits |= (uint64_t)*io->in++ << s->n_bits;
    io->in_n--;
    s->n_bits += 8;
    return true;
}

static bool need(struct state *s, struct ct_codec_io *io, unsigned n)
{
    while (s->n_bits < n)
        if (!pull(s, io)) return false;
    return true;
}

static unsigned take(struct state *s, unsigned n)
{
    unsigned v = (unsigned)(s->bits & ((1ull << n) - 1));
    s->bits >>= n;
    s->n_bits -= n;
    return v;
}

/* False: more codes than fit, or fewer where that is not allowed (a single one of one bit, or none, may stand alone). */
static bool build(struct code *c, const unsigned char *lengths, unsigned n, bool complete)
{
    uint16_t offsets[CODE_MAX + 2] = {0}, next[CODE_MAX + 2] = {0};
    int left = 1;
    memset(c, 0, sizeof *c);
    for (unsigned i = 0; i < n; i++) c->count[lengths[i]]++;
    unsigned used = n - c->count[0];
    c->count[0] = 0;
    for (unsigned len = 1; len <= CODE_MAX; len++) {
        left = 2 * left - c->count[len];
        if (left < 0) return false;
        offsets[len + 1] = (uint16_t)(offsets[len] + c->count[len]);
        next[len + 1] = (uint16_t)((next[len] + c->count[len]) << 1);
    }
    if (left > 0 && (complete || !(used == 0 || (used == 1 && c->count[1] == 1)))) return false;
    for (unsigned i = 0; i < n; i++) {
        unsigned len = lengths[i];
        if (len == 0) continue;
        c->symbol[offsets[len]++] = (uint16_t)i;
        unsigned bits = next[len]++, reversed = 0;
        if (len > FAST) continue;
        for (unsigned k = 0; k < len; k++) reversed |= (bits >> k & 1) << (len - 1 - k);
        for (unsigned place = reversed; place < 1u << FAST; place += 1u << len) c->fast[place] = (uint16_t)(i << 4 | len);
    }
    return true;
}

/* The symbol that the bits at hand begin with. Their missing ones read as zeros, which a code that is short enough does not see. */
static bool look_up(struct state *s, const struct code *c, unsigned *ret_symbol)
{
    unsigned fast = c->fast[s->bits & ((1u << FAST) - 1)], len = fast & 15;
    if (len && len <= s->n_bits) {
        (void)take(s, len);
        *ret_symbol = fast >> 4;
        return true;
    }
    unsigned code = 0, first = 0, index = 0;
    for (len = 1; len <= CODE_MAX && len <= s->n_bits; len++) {
        code |= (unsigned)(s->bits >> (len - 1)) & 1;
        if (code < first + c->count[len]) {
            (void)take(s, len);
            *ret_symbol = c->symbol[index + code - first];
            return true;
        }
        index += c->count[len];
        first = (first + c->count[len]) << 1;
        code <<= 1;
    }
    return false;
}

/* CT_ERR_AGAIN: the input ends within the symbol. */
static ct_err decode(struct state *s, struct ct_codec_io *io, const struct code *c, unsigned *ret_symbol)
{
    while (!look_up(s, c, ret_symbol)) {
        if (s->n_bits >= CODE_MAX) return ct_codec_why(io, CT_ERR_SYNTAX, "deflate64", "no such code");
        if (!pull(s, io)) return CT_ERR_AGAIN;
    }
    return CT_OK;
}

static void fixed_codes(struct state *s)
{
    for (unsigned i = 0; i < LITERALS; i++) s->lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    (void)build(&s->literal, s->lengths, LITERALS, true);
    memset(s->lengths, 5, DISTANCES);
    (void)build(&s->distance, s->lengths, DISTANCES, true);
}

static ct_err header(struct state *s, struct ct_codec_io *io)
{
    if (s->last) {
        s->phase = DONE;
        return CT_OK;
    }
    if (!need(s, io, 3)) return CT_ERR_AGAIN;
    s->last = take(s, 1);
    switch (take(s, 2)) {
    case 0:
        (void)take(s, s->n_bits); /* less than a byte */
        s->phase = STORED_SIZE;
        return CT_OK;
    case 1:
        fixed_codes(s);
        s->phase = SYMBOL;
        return CT_OK;
    case 2: s->phase = SIZES; return CT_OK;
    default: return ct_codec_why(io, CT_ERR_SYNTAX, "deflate64", "no such kind of block");
    }
}

static ct_err stored_size(struct state *s, struct ct_codec_io *io)
{
    if (!need(s, io, 32)) return CT_ERR_AGAIN;
    unsigned n = take(s, 16), inverted = take(s, 16);
    if ((n ^ inverted) != 0xffff) return ct_codec_why(io, CT_ERR_SYNTAX, "deflate64", "size of a stored block");
    s->left = n;
    s->phase = STORED;
    return CT_OK;
}

static void put(struct state *s, struct ct_codec_io *io, unsigned char c)
{
    *io->out++ = c;
    io->out_n--;
    s->window[s->at] = c;
    s->at = (s->at + 1) % WINDOW;
    if (s->filled < WINDOW) s->filled++;
}

static ct_err sizes(struct state *s, struct ct_codec_io *io)
{
    if (!need(s, io, 14)) return CT_ERR_AGAIN;
    s->literals = take(s, 5) + 257;
    s->distances = take(s, 5) + 1;
    s->order = take(s, 4) + 4;
    s->lengths_n = 0;
    memset(s->lengths, 0, sizeof s->lengths);
    s->phase = ORDER;
    return s->literals <= LITERALS_USED ? CT_OK : ct_codec_why(io, CT_ERR_SYNTAX, "deflate64", "too many codes");
}

static ct_err order(struct state *s, struct ct_codec_io *io)
{
    static const unsigned char places[ORDER_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    for (; s->lengths_n < s->order; s->lengths_n++) {
        if (!need(s, io, 3)) return CT_ERR_AGAIN;
        s->lengths[places[s->lengths_n]] = (unsigned char)take(s, 3);
    }
    if (!build(&s->literal, s->lengths, ORDER_CODES, true)) return ct_codec_why(io, CT_ERR_SYNTAX, "deflate64", "code of the lengths");
    s->lengths_n = 0;
    s->phase = LENGTHS;
    return CT_OK;
}

static ct_err lengths(struct state *s, struct ct_codec_io *io)
{
    unsigned all = s->literals + s->distances;
    while (s->lengths_n < all) {
        CT_TRY(decode(s, io, &s->literal, &s->symbol));
        if (s->symbol >= 16) {
            s->phase = REPEAT;
            return CT_OK;
        }
        s->lengths[s->lengths_n++] = (unsigned char)s->symbol;
    }
    bool good = s->lengths[END_OF_BLOCK] && build(&s->literal, s->lengths, s->literals, false) &&
                build(&s->distance, s->lengths + s->literals, s->distances, false);
    s->phase = SYMBOL;
    return good ? CT_OK : ct_codec_why(io, CT_ERR_SYNTAX, "deflate64", "codes of a block");
}

static ct_err repeat(struct state *s, struct ct_codec_io *io)
{
    static const struct {
        unsigned bits, base;
    } kinds[] = {{2, 3}, {3, 3}, {7, 11}};
    unsigned k = s->symbol - 16, all = s->literals + s->distances;
    if (!need(s, io, kinds[k].bits)) return CT_ERR_AGAIN;
    unsigned n = kinds[k].base + take(s, kinds[k].bits);
    if (n > all - s->lengths_n || (k == 0 && s->lengths_n == 0)) return ct_codec_why(io, CT_ERR_SYNTAX, "deflate64", "lengths that repeat");
    memset(s->lengths + s->lengths_n, k == 0 ? s->lengths[s->lengths_n - 1] : 0, n);
    s->lengths_n += n;
    s->phase = LENGTHS;
    return CT_OK;
}

static ct_err symbols(struct state *s, struct ct_codec_io *io)
{
    while (io->out_n) {
        CT_TRY(decode(s, io, &s->literal, &s->symbol));
        if (s->symbol < END_OF_BLOCK) {
            put(s, io, (unsigned char)s->symbol);
            continue;
        }
        s->phase = s->symbol == END_OF_BLOCK ? HEADER : LENGTH_EXTRA;
        return s->symbol < LITERALS_USED ? CT_OK : ct_codec_why(io, CT_ERR_SYNTAX, "deflate64", "no such length");
    }
    return CT_ERR_AGAIN;
}

static ct_err length_extra(struct state *s, struct ct_codec_io *io)
{
    unsigned k = s->symbol - 257, extra = k < 8 ? 0 : k / 4 - 1, base = k < 8 ? k + 3 : ((4 + k % 4) << extra) + 3;
    if (s->symbol == 285) extra = 16, base = 3;
    if (!need(s, io, extra)) return CT_ERR_AGAIN;
    s->left = base + take(s, extra);
    s->phase = DISTANCE;
    return CT_OK;
}

static ct_err distance_extra(struct state *s, struct ct_codec_io *io)
{
    unsigned k = s->symbol, extra = k < 4 ? 0 : k / 2 - 1, base = k < 4 ? k + 1 : ((2 + k % 2) << extra) + 1;
    if (!need(s, io, extra)) return CT_ERR_AGAIN;
    s->back = base + take(s, extra);
    s->phase = COPY;
    return s->back <= s->filled ? CT_OK : ct_codec_why(io, CT_ERR_SYNTAX, "deflate64", "a distance to before the start");
}

static ct_err copy(struct state *s, struct ct_codec_io *io)
{
    for (; s->left && io->out_n; s->left--) put(s, io, s->window[(s->at + WINDOW - s->back) % WINDOW]);
    if (s->left) return CT_ERR_AGAIN;
    s->phase = SYMBOL;
    return CT_OK;
}

static ct_err stored(struct state *s, struct ct_codec_io *io)
{
    for (; s->left && io->out_n && io->in_n; s->left--, io->in_n--) put(s, io, *io->in++);
    if (s->left) return CT_ERR_AGAIN;
    s->phase = HEADER;
    return CT_OK;
}

static ct_err distance(struct state *s, struct ct_codec_io *io)
{
    CT_TRY(decode(s, io, &s->distance, &s->symbol));
    s->phase = DISTANCE_EXTRA;
    return CT_OK;
}

static ct_err deflate64_step(void *state, struct ct_codec_io *io)
{
    static ct_err (*const phases[])(struct state *, struct ct_codec_io *) = {
        [HEADER] = header, [STORED_SIZE] = stored_size, [STORED] = stored,     [SIZES] = sizes,
        [ORDER] = order,   [LENGTHS] = lengths,         [REPEAT] = repeat,     [SYMBOL] = symbols,
        [LENGTH_EXTRA] = length_extra, [DISTANCE] = distance, [DISTANCE_EXTRA] = distance_extra, [COPY] = copy,
    };
    struct state *s = state;
    while (s->phase != DONE) {
        ct_err e = phases[s->phase](s, io);
        if (e != CT_OK) return e == CT_ERR_AGAIN ? CT_OK : e; /* more input, or more room */
    }
    return CT_ERR_END;
}

const struct ct_codec_ops ct_codec_deflate64 = {deflate64_open, deflate64_close, deflate64_start, deflate64_step};
