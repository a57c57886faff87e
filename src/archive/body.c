/* The bytes of the current entry: stored, decoded, or found by looking for their end. */
#include "archive/level.h"

#include <libdeflate.h>
#include <string.h>

#define LEAST(a, b) ((a) < (b) ? (a) : (b))

void ct_body_none(struct ct_level *l, ct_err why)
{
    l->body = (struct ct_body){.kind = CT_BODY_NONE, .in = &l->in, .err = why, .ended = why == CT_OK, .told = true, .packed = 0};
}

void ct_body_stored(struct ct_level *l, struct ct_input *in, uint64_t n)
{
    l->body = (struct ct_body){.kind = CT_BODY_STORED, .in = in, .start = in->pos, .packed = n, .left = n, .declared = n};
}

void ct_body_coded(struct ct_level *l, struct ct_input *in, const struct ct_codec_ops *ops, uint64_t packed, uint64_t declared)
{
    l->body = (struct ct_body){.kind = CT_BODY_CODED, .in = in, .start = in->pos, .packed = packed, .left = packed, .declared = declared,
                               .ops = ops};
}

/* Why an entry ends early is told once, and by the level where it happened. */
static ct_err fail(ct_nest *nest, struct ct_level *l, ct_err e, const char *why)
{
    struct ct_body *b = &l->body;
    b->err = e;
    b->finished = true;
    bool from_below = b->in->err != CT_OK && !b->in->random;
    if (b->told || from_below) return e;
    b->told = true;
    enum ct_oddity o;
    switch (e) {
    case CT_ERR_TRUNCATED: o = CT_ODDITY_TRUNCATED; break;
    case CT_ERR_CHECKSUM: o = CT_ODDITY_CHECKSUM; break;
    case CT_ERR_NOMEM: o = CT_ODDITY_MEMORY; break;
    case CT_ERR_UNSUPPORTED: o = CT_ODDITY_UNSUPPORTED; break;
    case CT_ERR_CAP: o = CT_ODDITY_MEMORY; break;
    case CT_ERR_READ:
    case CT_ERR_PERMISSION: o = CT_ODDITY_READ; break;
    default: o = CT_ODDITY_DAMAGED; break;
    }
    ct_nest_odd(nest, l, true, o, e, b->in->pos, "%s", why);
    return e;
}

static ct_err finish(ct_nest *nest, struct ct_level *l)
{
    struct ct_body *b = &l->body;
    b->ended = b->finished = true;
    bool short_packed = b->left != 0 && b->left != CT_INPUT_UNKNOWN;
    bool tell = !b->told && !b->checked;
    if (tell && b->declared != CT_NEST_SIZE_UNKNOWN && b->declared != b->made) {
        ct_nest_odd(nest, l, true, CT_ODDITY_SIZE, CT_OK, b->start, "%llu bytes declared, %llu there", (unsigned long long)b->declared,
                    (unsigned long long)b->made);
    } else if (tell && short_packed) {
        ct_nest_odd(nest, l, true, CT_ODDITY_SIZE, CT_OK, b->start, "packed data ends %llu bytes early", (unsigned long long)b->left);
    }
    bool wrong = b->crc_known && b->crc != b->crc_want;
    if (wrong) return fail(nest, l, CT_ERR_CHECKSUM, "CRC-32");
    b->checked = true; /* read once more, it may fail all the same */
    return CT_ERR_END;
}

static void took(struct ct_body *b, size_t n)
{
    ct_input_take(b->in, n);
    if (b->left != CT_INPUT_UNKNOWN) b->left -= n;
}

static void made(struct ct_body *b, const unsigned char *p, size_t n)
{
    b->made += n;
    if (b->crc_on || b->crc_known) b->crc = libdeflate_crc32(b->crc, p, n);
}

static ct_err ran_out(ct_nest *nest, struct ct_level *l)
{
    struct ct_body *b = &l->body;
    if (!b->in->end) return CT_ERR_AGAIN;
    return fail(nest, l, b->in->err ? b->in->err : CT_ERR_TRUNCATED, "");
}

