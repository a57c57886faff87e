#include "archive/zip_strict.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Sizes and signatures: APPNOTE 6.3.10, sections 4.3.7 to 4.3.16. */
enum { LOCAL_N = 30, RECORD_N = 46, END_N = 22, WIDE_END_N = 56, LOCATOR_N = 20, COMMENT_MAX = 65535, WIDE_TAG = 1 };
#define LOCAL_SIGN 0x04034b50u
#define DESCRIPTOR_SIGN 0x08074b50u
#define RECORD_SIGN 0x02014b50u
#define END_SIGN 0x06054b50u
#define WIDE_END_SIGN 0x06064b50u
#define LOCATOR_SIGN 0x07064b50u
enum { FLAG_DESCRIPTOR = 8 };

void ct_zip_put16(unsigned char *p, unsigned v)
{
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
}

void ct_zip_put32(unsigned char *p, uint32_t v)
{
    ct_zip_put16(p, v & 0xffff);
    ct_zip_put16(p + 2, v >> 16);
}

void ct_zip_put64(unsigned char *p, uint64_t v)
{
    ct_zip_put32(p, (uint32_t)v);
    ct_zip_put32(p + 4, (uint32_t)(v >> 32));
}

static ct_err refuse(struct ct_fault *f, uint64_t at, const char *why) { return ct_fault_set(f, CT_ERR_UNSUPPORTED, at, "%s", why); }

/* The end record: the last one whose comment fills the rest of the bytes exactly. */
static ct_err find_end(ct_arena *arena, const struct ct_bytes_at *in, uint64_t *ret_at, struct ct_fault *fault)
{
    size_t n = in->size < END_N + COMMENT_MAX ? (size_t)in->size : END_N + COMMENT_MAX;
    unsigned char *p = ct_arena_alloc(arena, n);
    if (!p) return CT_ERR_NOMEM;
    CT_TRY(ct_bytes_at_exact(in, in->size - n, p, n));
    for (size_t i = n < END_N ? 0 : n - END_N + 1; i-- > 0;)
        if (ct_zip_get32(p + i) == END_SIGN && i + END_N + ct_zip_get16(p + i + 20) == n) {
            *ret_at = in->size - n + i;
            return CT_OK;
        }
    return ct_fault_set(fault, CT_ERR_NOT_FOUND, 0, "no zip ends where the file ends");
}

struct directory {
    uint64_t offset, n, count; /* as written: offset counts from the archive's start */
    uint64_t follows;          /* where the end records start: the directory ends here */
};

/* The zip64 end record before the locator before the end record at `end`, if there is one. */
static ct_err read_wide(const struct ct_bytes_at *in, uint64_t end, struct directory *d, uint64_t *ret_wide, struct ct_fault *fault)
{
    unsigned char locator[LOCATOR_N], wide[WIDE_END_N];
    *ret_wide = 0;
    if (end < LOCATOR_N + WIDE_END_N) return CT_OK;
    CT_TRY(ct_bytes_at_exact(in, end - LOCATOR_N, locator, LOCATOR_N));
    if (ct_zip_get32(locator) != LOCATOR_SIGN) return CT_OK;
    /* Plain records only (no extensible data): so it stands right before its locator, whatever lies before the archive. */
    uint64_t at = end - LOCATOR_N - WIDE_END_N;
    CT_TRY(ct_bytes_at_exact(in, at, wide, WIDE_END_N));
    if (ct_zip_get32(wide) != WIDE_END_SIGN || ct_zip_get64(wide + 4) != WIDE_END_N - 12)
        return refuse(fault, at, "its zip64 end record is not where it should be");
    if (ct_zip_get32(wide + 16) != 0 || ct_zip_get32(wide + 20) != 0 || ct_zip_get64(wide + 24) != ct_zip_get64(wide + 32))
        return refuse(fault, at, "it is spread over several disks");
    d->count = ct_zip_get64(wide + 32);
    d->n = ct_zip_get64(wide + 40);
    d->offset = ct_zip_get64(wide + 48);
    d->follows = *ret_wide = at;
    return CT_OK;
}

