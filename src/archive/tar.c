/* tar: v7, ustar, pax and GNU. Sources: POSIX pax interchange format; the GNU tar manual, "Basic Tar Format" and "Storing
 * Sparse Files". */
#include "archive/level.h"
#include "archive/sniff.h"

#include <string.h>

enum { BLOCK = 512, DAMAGED_MAX = 64, READ_RETRIES = 16 };

/* What extended headers in front say of the next entry. */
struct pending {
    bool path, link, size, mtime, uid, gid, real;
    uint64_t size_n, real_n, uid_n, gid_n;
    int64_t mtime_n;
    unsigned sparse_major, sparse_minor;
    bool sparse, sparse_map;
    uint64_t sparse_at;           /* 0.0: an offset waits for its length */
    bool sparse_waits;
};

static uint64_t round_up(uint64_t n) { return n > UINT64_MAX - BLOCK ? UINT64_MAX : (n + BLOCK - 1) / BLOCK * BLOCK; }

/* Octal with blanks or NULs around, or base 256 where the top bit is set. False: neither, or negative. */
static bool number(const unsigned char *p, size_t n, uint64_t *ret)
{
    uint64_t v = 0;
    if (p[0] & 0x80) {
        if (p[0] & 0x40) return false; /* negative */
        v = p[0] & 0x3f;
        for (size_t i = 1; i < n; i++) {
            if (v >> 56) return false;
            v = v << 8 | p[i];
        }
        *ret = v;
        return true;
    }
    size_t i = 0;
    while (i < n && (p[i] == ' ' || p[i] == 0)) i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++) {
        if (v >> 60) return false;
        v = v << 3 | (uint64_t)(p[i] - '0');
    }
    if (i < n && p[i] != ' ' && p[i] != 0) return false;
    *ret = v;
    return true;
}

static ct_str field(const unsigned char *p, size_t n)
{
    const unsigned char *end = memchr(p, 0, n);
    return (ct_str){p, end ? (size_t)(end - p) : n};
}

static bool decimal(ct_str s, uint64_t *ret)
{
    uint64_t v = 0;
    if (s.n == 0) return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ct_ascii_digit(s.p[i]) || v > (UINT64_MAX - 9) / 10) return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *ret = v;
    return true;
}

static bool add_piece(ct_nest *nest, struct ct_level *l, uint64_t at, uint64_t n)
{
    struct ct_tar *t = &l->tar;
    uint64_t before = t->sparse_n ? t->sparse[t->sparse_n - 1].at + t->sparse[t->sparse_n - 1].n : 0, end;
    if (at < before || __builtin_add_overflow(at, n, &end)) return false;
    if (t->sparse_n == t->sparse_cap) {
        size_t cap = t->sparse_cap ? t->sparse_cap * 2 : 64;
        struct ct_sparse *p = NULL;
        if (cap <= CT_TAR_PIECES_MAX) p = nest->alloc.resize(nest->alloc.ctx, t->sparse, t->sparse_cap * sizeof *p, cap * sizeof *p);
        if (!p) return false;
        t->sparse = p;
        t->sparse_cap = cap;
    }
    t->sparse[t->sparse_n++] = (struct ct_sparse){at, n};
    return true;
}

static bool sparse_list(ct_nest *nest, struct ct_level *l, ct_str s)
{
    l->tar.sparse_n = 0;
    while (s.p) {
        uint64_t at, n;
        ct_str a = ct_str_cut(&s, ',');
        if (a.n == 0 && !s.p) return true;
        if (!s.p || !decimal(a, &at) || !decimal(ct_str_cut(&s, ','), &n) || !add_piece(nest, l, at, n)) return false;
    }
    return true;
}