static ct_err make_stored(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n)
{
    struct ct_body *b = &l->body;
    if (b->left == 0) return finish(nest, l);
    size_t have = b->in->n;
    if (have == 0) {
        if (b->left == CT_INPUT_UNKNOWN && b->in->end && b->in->err == CT_OK) return finish(nest, l);
        return ran_out(nest, l);
    }
    if (have > n) have = n;
    if (have > b->left) have = (size_t)b->left;
    memcpy(out, b->in->win, have);
    took(b, have);
    made(b, out, have);
    *ret_n = have;
    return CT_OK;
}

static ct_err make_sparse(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n)
{
    struct ct_body *b = &l->body;
    const struct ct_sparse *s = l->tar.sparse;
    while (b->piece < l->tar.sparse_n && b->hole >= s[b->piece].at + s[b->piece].n) b->piece++;
    bool inside = b->piece < l->tar.sparse_n && b->hole >= s[b->piece].at;
    uint64_t until = inside ? s[b->piece].at + s[b->piece].n : b->piece < l->tar.sparse_n ? s[b->piece].at : b->declared;
    if (until > b->declared) until = b->declared;
    if (b->hole >= b->declared) return finish(nest, l);
    if (n > until - b->hole) n = (size_t)(until - b->hole);
    if (inside) {
        if (b->left == 0) return fail(nest, l, CT_ERR_SYNTAX, "sparse map");
        if (b->in->n == 0) return ran_out(nest, l);
        if (n > b->in->n) n = b->in->n;
        if (n > b->left) n = (size_t)b->left;
        memcpy(out, b->in->win, n);
        took(b, n);
    } else {
        memset(out, 0, n);
        if (!ct_nest_charge(nest, l, n)) return fail(nest, l, CT_ERR_CAP, "");
    }
    b->hole += n;
    made(b, out, n);
    *ret_n = n;
    return CT_OK;
}

static unsigned codec_slot(const struct ct_codec_ops *ops)
{
    const struct ct_codec_ops *const all[CT_CODECS_MAX] = {&ct_codec_deflate, &ct_codec_gzip, &ct_codec_bzip2, &ct_codec_xz,
                                                           &ct_codec_lzma,    &ct_codec_zip_lzma, &ct_codec_zstd, &ct_codec_lz4, &ct_codec_deflate64};
    unsigned i = 0;
    while (all[i] != ops) i++;
    return i;
}

static ct_err start(ct_nest *nest, struct ct_level *l)
{
    struct ct_body *b = &l->body;
    void **slot = &l->codecs[codec_slot(b->ops)];
    if (!*slot) CT_TRY(b->ops->open(&nest->alloc, slot));
    b->decoder = *slot;
    CT_TRY(b->ops->start(b->decoder));
    b->started = true;
    return CT_OK;
}

/* zstd and lz4 share the mark of frames to be skipped, and their tools read each other's frames: the mark of a frame in front says
 * nothing about the ones behind it. */
static bool takes(struct ct_level *l, ct_str head)
{
    enum ct_container c = ct_container_sniff(head, (ct_str){NULL, 0});
    bool kin = (c == CT_CONTAINER_ZSTD || c == CT_CONTAINER_LZ4) && (l->container == CT_CONTAINER_ZSTD || l->container == CT_CONTAINER_LZ4);
    if (kin) l->body.ops = ct_codec_of(c);
    return kin || c == l->container;
}

/* Between two frames of a compressed file: another one, padding, or something else. */
static ct_err next_member(ct_nest *nest, struct ct_level *l)
{
    struct ct_body *b = &l->body;
    while (b->in->n && *b->in->win == 0 && b->made) took(b, 1); /* gzip and tape padding, xz stream padding */
    if (b->in->n < 16 && !b->in->end) return CT_ERR_AGAIN;
    if (b->in->n == 0) return finish(nest, l);
    ct_str head = {b->in->win, LEAST(b->in->n, 16)};
    if (!takes(l, head)) {
        ct_nest_odd(nest, l, true, CT_ODDITY_TRAILING, CT_OK, b->in->pos, "%s", "behind the compressed data");
        b->left = b->left == CT_INPUT_UNKNOWN ? b->left : 0;
        return finish(nest, l);
    }
    ct_err e = start(nest, l);
    return e == CT_OK ? CT_OK : fail(nest, l, e, "decoder");
}

