#include "archive/zip_without.h"
#include "archive/zip_strict.h"
#include "base/buf.h"
#include "base/limits.h"

#include <string.h>
#include <zlib.h>

enum { LOCAL_N = 30, STORED = 0, DEFLATED = 8, FLAG_ENCRYPTED = 1, FLAG_DESCRIPTOR = 8, PIECE = 64 * 1024 };

/* One archive on the way in: the root, or an entry of the level above. */
struct level {
    struct ct_bytes_at in;
    ct_str memory;          /* what in reads, for inner archives */
    struct ct_zip_strict zip;
    size_t at;              /* entry that is looked at */
    uint64_t copied;        /* input before this is written or left out */
    uint64_t written;       /* bytes of output */
    struct ct_buf out;      /* of inner archives */
    bool cut, holds_signature;
};

struct job {
    ct_arena *arena;
    const struct ct_zip_cut *cuts;
    size_t n_cuts;
    bool *met;              /* per cut */
    ct_zip_sink *sink;
    void *ctx;
    struct ct_zip_without_result result;
    struct ct_fault *fault;
    struct level levels[CT_ZIP_WITHOUT_DEPTH_MAX];
    unsigned depth;         /* of the innermost level */
};

static ct_err put(struct job *j, struct level *l, const void *p, size_t n)
{
    l->written += n;
    if (l == &j->levels[0]) return j->sink(j->ctx, p, n);
    ct_buf_add(&l->out, (ct_str){p, n});
    return l->out.err;
}

/* Copies the input up to `to`. */
static ct_err copy_to(struct job *j, struct level *l, uint64_t to)
{
    unsigned char piece[PIECE];
    while (l->copied < to) {
        size_t n = to - l->copied < PIECE ? (size_t)(to - l->copied) : PIECE;
        CT_TRY(ct_bytes_at_exact(&l->in, l->copied, piece, n));
        CT_TRY(put(j, l, piece, n));
        l->copied += n;
    }
    return CT_OK;
}

static voidpf zlib_alloc(voidpf arena, uInt items, uInt size) { return ct_arena_array(arena, items, size); }
static void zlib_free(voidpf arena, voidpf p) { (void)arena, (void)p; }

static ct_err inflate_all(struct job *j, const unsigned char *packed, const struct ct_zip_strict_entry *e, unsigned char *to)
{
    z_stream s = {.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = j->arena};
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK) return CT_ERR_NOMEM;
    /* zlib's promise not to write is older than const. */
    union { const unsigned char *in; unsigned char *next; } u = {packed};
    s.next_in = u.next;
    s.avail_in = (uInt)e->packed;
    s.next_out = to;
    s.avail_out = (uInt)e->size;
    bool whole = inflate(&s, Z_FINISH) == Z_STREAM_END && s.avail_in == 0 && s.avail_out == 0;
    (void)inflateEnd(&s);
    return whole ? CT_OK : ct_fault_set(j->fault, CT_ERR_UNSUPPORTED, e->header, "an inner archive's compressed data is damaged");
}

static ct_err load(struct job *j, struct level *l, const struct ct_zip_strict_entry *e, ct_str *ret_bytes)
{
    const char *why = e->flags & FLAG_ENCRYPTED ? "an inner archive is encrypted" :
        e->method != STORED && e->method != DEFLATED ? "an inner archive is compressed by something other than deflate" :
        e->size > CT_ZIP_WITHOUT_INNER_MAX || e->packed > CT_ZIP_WITHOUT_INNER_MAX ? "an inner archive is too large to be written anew" :
        e->method == STORED && e->size != e->packed ? "an inner archive has two sizes" : NULL;
    if (why) return ct_fault_set(j->fault, CT_ERR_UNSUPPORTED, e->header, "%s", why);
    unsigned char *bytes = ct_arena_alloc(j->arena, (size_t)e->size);
    if (!bytes) return CT_ERR_NOMEM;
    if (e->method == STORED) {
        CT_TRY(ct_bytes_at_exact(&l->in, e->data, bytes, (size_t)e->size));
    } else {
        unsigned char *packed = ct_arena_alloc(j->arena, (size_t)e->packed);
        if (!packed) return CT_ERR_NOMEM;
        CT_TRY(ct_bytes_at_exact(&l->in, e->data, packed, (size_t)e->packed));
        CT_TRY(inflate_all(j, packed, e, bytes));
    }
    if (crc32(0, bytes, (uInt)e->size) != e->crc)
        return ct_fault_set(j->fault, CT_ERR_UNSUPPORTED, e->header, "an inner archive's checksum is wrong");
    *ret_bytes = (ct_str){bytes, (size_t)e->size};
    return CT_OK;
}

