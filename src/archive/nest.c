#include "archive/level.h"

#include "archive/sniff.h"

#include <libdeflate.h>
#include <string.h>

const struct ct_nest_limits ct_nest_limits_default = {
    .depth_max = CT_NEST_DEPTH_MAX,
    .entries_max = CT_NEST_ENTRIES_MAX,
    .inflated_floor = CT_NEST_INFLATED_FLOOR,
    .inflated_ratio = CT_NEST_INFLATED_RATIO,
    .hold_max = CT_NEST_HOLD_MAX,
    .check_local = true,
};

/* Everything the walk takes is counted: archives held whole have their own cap, the rest is windows and decoders. */
static void *counted(void *ctx, void *p, size_t old_n, size_t n)
{
    ct_nest *nest = ctx;
    if (!p) old_n = 0;
    if (n > old_n && n - old_n > nest->live_max - nest->live) return NULL;
    void *q = nest->outer->resize(nest->outer->ctx, p, old_n, n);
    if (q || n == 0) nest->live = nest->live - old_n + n;
    return q;
}

ct_err ct_nest_new(const struct ct_alloc *alloc, const struct ct_nest_limits *limits, ct_nest **ret_nest)
{
    ct_nest *nest = ct_alloc_get(alloc, sizeof *nest);
    if (!nest) return CT_ERR_NOMEM;
    memset(nest, 0, sizeof *nest);
    nest->outer = alloc;
    nest->alloc = (struct ct_alloc){counted, nest};
    nest->limits = *limits;
    if (nest->limits.depth_max > CT_NEST_DEPTH_MAX) nest->limits.depth_max = CT_NEST_DEPTH_MAX;
    nest->live_max = CT_NEST_DECODERS_MAX + nest->limits.hold_max;
    *ret_nest = nest;
    return CT_OK;
}

static void bytes_done(ct_nest *nest, struct ct_bytes *b)
{
    ct_alloc_put(&nest->alloc, b->p, b->cap);
    *b = (struct ct_bytes){0};
}

enum { KEPT_CODECS = 2 }; /* deflate and gzip are small and everywhere; the others may hold megabytes */

static void codecs_close(struct ct_level *l, unsigned from)
{
    static const struct ct_codec_ops *const all[CT_CODECS_MAX] = {&ct_codec_deflate, &ct_codec_gzip, &ct_codec_bzip2, &ct_codec_xz,
                                                                  &ct_codec_lzma,    &ct_codec_zip_lzma, &ct_codec_zstd, &ct_codec_lz4, &ct_codec_deflate64};
    for (unsigned i = from; i < CT_CODECS_MAX; i++) {
        if (l->codecs[i]) all[i]->close(l->codecs[i]);
        l->codecs[i] = NULL;
    }
}

/* What a level holds beyond its small buffers goes with its container. */
static void level_close(ct_nest *nest, struct ct_level *l)
{
    ct_body_release(nest, l);
    codecs_close(l, KEPT_CODECS);
    ct_alloc_put(&nest->alloc, l->zip.seen, l->zip.seen_cap * sizeof *l->zip.seen);
    l->zip.seen = NULL;
    l->zip.seen_cap = l->zip.seen_n = 0;
    ct_alloc_put(&nest->alloc, l->tar.sparse, l->tar.sparse_cap * sizeof *l->tar.sparse);
    l->tar.sparse = NULL;
    l->tar.sparse_cap = l->tar.sparse_n = 0;
    bytes_done(nest, &l->ar.names);
}

static void level_free(ct_nest *nest, struct ct_level *l)
{
    level_close(nest, l);
    codecs_close(l, 0);
    bytes_done(nest, &l->name);
    bytes_done(nest, &l->link);
    bytes_done(nest, &l->root_name);
    ct_input_done(&l->in, &nest->alloc);
    ct_input_done(&l->data, &nest->alloc);
    ct_alloc_put(&nest->alloc, l, sizeof *l);
}

void ct_nest_free(ct_nest *nest)
{
    if (!nest) return;
    for (unsigned i = 0; i <= CT_NEST_DEPTH_MAX; i++)
        if (nest->levels[i]) level_free(nest, nest->levels[i]);
    if (nest->fast) libdeflate_free_decompressor(nest->fast);
    ct_codec_peek_close(nest->peek);
    ct_alloc_put(nest->outer, nest, sizeof *nest);
}