static ct_err make_coded(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n)
{
    struct ct_body *b = &l->body;
    for (;;) {
        if (!b->started) {
            ct_err e = b->frames ? next_member(nest, l) : start(nest, l);
            if (e == CT_ERR_AGAIN || e == CT_ERR_END || b->err) return e;
            if (e != CT_OK) return fail(nest, l, e, "decoder");
        }
        size_t have = b->in->n;
        if (have > b->left) have = (size_t)b->left;
        /* A decoder is asked without input only where it may hold back output: libzstd takes empty calls for a fault. */
        if (have == 0 && b->left && !b->in->end && !b->full) return CT_ERR_AGAIN;
        struct ct_codec_io io = {.in = b->in->win, .in_n = have, .out = out, .out_n = n};
        ct_err e = b->ops->step(b->decoder, &io);
        size_t in_n = have - io.in_n, out_n = n - io.out_n;
        took(b, in_n);
        made(b, out, out_n);
        b->full = out_n == n;
        nest->inflated += out_n;
        if (out_n && !ct_nest_charge(nest, l, out_n)) {
            b->told = true;
            e = CT_ERR_CAP;
        }
        if (e == CT_ERR_END) {
            b->started = false;
            b->frames = true;
            b->ended = !b->members;
        } else if (e != CT_OK) {
            b->err = e;
            if (out_n == 0) return fail(nest, l, e, io.why);
        } else if (b->left == 0 && b->made == b->declared && out_n == 0) {
            b->ended = true; /* LZMA without its end mark */
        }
        if (out_n) {
            *ret_n = out_n;
            return CT_OK;
        }
        if (b->ended) return finish(nest, l);
        if (e == CT_ERR_END || in_n) continue;
        if (have) return fail(nest, l, CT_ERR_SYNTAX, "decoder stands still");
        if (b->left == 0) return fail(nest, l, CT_ERR_TRUNCATED, "packed data");
        return ran_out(nest, l);
    }
}

/* Zip, stored, size not known in front: the data ends where a descriptor stands that fits it, with its mark or, right before
 * the next header, without. Source: APPNOTE 4.3.9. */
static bool descriptor_fits(const struct ct_body *b, const unsigned char *at, size_t data_n, const unsigned char *data)
{
    /* at: behind the mark, if there is one: CRC and two sizes of four or eight bytes. */
    uint64_t n = b->made + data_n;
    bool narrow = ct_le32(at + 4) == (uint32_t)n && ct_le32(at + 8) == (uint32_t)n;
    bool wide = ct_le64(at + 4) == n && ct_le64(at + 12) == n;
    return (narrow || wide) && ct_le32(at) == libdeflate_crc32(b->crc, data, data_n);
}

/* How many bytes of the window are data for sure; *ret_found: and behind them stands the descriptor. */
static size_t data_before_descriptor(const struct ct_body *b, bool *ret_found)
{
    enum { SIGNED = 24, UNSIGNED = 20 };
    const unsigned char *w = b->in->win, *p;
    size_t have = b->in->n, shortest = b->in->end ? 16 : SIGNED;
    for (size_t i = 0; i + shortest <= have && (p = memchr(w + i, 'P', have - shortest - i + 1)); i++) {
        i = (size_t)(p - w);
        uint32_t mark = ct_le32(p);
        unsigned char d[UNSIGNED] = {0};
        if (mark == 0x08074b50u) {
            memcpy(d, p + 4, LEAST(have - i - 4, sizeof d));
            if (descriptor_fits(b, d, i, w)) return *ret_found = true, i;
        } else if (mark == 0x04034b50u || mark == 0x02014b50u) {
            for (size_t back = 12; back <= UNSIGNED && back <= i; back += 8) {
                memset(d, 0, sizeof d);
                memcpy(d, p - back, back);
                if (descriptor_fits(b, d, i - back, w)) return *ret_found = true, i - back;
            }
        }
    }
    /* A mark that is not whole yet may have a descriptor without a mark in front of it. */
    return b->in->end ? have : have > SIGNED + UNSIGNED ? have - SIGNED - UNSIGNED : 0;
}