static bool pax_record(ct_nest *nest, struct ct_level *l, ct_str key, ct_str value, struct pending *p)
{
    uint64_t n;
    if (ct_str_eq(key, CT_STR("path"))) {
        if (!(p->sparse && p->path)) p->path = ct_bytes_set(nest, &l->name, value);
    } else if (ct_str_eq(key, CT_STR("linkpath"))) {
        p->link = ct_bytes_set(nest, &l->link, value);
    } else if (ct_str_eq(key, CT_STR("size"))) {
        return p->size = decimal(value, &p->size_n);
    } else if (ct_str_eq(key, CT_STR("mtime"))) {
        size_t dot = ct_str_chr(value, '.');
        bool negative = ct_str_starts(value, CT_STR("-"));
        ct_str whole = ct_str_slice(value, negative, dot == CT_STR_NONE ? value.n : dot);
        if ((p->mtime = decimal(whole, &n) && n <= INT64_MAX)) p->mtime_n = negative ? -(int64_t)n : (int64_t)n;
    } else if (ct_str_eq(key, CT_STR("uid"))) {
        p->uid = decimal(value, &p->uid_n);
    } else if (ct_str_eq(key, CT_STR("gid"))) {
        p->gid = decimal(value, &p->gid_n);
    } else if (ct_str_starts(key, CT_STR("GNU.sparse."))) {
        ct_str what = ct_str_slice(key, 11, key.n);
        p->sparse = true;
        if (ct_str_eq(what, CT_STR("name"))) p->path = ct_bytes_set(nest, &l->name, value);
        else if (ct_str_eq(what, CT_STR("major"))) p->sparse_major = decimal(value, &n) && n < 10 ? (unsigned)n : 99;
        else if (ct_str_eq(what, CT_STR("minor"))) p->sparse_minor = decimal(value, &n) && n < 10 ? (unsigned)n : 99;
        else if (ct_str_eq(what, CT_STR("realsize")) || ct_str_eq(what, CT_STR("size"))) p->real = decimal(value, &p->real_n);
        else if (ct_str_eq(what, CT_STR("map"))) return p->sparse_map = sparse_list(nest, l, value);
        else if (ct_str_eq(what, CT_STR("offset"))) p->sparse_waits = decimal(value, &p->sparse_at);
        else if (ct_str_eq(what, CT_STR("numbytes")) && p->sparse_waits) {
            p->sparse_waits = false;
            p->sparse_map = true;
            return decimal(value, &n) && add_piece(nest, l, p->sparse_at, n);
        }
    }
    return true;
}

/* "LENGTH KEY=VALUE\n" until the end; the length counts all of it. */
static bool pax_records(ct_nest *nest, struct ct_level *l, ct_str in, struct pending *p)
{
    bool good = true;
    while (in.n && in.p[0] != 0) {
        size_t blank = ct_str_chr(ct_str_slice(in, 0, 21), ' ');
        uint64_t n;
        if (blank == CT_STR_NONE || !decimal(ct_str_slice(in, 0, blank), &n) || n <= blank + 1 || n > in.n || in.p[n - 1] != '\n') return false;
        ct_str record = ct_str_slice(in, blank + 1, (size_t)n - 1);
        size_t equals = ct_str_chr(record, '=');
        if (equals == CT_STR_NONE) return false;
        good = pax_record(nest, l, ct_str_slice(record, 0, equals), ct_str_slice(record, equals + 1, record.n), p) && good;
        in = ct_str_slice(in, (size_t)n, in.n);
    }
    return good;
}

static void damaged(ct_nest *nest, struct ct_level *l, uint64_t at, const char *what)
{
    ct_nest_odd(nest, l, false, CT_ODDITY_DAMAGED, CT_OK, at, "%s", what);
}

/* The data of a header that speaks of the next one, as a whole in the window. */
static bool meta(ct_nest *nest, struct ct_level *l, uint64_t n, ct_str *ret)
{
    if (n > CT_TAR_META_MAX) {
        ct_nest_odd(nest, l, false, CT_ODDITY_DAMAGED, CT_ERR_CAP, l->in.pos, "extended header of %llu bytes", (unsigned long long)n);
        return false;
    }
    ct_nest_fill(nest, l, &l->in, (size_t)n);
    if (l->in.n < n) {
        ct_nest_odd(nest, l, false, CT_ODDITY_TRUNCATED, l->in.err, l->in.pos, "%s", "extended header");
        return false;
    }
    *ret = (ct_str){l->in.win, (size_t)n};
    return true;
}