bool ct_bytes_room(ct_nest *nest, struct ct_bytes *b, size_t n)
{
    if (n <= b->cap) return true;
    size_t cap = b->cap < 256 ? 256 : b->cap;
    while (cap < n) cap *= 2;
    unsigned char *p = nest->alloc.resize(nest->alloc.ctx, b->p, b->cap, cap);
    if (!p) return false;
    b->p = p;
    b->cap = cap;
    return true;
}

bool ct_bytes_set(ct_nest *nest, struct ct_bytes *b, ct_str s)
{
    bool all = ct_bytes_room(nest, b, s.n);
    b->n = all ? s.n : s.n < b->cap ? s.n : b->cap;
    if (b->n) memcpy(b->p, s.p, b->n);
    return all;
}

static ct_err level_at(ct_nest *nest, unsigned index, struct ct_level **ret_level)
{
    struct ct_level *l = nest->levels[index];
    if (!l) {
        l = ct_alloc_get(&nest->alloc, sizeof *l);
        if (!l) return CT_ERR_NOMEM;
        memset(l, 0, sizeof *l);
        nest->levels[index] = l;
    }
    l->index = index;
    l->has_entry = l->finished = l->stop = l->end = false;
    l->spent = 0;
    memset(l->odd, 0, sizeof l->odd);
    l->odd_more = 0;
    l->name.n = l->link.n = 0;
    l->tap = (struct ct_nest_tap){0};
    l->data.n = l->data.more = 0; /* of another file */
    l->entry = (struct ct_nest_event){0};
    l->body = (struct ct_body){.kind = CT_BODY_NONE, .in = &l->in, .ended = true, .told = true};
    memset(&l->tar, 0, sizeof l->tar);
    memset(&l->ar, 0, sizeof l->ar);
    memset(&l->cpio, 0, sizeof l->cpio);
    memset(&l->rpm, 0, sizeof l->rpm);
    *ret_level = l;
    return CT_OK;
}

static unsigned family_of(enum ct_container c)
{
    switch (c) {
    case CT_CONTAINER_NONE: return 0;
    case CT_CONTAINER_ZIP: return CT_FAMILY_ZIP;
    case CT_CONTAINER_TAR: return CT_FAMILY_TAR;
    case CT_CONTAINER_AR:
    case CT_CONTAINER_CPIO:
    case CT_CONTAINER_RPM: return CT_FAMILY_PACKAGE;
    default: return CT_FAMILY_CODEC;
    }
}

static enum ct_container wanted(const ct_nest *nest, enum ct_container c)
{
    return family_of(c) & nest->families ? c : CT_CONTAINER_NONE;
}

/* Readies the level, whose input is set, for containers of kind c. False: it is none after all (zips behind a prefix only). */
static bool start(ct_nest *nest, struct ct_level *l, enum ct_container c)
{
    static const struct ct_format *const formats[] = {
        [CT_CONTAINER_ZIP] = &ct_format_zip,   [CT_CONTAINER_TAR] = &ct_format_tar,     [CT_CONTAINER_AR] = &ct_format_ar,
        [CT_CONTAINER_CPIO] = &ct_format_cpio, [CT_CONTAINER_RPM] = &ct_format_rpm,     [CT_CONTAINER_GZIP] = &ct_format_codec,
        [CT_CONTAINER_BZIP2] = &ct_format_codec, [CT_CONTAINER_XZ] = &ct_format_codec,  [CT_CONTAINER_LZMA] = &ct_format_codec,
        [CT_CONTAINER_ZSTD] = &ct_format_codec, [CT_CONTAINER_LZ4] = &ct_format_codec,
    };
    l->container = c;
    l->format = formats[c];
    l->codec_name = family_of(c) == CT_FAMILY_CODEC;
    l->id = nest->ids + 1;
    if (c == CT_CONTAINER_ZIP && !ct_zip_open(nest, l)) return false;
    nest->ids++;
    return true;
}

