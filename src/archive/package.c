/* ar (also .deb), cpio and rpm. Sources: ar(5) with GNU's and BSD's long names; cpio(5), newc and odc; the rpm file format
 * reference: lead, signature header, header, payload. */
#include "archive/level.h"

#include <string.h>

/* ---- ar ---- */

enum { AR_MAGIC = 8, AR_HEADER = 60 };

static bool digits(const unsigned char *p, size_t n, unsigned base, uint64_t *ret)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; i < n && p[i] >= '0' && p[i] < (int)('0' + base); i++) {
        if (v > UINT64_MAX / 64) return false;
        v = v * base + (uint64_t)(p[i] - '0');
    }
    bool some = i > 0;
    while (i < n && p[i] == ' ') i++;
    *ret = v;
    return i == n && (some || n == 0 || p[0] == ' ');
}

/* The name, by its three spellings; takes BSD's from the data. */
static bool ar_name(ct_nest *nest, struct ct_level *l, const unsigned char *h, uint64_t *size)
{
    uint64_t n;
    if (memcmp(h, "#1/", 3) == 0 && digits(h + 3, 13, 10, &n) && n <= *size && n <= CT_AR_NAMES_MAX) {
        ct_nest_fill(nest, l, &l->in, (size_t)n);
        if (l->in.n < n) return false;
        const unsigned char *end = memchr(l->in.win, 0, (size_t)n);
        bool set = ct_bytes_set(nest, &l->name, (ct_str){l->in.win, end ? (size_t)(end - l->in.win) : (size_t)n});
        ct_input_take(&l->in, (size_t)n);
        *size -= n;
        return set;
    }
    if (h[0] == '/' && ct_ascii_digit(h[1])) {
        if (!digits(h + 1, 15, 10, &n) || n >= l->ar.names.n) return false;
        ct_str rest = {l->ar.names.p + n, l->ar.names.n - (size_t)n};
        size_t end = ct_str_chr(rest, '\n');
        ct_str name = ct_str_slice(rest, 0, end);
        if (ct_str_ends(name, CT_STR("/"))) name.n--;
        return ct_bytes_set(nest, &l->name, name);
    }
    ct_str name = {h, 16};
    while (name.n && name.p[name.n - 1] == ' ') name.n--;
    if (name.n > 1 && name.p[name.n - 1] == '/') name.n--;
    return ct_bytes_set(nest, &l->name, name);
}

static ct_err ar_next(ct_nest *nest, struct ct_level *l)
{
    struct ct_input *in = &l->in;
    if (in->pos == 0) ct_nest_skip_to(nest, l, AR_MAGIC);
    for (;;) {
        uint64_t at = in->pos, size, v = 0;
        unsigned char h[AR_HEADER];
        ct_nest_fill(nest, l, in, AR_HEADER);
        if (in->n == 0 && !in->err) return CT_ERR_END;
        if (in->n == 1 && *in->win == '\n' && !in->err) return CT_ERR_END;
        if (in->n < AR_HEADER) {
            if (in->random || !in->err) ct_nest_odd(nest, l, false, in->err && in->err != CT_ERR_TRUNCATED ? CT_ODDITY_READ : CT_ODDITY_TRUNCATED, in->err, at, "%s", "");
            return CT_ERR_END;
        }
        memcpy(h, in->win, sizeof h);
        if (h[58] != '`' || h[59] != '\n' || !digits(h + 48, 10, 10, &size)) {
            ct_nest_odd(nest, l, false, CT_ODDITY_DAMAGED, CT_OK, at, "%s", "ar header");
            return CT_ERR_END;
        }
        ct_input_take(in, AR_HEADER);
        uint64_t packed = size, after = in->pos + size + (size & 1);
        bool table = memcmp(h, "// ", 3) == 0, symbols = memcmp(h, "/ ", 2) == 0 || memcmp(h, "/SYM64/ ", 8) == 0 || memcmp(h, "__.SYMDEF", 9) == 0;
        if (table || symbols) {
            if (table && size <= CT_AR_NAMES_MAX) {
                ct_nest_fill(nest, l, in, (size_t)size);
                (void)ct_bytes_set(nest, &l->ar.names, (ct_str){in->win, in->n < size ? in->n : (size_t)size});
            }
            ct_nest_skip_to(nest, l, after);
            continue;
        }
        l->link.n = 0;
        bool named = ar_name(nest, l, h, &size);
        l->entry = (struct ct_nest_event){.kind = CT_NEST_FILE, .size = size, .packed = packed, .offset = at};
        if (!named) ct_nest_odd(nest, l, true, CT_ODDITY_DAMAGED, CT_OK, at, "%s", "name");
        if (digits(h + 16, 12, 10, &v)) l->entry.mtime = (int64_t)v;
        if (digits(h + 28, 6, 10, &v)) l->entry.uid = (uint32_t)v;
        if (digits(h + 34, 6, 10, &v)) l->entry.gid = (uint32_t)v;
        if (digits(h + 40, 8, 8, &v)) l->entry.mode = v & 07777;
        l->ar.after = after;
        ct_body_stored(l, in, size);
        return CT_OK;
    }
}