/* Reads one decimal number and the newline behind it. */
static bool map_line(struct ct_nest *nest, struct ct_level *l, uint64_t *ret)
{
    ct_nest_fill(nest, l, &l->in, 32);
    ct_str head = {l->in.win, l->in.n < 32 ? l->in.n : 32};
    size_t end = ct_str_chr(head, '\n');
    if (end == CT_STR_NONE || !decimal(ct_str_slice(head, 0, end), ret)) return false;
    ct_input_take(&l->in, end + 1);
    return true;
}

/* pax 1.0: the map stands in front of the data, padded to a block, and counts as data. */
static bool sparse_map_in_data(ct_nest *nest, struct ct_level *l, uint64_t *size)
{
    uint64_t start = l->in.pos, count, at, n;
    l->tar.sparse_n = 0;
    if (!map_line(nest, l, &count) || count > CT_TAR_PIECES_MAX) return false;
    while (count--)
        if (!map_line(nest, l, &at) || !map_line(nest, l, &n) || !add_piece(nest, l, at, n)) return false;
    uint64_t used = round_up(l->in.pos - start);
    if (used > *size) return false;
    ct_nest_skip_to(nest, l, start + used);
    *size -= used;
    return true;
}

/* GNU's old form: four pieces in the header, more in blocks behind it. */
static bool sparse_old(ct_nest *nest, struct ct_level *l, const unsigned char *h, uint64_t *real)
{
    const unsigned char *p = h + 386;
    bool more = h[482] != 0;
    size_t n = 4;
    uint64_t at, len;
    l->tar.sparse_n = 0;
    if (!number(h + 483, 12, real)) return false;
    for (;;) {
        for (size_t i = 0; i < n; i++, p += 24) {
            if (!number(p, 12, &at) || !number(p + 12, 12, &len)) return false;
            if (at == 0 && len == 0) continue;
            if (!add_piece(nest, l, at, len)) return false;
        }
        if (!more) return true;
        if (p != h + 386 + 4 * 24) ct_input_take(&l->in, BLOCK);
        ct_nest_fill(nest, l, &l->in, BLOCK);
        if (l->in.n < BLOCK) return false;
        p = l->in.win;
        more = p[504] != 0;
        n = 21;
        if (!more) {
            for (size_t i = 0; i < n; i++, p += 24) {
                if (!number(p, 12, &at) || !number(p + 12, 12, &len)) return false;
                if ((at || len) && !add_piece(nest, l, at, len)) return false;
            }
            ct_input_take(&l->in, BLOCK);
            return true;
        }
    }
}

static void set_names(ct_nest *nest, struct ct_level *l, const unsigned char *h, const struct pending *p)
{
    if (!p->path) {
        bool ustar = memcmp(h + 257, "ustar", 6) == 0;
        bool star = ustar && memcmp(h + 508, "tar", 4) == 0;
        ct_str prefix = ustar ? field(h + 345, star ? 131 : 155) : (ct_str){NULL, 0}, name = field(h, 100);
        l->name.n = 0;
        if (ct_bytes_room(nest, &l->name, prefix.n + name.n + 1)) {
            if (prefix.n) {
                memcpy(l->name.p, prefix.p, prefix.n);
                l->name.p[prefix.n] = '/';
                l->name.n = prefix.n + 1;
            }
            if (name.n) memcpy(l->name.p + l->name.n, name.p, name.n);
            l->name.n += name.n;
        } else {
            ct_nest_odd(nest, l, true, CT_ODDITY_MEMORY, CT_OK, l->in.pos, "%s", "name");
        }
    }
    if (!p->link) (void)ct_bytes_set(nest, &l->link, field(h + 157, 100));
}

