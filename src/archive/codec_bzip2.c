#include "archive/decoder.h"

#include <bzlib.h>
#include <limits.h>
#include <string.h>

enum { STEP_MAX = 4096 };

struct state {
    const struct ct_alloc *alloc;
    bz_stream b;
    bool ready;
};

static void *b_alloc(void *alloc, int items, int size)
{
    return items < 0 || size < 0 ? NULL : ct_codec_alloc(alloc, (size_t)items, (size_t)size);
}
static void b_free(void *alloc, void *p) { ct_codec_free(alloc, p); }

/* libbz2 wants the hook's context as plain void *; the table behind it is only read. */
union alloc_ref {
    const struct ct_alloc *alloc;
    void *opaque;
};

static ct_err bzip2_open(const struct ct_alloc *alloc, void **ret_state)
{
    struct state *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return CT_ERR_NOMEM;
    memset(s, 0, sizeof *s);
    s->alloc = alloc;
    *ret_state = s;
    return CT_OK;
}

static void bzip2_close(void *state)
{
    struct state *s = state;
    if (s->ready) (void)BZ2_bzDecompressEnd(&s->b);
    ct_alloc_put(s->alloc, s, sizeof *s);
}

static ct_err bzip2_start(void *state)
{
    struct state *s = state;
    if (s->ready) (void)BZ2_bzDecompressEnd(&s->b); /* libbz2 has no reset */
    s->ready = false;
    memset(&s->b, 0, sizeof s->b);
    s->b.bzalloc = b_alloc;
    s->b.bzfree = b_free;
    s->b.opaque = (union alloc_ref){.alloc = s->alloc}.opaque;
    if (BZ2_bzDecompressInit(&s->b, 0, 0) != BZ_OK) return CT_ERR_NOMEM;
    s->ready = true;
    return CT_OK;
}

static ct_err bzip2_step(void *state, struct ct_codec_io *io)
{
    struct state *s = state;
    unsigned in_n = io->in_n > UINT_MAX ? UINT_MAX : (unsigned)io->in_n;
    /* At some damage libbz2 returns without saying what it had written: in small steps little is lost. */
    unsigned out_n = io->out_n > STEP_MAX ? STEP_MAX : (unsigned)io->out_n;
    union {
        const unsigned char *in;
        char *next;
    } in = {io->in};
    union {
        unsigned char *out;
        char *next;
    } out = {io->out};
    s->b.next_in = in.next;
    s->b.avail_in = in_n;
    s->b.next_out = out.next;
    s->b.avail_out = out_n;
    int r = BZ2_bzDecompress(&s->b);
    io->in += in_n - s->b.avail_in;
    io->in_n -= in_n - s->b.avail_in;
    io->out += out_n - s->b.avail_out;
    io->out_n -= out_n - s->b.avail_out;
    switch (r) {
    case BZ_OK: return CT_OK;
    case BZ_STREAM_END: return CT_ERR_END;
    case BZ_MEM_ERROR: return CT_ERR_NOMEM;
    /* libbz2 does not tell a wrong sum from a wrong stream. */
    case BZ_DATA_ERROR: return ct_codec_why(io, CT_ERR_CHECKSUM, "bzip2", "damaged data or checksum");
    default: return ct_codec_why(io, CT_ERR_SYNTAX, "bzip2", "invalid stream");
    }
}

const struct ct_codec_ops ct_codec_bzip2 = {bzip2_open, bzip2_close, bzip2_start, bzip2_step};
