/* From entry to entry of a zip: by the central directory, then through what it leaves uncovered, or by local headers. */
#include "archive/level.h"

#include <string.h>

static const struct ct_codec_ops *codec_of(unsigned method)
{
    switch (method) {
    case 8: return &ct_codec_deflate;
    case 9: return &ct_codec_deflate64;
    case 12: return &ct_codec_bzip2;
    case 14: return &ct_codec_zip_lzma;
    case 20:
    case 93: return &ct_codec_zstd;
    case 95: return &ct_codec_xz;
    default: return NULL;
    }
}

static void set_entry(ct_nest *nest, struct ct_level *l, const struct ct_zip_record *r, uint64_t offset)
{
    struct ct_nest_event *e = &l->entry;
    *e = (struct ct_nest_event){.kind = CT_NEST_FILE, .size = r->size, .packed = r->packed, .offset = offset, .crc = r->crc, .uid = r->uid,
                                .gid = r->gid, .mtime = r->mtime, .method = r->method, .has_crc = true,
                                .encrypted = (r->flags & CT_ZIP_ENCRYPTED) != 0};
    l->link.n = 0;
    if (!ct_bytes_set(nest, &l->name, r->name)) ct_nest_odd(nest, l, true, CT_ODDITY_MEMORY, CT_OK, offset, "%s", "name");
    unsigned unix_mode = r->made_by >> 8 == 3 ? r->attributes >> 16 : 0;
    e->mode = unix_mode & 07777;
    if ((unix_mode & 0170000) == 0120000) e->kind = CT_NEST_SYMLINK;
    if (r->name.n && r->name.p[r->name.n - 1] == '/') e->kind = CT_NEST_DIR; /* as Java has it: by the name alone */
}

/* Data of the entry at the input's position. packed may be unknown: then the data tells its end. */
static void set_body(ct_nest *nest, struct ct_level *l, struct ct_input *in, const struct ct_zip_record *r, bool has_crc)
{
    uint64_t packed = r->packed, offset = l->entry.offset, start = in->pos;
    if (r->flags & CT_ZIP_ENCRYPTED || r->method == 99) {
        l->entry.encrypted = true;
        ct_nest_odd(nest, l, true, CT_ODDITY_ENCRYPTED, CT_OK, offset, "%s", "");
        ct_body_none(l, CT_ERR_UNSUPPORTED);
    } else if (r->method == 0) {
        ct_body_stored(l, in, packed);
        if (packed == CT_INPUT_UNKNOWN) {
            l->body.kind = CT_BODY_SCAN;
            l->body.crc_on = true;
        } else if (r->size != packed) {
            ct_nest_odd(nest, l, true, CT_ODDITY_SIZE, CT_OK, offset, "stored, but %llu bytes become %llu", (unsigned long long)packed,
                        (unsigned long long)r->size);
        }
    } else if (codec_of(r->method)) {
        ct_body_coded(l, in, codec_of(r->method), packed, r->size);
    } else {
        ct_nest_odd(nest, l, true, CT_ODDITY_METHOD, CT_OK, offset, "method %u", r->method);
        ct_body_none(l, CT_ERR_UNSUPPORTED);
    }
    l->body.start = start;
    l->body.packed = packed;
    l->body.crc_known = has_crc;
    l->body.crc_on = l->body.crc_on || !has_crc;
    l->body.crc_want = r->crc;
}

/* What the local header says otherwise than the directory. Sizes behind the data are not compared. */
static const char *difference(const struct ct_zip_record *c, const struct ct_zip_record *local)
{
    if (!ct_str_eq(c->name, local->name)) return "name";
    if (c->method != local->method) return "method";
    if ((c->flags ^ local->flags) & CT_ZIP_ENCRYPTED) return "encryption";
    if (local->flags & CT_ZIP_DESCRIPTOR && !(local->packed && local->size)) return NULL;
    if (local->packed != c->packed || local->size != c->size) return "size";
    if (local->crc != c->crc && !(local->flags & CT_ZIP_DESCRIPTOR)) return "CRC-32";
    return NULL;
}