/* What the bytes of a random input are. The tail is looked at only where nothing else fits. */
static enum ct_container sniff_random(ct_nest *nest, struct ct_level *l)
{
    struct ct_input *in = &l->in;
    ct_nest_fill(nest, l, in, CT_CONTAINER_HEAD);
    if (in->err && in->err != CT_ERR_TRUNCATED) return CT_CONTAINER_NONE; /* a tar whose head is not seen would be a zip by its tail */
    ct_str head = {in->win, in->n < CT_CONTAINER_HEAD ? in->n : CT_CONTAINER_HEAD};
    enum ct_container c = ct_container_sniff(head, (ct_str){NULL, 0});
    if (c == CT_CONTAINER_NONE && in->size > CT_ZIP_END_N && nest->families & CT_FAMILY_ZIP) c = CT_CONTAINER_ZIP; /* ct_zip_open settles it */
    return wanted(nest, c);
}

ct_err ct_nest_open(ct_nest *nest, struct ct_bytes_at bytes, ct_str name, unsigned families)
{
    for (; nest->n; nest->n--) level_close(nest, nest->levels[nest->n - 1]);
    nest->families = families;
    nest->ids = nest->entries = nest->inflated = 0;
    nest->incomplete = false;
    nest->queue_n = 0;
    nest->shown = 0;
    nest->shown_entry = false;
    struct ct_level *l;
    CT_TRY(level_at(nest, 0, &l));
    if (!ct_bytes_set(nest, &l->root_name, name)) return CT_ERR_NOMEM;
    ct_input_random(&l->in, &bytes, 0, bytes.size);
    nest->n = 1; /* so that filling finds it */
    enum ct_container c = sniff_random(nest, l);
    bool failed = l->in.err && l->in.err != CT_ERR_TRUNCATED;
    bool open = c != CT_CONTAINER_NONE && start(nest, l, c);
    if (!open) {
        level_close(nest, l);
        nest->n = 0;
        nest->queue_n = 0;
        nest->incomplete = false;
        return failed ? l->in.err : CT_ERR_NOT_FOUND;
    }
    return CT_OK;
}

static void show(ct_nest *nest, const struct ct_level *l, struct ct_nest_event *ret_event)
{
    *ret_event = l->entry;
    ret_event->name = (ct_str){l->name.p, l->name.n};
    ret_event->link = (ct_str){l->link.p, l->link.n};
    ret_event->depth = l->index + 1;
    ret_event->container = l->id;
    ret_event->format = l->container;
    nest->shown = l->index;
    nest->shown_entry = true;
}

static bool below_stopped(const ct_nest *nest)
{
    for (unsigned i = 0; i < nest->n; i++)
        if (nest->levels[i]->stop) return true;
    return false;
}

static void finish_entry(ct_nest *nest, struct ct_level *l)
{
    if (l->has_entry && !l->finished && l->format->finish) l->format->finish(nest, l);
    if (l->has_entry) ct_body_release(nest, l);
    l->finished = true;
}

/* The top container is through. */
static ct_err leave(ct_nest *nest, struct ct_nest_event *ret_event)
{
    struct ct_level *l = nest->levels[nest->n - 1];
    if (l->odd_more) {
        uint64_t n = l->odd_more;
        l->odd_more = 0;
        memset(l->odd, 0, sizeof l->odd);
        ct_nest_odd(nest, l, false, CT_ODDITY_MORE, CT_OK, 0, "%s", "");
        (void)ct_nest_odd_next(nest, ret_event);
        ret_event->count = n;
        return CT_OK;
    }
    if (nest->n == 1) return CT_ERR_END;
    level_close(nest, l);
    nest->n--;
    show(nest, nest->levels[nest->n - 1], ret_event);
    ret_event->what = CT_NEST_LEAVE;
    ret_event->container = l->id;
    ret_event->format = l->container;
    return CT_OK;
}