static ct_err make_scan(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n)
{
    struct ct_body *b = &l->body;
    if (b->safe == 0 && !b->found) b->safe = data_before_descriptor(b, &b->found);
    if (b->safe == 0) return b->found ? finish(nest, l) : ran_out(nest, l);
    if (n > b->safe) n = b->safe;
    memcpy(out, b->in->win, n);
    b->safe -= n;
    ct_input_take(b->in, n);
    made(b, out, n);
    *ret_n = n;
    return CT_OK;
}

static ct_err make(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n)
{
    struct ct_body *b = &l->body;
    if (b->finished) return b->err ? b->err : CT_ERR_END;
    if (b->err) return fail(nest, l, b->err, "");
    if (b->ended) return finish(nest, l);
    switch (b->kind) {
    case CT_BODY_STORED: return make_stored(nest, l, out, n, ret_n);
    case CT_BODY_CODED: return make_coded(nest, l, out, n, ret_n);
    case CT_BODY_SCAN: return make_scan(nest, l, out, n, ret_n);
    case CT_BODY_SPARSE: return make_sparse(nest, l, out, n, ret_n);
    case CT_BODY_NONE: break;
    }
    return CT_ERR_END;
}

ct_err ct_body_step(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n)
{
    struct ct_body *b = &l->body;
    if (b->ahead_at == b->ahead_n) return make(nest, l, out, n, ret_n);
    size_t m = LEAST(n, b->ahead_n - b->ahead_at);
    memcpy(out, b->ahead + b->ahead_at, m);
    b->ahead_at += m;
    *ret_n = m;
    return CT_OK;
}

/* make, with what is below stepped as needed. */
static ct_err make_all(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n)
{
    for (;;) {
        ct_err e = make(nest, l, out, n, ret_n);
        if (e != CT_ERR_AGAIN) return e;
        ct_nest_fill(nest, l, l->body.in, l->body.in->n + 1);
    }
}

bool ct_body_rewind(struct ct_level *l)
{
    struct ct_body *b = &l->body;
    if (b->kind == CT_BODY_NONE) return true;
    if (!b->in->random) {
        if (b->read) return false;
        b->ahead_at = 0;
        return true;
    }
    bool whole = b->ahead && b->ahead == l->held && b->finished;
    b->ahead_at = 0;
    b->read = false;
    if (whole) return true;
    ct_input_seek(b->in, b->start);
    b->ahead_n = 0;
    b->left = b->packed;
    b->made = 0;
    b->crc = 0;
    b->started = b->frames = b->ended = b->finished = b->full = false;
    if (l->codec_name) b->ops = ct_codec_of(l->container);
    b->err = CT_OK;
    b->hole = 0;
    b->piece = 0;
    b->safe = 0;
    b->found = false;
    return true;
}

ct_err ct_body_peek(ct_nest *nest, struct ct_level *l, size_t n, ct_str *ret_head)
{
    struct ct_body *b = &l->body;
    if (b->read) return CT_ERR_USAGE;
    if (b->ahead_n == 0 && b->made == 0 && b->kind == CT_BODY_STORED && b->in->at.base) { /* nothing to copy */
        *ret_head = (ct_str){b->in->win, LEAST(LEAST(n, b->in->n), (size_t)LEAST(b->left, SIZE_MAX))};
        return CT_OK;
    }
    bool fresh = b->ahead_n == 0 && b->made == 0 && !b->started && !b->finished;
    if (fresh && b->kind == CT_BODY_CODED && b->ops == &ct_codec_deflate && b->in->random) {
        /* Beside the body: whoever reads it afterwards starts with a whole one, and most are not read. */
        ct_nest_fill(nest, l, b->in, (size_t)LEAST(b->left, 4096));
        ct_str packed = {b->in->win, b->in->n < b->left ? b->in->n : (size_t)b->left};
        size_t got = ct_codec_peek_deflate(&nest->alloc, &nest->peek, packed, l->head, n);
        if (got == n || got == b->declared) {
            *ret_head = (ct_str){l->head, got};
            return CT_OK;
        }
    }
    if (b->ahead_n == 0) b->ahead = l->head;
    ct_err e = CT_OK;
    while (b->ahead_n < n && b->ahead == l->head && e == CT_OK) {
        size_t got = 0;
        e = make_all(nest, l, l->head + b->ahead_n, n - b->ahead_n, &got);
        if (e == CT_OK) b->ahead_n += got;
    }
    if (e != CT_OK && e != CT_ERR_END && b->ahead_n == 0) return e;
    *ret_head = (ct_str){b->ahead, LEAST(n, b->ahead_n)};
    return CT_OK;
}