/* The entry's local header: where its data starts, and whether it agrees. */
static void open_local(ct_nest *nest, struct ct_level *l, const struct ct_zip_record *c, uint64_t at)
{
    struct ct_input *in = &l->data;
    struct ct_zip_record local;
    uint64_t size = c->packed;
    bool far = __builtin_add_overflow(size, CT_ZIP_LOCAL_N + 2 * 65535u, &size);
    (void)far;
    ct_input_part(in, &l->in.at, l->in.start + at, at < l->in.size ? (size < l->in.size - at ? size : l->in.size - at) : 0);
    ct_nest_fill(nest, l, in, CT_ZIP_LOCAL_N);
    if (in->n < CT_ZIP_LOCAL_N || ct_le32(in->win) != CT_ZIP_LOCAL_MARK) {
        bool failed = in->err && in->err != CT_ERR_TRUNCATED;
        ct_nest_odd(nest, l, true, failed ? CT_ODDITY_READ : CT_ODDITY_MISSING, failed ? in->err : CT_OK, at, "%s", "");
        ct_body_none(l, failed ? in->err : CT_ERR_SYNTAX);
        return;
    }
    size_t length = CT_ZIP_LOCAL_N + ct_le16(in->win + 26) + ct_le16(in->win + 28);
    ct_nest_fill(nest, l, in, length);
    if (in->n < length) {
        ct_nest_odd(nest, l, true, CT_ODDITY_TRUNCATED, CT_OK, at, "%s", "local header");
        ct_body_none(l, CT_ERR_TRUNCATED);
        return;
    }
    ct_zip_local_parse(in->win, &local);
    const char *what = difference(c, &local);
    if (what) ct_nest_odd(nest, l, true, CT_ODDITY_LOCAL_DIFFERS, CT_OK, at, "%s", what);
    ct_input_take(in, length);
    set_body(nest, l, in, c, true);
}

static ct_err next_listed(ct_nest *nest, struct ct_level *l)
{
    struct ct_zip *z = &l->zip;
    struct ct_input *in = &l->in;
    struct ct_zip_record r;
    size_t name_n = 0, extra_n = 0, all = 0;
    if (z->next + CT_ZIP_CENTRAL_N > z->directory_end) return CT_ERR_END;
    bool whole = false;
    for (unsigned tries = 0; tries < 2 && !whole; tries++) { /* one failed read must not cost the rest of the directory */
        ct_input_seek(in, z->next);
        ct_nest_fill(nest, l, in, CT_ZIP_CENTRAL_N);
        if (in->n < CT_ZIP_CENTRAL_N || ct_le32(in->win) != CT_ZIP_CENTRAL_MARK) continue;
        ct_zip_central_lengths(in->win, &name_n, &extra_n, &all);
        ct_nest_fill(nest, l, in, CT_ZIP_CENTRAL_N + name_n + extra_n);
        whole = in->n >= CT_ZIP_CENTRAL_N + name_n + extra_n;
    }
    if (!whole) {
        /* It was whole when it was looked over. */
        ct_nest_odd(nest, l, false, CT_ODDITY_READ, in->err ? in->err : CT_ERR_TRUNCATED, in->pos, "%s", "central directory");
        return CT_ERR_END;
    }
    ct_zip_central_parse(in->win, &r);
    z->next = in->pos + all;
    uint64_t at;
    if (__builtin_add_overflow(r.at, z->shift, &at)) at = UINT64_MAX;
    set_entry(nest, l, &r, at);
    r.name = (ct_str){l->name.p, l->name.n};
    if (nest->limits.check_local || l->in.at.base) {
        open_local(nest, l, &r, at);
    } else {
        z->lazy = r;
        z->lazy_at = at;
        z->is_lazy = true;
    }
    return CT_OK;
}

void ct_zip_body(ct_nest *nest, struct ct_level *l)
{
    if (l->container != CT_CONTAINER_ZIP || !l->zip.is_lazy) return;
    l->zip.is_lazy = false;
    open_local(nest, l, &l->zip.lazy, l->zip.lazy_at);
}

/* ---- by local headers ---- */

static uint32_t name_hash(ct_str s)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < s.n; i++) h = (h ^ s.p[i]) * 16777619u;
    return h;
}

#define SEEN_BIT (1ull << 63)
#define UNSURE_BIT (1ull << 62) /* its CRC is not known: it stands behind data that was not read */
#define AT_MASK (UNSURE_BIT - 1)