static enum ct_nest_kind kind_of(unsigned char type, ct_str name)
{
    switch (type) {
    case '1': return CT_NEST_HARDLINK;
    case '2': return CT_NEST_SYMLINK;
    case '3':
    case '4':
    case '6':
    case 'V': return CT_NEST_OTHER;
    case '5':
    case 'D': return CT_NEST_DIR;
    default: return name.n && name.p[name.n - 1] == '/' ? CT_NEST_DIR : CT_NEST_FILE;
    }
}

/* The entry that header h is of; the input stands behind h, which is a copy. */
static void set_entry(ct_nest *nest, struct ct_level *l, const unsigned char *h, const struct pending *p, uint64_t at, uint64_t size)
{
    struct ct_tar *t = &l->tar;
    uint64_t v = 0, real = size, mode = 0, uid = 0, gid = 0;
    set_names(nest, l, h, p);
    l->entry = (struct ct_nest_event){.kind = kind_of(h[156], (ct_str){l->name.p, l->name.n}), .offset = at, .packed = size};
    if (number(h + 100, 8, &mode)) l->entry.mode = mode & 07777;
    l->entry.uid = (uint32_t)(p->uid ? p->uid_n : number(h + 108, 8, &uid) ? uid : 0);
    l->entry.gid = (uint32_t)(p->gid ? p->gid_n : number(h + 116, 8, &gid) ? gid : 0);
    l->entry.mtime = p->mtime ? p->mtime_n : number(h + 136, 12, &v) && v <= INT64_MAX ? (int64_t)v : 0;
    if (l->entry.kind != CT_NEST_SYMLINK && l->entry.kind != CT_NEST_HARDLINK) l->link.n = 0;
    /* A hard link's size may repeat the file's without data behind it; pax allows data. Old writers leave sizes with links
     * and directories that have none. */
    bool has_data = l->entry.kind == CT_NEST_FILE || h[156] == 'D' || (l->entry.kind == CT_NEST_HARDLINK && p->size && size);
    if (l->entry.kind == CT_NEST_DIR && h[156] != 'D') has_data = h[156] != '5';
    uint64_t stored = has_data ? size : 0;
    t->after = __builtin_add_overflow(l->in.pos, round_up(stored), &v) ? UINT64_MAX : v;
    bool sparse = h[156] == 'S' || p->sparse_map || (p->sparse && p->sparse_major == 1);
    bool good = true;
    if (h[156] == 'S') {
        good = sparse_old(nest, l, h, &real);
        t->after = __builtin_add_overflow(l->in.pos, round_up(stored), &v) ? UINT64_MAX : v;
    } else if (p->sparse && p->sparse_major == 1) {
        good = p->sparse_minor == 0 && sparse_map_in_data(nest, l, &stored);
        real = p->real_n;
    } else if (sparse) {
        real = p->real ? p->real_n : size;
    }
    ct_body_stored(l, &l->in, stored);
    l->entry.size = has_data ? real : 0;
    if (sparse && good) {
        l->body.kind = CT_BODY_SPARSE;
        l->body.declared = real;
    } else if (sparse) {
        ct_nest_odd(nest, l, true, CT_ODDITY_DAMAGED, CT_OK, at, "%s", "sparse map");
        ct_body_none(l, CT_ERR_SYNTAX);
    }
}

