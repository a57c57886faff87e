/* By zlib in any build: ISA-L decodes tens of kilobytes ahead, whatever little is asked for. */
#include "archive/decoder.h"

#include <string.h>
#include <zlib.h>

struct ct_codec_peek {
    const struct ct_alloc *alloc;
    z_stream z;
};

static void *z_alloc(void *alloc, unsigned items, unsigned size) { return ct_codec_alloc(alloc, items, size); }
static void z_free(void *alloc, void *p) { ct_codec_free(alloc, p); }

/* zlib wants the hook's context as plain void *; the table behind it is only read. */
union alloc_ref {
    const struct ct_alloc *alloc;
    void *opaque;
};

static struct ct_codec_peek *peek_new(const struct ct_alloc *alloc)
{
    struct ct_codec_peek *p = ct_alloc_get(alloc, sizeof *p);
    if (!p) return NULL;
    memset(p, 0, sizeof *p);
    p->alloc = alloc;
    p->z.zalloc = z_alloc;
    p->z.zfree = z_free;
    p->z.opaque = (union alloc_ref){.alloc = alloc}.opaque;
    if (inflateInit2(&p->z, -15) == Z_OK) return p;
    ct_alloc_put(alloc, p, sizeof *p);
    return NULL;
}

size_t ct_codec_peek_deflate(const struct ct_alloc *alloc, struct ct_codec_peek **peek, ct_str in, unsigned char *to, size_t n)
{
    if (!*peek) *peek = peek_new(alloc);
    if (!*peek || inflateReset(&(*peek)->z) != Z_OK) return 0;
    z_stream *z = &(*peek)->z;
    union {
        const unsigned char *in;
        unsigned char *next;
    } bytes = {in.p};
    z->next_in = bytes.next;
    z->avail_in = in.n > (1u << 30) ? 1u << 30 : (unsigned)in.n;
    z->next_out = to;
    z->avail_out = (unsigned)n;
    (void)inflate(z, Z_SYNC_FLUSH);
    return n - z->avail_out;
}

void ct_codec_peek_close(struct ct_codec_peek *peek)
{
    if (!peek) return;
    (void)inflateEnd(&peek->z);
    ct_alloc_put(peek->alloc, peek, sizeof *peek);
}