/* Behind an entry whose end is known; told when the container ends before it. */
static void finish_at(ct_nest *nest, struct ct_level *l, uint64_t after)
{
    const struct ct_body *b = &l->body;
    ct_nest_skip_to(nest, l, after);
    if (l->in.pos < b->start + b->packed && !b->told && !(l->in.err && !l->in.random))
        ct_nest_odd(nest, l, true, CT_ODDITY_TRUNCATED, l->in.err, l->in.pos, "%s", "");
}

static void ar_finish(ct_nest *nest, struct ct_level *l) { finish_at(nest, l, l->ar.after); }

const struct ct_format ct_format_ar = {ar_next, ar_finish};

/* ---- cpio ---- */

static bool hex8(const unsigned char *p, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++) {
        int d = ct_hex_value(p[i]);
        if (d < 0) return false;
        v = v << 4 | (unsigned)d;
    }
    *ret = v;
    return true;
}

static bool octal(const unsigned char *p, size_t n, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '7') return false;
        v = v << 3 | (unsigned)(p[i] - '0');
    }
    *ret = v;
    return true;
}

struct cpio_header {
    uint64_t mode, uid, gid, mtime, size, name_n;
    size_t length, align;
};

static bool cpio_header(const unsigned char *p, size_t n, struct cpio_header *ret)
{
    struct cpio_header h = {0};
    bool good;
    if (n >= 110 && (memcmp(p, "070701", 6) == 0 || memcmp(p, "070702", 6) == 0)) {
        good = hex8(p + 14, &h.mode) && hex8(p + 22, &h.uid) && hex8(p + 30, &h.gid) && hex8(p + 46, &h.mtime) && hex8(p + 54, &h.size) &&
               hex8(p + 94, &h.name_n);
        h.length = 110;
        h.align = 4;
    } else if (n >= 76 && memcmp(p, "070707", 6) == 0) {
        good = octal(p + 18, 6, &h.mode) && octal(p + 24, 6, &h.uid) && octal(p + 30, 6, &h.gid) && octal(p + 48, 11, &h.mtime) &&
               octal(p + 59, 6, &h.name_n) && octal(p + 65, 11, &h.size);
        h.length = 76;
        h.align = 1;
    } else {
        return false;
    }
    if (!good || h.name_n == 0 || h.name_n > CT_TAR_META_MAX) return false;
    *ret = h;
    return true;
}

static uint64_t aligned(uint64_t n, size_t to) { return (n + to - 1) / to * to; }

/* Behind the trailer: zeros up to some block; then possibly a further cpio, as in an initial RAM disk. */
static ct_err cpio_after_trailer(ct_nest *nest, struct ct_level *l, bool *ret_again)
{
    struct ct_input *in = &l->in;
    *ret_again = false;
    for (;;) {
        ct_nest_fill(nest, l, in, 110);
        size_t zeros = 0;
        while (zeros < in->n && zeros < 65536 && in->win[zeros] == 0) zeros++;
        ct_input_take(in, zeros);
        if (in->n == 0 && in->end) return CT_ERR_END;
        if (zeros == 0) break;
    }
    struct cpio_header h;
    *ret_again = cpio_header(in->win, in->n, &h);
    if (!*ret_again) ct_nest_odd(nest, l, false, CT_ODDITY_TRAILING, CT_OK, in->pos, "%s", "behind the trailer");
    return CT_ERR_END;
}