/* Replaces size, packed size and header offset by those of the record's zip64 field, where the record says they are there. */
static ct_err read_wide_field(struct ct_zip_strict_entry *e, uint64_t at, struct ct_fault *fault)
{
    unsigned char *p = e->record + RECORD_N + e->name.n, *stop = p + ct_zip_get16(e->record + 30);
    while (stop - p >= 4) {
        size_t n = ct_zip_get16(p + 2);
        if ((size_t)(stop - p) < 4 + n) break;
        if (ct_zip_get16(p) == WIDE_TAG) {
            unsigned char *v = p + 4, *last = v + n;
            uint64_t *fields[] = {&e->size, &e->packed};
            for (size_t i = 0; i < 2; i++)
                if (*fields[i] == UINT32_MAX) {
                    if (last - v < 8) return refuse(fault, at, "a zip64 field is too short");
                    *fields[i] = ct_zip_get64(v);
                    v += 8;
                }
            if (e->header == UINT32_MAX) {
                if (last - v < 8) return refuse(fault, at, "a zip64 field is too short");
                e->header = ct_zip_get64(v);
                e->wide_offset = v;
            }
            return CT_OK;
        }
        p += 4 + n;
    }
    if (e->size == UINT32_MAX || e->packed == UINT32_MAX || e->header == UINT32_MAX) return refuse(fault, at, "a zip64 field is missing");
    return CT_OK;
}

static ct_err read_records(struct ct_zip_strict *z, uint64_t count, struct ct_fault *fault)
{
    size_t at = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct ct_zip_strict_entry *e = &z->entries[i];
        unsigned char *p = z->records + at;
        uint64_t where = z->directory + at;
        if (z->records_n - at < RECORD_N || ct_zip_get32(p) != RECORD_SIGN) return refuse(fault, where, "its directory is damaged");
        size_t name = ct_zip_get16(p + 28), all = RECORD_N + name + ct_zip_get16(p + 30) + ct_zip_get16(p + 32);
        if (z->records_n - at < all) return refuse(fault, where, "its directory is damaged");
        if (ct_zip_get16(p + 34) != 0) return refuse(fault, where, "it is spread over several disks");
        *e = (struct ct_zip_strict_entry){
            .name = {p + RECORD_N, name}, .flags = ct_zip_get16(p + 8), .method = ct_zip_get16(p + 10), .crc = ct_zip_get32(p + 16),
            .packed = ct_zip_get32(p + 20), .size = ct_zip_get32(p + 24), .header = ct_zip_get32(p + 42), .record = p, .record_n = all};
        CT_TRY(read_wide_field(e, where, fault));
        if (e->header > z->directory - z->base) return refuse(fault, where, "an entry starts behind the directory");
        e->header += z->base;
        at += all;
    }
    if (at != z->records_n) return refuse(fault, z->directory + at, "its directory holds more than it counts");
    return CT_OK;
}

/* Where the descriptor behind the data ends: with or without a signature, in 32 or 64 bits; the one whose values are right. */
static ct_err read_descriptor(const struct ct_bytes_at *in, struct ct_zip_strict_entry *e, struct ct_fault *fault)
{
    unsigned char p[24] = {0};
    size_t n = 0;
    CT_TRY(in->read(in->ctx, e->end, p, sizeof p, &n));
    for (size_t sign = 0; sign <= 4; sign += 4)
        for (size_t width = 4; width <= 8; width += 4) {
            const unsigned char *v = p + sign;
            if (sign + 4 + 2 * width > n || (sign && ct_zip_get32(p) != DESCRIPTOR_SIGN) || ct_zip_get32(v) != e->crc) continue;
            uint64_t packed = width == 4 ? ct_zip_get32(v + 4) : ct_zip_get64(v + 4);
            uint64_t size = width == 4 ? ct_zip_get32(v + 8) : ct_zip_get64(v + 12);
            if (packed != e->packed || size != e->size) continue;
            e->end += sign + 4 + 2 * width;
            return CT_OK;
        }
    return refuse(fault, e->end, "an entry's data descriptor is not what the directory says");
}