bool ct_body_fast(ct_nest *nest, struct ct_level *l, unsigned char *to, size_t n)
{
    struct ct_body *b = &l->body;
    enum { FILL_MAX = 4 << 20 }; /* nearly every jar inside of a war; more than this through a small window */
    /* What was peeked at can be had again where nothing has left the window for good. */
    if (b->kind != CT_BODY_CODED || b->ops != &ct_codec_deflate || b->packed == CT_INPUT_UNKNOWN || b->declared != n || b->read) return false;
    if (b->made || b->left != b->packed) {
        if (!b->in->random) return false;
        (void)ct_body_rewind(l);
    }
    if (b->in->n < b->packed) {
        if (b->packed > FILL_MAX) return false;
        ct_nest_fill(nest, l, b->in, (size_t)b->packed);
        if (b->in->n < b->packed) return false;
    }
    if (!nest->fast) nest->fast = libdeflate_alloc_decompressor();
    size_t in_n = 0, out_n = 0;
    if (!nest->fast || libdeflate_deflate_decompress_ex(nest->fast, b->in->win, (size_t)b->packed, to, n, &in_n, &out_n) != LIBDEFLATE_SUCCESS)
        return false;
    took(b, in_n);
    made(b, to, out_n);
    nest->inflated += out_n;
    b->ended = true;
    if (!ct_nest_charge(nest, l, out_n)) {
        b->err = CT_ERR_CAP;
        b->told = true;
    }
    return true;
}

void ct_body_release(ct_nest *nest, struct ct_level *l)
{
    nest->held -= l->held_cap;
    ct_alloc_put(&nest->alloc, l->held, l->held_cap);
    l->held = NULL;
    l->held_cap = 0;
}

static bool held_grow(ct_nest *nest, struct ct_level *l, size_t cap)
{
    if (cap - l->held_cap > nest->limits.hold_max - nest->held) cap = l->held_cap + nest->limits.hold_max - nest->held;
    if (cap <= l->held_cap) return false;
    unsigned char *p = nest->alloc.resize(nest->alloc.ctx, l->held, l->held_cap, cap);
    if (!p) return false;
    nest->held += cap - l->held_cap;
    l->held = p;
    l->held_cap = cap;
    return true;
}

bool ct_body_hold(ct_nest *nest, struct ct_level *l)
{
    struct ct_body *b = &l->body;
    enum { STEP = 256 * 1024 };
    if (b->ahead && b->ahead == l->held) return b->finished;
    bool known = b->declared != CT_NEST_SIZE_UNKNOWN;
    if (known && b->declared >= nest->limits.hold_max - nest->held + l->held_cap) return false;
    /* A size that deflate cannot reach is a lie: grow with what really comes. One byte more shows the end. */
    bool sound = known && (b->packed == CT_INPUT_UNKNOWN || b->declared / 1040 <= b->packed);
    size_t cap = sound ? (size_t)b->declared + 1 : STEP;
    if (l->held_cap < cap && !held_grow(nest, l, cap)) return false;
    if (sound && l->held_cap > b->declared && ct_body_fast(nest, l, l->held, (size_t)b->declared)) {
        b->ahead = l->held;
        b->ahead_n = (size_t)b->made;
        b->ahead_at = 0;
        if (!b->err) (void)finish(nest, l);
        b->finished = true;
        return true;
    }
    size_t n = b->ahead_n;
    if (n >= l->held_cap && !held_grow(nest, l, n + STEP)) return false;
    if (b->ahead) memcpy(l->held, b->ahead, n);
    while (n < l->held_cap || held_grow(nest, l, l->held_cap * 2)) {
        size_t got = 0;
        if (make_all(nest, l, l->held + n, l->held_cap - n, &got) != CT_OK) break;
        n += got;
    }
    b->ahead = l->held;
    b->ahead_n = n;
    b->ahead_at = 0;
    return b->finished;
}