ct_err ct_nest_next(ct_nest *nest, struct ct_nest_event *ret_event)
{
    if (nest->n == 0) return CT_ERR_USAGE;
    for (;;) {
        if (ct_nest_odd_next(nest, ret_event)) return CT_OK;
        struct ct_level *l = nest->levels[nest->n - 1];
        if (below_stopped(nest)) l->end = true;
        if (l->end) return leave(nest, ret_event);
        if (l->has_entry && !l->finished) {
            finish_entry(nest, l);
            continue;
        }
        if (nest->entries >= nest->limits.entries_max) {
            ct_nest_odd(nest, nest->levels[0], false, CT_ODDITY_ENTRIES, CT_OK, l->in.pos, "%s", "");
            nest->levels[0]->stop = true;
            continue;
        }
        l->has_entry = false; /* faults from here on are about the container until the next entry is there */
        if (!ct_nest_charge(nest, l, CT_NEST_ENTRY_COST)) continue;
        l->has_entry = true;
        if (l->format->next(nest, l) != CT_OK) {
            l->has_entry = false;
            l->end = true;
            continue;
        }
        l->finished = false;
        nest->entries++;
        ct_nest_odd_name(nest, l);
        show(nest, l, ret_event);
        ret_event->what = CT_NEST_ENTRY;
        return CT_OK;
    }
}

/* The current entry, ready to be read; null: there is none. */
static struct ct_level *current(ct_nest *nest)
{
    if (nest->n == 0) return NULL;
    struct ct_level *l = nest->levels[nest->n - 1];
    if (!l->has_entry || l->finished) return NULL;
    ct_zip_body(nest, l);
    return l;
}

ct_err ct_nest_peek(ct_nest *nest, size_t n, ct_str *ret_head)
{
    struct ct_level *l = current(nest);
    if (!l) return CT_ERR_USAGE;
    if (l->body.kind == CT_BODY_NONE && l->body.err) return l->body.err;
    return ct_body_peek(nest, l, n < CT_CONTAINER_HEAD ? n : CT_CONTAINER_HEAD, ret_head);
}

ct_err ct_nest_read(ct_nest *nest, void *to, size_t n, size_t *ret_n)
{
    struct ct_level *l = current(nest);
    if (!l) return CT_ERR_USAGE;
    if (l->body.kind == CT_BODY_NONE) return l->body.err ? l->body.err : CT_ERR_END;
    if (n == 0) {
        *ret_n = 0;
        return CT_OK;
    }
    ct_err e = ct_nest_pull(nest, l, to, n, ret_n);
    l->body.read = true;
    return e;
}

ct_err ct_nest_load(ct_nest *nest, ct_arena *arena, size_t max, ct_str *ret_bytes)
{
    struct ct_level *l = current(nest);
    if (!l) return CT_ERR_USAGE;
    struct ct_body *b = &l->body;
    if (b->kind == CT_BODY_NONE && b->err) return b->err;
    if (!ct_body_rewind(l)) return CT_ERR_USAGE;
    bool known = b->declared != CT_NEST_SIZE_UNKNOWN && b->kind != CT_BODY_NONE;
    if (known && b->declared > max) return CT_ERR_CAP;
    bool sound = known && (b->packed == CT_INPUT_UNKNOWN || b->declared / 1040 <= b->packed);
    enum { STEP = 64 * 1024 };
    size_t cap = sound ? (size_t)b->declared + 1 : STEP, n = 0;
    unsigned char *p = ct_arena_alloc(arena, cap);
    if (!p) return CT_ERR_NOMEM;
    ct_err e = CT_OK;
    if (sound && !b->ahead_n && ct_body_fast(nest, l, p, (size_t)b->declared)) n = (size_t)b->made;
    for (;;) {
        size_t got = 0;
        if (n == cap) {
            if (cap > max) {
                e = CT_ERR_CAP;
                break;
            }
            size_t more = cap * 2 > max ? max + 1 : cap * 2;
            unsigned char *q = ct_arena_grow(arena, p, cap, more);
            if (!q) return CT_ERR_NOMEM;
            p = q;
            cap = more;
        }
        e = ct_nest_pull(nest, l, p + n, cap - n, &got);
        if (e != CT_OK) break;
        n += got;
    }
    b->read = true;
    bool some = e == CT_ERR_END || e == CT_ERR_CHECKSUM || e == CT_ERR_TRUNCATED || e == CT_ERR_SYNTAX;
    if (n > max) return CT_ERR_CAP;
    if (some) *ret_bytes = (ct_str){p, n};
    return e == CT_ERR_END ? CT_OK : e;
}

