#include "logs/codec.h"

#include <lzma.h>
#include <stdio.h>
#include <string.h>

#define MEMORY_MAX (CT_CODEC_WINDOW_MAX + (2u << 20)) /* the window and liblzma's own tables */

struct state {
    const struct ct_alloc *alloc;
    lzma_allocator hooks;
    lzma_stream x;
};

static void *x_alloc(void *alloc, size_t items, size_t size) { return ct_codec_alloc(alloc, items, size); }
static void x_free(void *alloc, void *p) { ct_codec_free(alloc, p); }

/* liblzma wants the hook's context as plain void *; the table behind it is only read. */
union alloc_ref {
    const struct ct_alloc *alloc;
    void *opaque;
};

static ct_err xz_open(const struct ct_alloc *alloc, void **ret_state)
{
    struct state *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    memset(s, 0, sizeof *s);
    s->alloc = alloc;
    s->hooks = (lzma_allocator){x_alloc, x_free, (union alloc_ref){.alloc = alloc}.opaque};
    s->x = (lzma_stream)LZMA_STREAM_INIT;
    s->x.allocator = &s->hooks;
    *ret_state = s;
    return CT_OK;
}

static void xz_close(void *state)
{
    struct state *s = state;
    lzma_end(&s->x);
    ct_alloc_put(s->alloc, s, sizeof *s);
}

static ct_err xz_start(void *state)
{
    struct state *s = state;
    return lzma_stream_decoder(&s->x, MEMORY_MAX, 0) == LZMA_OK ? CT_OK : CT_ERR_NOMEM;
}

static ct_err xz_step(void *state, struct ct_codec_io *io)
{
    struct state *s = state;
    s->x.next_in = io->in;
    s->x.avail_in = io->in_n;
    s->x.next_out = io->out;
    s->x.avail_out = io->out_n;
    lzma_ret r = lzma_code(&s->x, LZMA_RUN);
    io->in = s->x.next_in;
    io->in_n = s->x.avail_in;
    io->out = s->x.next_out;
    io->out_n = s->x.avail_out;
    switch (r) {
    case LZMA_OK:
    case LZMA_BUF_ERROR: return CT_OK; /* no room or no input: the caller sees that nothing moved */
    case LZMA_STREAM_END: return CT_ERR_END;
    case LZMA_MEM_ERROR: return CT_ERR_NOMEM;
    case LZMA_MEMLIMIT_ERROR:
        (void)snprintf(io->why, sizeof io->why, "xz: window over %u MiB", CT_CODEC_WINDOW_MAX >> 20);
        return CT_ERR_CAP;
    case LZMA_OPTIONS_ERROR: return ct_codec_why(io, CT_ERR_UNSUPPORTED, "xz", "unknown filter or header flag");
    /* liblzma does not tell a wrong sum from a wrong stream. */
    case LZMA_DATA_ERROR: return ct_codec_why(io, CT_ERR_CHECKSUM, "xz", "damaged data or checksum");
    default: return ct_codec_why(io, CT_ERR_SYNTAX, "xz", "invalid stream");
    }
}

const struct ct_codec_ops ct_codec_xz = {xz_open, xz_close, xz_start, xz_step};