static ct_err read_local(const struct ct_bytes_at *in, ct_arena *arena, struct ct_zip_strict_entry *e, uint64_t limit, struct ct_fault *fault)
{
    unsigned char head[LOCAL_N];
    if (limit - e->header < LOCAL_N) return refuse(fault, e->header, "entries overlap");
    CT_TRY(ct_bytes_at_exact(in, e->header, head, LOCAL_N));
    size_t name = ct_zip_get16(head + 26), extra = ct_zip_get16(head + 28);
    if (ct_zip_get32(head) != LOCAL_SIGN || name != e->name.n || ct_zip_get16(head + 8) != e->method)
        return refuse(fault, e->header, "a local header disagrees with the directory");
    struct ct_arena_mark mark = ct_arena_mark(arena);
    unsigned char *again = ct_arena_alloc(arena, name);
    if (!again) return CT_ERR_NOMEM;
    CT_TRY(ct_bytes_at_exact(in, e->header + LOCAL_N, again, name));
    bool same = memcmp(again, e->name.p, name) == 0;
    ct_arena_reset(arena, mark);
    if (!same) return refuse(fault, e->header, "a local header disagrees with the directory");
    e->data = e->header + LOCAL_N + name + extra;
    if (e->data > limit || e->packed > limit - e->data) return refuse(fault, e->header, "entries overlap");
    e->end = e->data + e->packed;
    if (ct_zip_get16(head + 6) & FLAG_DESCRIPTOR) CT_TRY(read_descriptor(in, e, fault));
    if (e->end > limit) return refuse(fault, e->header, "entries overlap");
    return CT_OK;
}

static int by_header(const void *a, const void *b)
{
    const struct ct_zip_strict_entry *x = a, *y = b;
    return x->header < y->header ? -1 : x->header > y->header;
}

static ct_err copy(ct_arena *arena, const struct ct_bytes_at *in, uint64_t from, uint64_t to, unsigned char **ret_p, size_t *ret_n)
{
    *ret_n = (size_t)(to - from);
    *ret_p = ct_arena_alloc(arena, *ret_n);
    return *ret_p ? ct_bytes_at_exact(in, from, *ret_p, *ret_n) : CT_ERR_NOMEM;
}

ct_err ct_zip_strict_open(ct_arena *arena, const struct ct_bytes_at *in, struct ct_zip_strict *ret_zip, struct ct_fault *fault)
{
    struct ct_zip_strict z = {0};
    uint64_t end = 0, wide = 0;
    CT_TRY(find_end(arena, in, &end, fault));
    unsigned char e[END_N];
    CT_TRY(ct_bytes_at_exact(in, end, e, END_N));
    if (ct_zip_get16(e + 4) != 0 || ct_zip_get16(e + 6) != 0 || ct_zip_get16(e + 8) != ct_zip_get16(e + 10))
        return refuse(fault, end, "it is spread over several disks");
    struct directory d = {.count = ct_zip_get16(e + 10), .n = ct_zip_get32(e + 12), .offset = ct_zip_get32(e + 16), .follows = end};
    CT_TRY(read_wide(in, end, &d, &wide, fault));
    if (d.n > d.follows || d.offset > d.follows - d.n) return refuse(fault, end, "its directory lies outside of it");
    if (d.count > d.n / RECORD_N) return refuse(fault, end, "its directory counts more entries than it holds");
    z.directory = d.follows - d.n;
    z.base = z.directory - d.offset;
    CT_TRY(copy(arena, in, z.directory, d.follows, &z.records, &z.records_n));
    CT_TRY(copy(arena, in, d.follows, in->size, &z.tail, &z.tail_n));
    z.end = z.tail + (end - d.follows);
    z.wide_end = wide ? z.tail : NULL;
    z.n = (size_t)d.count;
    z.entries = ct_arena_array(arena, z.n, sizeof *z.entries);
    if (!z.entries) return CT_ERR_NOMEM;
    CT_TRY(read_records(&z, d.count, fault));
    qsort(z.entries, z.n, sizeof *z.entries, by_header);
    for (size_t i = 0; i < z.n; i++)
        CT_TRY(read_local(in, arena, &z.entries[i], i + 1 < z.n ? z.entries[i + 1].header : z.directory, fault));
    *ret_zip = z;
    return CT_OK;
}