static void remember(ct_nest *nest, struct ct_level *l, const struct ct_zip_record *r, uint64_t at)
{
    struct ct_zip *z = &l->zip;
    if (!z->compared || z->seen_over) return;
    if (z->seen_n == z->seen_cap) {
        size_t cap = z->seen_cap ? z->seen_cap * 2 : 256;
        struct ct_zip_seen *p = NULL;
        if (cap <= CT_ZIP_SEEN_MAX) p = nest->alloc.resize(nest->alloc.ctx, z->seen, z->seen_cap * sizeof *p, cap * sizeof *p);
        if (!p) {
            z->seen_over = true;
            ct_nest_odd(nest, l, false, CT_ODDITY_MEMORY, CT_ERR_CAP, at, "%s", "not compared with its central directory");
            return;
        }
        z->seen = p;
        z->seen_cap = cap;
    }
    z->seen[z->seen_n++] = (struct ct_zip_seen){(at & AT_MASK) | (z->descriptor ? UNSURE_BIT : 0), name_hash(r->name), r->crc};
}

static struct ct_zip_seen *seen_at(struct ct_zip *z, uint64_t at)
{
    size_t low = 0, high = z->seen_n;
    if (z->seen_at < z->seen_n && (z->seen[z->seen_at].at & AT_MASK) == at) return &z->seen[z->seen_at++]; /* mostly the same order */
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        uint64_t have = z->seen[mid].at & AT_MASK;
        if (have == at) {
            z->seen_at = mid + 1;
            return &z->seen[mid];
        }
        if (have < at) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

/* A record of the directory that comes by at the end of a stream, against the local headers seen before. */
static void compare(ct_nest *nest, struct ct_level *l, const struct ct_zip_record *r)
{
    struct ct_zip *z = &l->zip;
    if (z->seen_over) return;
    struct ct_zip_seen *s = seen_at(z, r->at + z->shift);
    if (s && !(s->at & SEEN_BIT) && s->name == name_hash(r->name)) {
        bool crc = s->crc == r->crc || s->at & UNSURE_BIT;
        s->at |= SEEN_BIT;
        if (crc) return;
    }
    /* Its name is not kept: several of these wait for being told while the record is long gone. */
    ct_nest_odd(nest, l, false, s ? CT_ODDITY_LOCAL_DIFFERS : CT_ODDITY_MISSING, CT_OK, r->at + z->shift, "directory record at %llu",
                (unsigned long long)l->in.pos);
}

/* The directory itself. Then nothing else comes. */
static void read_directory(ct_nest *nest, struct ct_level *l)
{
    struct ct_input *in = &l->in;
    struct ct_zip *z = &l->zip;
    bool first = true;
    for (;;) {
        ct_nest_fill(nest, l, in, CT_ZIP_CENTRAL_N);
        if (in->n < CT_ZIP_CENTRAL_N || ct_le32(in->win) != CT_ZIP_CENTRAL_MARK) break;
        size_t name_n, extra_n, all;
        struct ct_zip_record r;
        ct_zip_central_lengths(in->win, &name_n, &extra_n, &all);
        ct_nest_fill(nest, l, in, all);
        if (in->n < all) break;
        ct_zip_central_parse(in->win, &r);
        if (first && z->seen_n && (z->seen[0].at & AT_MASK) >= r.at) z->shift = (z->seen[0].at & AT_MASK) - r.at; /* offsets count from behind a prefix */
        first = false;
        compare(nest, l, &r);
        ct_input_take(in, all);
    }
    if (z->seen_over) return;
    for (size_t i = 0; i < z->seen_n; i++) {
        if (z->seen[i].at & SEEN_BIT) continue;
        ct_nest_odd(nest, l, false, CT_ODDITY_HIDDEN, CT_OK, z->seen[i].at & AT_MASK, "%s", "met by its local header");
    }
}

/* The end records, and whether the container ends with them. */
static void read_end(ct_nest *nest, struct ct_level *l)
{
    struct ct_input *in = &l->in;
    bool end = false;
    for (;;) {
        ct_nest_fill(nest, l, in, CT_ZIP_END64_N);
        uint32_t mark = in->n >= 4 ? ct_le32(in->win) : 0;
        size_t n = 0;
        if (mark == CT_ZIP_END64_MARK && in->n >= CT_ZIP_END64_N && ct_le64(in->win + 4) < 65536) n = 12 + (size_t)ct_le64(in->win + 4);
        else if (mark == CT_ZIP_LOCATOR_MARK) n = CT_ZIP_LOCATOR_N;
        else if (mark == CT_ZIP_SIGNATURE_MARK && in->n >= 6) n = 6 + ct_le16(in->win + 4);
        else if (mark == CT_ZIP_END_MARK && in->n >= CT_ZIP_END_N && !end) n = CT_ZIP_END_N + (size_t)ct_le16(in->win + 20);
        else break;
        end = mark == CT_ZIP_END_MARK;
        ct_nest_skip_to(nest, l, in->pos + n);
        if (end) break;
    }
    if (l->in.random) return; /* cut, or with a directory that cannot be used: told already */
    if (!end) ct_nest_odd(nest, l, false, CT_ODDITY_TRUNCATED, in->err, in->pos, "%s", "no end record");
    for (ct_nest_fill(nest, l, in, 1); in->n && *in->win == 0; ct_nest_fill(nest, l, in, 1)) ct_input_take(in, 1);
    if (in->n) ct_nest_odd(nest, l, false, CT_ODDITY_TRAILING, CT_OK, in->pos, "%s", "behind the end record");
}

/* Moves to the next place that looks like a header; false: there is none. */
static bool resync(ct_nest *nest, struct ct_level *l, uint64_t limit)
{
    struct ct_input *in = &l->in;
    uint64_t from = in->pos;
    enum { WINDOW = 4096 };
    for (;;) {
        ct_nest_fill(nest, l, in, WINDOW);
        size_t n = in->n;
        if (n > limit - in->pos) n = (size_t)(limit - in->pos);
        if (n > WINDOW * 4) n = WINDOW * 4; /* in steps, so that a window that is a whole file is not gone through at once */
        const unsigned char *p = in->win, *last = in->win + n;
        while (n >= 4 && (p = memchr(p, 'P', (size_t)(last - p)))) {
            size_t left = (size_t)(last - p);
            if (left < 4) break;
            uint32_t mark = ct_le32(p);
            size_t header = (size_t)(in->win + in->n - p);
            bool local = mark == CT_ZIP_LOCAL_MARK && ct_zip_local_plausible(p, header);
            bool central = !l->zip.quiet && (mark == CT_ZIP_CENTRAL_MARK || mark == CT_ZIP_END_MARK);
            if (local || central) {
                ct_input_take(in, (size_t)(p - in->win));
                return true;
            }
            p++;
        }
        size_t keep = CT_ZIP_LOCAL_N + 32; /* a header whose start is here and whose name is not */
        size_t go = n > keep ? n - keep : 0;
        if (go == 0 || (l->zip.quiet && in->pos - from > CT_ZIP_GAP_SEARCH)) return false;
        ct_input_take(in, go);
    }
}

/* Behind the data: CRC and sizes, with mark or without, narrow or wide. */
static void take_descriptor(ct_nest *nest, struct ct_level *l)
{
    struct ct_input *in = &l->in;
    struct ct_body *b = &l->body;
    uint64_t packed = in->pos - b->start;
    ct_nest_fill(nest, l, in, 24);
    size_t mark = in->n >= 4 && ct_le32(in->win) == CT_ZIP_DESCRIPTOR_MARK ? 4 : 0;
    for (size_t wide = l->zip.zip64 ? 1 : 0, tries = 0; tries < 2; tries++, wide ^= 1) {
        size_t n = mark + (wide ? 20 : 12);
        if (in->n < n) continue;
        const unsigned char *p = in->win + mark;
        uint64_t have = wide ? ct_le64(p + 4) : ct_le32(p + 4), size = wide ? ct_le64(p + 12) : ct_le32(p + 8);
        uint64_t width = wide ? UINT64_MAX : UINT32_MAX;
        if (have != (packed & width) || size != (b->made & width)) continue;
        if (ct_le32(p) != b->crc && !b->err) {
            ct_nest_odd(nest, l, true, CT_ODDITY_CHECKSUM, CT_OK, in->pos, "%s", "CRC-32 of the descriptor");
        }
        if (l->zip.compared && l->zip.seen_n && !l->zip.seen_over) {
            l->zip.seen[l->zip.seen_n - 1].crc = ct_le32(p);
            l->zip.seen[l->zip.seen_n - 1].at &= ~UNSURE_BIT;
        }
        ct_input_take(in, n);
        return;
    }
    /* An entry whose sizes stand in front may have no descriptor, whatever its flag says. */
    bool header_follows = in->n >= 4 && (ct_le32(in->win) == CT_ZIP_LOCAL_MARK || ct_le32(in->win) == CT_ZIP_CENTRAL_MARK);
    if (header_follows) return;
    ct_nest_odd(nest, l, true, CT_ODDITY_SIZE, CT_OK, in->pos, "%s", "data descriptor does not fit");
    l->zip.resync = true;
}

/* The same behind data that was not read: by what follows it. */
static void pass_descriptor(ct_nest *nest, struct ct_level *l)
{
    struct ct_input *in = &l->in;
    static const unsigned char lengths[] = {0, 16, 24, 12, 20};
    ct_nest_fill(nest, l, in, 28);
    for (size_t i = 0; i < sizeof lengths && in->n >= lengths[i] + 4u; i++) {
        uint32_t mark = ct_le32(in->win + lengths[i]);
        if (mark != CT_ZIP_LOCAL_MARK && mark != CT_ZIP_CENTRAL_MARK && mark != CT_ZIP_EXTRA_MARK) continue;
        ct_input_take(in, lengths[i]);
        return;
    }
    l->zip.resync = l->zip.silent = true;
}

/* Behind the current entry. */
static void finish_local(ct_nest *nest, struct ct_level *l)
{
    struct ct_zip *z = &l->zip;
    struct ct_body *b = &l->body;
    if (b->packed != CT_INPUT_UNKNOWN) {
        ct_nest_skip_to(nest, l, b->start + b->packed);
        if (l->in.pos < b->start + b->packed && !b->told) {
            ct_nest_odd(nest, l, true, CT_ODDITY_TRUNCATED, l->in.err, l->in.pos, "%s", "");
            b->told = true;
        }
        if (z->descriptor) pass_descriptor(nest, l);
        return;
    }
    unsigned char sink[4096];
    size_t got;
    bool cut = b->kind == CT_BODY_NONE;
    while (!cut && !l->stop) {
        b->ahead_n = b->ahead_at = 0;
        ct_err e = ct_nest_pull(nest, l, sink, sizeof sink, &got);
        if (e == CT_OK) continue;
        cut = e != CT_ERR_END && e != CT_ERR_CHECKSUM;
        break;
    }
    if (cut) z->resync = z->silent = true;
    else take_descriptor(nest, l);
}

static void zip_finish(ct_nest *nest, struct ct_level *l)
{
    if (l->zip.mode == CT_ZIP_LOCAL || (l->zip.mode == CT_ZIP_GAPS && l->zip.found)) finish_local(nest, l);
}

static ct_err next_local(ct_nest *nest, struct ct_level *l)
{
    struct ct_zip *z = &l->zip;
    struct ct_input *in = &l->in;
    for (;;) {
        if (z->resync) {
            uint64_t at = in->pos;
            z->resync = false;
            if (!resync(nest, l, z->limit)) {
                if (!z->quiet) ct_nest_odd(nest, l, false, CT_ODDITY_TRUNCATED, in->err, at, "%s", "no further header");
                return CT_ERR_END;
            }
            if (in->pos != at && !z->quiet && !z->silent)
                ct_nest_odd(nest, l, false, CT_ODDITY_DAMAGED, CT_OK, at, "%llu bytes skipped", (unsigned long long)(in->pos - at));
            z->silent = false;
        }
        if (in->pos >= z->limit) return CT_ERR_END;
        ct_nest_fill(nest, l, in, CT_ZIP_LOCAL_N);
        uint32_t mark = in->n >= 4 ? ct_le32(in->win) : 0;
        if (mark == CT_ZIP_SPLIT_MARK || (mark == CT_ZIP_DESCRIPTOR_MARK && in->pos == 0)) {
            ct_input_take(in, 4);
            continue;
        }
        if (mark == CT_ZIP_EXTRA_MARK && in->n >= 8) {
            ct_nest_skip_to(nest, l, in->pos + 8 + ct_le32(in->win + 4));
            continue;
        }
        if (mark == CT_ZIP_LOCAL_MARK && in->n >= CT_ZIP_LOCAL_N) break;
        if (z->quiet && z->mode == CT_ZIP_GAPS) return CT_ERR_END;
        if (mark == CT_ZIP_CENTRAL_MARK) {
            if (z->compared) read_directory(nest, l);
            else return CT_ERR_END;
        }
        if (mark == CT_ZIP_CENTRAL_MARK || mark == CT_ZIP_END_MARK || mark == CT_ZIP_END64_MARK) {
            read_end(nest, l);
            return CT_ERR_END;
        }
        if (in->n < CT_ZIP_LOCAL_N && in->end) {
            ct_nest_odd(nest, l, false, CT_ODDITY_TRUNCATED, in->err, in->pos, "%s", "");
            return CT_ERR_END;
        }
        ct_input_take(in, 1);
        z->resync = true;
    }
    struct ct_zip_record r;
    uint64_t at = in->pos;
    size_t length = CT_ZIP_LOCAL_N + ct_le16(in->win + 26) + ct_le16(in->win + 28);
    ct_nest_fill(nest, l, in, length);
    if (in->n < length) {
        ct_nest_odd(nest, l, false, CT_ODDITY_TRUNCATED, in->err, at, "%s", "local header");
        return CT_ERR_END;
    }
    ct_zip_local_parse(in->win, &r);
    z->descriptor = (r.flags & CT_ZIP_DESCRIPTOR) != 0;
    z->zip64 = r.zip64;
    /* With a descriptor the sizes in front are mostly 0. Where they are not, stored data needs them. */
    bool unknown = z->descriptor && !(r.method == 0 && r.packed);
    if (z->descriptor && unknown) r.packed = r.size = CT_NEST_SIZE_UNKNOWN;
    set_entry(nest, l, &r, at);
    l->entry.has_crc = !z->descriptor;
    l->entry.hidden = z->mode == CT_ZIP_GAPS;
    remember(nest, l, &r, at);
    ct_input_take(in, length);
    set_body(nest, l, in, &r, !z->descriptor);
    z->found++;
    z->quiet = z->quiet && z->mode == CT_ZIP_GAPS;
    return CT_OK;
}

/* A gap starts where the entry before it really ends: only its local header knows the length of its extra field. */
static uint64_t gap_start(struct ct_level *l, const struct ct_zip_gap *g)
{
    unsigned char h[CT_ZIP_LOCAL_N], d[24];
    size_t got = 0;
    uint64_t from = g->from;
    if (g->before == UINT64_MAX) return from;
    if (ct_input_read_at(&l->in, g->before, h, sizeof h, &got) != CT_OK || got < sizeof h || ct_le32(h) != CT_ZIP_LOCAL_MARK) return from;
    from += ct_le16(h + 28);
    if (!(ct_le16(h + 6) & CT_ZIP_DESCRIPTOR)) return from;
    if (ct_input_read_at(&l->in, from, d, sizeof d, &got) != CT_OK || got < 16) return from;
    from += ct_le32(d) == CT_ZIP_DESCRIPTOR_MARK ? 16 : 12;
    return from;
}

static ct_err next_hidden(ct_nest *nest, struct ct_level *l)
{
    struct ct_zip *z = &l->zip;
    for (;;) {
        if (z->found) {
            ct_err e = next_local(nest, l);
            if (e == CT_OK) return e;
            z->found = 0;
            z->gap++;
        }
        if (z->gap == z->gaps_n) return CT_ERR_END;
        const struct ct_zip_gap *g = &z->gaps[z->gap];
        uint64_t from = gap_start(l, g);
        z->limit = g->to;
        z->resync = z->quiet = true;
        if (from < g->to && g->to - from > CT_ZIP_LOCAL_N) {
            ct_input_seek(&l->in, from);
            if (next_local(nest, l) == CT_OK) return CT_OK;
            if (l->in.err && l->in.err != CT_ERR_TRUNCATED)
                ct_nest_odd(nest, l, false, CT_ODDITY_READ, l->in.err, from, "%s", "not looked through for hidden entries");
        }
        z->found = 0;
        z->gap++;
    }
}

static ct_err zip_next(ct_nest *nest, struct ct_level *l)
{
    struct ct_zip *z = &l->zip;
    if (z->mode == CT_ZIP_CENTRAL) {
        ct_err e = next_listed(nest, l);
        if (e != CT_ERR_END) return e;
        z->mode = CT_ZIP_GAPS;
        z->found = 0;
    }
    if (z->mode == CT_ZIP_LOCAL) return next_local(nest, l);
    ct_err e = next_hidden(nest, l);
    if (e == CT_OK) ct_nest_odd(nest, l, true, CT_ODDITY_HIDDEN, CT_OK, l->entry.offset, "%s", "");
    else if (z->gaps_more) ct_nest_odd(nest, l, false, CT_ODDITY_MORE, CT_ERR_CAP, 0, "%s", "gaps not looked through for hidden entries");
    return e;
}

const struct ct_format ct_format_zip = {zip_next, zip_finish};
