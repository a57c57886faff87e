#include "archive/decoder.h"

#include <lzma.h>
#include <stdio.h>
#include <string.h>

#define MEMORY_MAX (CT_CODEC_WINDOW_MAX + (2u << 20)) /* the window and liblzma's own tables */

struct state {
    const struct ct_alloc *alloc;
    lzma_allocator hooks;
    lzma_stream x;
    unsigned char head[13]; /* of a .lzma file, made from zip's: properties and a size of "until the end mark" */
    size_t head_n;          /* of zip's 9 bytes so far; SIZE_MAX: handed over */
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

static ct_err lzma_start(void *state)
{
    struct state *s = state;
    return lzma_alone_decoder(&s->x, MEMORY_MAX) == LZMA_OK ? CT_OK : CT_ERR_NOMEM;
}

static ct_err zip_lzma_start(void *state)
{
    struct state *s = state;
    s->head_n = 0;
    return lzma_start(state);
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
const struct ct_codec_ops ct_codec_lzma = {xz_open, xz_close, lzma_start, xz_step};

/* Source: APPNOTE 5.8.8: two bytes of version, two for the length of the properties (5), the properties, the stream. */
static ct_err zip_lzma_step(void *state, struct ct_codec_io *io)
{
    struct state *s = state;
    enum { HEAD = 9, SKIP = 4 };
    while (s->head_n < HEAD && io->in_n) {
        if (s->head_n == 2 && *io->in != 5) return ct_codec_why(io, CT_ERR_UNSUPPORTED, "lzma", "length of the properties");
        if (s->head_n >= SKIP) s->head[s->head_n - SKIP] = *io->in;
        io->in++;
        io->in_n--;
        s->head_n++;
    }
    if (s->head_n < HEAD) return CT_OK;
    if (s->head_n == HEAD) {
        memset(s->head + 5, 0xff, 8);
        struct ct_codec_io head = {.in = s->head, .in_n = sizeof s->head, .out = io->out, .out_n = io->out_n};
        ct_err e = xz_step(state, &head);
        if (e != CT_OK || head.in_n) return ct_codec_why(io, e == CT_OK ? CT_ERR_SYNTAX : e, "lzma", "properties");
        s->head_n = SIZE_MAX;
    }
    return xz_step(state, io);
}

const struct ct_codec_ops ct_codec_zip_lzma = {xz_open, xz_close, zip_lzma_start, zip_lzma_step};