static ct_err deflate_all(struct job *j, ct_str bytes, ct_str *ret_packed)
{
    z_stream s = {.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = j->arena};
    if (deflateInit2(&s, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK) return CT_ERR_NOMEM;
    uLong bound = deflateBound(&s, bytes.n);
    unsigned char *to = ct_arena_alloc(j->arena, bound);
    if (!to) return CT_ERR_NOMEM;
    union { const unsigned char *in; unsigned char *next; } u = {bytes.p};
    s.next_in = u.next;
    s.avail_in = (uInt)bytes.n;
    s.next_out = to;
    s.avail_out = (uInt)bound;
    int done = deflate(&s, Z_FINISH);
    *ret_packed = (ct_str){to, s.total_out};
    (void)deflateEnd(&s);
    return done == Z_STREAM_END ? CT_OK : CT_ERR_NOMEM;
}

static void set_offset(const struct level *l, struct ct_zip_strict_entry *e, uint64_t at)
{
    if (e->wide_offset) ct_zip_put64(e->wide_offset, at - l->zip.base);
    else ct_zip_put32(e->record + 42, (uint32_t)(at - l->zip.base));
}

/* In place of the entry: its header with new sizes, and bytes packed as it was. */
static ct_err put_changed(struct job *j, struct level *l, struct ct_zip_strict_entry *e, ct_str bytes)
{
    size_t head_n = (size_t)(e->data - e->header);
    unsigned char *head = ct_arena_alloc(j->arena, head_n);
    if (!head) return CT_ERR_NOMEM;
    CT_TRY(ct_bytes_at_exact(&l->in, e->header, head, head_n));
    /* Sizes of a zip64 header stand in an extra field; streaming writers make them although the entry is small. */
    if (ct_zip_get32(head + 18) == UINT32_MAX || ct_zip_get32(head + 22) == UINT32_MAX || ct_zip_get32(e->record + 20) == UINT32_MAX ||
        ct_zip_get32(e->record + 24) == UINT32_MAX)
        return ct_fault_set(j->fault, CT_ERR_UNSUPPORTED, e->header, "an inner archive's sizes are kept in zip64 fields");
    ct_str packed = bytes;
    if (e->method == DEFLATED) CT_TRY(deflate_all(j, bytes, &packed));
    uint32_t crc = (uint32_t)crc32(0, bytes.p, (uInt)bytes.n);
    unsigned char *fields[] = {head + 14, e->record + 16};
    for (size_t i = 0; i < 2; i++) {
        ct_zip_put32(fields[i], crc);
        ct_zip_put32(fields[i] + 4, (uint32_t)packed.n);
        ct_zip_put32(fields[i] + 8, (uint32_t)bytes.n);
    }
    ct_zip_put16(head + 6, ct_zip_get16(head + 6) & ~(unsigned)FLAG_DESCRIPTOR);
    ct_zip_put16(e->record + 8, e->flags & ~(unsigned)FLAG_DESCRIPTOR);
    CT_TRY(copy_to(j, l, e->header));
    set_offset(l, e, l->written);
    CT_TRY(put(j, l, head, head_n));
    CT_TRY(put(j, l, packed.p, packed.n));
    l->copied = e->end;
    return CT_OK;
}

static bool is_signature(ct_str name) { return ct_str_starts_fold(name, CT_STR("META-INF/")) && name.n > 3 && ct_str_eq_fold(ct_str_slice(name, name.n - 3, name.n), CT_STR(".SF")); }

/* The directory without what is gone, then what ends an archive. Records that are gone have lost their signature. */
static ct_err put_directory(struct job *j, struct level *l, size_t gone)
{
    CT_TRY(copy_to(j, l, l->zip.directory));
    uint64_t at = l->written;
    const unsigned char *p = l->zip.records, *stop = p + l->zip.records_n;
    while (p < stop) {
        size_t n = 46u + ct_zip_get16(p + 28) + ct_zip_get16(p + 30) + ct_zip_get16(p + 32);
        if (ct_zip_get32(p) != 0) CT_TRY(put(j, l, p, n));
        p += n;
    }
    uint64_t n = l->written - at, count = l->zip.n - gone, offset = at - l->zip.base;
    if (l->zip.wide_end) {
        ct_zip_put64(l->zip.wide_end + 24, count);
        ct_zip_put64(l->zip.wide_end + 32, count);
        ct_zip_put64(l->zip.wide_end + 40, n);
        ct_zip_put64(l->zip.wide_end + 48, offset);
        unsigned char *locator = l->zip.end - 20;
        ct_zip_put64(locator + 8, offset + n);
    } else if (offset > UINT32_MAX) {
        return ct_fault_set(j->fault, CT_ERR_UNSUPPORTED, l->zip.directory, "it would grow beyond 4 GiB");
    }
    /* Fields that point to the zip64 record keep doing so. */
    unsigned char *e = l->zip.end;
    if (!l->zip.wide_end || ct_zip_get16(e + 10) != UINT16_MAX) {
        ct_zip_put16(e + 8, (unsigned)count);
        ct_zip_put16(e + 10, (unsigned)count);
    }
    if (!l->zip.wide_end || ct_zip_get32(e + 12) != UINT32_MAX) ct_zip_put32(e + 12, (uint32_t)n);
    if (!l->zip.wide_end || ct_zip_get32(e + 16) != UINT32_MAX) ct_zip_put32(e + 16, (uint32_t)offset);
    return put(j, l, l->zip.tail, l->zip.tail_n);
}

/* Do the names of a cut before `depth` lead to this level? */
static bool leads_here(const struct job *j, const struct ct_zip_cut *c, unsigned depth)
{
    if (c->n <= depth) return false;
    for (unsigned d = 0; d < depth; d++)
        if (!ct_str_eq(c->names[d], j->levels[d].zip.entries[j->levels[d].at].name)) return false;
    return true;
}

enum fate { KEEP, CUT, ENTER };

static enum fate fate_of(struct job *j, ct_str name)
{
    enum fate fate = KEEP;
    for (size_t i = 0; i < j->n_cuts; i++) {
        const struct ct_zip_cut *c = &j->cuts[i];
        if (!leads_here(j, c, j->depth) || !ct_str_eq(c->names[j->depth], name)) continue;
        if (c->n == j->depth + 1) {
            j->met[i] = true;
            return CUT;
        }
        fate = ENTER;
    }
    return fate;
}

static ct_err enter(struct job *j, const struct ct_zip_strict_entry *e)
{
    if (j->depth + 1 == CT_ZIP_WITHOUT_DEPTH_MAX) return ct_fault_set(j->fault, CT_ERR_UNSUPPORTED, e->header, "it is nested too deep");
    struct level *l = &j->levels[j->depth + 1];
    *l = (struct level){0};
    CT_TRY(load(j, &j->levels[j->depth], e, &l->memory));
    l->in = ct_bytes_at_memory(&l->memory);
    ct_err err = ct_zip_strict_open(j->arena, &l->in, &l->zip, j->fault);
    if (err == CT_ERR_NOT_FOUND) return ct_fault_set(j->fault, CT_ERR_UNSUPPORTED, e->header, "an inner archive is no zip that can be written anew");
    CT_TRY(err);
    ct_buf_init(&l->out, j->arena, l->memory.n + l->memory.n / 4 + PIECE);
    j->depth++;
    return CT_OK;
}

/* All entries of the innermost level from where it stands, until it is through or an entry is entered. */
static ct_err go_through(struct job *j, bool *ret_entered)
{
    struct level *l = &j->levels[j->depth];
    for (; l->at < l->zip.n; l->at++) {
        struct ct_zip_strict_entry *e = &l->zip.entries[l->at];
        if (is_signature(e->name)) l->holds_signature = true;
        enum fate fate = fate_of(j, e->name);
        if (fate == ENTER) {
            *ret_entered = true;
            return enter(j, e);
        }
        if (fate == KEEP) {
            set_offset(l, e, l->written + (e->header - l->copied));
            continue;
        }
        CT_TRY(copy_to(j, l, e->header));
        l->copied = e->end;
        l->cut = true;
        j->result.removed++;
        ct_zip_put32(e->record, 0);
    }
    *ret_entered = false;
    return CT_OK;
}

static size_t count_gone(const struct level *l)
{
    size_t gone = 0;
    for (size_t i = 0; i < l->zip.n; i++) gone += ct_zip_get32(l->zip.entries[i].record) == 0;
    return gone;
}

static ct_err run(struct job *j)
{
    for (;;) {
        bool entered;
        CT_TRY(go_through(j, &entered));
        if (entered) continue;
        struct level *l = &j->levels[j->depth];
        CT_TRY(put_directory(j, l, count_gone(l)));
        if (l->cut && l->holds_signature) j->result.signature = true;
        if (j->depth == 0) return CT_OK;
        struct level *outer = &j->levels[--j->depth];
        outer->cut = true;
        CT_TRY(put_changed(j, outer, &outer->zip.entries[outer->at], ct_buf_view(&l->out)));
        outer->at++;
    }
}

ct_err ct_zip_without(ct_arena *arena, const struct ct_bytes_at *in, const struct ct_zip_cut *cuts, size_t n_cuts, ct_zip_sink *sink, void *ctx,
                      struct ct_zip_without_result *ret_result, struct ct_fault *fault)
{
    struct job *j = ct_arena_zalloc(arena, sizeof *j);
    bool *met = ct_arena_zalloc(arena, n_cuts * sizeof *met);
    if (!j || !met) return CT_ERR_NOMEM;
    *j = (struct job){.arena = arena, .cuts = cuts, .n_cuts = n_cuts, .met = met, .sink = sink, .ctx = ctx, .fault = fault};
    j->levels[0].in = *in;
    CT_TRY(ct_zip_strict_open(arena, in, &j->levels[0].zip, fault));
    CT_TRY(run(j));
    for (size_t i = 0; i < n_cuts; i++)
        if (!met[i]) return ct_fault_set(fault, CT_ERR_NOT_FOUND, 0, "an entry to be removed is not there");
    *ret_result = j->result;
    return CT_OK;
}
