/* gzip by ISA-L: three times as fast as zlib, which stands in where ISA-L cannot be linked (codec_gzip.c). */
#include "archive/decoder.h"

#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <string.h>

struct state {
    const struct ct_alloc *alloc;
    struct inflate_state inflate;
    int failed; /* ISA-L's code, kept until what it decoded before the damage has been handed out */
};

static ct_err gzip_open(const struct ct_alloc *alloc, void **ret_state)
{
    struct state *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    memset(s, 0, sizeof *s);
    s->alloc = alloc;
    *ret_state = s;
    return CT_OK;
}

static void gzip_close(void *state)
{
    struct state *s = state;
    ct_alloc_put(s->alloc, s, sizeof *s);
}

static ct_err gzip_start(void *state)
{
    struct state *s = state;
    isal_inflate_init(&s->inflate);
    s->inflate.crc_flag = ISAL_GZIP;
    s->failed = 0;
    return CT_OK;
}

static ct_err refuse(struct ct_codec_io *io, int code)
{
    switch (code) {
    case ISAL_INCORRECT_CHECKSUM: return ct_codec_why(io, CT_ERR_CHECKSUM, "gzip", "incorrect data check");
    case ISAL_INVALID_BLOCK: return ct_codec_why(io, CT_ERR_SYNTAX, "gzip", "invalid block");
    case ISAL_INVALID_SYMBOL: return ct_codec_why(io, CT_ERR_SYNTAX, "gzip", "invalid code");
    case ISAL_INVALID_LOOKBACK: return ct_codec_why(io, CT_ERR_SYNTAX, "gzip", "invalid distance too far back");
    case ISAL_INVALID_WRAPPER: return ct_codec_why(io, CT_ERR_SYNTAX, "gzip", "incorrect header check");
    case ISAL_UNSUPPORTED_METHOD: return ct_codec_why(io, CT_ERR_SYNTAX, "gzip", "unknown compression method");
    default: return ct_codec_why(io, CT_ERR_SYNTAX, "gzip", "invalid stream");
    }
}

/* ISA-L decodes ahead into a buffer of its own and, at damage, leaves there what is good. */
static ct_err hand_out_rest(struct state *s, struct ct_codec_io *io)
{
    struct inflate_state *z = &s->inflate;
    size_t have = (size_t)(z->tmp_out_valid - z->tmp_out_processed), n = have < io->out_n ? have : io->out_n;
    if (n) memcpy(io->out, z->tmp_out_buffer + z->tmp_out_processed, n);
    io->out += n;
    io->out_n -= n;
    z->tmp_out_processed += (int32_t)n;
    return n < have ? CT_OK : refuse(io, s->failed);
}

static ct_err gzip_step(void *state, struct ct_codec_io *io)
{
    struct state *s = state;
    if (s->failed) return hand_out_rest(s, io);
    uint32_t in_n = io->in_n > UINT32_MAX ? UINT32_MAX : (uint32_t)io->in_n;
    uint32_t out_n = io->out_n > UINT32_MAX ? UINT32_MAX : (uint32_t)io->out_n;
    union { /* ISA-L reads through a pointer that is not const */
        const unsigned char *in;
        unsigned char *next;
    } in = {io->in};
    s->inflate.next_in = in.next;
    s->inflate.avail_in = in_n;
    s->inflate.next_out = io->out;
    s->inflate.avail_out = out_n;
    int r = isal_inflate(&s->inflate);
    io->in += in_n - s->inflate.avail_in;
    io->in_n -= in_n - s->inflate.avail_in;
    io->out += out_n - s->inflate.avail_out;
    io->out_n -= out_n - s->inflate.avail_out;
    if (r < 0) {
        s->failed = r;
        return hand_out_rest(s, io);
    }
    return s->inflate.block_state == ISAL_BLOCK_FINISH ? CT_ERR_END : CT_OK;
}

const struct ct_codec_ops ct_codec_gzip = {gzip_open, gzip_close, gzip_start, gzip_step};
