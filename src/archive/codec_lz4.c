#include "archive/decoder.h"

#include <lz4frame.h>
#include <string.h>

struct state {
    const struct ct_alloc *alloc;
    LZ4F_dctx *d;
    size_t next; /* input bytes the library asks for next */
};

static ct_err lz4_open(const struct ct_alloc *alloc, void **ret_state)
{
    struct state *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    s->alloc = alloc;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&s->d, LZ4F_VERSION))) {
        ct_alloc_put(alloc, s, sizeof *s);
        return CT_ERR_NOMEM;
    }
    *ret_state = s;
    return CT_OK;
}

static void lz4_close(void *state)
{
    struct state *s = state;
    (void)LZ4F_freeDecompressionContext(s->d);
    ct_alloc_put(s->alloc, s, sizeof *s);
}

static ct_err lz4_start(void *state)
{
    struct state *s = state;
    LZ4F_resetDecompressionContext(s->d);
    s->next = LZ4F_HEADER_SIZE_MIN;
    return CT_OK;
}

static ct_err lz4_step(void *state, struct ct_codec_io *io)
{
    struct state *s = state;
    /* A failing call gives back nothing of what it decoded. Fed no more than it asks for, it does one block a call, so that
     * all blocks before the damage are delivered. */
    size_t in_n = io->in_n < s->next ? io->in_n : s->next, out_n = io->out_n;
    size_t r = LZ4F_decompress(s->d, io->out, &out_n, io->in, &in_n, NULL);
    if (LZ4F_isError(r)) {
        const char *words = LZ4F_getErrorName(r);
        if (strstr(words, "allocation")) return CT_ERR_NOMEM;
        return ct_codec_why(io, strstr(words, "hecksum") ? CT_ERR_CHECKSUM : CT_ERR_SYNTAX, "lz4", words);
    }
    io->in += in_n;
    io->in_n -= in_n;
    io->out += out_n;
    io->out_n -= out_n;
    s->next = r;
    return r == 0 ? CT_ERR_END : CT_OK;
}

const struct ct_codec_ops ct_codec_lz4 = {lz4_open, lz4_close, lz4_start, lz4_step};
