#include "build_zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void le(struct ct_buf *b, uint64_t v, unsigned n)
{
    for (; n; n--, v >>= 8) ct_buf_byte(b, (unsigned char)v);
}

ct_str build_deflated(ct_arena *arena, ct_str in)
{
    z_stream z = {0};
    if (deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    size_t cap = deflateBound(&z, in.n) + 64;
    unsigned char *p = ct_arena_alloc(arena, cap);
    if (!p) abort();
    union {
        const unsigned char *in;
        unsigned char *next;
    } from = {in.p};
    z.next_in = from.next;
    z.avail_in = (unsigned)in.n;
    z.next_out = p;
    z.avail_out = (unsigned)cap;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
    size_t n = cap - z.avail_out;
    (void)deflateEnd(&z);
    return (ct_str){p, n};
}

struct made {
    uint64_t at, packed;
    uint32_t crc;
};

static void local(struct ct_buf *out, const struct zip_part *p, uint64_t start, struct made *m)
{
    ct_str packed = p->raw.p ? p->raw : p->method == 8 ? build_deflated(out->arena, p->data) : p->data;
    const char *name = p->local_name ? p->local_name : p->name;
    uint64_t size = p->data.n + (uint64_t)p->size_lie + (uint64_t)p->local_size_lie, packed_n = packed.n + (uint64_t)p->packed_lie;
    m->at = out->n - start;
    m->packed = packed.n;
    m->crc = (uint32_t)crc32(0, p->data.p, (unsigned)p->data.n) ^ (p->crc_lie ? 1u : 0);
    le(out, 0x04034b50, 4);
    le(out, 20, 2);
    le(out, p->flags | (p->descriptor ? 8u : 0), 2);
    le(out, p->local_method ? p->local_method : p->method, 2);
    le(out, 0x538a0000u + 0x0840u, 4);
    le(out, p->descriptor ? 0 : m->crc, 4);
    le(out, p->wide ? UINT32_MAX : p->descriptor ? 0 : packed_n, 4);
    le(out, p->wide ? UINT32_MAX : p->descriptor ? 0 : size, 4);
    le(out, strlen(name), 2);
    le(out, (p->wide ? 20u : 0) + p->pad, 2);
    ct_buf_text(out, name);
    if (p->wide) {
        le(out, 1, 2);
        le(out, 16, 2);
        le(out, p->descriptor ? 0 : size, 8);
        le(out, p->descriptor ? 0 : packed_n, 8);
    }
    for (unsigned i = 0; i < p->pad; i++) ct_buf_byte(out, 0);
    ct_buf_add(out, packed);
    if (!p->descriptor) return;
    if (!p->bare) le(out, 0x08074b50, 4);
    le(out, m->crc, 4);
    le(out, packed_n, p->wide ? 8 : 4);
    le(out, size, p->wide ? 8 : 4);
}

static void central(struct ct_buf *out, const struct zip_part *p, const struct made *m)
{
    uint64_t size = p->data.n + (uint64_t)p->size_lie, packed = m->packed + (uint64_t)p->packed_lie;
    le(out, 0x02014b50, 4);
    le(out, 20, 2);
    le(out, 20, 2);
    le(out, p->flags | (p->descriptor ? 8u : 0), 2);
    le(out, p->method, 2);
    le(out, 0x538a0000u + 0x0840u, 4);
    le(out, m->crc, 4);
    le(out, p->wide ? UINT32_MAX : packed, 4);
    le(out, p->wide ? UINT32_MAX : size, 4);
    le(out, strlen(p->name), 2);
    le(out, p->wide ? 28 : 0, 2);
    le(out, 0, 2 + 2 + 2 + 4);
    le(out, p->wide ? UINT32_MAX : m->at, 4);
    ct_buf_text(out, p->name);
    if (!p->wide) return;
    le(out, 1, 2);
    le(out, 24, 2);
    le(out, size, 8);
    le(out, packed, 8);
    le(out, m->at, 8);
}

void build_zip(struct ct_buf *out, const struct zip_part *parts, size_t n, const struct zip_form *form)
{
    static const struct zip_form plain = {.count_lie = 0};
    struct made made[64] = {{0, 0, 0}};
    if (!form) form = &plain;
    if (n > 64) abort();
    uint64_t start = form->absolute ? out->n : out->n + form->prefix.n;
    ct_buf_add(out, form->prefix);
    for (size_t i = 0; i < n; i++) {
        const struct zip_part *p = &parts[i];
        if (p->same_as) made[i] = made[p->same_as - 1];
        else if (!p->ghost) local(out, p, start, &made[i]);
        else made[i].at = 1u << 30;
    }
    if (form->no_directory) return;
    uint64_t directory = out->n - start, listed = 0;
    for (size_t k = 0; k < n; k++) {
        size_t i = form->reverse ? n - 1 - k : k;
        if (parts[i].hidden) continue;
        central(out, &parts[i], &made[i]);
        listed++;
    }
    uint64_t length = out->n - start - directory;
    directory += (uint64_t)form->directory_lie;
    listed += (uint64_t)form->count_lie;
    if (form->no_end) return;
    if (form->wide_end) {
        uint64_t at = out->n - start;
        le(out, 0x06064b50, 4);
        le(out, 44, 8);
        le(out, 45, 2);
        le(out, 45, 2);
        le(out, 0, 8);
        le(out, listed, 8);
        le(out, listed, 8);
        le(out, length, 8);
        le(out, directory, 8);
        le(out, 0x07064b50, 4);
        le(out, 0, 4);
        le(out, at, 8);
        le(out, 1, 4);
    }
    le(out, 0x06054b50, 4);
    le(out, 0, 4);
    le(out, form->wide_end ? UINT16_MAX : listed, 2);
    le(out, form->wide_end ? UINT16_MAX : listed, 2);
    le(out, form->wide_end ? UINT32_MAX : length, 4);
    le(out, form->wide_end ? UINT32_MAX : directory, 4);
    le(out, form->comment.n, 2);
    ct_buf_add(out, form->comment);
    ct_buf_add(out, form->suffix);
}
