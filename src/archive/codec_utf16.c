/* UTF-16 as UTF-8, by its byte order mark or, without one, by what ct_utf16_order says. */
#include "archive/decoder.h"

struct state {
    const struct ct_alloc *alloc;
    bool begun, big;
    bool has_half;       /* the first byte of a unit came, the second did not */
    unsigned char half;
    uint32_t high;       /* first half of a pair, or 0 */
    unsigned char out[8]; /* what found no room yet */
    unsigned out_at, out_n;
};

static ct_err utf16_open(const struct ct_alloc *alloc, void **ret_state)
{
    struct state *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    *s = (struct state){.alloc = alloc};
    *ret_state = s;
    return CT_OK;
}

static void utf16_close(void *state)
{
    struct state *s = state;
    ct_alloc_put(s->alloc, s, sizeof *s);
}

static ct_err utf16_start(void *state)
{
    struct state *s = state;
    *s = (struct state){.alloc = s->alloc};
    return CT_OK;
}

static void put(struct state *s, uint32_t c)
{
    unsigned char *to = s->out + s->out_n;
    unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (unsigned i = n; i-- > 1; c >>= 6) to[i] = (unsigned char)(0x80 | (c & 0x3f));
    to[0] = (unsigned char)(first[n] | c);
    s->out_n += n;
}

/* A lone half of a pair yields U+FFFD. */
static void take_unit(struct state *s, uint32_t unit)
{
    bool low = unit >= 0xdc00 && unit < 0xe000, high = unit >= 0xd800 && unit < 0xdc00;
    if (s->high && !low) put(s, 0xfffd);
    if (low) put(s, s->high ? 0x10000 + ((s->high - 0xd800) << 10) + (unit - 0xdc00) : 0xfffd);
    else if (!high) put(s, unit);
    s->high = high ? unit : 0;
}

/* Which order it is, and past the mark. False: more bytes are needed to tell. */
static bool begin(struct state *s, struct ct_codec_io *io)
{
    enum ct_utf16 order = ct_utf16_order((ct_str){io->in, io->in_n});
    if (order == CT_UTF16_NONE && io->in_n < CT_UTF16_TELLS) return false;
    s->begun = true;
    s->big = order == CT_UTF16_BIG || order == CT_UTF16_BIG_UNMARKED;
    if (order == CT_UTF16_BIG || order == CT_UTF16_LITTLE) io->in += 2, io->in_n -= 2;
    return true;
}

static ct_err utf16_step(void *state, struct ct_codec_io *io)
{
    struct state *s = state;
    if (!s->begun && !begin(s, io)) return CT_OK;
    while (s->out_at < s->out_n || io->in_n) {
        if (s->out_at < s->out_n) {
            if (io->out_n == 0) break;
            *io->out++ = s->out[s->out_at++];
            io->out_n--;
            continue;
        }
        s->out_at = s->out_n = 0;
        unsigned char c = *io->in++;
        io->in_n--;
        if (s->has_half) take_unit(s, s->big ? (uint32_t)s->half << 8 | c : (uint32_t)c << 8 | s->half);
        else s->half = c;
        s->has_half = !s->has_half;
    }
    return CT_OK;
}

bool ct_codec_utf16_may_end(const void *state)
{
    const struct state *s = state;
    return !s->has_half && !s->high && s->out_at == s->out_n;
}

const struct ct_codec_ops ct_codec_utf16 = {utf16_open, utf16_close, utf16_start, utf16_step};

enum ct_utf16 ct_utf16_order(ct_str head)
{
    enum { SURE = CT_UTF16_TELLS / 2 };
    if (head.n >= 2 && head.p[0] == 0xff && head.p[1] == 0xfe) return CT_UTF16_LITTLE;
    if (head.n >= 2 && head.p[0] == 0xfe && head.p[1] == 0xff) return CT_UTF16_BIG;
    size_t little = 0, big = 0;
    for (size_t i = 0; i + 1 < head.n && i / 2 < SURE; i += 2) {
        unsigned char a = head.p[i], b = head.p[i + 1];
        little += b == 0 && ((a >= ' ' && a < 0x7f) || a == '\t' || a == '\r' || a == '\n');
        big += a == 0 && ((b >= ' ' && b < 0x7f) || b == '\t' || b == '\r' || b == '\n');
    }
    return little == SURE ? CT_UTF16_LITTLE_UNMARKED : big == SURE ? CT_UTF16_BIG_UNMARKED : CT_UTF16_NONE;
}