static ct_err cpio_next(ct_nest *nest, struct ct_level *l)
{
    struct ct_input *in = &l->in;
    for (;;) {
        uint64_t at = in->pos;
        struct cpio_header h;
        ct_nest_fill(nest, l, in, 110);
        if (!cpio_header(in->win, in->n, &h)) {
            if (in->err && !in->random) return CT_ERR_END;
            bool read = in->err && in->err != CT_ERR_TRUNCATED;
            bool stripped = in->n >= 6 && memcmp(in->win, "07070X", 6) == 0; /* rpm: sizes stand in the header of the package only */
            ct_nest_odd(nest, l, false, read ? CT_ODDITY_READ : stripped ? CT_ODDITY_UNSUPPORTED : in->end && in->n < 110 ? CT_ODDITY_TRUNCATED : CT_ODDITY_DAMAGED,
                        in->err, at, "%s", stripped ? "cpio without sizes" : "cpio header");
            return CT_ERR_END;
        }
        ct_nest_fill(nest, l, in, h.length + (size_t)h.name_n);
        if (in->n < h.length + h.name_n) {
            ct_nest_odd(nest, l, false, CT_ODDITY_TRUNCATED, in->err, at, "%s", "cpio name");
            return CT_ERR_END;
        }
        ct_str name = {in->win + h.length, (size_t)h.name_n};
        if (name.p[name.n - 1] == 0) name.n--;
        bool trailer = ct_str_eq(name, CT_STR("TRAILER!!!"));
        l->link.n = 0;
        l->entry = (struct ct_nest_event){.kind = CT_NEST_OTHER, .size = h.size, .packed = h.size, .offset = at, .mode = h.mode & 07777,
                                          .uid = (uint32_t)h.uid, .gid = (uint32_t)h.gid, .mtime = (int64_t)h.mtime};
        if (!trailer && !ct_bytes_set(nest, &l->name, name)) ct_nest_odd(nest, l, true, CT_ODDITY_MEMORY, CT_OK, at, "%s", "name");
        ct_nest_skip_to(nest, l, aligned(at + h.length + h.name_n, h.align));
        if (trailer) {
            bool again;
            ct_nest_skip_to(nest, l, aligned(in->pos + h.size, h.align));
            (void)cpio_after_trailer(nest, l, &again);
            if (again) continue;
            return CT_ERR_END;
        }
        switch (h.mode & 0170000) {
        case 0100000:
        case 0: l->entry.kind = CT_NEST_FILE; break;
        case 0040000: l->entry.kind = CT_NEST_DIR; break;
        case 0120000: l->entry.kind = CT_NEST_SYMLINK; break;
        default: break;
        }
        if (l->entry.kind == CT_NEST_SYMLINK && h.size <= 4096) { /* the target is the data */
            ct_nest_fill(nest, l, in, (size_t)h.size);
            if (in->n >= h.size) (void)ct_bytes_set(nest, &l->link, (ct_str){in->win, (size_t)h.size});
        }
        l->cpio.after = aligned(in->pos + h.size, h.align);
        ct_body_stored(l, in, h.size);
        return CT_OK;
    }
}

static void cpio_finish(ct_nest *nest, struct ct_level *l) { finish_at(nest, l, l->cpio.after); }

const struct ct_format ct_format_cpio = {cpio_next, cpio_finish};

/* ---- rpm ---- */

enum { RPM_LEAD = 96, RPM_INTRO = 16, RPM_HEADER_MAX = 256 << 20 };

/* Length of the header structure at the input's position: intro, index, data. */
static bool rpm_header(ct_nest *nest, struct ct_level *l, uint64_t *ret_n)
{
    ct_nest_fill(nest, l, &l->in, RPM_INTRO);
    if (l->in.n < RPM_INTRO || memcmp(l->in.win, "\x8e\xad\xe8\x01", 4) != 0) return false;
    uint64_t n = RPM_INTRO + (uint64_t)ct_be32(l->in.win + 8) * 16 + ct_be32(l->in.win + 12);
    *ret_n = n;
    return n <= RPM_HEADER_MAX;
}

static ct_err rpm_next(ct_nest *nest, struct ct_level *l)
{
    struct ct_input *in = &l->in;
    uint64_t n;
    l->link.n = 0;
    switch (l->rpm.step++) {
    case 0:
        ct_nest_skip_to(nest, l, RPM_LEAD);
        if (rpm_header(nest, l, &n)) {
            ct_nest_skip_to(nest, l, aligned(RPM_LEAD + n, 8));
            if (rpm_header(nest, l, &n)) break;
        }
        bool read = in->err && in->err != CT_ERR_TRUNCATED;
        ct_nest_odd(nest, l, false, read ? CT_ODDITY_READ : in->end && in->n < RPM_INTRO ? CT_ODDITY_TRUNCATED : CT_ODDITY_DAMAGED, in->err, in->pos, "%s",
                    "rpm header");
        return CT_ERR_END;
    case 1: {
        n = in->random ? in->size - in->pos : CT_INPUT_UNKNOWN;
        l->entry = (struct ct_nest_event){.kind = CT_NEST_FILE, .size = n, .packed = n, .offset = in->pos};
        (void)ct_bytes_set(nest, &l->name, CT_STR("payload"));
        ct_body_stored(l, in, n);
        return CT_OK;
    }
    default: return CT_ERR_END;
    }
    l->entry = (struct ct_nest_event){.kind = CT_NEST_FILE, .size = n, .packed = n, .offset = in->pos};
    (void)ct_bytes_set(nest, &l->name, CT_STR("header"));
    l->rpm.payload = in->pos + n;
    ct_body_stored(l, in, n);
    return CT_OK;
}

static void rpm_finish(ct_nest *nest, struct ct_level *l)
{
    if (l->rpm.step == 1) finish_at(nest, l, l->rpm.payload);
}

const struct ct_format ct_format_rpm = {rpm_next, rpm_finish};
