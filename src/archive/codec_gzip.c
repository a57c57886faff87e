#include "archive/decoder.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

struct state {
    const struct ct_alloc *alloc;
    z_stream z;
    bool ready;
};

enum { GZIP = 15 + 16, RAW = -15 }; /* largest window, and what is around the stream */

static void *z_alloc(void *alloc, unsigned items, unsigned size) { return ct_codec_alloc(alloc, items, size); }
static void z_free(void *alloc, void *p) { ct_codec_free(alloc, p); }

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
    if (s->ready) (void)inflateEnd(&s->z);
    ct_alloc_put(s->alloc, s, sizeof *s);
}

/* zlib wants the hook's context as plain void *; the table behind it is only read. */
union alloc_ref {
    const struct ct_alloc *alloc;
    void *opaque;
};

static ct_err start(struct state *s, int bits)
{
    if (s->ready) return inflateReset(&s->z) == Z_OK ? CT_OK : CT_ERR_READ;
    s->z.zalloc = z_alloc;
    s->z.zfree = z_free;
    s->z.opaque = (union alloc_ref){.alloc = s->alloc}.opaque;
    if (inflateInit2(&s->z, bits) != Z_OK) return CT_ERR_NOMEM;
    s->ready = true;
    return CT_OK;
}

#ifndef CT_GZIP_BY_ISAL
static ct_err gzip_start(void *state) { return start(state, GZIP); }
#endif
static ct_err deflate_start(void *state) { return start(state, RAW); }

static ct_err gzip_step(void *state, struct ct_codec_io *io)
{
    struct state *s = state;
    unsigned in_n = io->in_n > UINT_MAX ? UINT_MAX : (unsigned)io->in_n;
    unsigned out_n = io->out_n > UINT_MAX ? UINT_MAX : (unsigned)io->out_n;
    union {
        const unsigned char *in;
        unsigned char *next;
    } in = {io->in};
    s->z.next_in = in.next;
    s->z.avail_in = in_n;
    s->z.next_out = io->out;
    s->z.avail_out = out_n;
    int r = inflate(&s->z, Z_NO_FLUSH);
    io->in += in_n - s->z.avail_in;
    io->in_n -= in_n - s->z.avail_in;
    io->out += out_n - s->z.avail_out;
    io->out_n -= out_n - s->z.avail_out;
    switch (r) {
    case Z_OK:
    case Z_BUF_ERROR: return CT_OK; /* no room or no input: the caller sees that nothing moved */
    case Z_STREAM_END: return CT_ERR_END;
    case Z_MEM_ERROR: return CT_ERR_NOMEM;
    default: break;
    }
    /* zlib has one code for all damage; its words tell a wrong sum ("incorrect data check") from a wrong stream. */
    const char *words = s->z.msg ? s->z.msg : "invalid stream";
    bool sum = strstr(words, "incorrect") && strstr(words, " check") && !strstr(words, "header check");
    return ct_codec_why(io, sum || strstr(words, "crc mismatch") ? CT_ERR_CHECKSUM : CT_ERR_SYNTAX, "gzip", words);
}

#ifndef CT_GZIP_BY_ISAL
const struct ct_codec_ops ct_codec_gzip = {gzip_open, gzip_close, gzip_start, gzip_step};
#endif
/* In any build: ISA-L does not tell where a stream without a wrapper ends. */
const struct ct_codec_ops ct_codec_deflate = {gzip_open, gzip_close, deflate_start, gzip_step};