/* Nothing can be told of the inside without work: not a file, or empty. What is declared may lie, so the packed size counts too. */
static bool no_inside(const struct ct_level *l)
{
    bool file = l->entry.kind == CT_NEST_FILE || (l->entry.kind == CT_NEST_SYMLINK && l->container == CT_CONTAINER_ZIP);
    return !file || l->body.kind == CT_BODY_NONE || (l->body.declared < CT_ZIP_END_N && l->body.packed < CT_ZIP_END_N);
}

/* Stored in bytes that can be had at any place: its part of them. */
static bool stored_part(const struct ct_level *l, struct ct_input *ret_part)
{
    const struct ct_body *b = &l->body;
    if (b->kind != CT_BODY_STORED || !b->in->random || b->packed == CT_INPUT_UNKNOWN) return false;
    uint64_t have = b->in->size > b->start ? b->in->size - b->start : 0;
    *ret_part = (struct ct_input){.at = b->in->at, .start = b->in->start + b->start, .size = b->packed < have ? b->packed : have};
    return true;
}

static bool class_file(const struct ct_level *l)
{
    static const unsigned char magic[] = {0xca, 0xfe, 0xba, 0xbe};
    const struct ct_body *b = &l->body;
    if (b->kind != CT_BODY_CODED || b->ops != &ct_codec_deflate || b->started || b->made || b->ahead_n) return false;
    return ct_sniff_deflate((ct_str){b->in->win, b->in->n < b->left ? b->in->n : (size_t)b->left}, magic, sizeof magic);
}

/* NONE, what its first bytes say, or ZIP also where only a tail could tell. */
static ct_err sniff_head(ct_nest *nest, struct ct_level *l, enum ct_container *ret_container, bool *ret_sure)
{
    ct_str head;
    *ret_sure = true;
    *ret_container = CT_CONTAINER_NONE;
    if (no_inside(l) || class_file(l)) return CT_OK;
    CT_TRY(ct_body_peek(nest, l, CT_CONTAINER_HEAD, &head));
    enum ct_container c = ct_container_sniff(head, (ct_str){NULL, 0});
    if (c == CT_CONTAINER_NONE && ct_sniff_runs(head)) {
        c = CT_CONTAINER_ZIP;
        *ret_sure = false;
    }
    *ret_container = wanted(nest, c);
    return CT_OK;
}

/* Nobody knows what the entry is. */
static ct_err unread(ct_nest *nest, struct ct_level *l, ct_err e)
{
    ct_nest_odd(nest, l, true, e == CT_ERR_NOMEM ? CT_ODDITY_MEMORY : CT_ODDITY_READ, e, l->entry.offset, "%s", "");
    return e;
}

ct_err ct_nest_sniff(ct_nest *nest, enum ct_container *ret_container)
{
    struct ct_level *l = current(nest);
    if (!l) return CT_ERR_USAGE;
    if (l->body.read) return CT_ERR_USAGE;
    struct ct_input part;
    enum ct_container c;
    bool sure;
    CT_TRY(sniff_head(nest, l, &c, &sure));
    if (c == CT_CONTAINER_NONE && stored_part(l, &part) && !no_inside(l) && nest->families & CT_FAMILY_ZIP) {
        unsigned char end[CT_ZIP_END_N];
        size_t got = 0;
        part.random = true;
        ct_err e = part.size < sizeof end ? CT_OK : ct_input_read_at(&part, part.size - sizeof end, end, sizeof end, &got);
        if (e != CT_OK) return unread(nest, l, e);
        if (got == sizeof end && ct_zip_find_end((ct_str){end, got}, true) == 0) c = CT_CONTAINER_ZIP;
    }
    *ret_container = c;
    return CT_OK;
}