/* The next block that is a header: behind damage, or behind the end mark. */
static bool find_header(ct_nest *nest, struct ct_level *l, uint64_t at)
{
    struct ct_tar *t = &l->tar;
    struct ct_input *in = &l->in;
    uint64_t start = in->pos;
    for (;;) {
        ct_nest_fill(nest, l, in, BLOCK);
        if (in->err && in->random && t->damaged < READ_RETRIES) { /* a bad place of the disk: try behind it */
            t->damaged++;
            ct_nest_odd(nest, l, false, CT_ODDITY_READ, in->err, in->pos, "%s", "");
            ct_input_seek(in, in->pos / 4096 * 4096 + 4096);
            continue;
        }
        if (in->n < BLOCK) {
            /* What packed it says that all is there: then its writer left the mark out, as some do. */
            if (!t->ended && l->index > 0 && in->n == 0 && in->err == CT_OK && in->pos == at)
                ct_nest_odd(nest, l, false, CT_ODDITY_NO_END, CT_OK, in->pos, "%s", "");
            else if (!t->ended && (in->n || in->err || in->pos == at) && !(in->err && !in->random))
                ct_nest_odd(nest, l, false, CT_ODDITY_TRUNCATED, in->err, in->pos, "%s", "no end mark");
            return false;
        }
        if (in->win[0] == 0 && in->win[BLOCK - 1] == 0 && memcmp(in->win, in->win + 1, BLOCK - 1) == 0) {
            t->ended = t->ended || ++t->zero_blocks >= 2;
            ct_input_take(in, BLOCK);
            start = in->pos;
            continue;
        }
        if (ct_tar_sum_fits(in->win)) break;
        if (t->ended) { /* whatever it is, it is no further tar */
            ct_nest_odd(nest, l, false, CT_ODDITY_TRAILING, CT_OK, in->pos, "%s", "behind the end mark");
            return false;
        }
        if (start == in->pos) damaged(nest, l, in->pos, "header checksum");
        ct_input_take(in, BLOCK);
    }
    if (t->ended) ct_nest_odd(nest, l, false, CT_ODDITY_TRAILING, CT_OK, in->pos, "%s", "further entries behind the end mark");
    t->ended = false;
    t->zero_blocks = 0;
    return true;
}

static ct_err tar_next(ct_nest *nest, struct ct_level *l)
{
    struct ct_tar *t = &l->tar;
    struct ct_input *in = &l->in;
    struct pending p = {0};
    unsigned char h[BLOCK];
    t->sparse_n = 0;
    for (unsigned headers = 0;; headers++) {
        uint64_t size = 0, at;
        ct_str data;
        if (!find_header(nest, l, in->pos)) return CT_ERR_END;
        at = in->pos;
        memcpy(h, in->win, BLOCK);
        bool sized = number(h + 124, 12, &size);
        bool pax_size = p.size && h[156] != 'x' && h[156] != 'g';
        if (pax_size) size = p.size_n;
        ct_input_take(in, BLOCK);
        if (!sized && !pax_size) {
            damaged(nest, l, at, "size");
            continue;
        }
        unsigned char type = h[156];
        if (type != 'x' && type != 'X' && type != 'g' && type != 'L' && type != 'K') {
            set_entry(nest, l, h, &p, at, size);
            return CT_OK;
        }
        if (headers > 64 || !meta(nest, l, size, &data)) {
            if (headers > 64) damaged(nest, l, at, "extended headers without end");
        } else if (type == 'L') {
            p.path = ct_bytes_set(nest, &l->name, field(data.p, data.n));
        } else if (type == 'K') {
            p.link = ct_bytes_set(nest, &l->link, field(data.p, data.n));
        } else if (type != 'g' && !pax_records(nest, l, data, &p)) {
            damaged(nest, l, at, "extended header");
        }
        uint64_t next;
        ct_nest_skip_to(nest, l, __builtin_add_overflow(at + BLOCK, round_up(size), &next) ? UINT64_MAX : next);
    }
}

static void tar_finish(ct_nest *nest, struct ct_level *l)
{
    ct_nest_skip_to(nest, l, l->tar.after);
    struct ct_body *b = &l->body;
    bool cut = l->in.pos < l->tar.after || (l->in.random && l->tar.after > l->in.size);
    /* Padding that is missing at the very end is harmless. */
    if (cut && l->in.pos < b->start + b->packed && !b->told && !(l->in.err && !l->in.random)) {
        ct_nest_odd(nest, l, true, CT_ODDITY_TRUNCATED, l->in.err, l->in.pos, "%s", "");
        l->tar.ended = true;
    }
}

const struct ct_format ct_format_tar = {tar_next, tar_finish};
