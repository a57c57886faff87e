#include "archive/decoder.h"

#include <stdio.h>
#include <zstd.h>
#include <zstd_errors.h>

#define WINDOW_LOG 27
_Static_assert(1u << WINDOW_LOG == CT_CODEC_WINDOW_MAX, "one cap, two spellings");

struct state {
    const struct ct_alloc *alloc;
    ZSTD_DCtx *d;
    size_t next; /* input bytes the library asks for next */
};

static ct_err zstd_open(const struct ct_alloc *alloc, void **ret_state)
{
    struct state *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    s->alloc = alloc;
    s->d = ZSTD_createDCtx();
    if (!s->d || ZSTD_isError(ZSTD_DCtx_setParameter(s->d, ZSTD_d_windowLogMax, WINDOW_LOG))) {
        (void)ZSTD_freeDCtx(s->d);
        ct_alloc_put(alloc, s, sizeof *s);
        return CT_ERR_NOMEM;
    }
    *ret_state = s;
    return CT_OK;
}

static void zstd_close(void *state)
{
    struct state *s = state;
    (void)ZSTD_freeDCtx(s->d);
    ct_alloc_put(s->alloc, s, sizeof *s);
}

static ct_err zstd_start(void *state)
{
    struct state *s = state;
    s->next = 5; /* magic and frame header descriptor */
    return ZSTD_isError(ZSTD_DCtx_reset(s->d, ZSTD_reset_session_only)) ? CT_ERR_READ : CT_OK;
}

static ct_err zstd_step(void *state, struct ct_codec_io *io)
{
    struct state *s = state;
    /* A failing call gives back nothing of what it decoded. Fed no more than it asks for, it does one block a call, so that
     * all blocks before the damage are delivered. */
    ZSTD_inBuffer in = {io->in, io->in_n < s->next ? io->in_n : s->next, 0};
    ZSTD_outBuffer out = {io->out, io->out_n, 0};
    size_t r = ZSTD_decompressStream(s->d, &out, &in);
    io->in += in.pos;
    io->in_n -= in.pos;
    io->out += out.pos;
    io->out_n -= out.pos;
    if (!ZSTD_isError(r)) {
        s->next = r;
        return r == 0 ? CT_ERR_END : CT_OK;
    }
    switch (ZSTD_getErrorCode(r)) {
    case ZSTD_error_memory_allocation: return CT_ERR_NOMEM;
    case ZSTD_error_checksum_wrong: return ct_codec_why(io, CT_ERR_CHECKSUM, "zstd", ZSTD_getErrorName(r));
    case ZSTD_error_dictionary_wrong: return ct_codec_why(io, CT_ERR_UNSUPPORTED, "zstd", "needs a dictionary");
    case ZSTD_error_frameParameter_windowTooLarge:
        (void)snprintf(io->why, sizeof io->why, "zstd: window over %u MiB", CT_CODEC_WINDOW_MAX >> 20);
        return CT_ERR_CAP;
    default: return ct_codec_why(io, CT_ERR_SYNTAX, "zstd", ZSTD_getErrorName(r));
    }
}

const struct ct_codec_ops ct_codec_zstd = {zstd_open, zstd_close, zstd_start, zstd_step};