static ct_err enter_random(ct_nest *nest, struct ct_level *l, const struct ct_input *part)
{
    struct ct_level *inner;
    ct_err e = level_at(nest, l->index + 1, &inner);
    if (e != CT_OK) return unread(nest, l, e);
    unsigned queued = nest->queue_n;
    bool incomplete = nest->incomplete;
    ct_input_random(&inner->in, &part->at, part->start, part->size);
    nest->n++;
    enum ct_container c = sniff_random(nest, inner);
    if (c != CT_CONTAINER_NONE && start(nest, inner, c)) return CT_OK;
    ct_err failed = inner->in.err == CT_ERR_TRUNCATED ? CT_OK : inner->in.err;
    nest->n--;
    level_close(nest, inner);
    nest->queue_n = queued; /* what was said about something that is no container */
    nest->incomplete = incomplete;
    return failed ? unread(nest, l, failed) : CT_ERR_NOT_FOUND;
}

static ct_err enter_stream(ct_nest *nest, struct ct_level *l, enum ct_container c, struct ct_nest_tap tap)
{
    struct ct_level *inner;
    ct_err e = level_at(nest, l->index + 1, &inner);
    if (e != CT_OK) return unread(nest, l, e);
    ct_input_stream(&inner->in);
    inner->tap = tap;
    nest->n++;
    l->body.read = true;
    (void)start(nest, inner, c);
    return CT_OK;
}

ct_err ct_nest_enter_tapped(ct_nest *nest, struct ct_nest_tap tap)
{
    struct ct_level *l = current(nest);
    if (!l) return CT_ERR_USAGE;
    struct ct_body *b = &l->body;
    if (no_inside(l)) return b->kind == CT_BODY_NONE && b->err ? b->err : CT_ERR_NOT_FOUND;
    if (!ct_body_rewind(l)) return CT_ERR_USAGE;
    bool deep = nest->n > nest->limits.depth_max;
    struct ct_input part;
    enum ct_container c;
    bool sure;
    CT_TRY(sniff_head(nest, l, &c, &sure));
    bool stored = stored_part(l, &part);
    if (c == CT_CONTAINER_NONE && !stored) return CT_ERR_NOT_FOUND;
    if (deep) {
        if (c == CT_CONTAINER_NONE) return CT_ERR_NOT_FOUND;
        ct_nest_odd(nest, l, true, CT_ODDITY_DEPTH, CT_OK, l->entry.offset, "%u levels", nest->n);
        return CT_ERR_CAP;
    }
    if (!ct_nest_charge(nest, l, CT_NEST_ENTER_COST)) return CT_ERR_CAP;
    if (stored) return enter_random(nest, l, &part);
    /* Only zips gain by being had whole; the others are read in order anyway. */
    bool whole = c == CT_CONTAINER_ZIP && ct_body_hold(nest, l);
    if (whole) {
        struct ct_bytes_at held = {.base = b->ahead, .size = b->ahead_n};
        part = (struct ct_input){.at = held, .size = held.size};
        return enter_random(nest, l, &part);
    }
    if (!sure) return CT_ERR_NOT_FOUND; /* a large program that is compressed: no zip is looked for behind it */
    return enter_stream(nest, l, c, tap);
}

ct_err ct_nest_enter(ct_nest *nest) { return ct_nest_enter_tapped(nest, (struct ct_nest_tap){0}); }

void ct_nest_leave(ct_nest *nest)
{
    if (nest->n) nest->levels[nest->n - 1]->end = true;
}

static void add_path(const ct_nest *nest, struct ct_buf *out, unsigned levels)
{
    if (nest->levels[0] == NULL) return;
    const struct ct_level *root = nest->levels[0];
    ct_buf_add(out, (ct_str){root->root_name.p, root->root_name.n});
    for (unsigned i = 0; i < levels; i++) {
        const struct ct_level *l = nest->levels[i];
        if (l->codec_name) continue;
        ct_buf_add(out, CT_STR("!/"));
        ct_buf_add(out, (ct_str){l->name.p, l->name.n});
    }
}

void ct_nest_path(const ct_nest *nest, struct ct_buf *out) { add_path(nest, out, nest->shown + (nest->shown_entry ? 1 : 0)); }
void ct_nest_container_path(const ct_nest *nest, struct ct_buf *out) { add_path(nest, out, nest->shown); }
bool ct_nest_incomplete(const ct_nest *nest) { return nest->incomplete; }
uint64_t ct_nest_inflated(const ct_nest *nest) { return nest->inflated; }
