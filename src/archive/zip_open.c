/* Finds a zip's central directory and looks over it once: is it whole, in what order, what does it leave uncovered. */
#include "archive/level.h"
#include "archive/sniff.h"

#include <string.h>

enum { TAIL_SHORT = 4096, TAIL_LONG = CT_ZIP_COMMENT_MAX + CT_ZIP_END_N, SPANS_MAX = 1 << 20 };

static bool mark_at(const struct ct_input *in, uint64_t at, uint32_t mark)
{
    unsigned char b[4];
    size_t got = 0;
    return ct_input_read_at(in, at, b, sizeof b, &got) == CT_OK && got == sizeof b && ct_le32(b) == mark;
}

/* The zip64 end record, by its locator in front of the end record at `end`. */
static bool find_end64(const struct ct_input *in, uint64_t end, unsigned char record[CT_ZIP_END64_N], uint64_t *ret_at)
{
    unsigned char locator[CT_ZIP_LOCATOR_N];
    size_t got = 0;
    if (end < CT_ZIP_LOCATOR_N + CT_ZIP_END64_N) return false;
    if (ct_input_read_at(in, end - CT_ZIP_LOCATOR_N, locator, sizeof locator, &got) != CT_OK || got < sizeof locator) return false;
    if (ct_le32(locator) != CT_ZIP_LOCATOR_MARK) return false;
    /* Right in front of the locator, as everybody writes it (also behind a prefix), or where the locator says. */
    const uint64_t places[] = {end - CT_ZIP_LOCATOR_N - CT_ZIP_END64_N, ct_le64(locator + 8)};
    for (size_t i = 0; i < 2; i++) {
        if (places[i] > end - CT_ZIP_LOCATOR_N - CT_ZIP_END64_N || !mark_at(in, places[i], CT_ZIP_END64_MARK)) continue;
        if (ct_input_read_at(in, places[i], record, CT_ZIP_END64_N, &got) != CT_OK || got < CT_ZIP_END64_N) continue;
        *ret_at = places[i];
        return true;
    }
    return false;
}

/* Where the directory is, by the end record at `end`. Java counts back from the end record, and so do we first. */
static bool find_directory(struct ct_level *l, uint64_t end, const unsigned char *e, uint64_t *ret_entries)
{
    struct ct_zip *z = &l->zip;
    uint64_t n = ct_le32(e + 12), at = ct_le32(e + 16), before = end, entries = ct_le16(e + 10);
    unsigned char e64[CT_ZIP_END64_N];
    bool wide = find_end64(&l->in, end, e64, &before);
    if (wide) {
        n = ct_le64(e64 + 40);
        at = ct_le64(e64 + 48);
        entries = ct_le64(e64 + 32);
    }
    *ret_entries = entries;
    if (n == 0 && entries == 0) { /* an empty zip */
        z->directory = z->directory_end = before;
        z->shift = 0;
        return at <= before;
    }
    if (n >= CT_ZIP_CENTRAL_N && n <= before && mark_at(&l->in, before - n, CT_ZIP_CENTRAL_MARK)) {
        z->directory = before - n;
        z->directory_end = before;
        z->shift = z->directory >= at ? z->directory - at : 0;
        return true;
    }
    if (at < before && mark_at(&l->in, at, CT_ZIP_CENTRAL_MARK)) {
        z->directory = at;
        z->directory_end = n <= before - at && n >= CT_ZIP_CENTRAL_N ? at + n : before;
        z->shift = 0;
        return true;
    }
    return false;
}

static void add_gap(struct ct_zip *z, uint64_t before, uint64_t from, uint64_t to)
{
    if (to <= from || to - from <= CT_ZIP_LOCAL_N) return; /* no room for a header and a name */
    if (z->gaps_n == CT_ZIP_GAPS_MAX) {
        z->gaps_more = true;
        return;
    }
    z->gaps[z->gaps_n++] = (struct ct_zip_gap){before, from, to};
}

struct span {
    uint64_t at, end; /* local header; its end without extra field and descriptor, which only it knows */
};

/* Heap sort: no memory, no bad case. */
static void sort_spans(struct span *s, size_t n)
{
    for (size_t start = n / 2, end = n; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            struct span t = s[--end];
            s[end] = s[0];
            s[0] = t;
        }
        for (size_t root = start, child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && s[child].at < s[child + 1].at) child++;
            if (s[root].at >= s[child].at) break;
            struct span t = s[root];
            s[root] = s[child];
            s[child] = t;
        }
    }
}

static void overlap(struct ct_zip *z, uint64_t at)
{
    if (z->overlaps++ == 0) z->overlap_at = at;
}

static void cover(struct ct_zip *z, struct span *last, struct span next)
{
    if (next.at < last->end) overlap(z, next.at);
    else add_gap(z, last->at, last->end, next.at);
    if (next.end > last->end) *last = next;
}

/* One record of the directory at the input's window: its span and whole length. False: no record is there. */
static bool record_span(ct_nest *nest, struct ct_level *l, struct span *ret_span, size_t *ret_all)
{
    struct ct_input *in = &l->in;
    size_t name_n, extra_n, all;
    ct_nest_fill(nest, l, in, CT_ZIP_CENTRAL_N);
    if (in->n < CT_ZIP_CENTRAL_N || ct_le32(in->win) != CT_ZIP_CENTRAL_MARK) return false;
    ct_zip_central_lengths(in->win, &name_n, &extra_n, &all);
    if (all > l->zip.directory_end - in->pos) return false;
    uint64_t packed = ct_le32(in->win + 20), at = ct_le32(in->win + 42);
    if (packed == UINT32_MAX || at == UINT32_MAX) {
        struct ct_zip_record r;
        ct_nest_fill(nest, l, in, CT_ZIP_CENTRAL_N + name_n + extra_n);
        if (in->n < CT_ZIP_CENTRAL_N + name_n + extra_n) return false;
        ct_zip_central_parse(in->win, &r);
        packed = r.packed;
        at = r.at;
    }
    uint64_t end;
    if (__builtin_add_overflow(at, l->zip.shift, &at) || __builtin_add_overflow(at, CT_ZIP_LOCAL_N + name_n, &end) ||
        __builtin_add_overflow(end, packed, &end)) {
        at = end = l->zip.directory; /* beyond everything: told when the entry is reached */
    }
    *ret_span = (struct span){at, end};
    *ret_all = all;
    return true;
}

/* The directory lists its entries in another order than they lie in: sort before looking for gaps. */
static void survey_unordered(ct_nest *nest, struct ct_level *l, uint64_t n)
{
    struct ct_zip *z = &l->zip;
    z->gaps_n = 0;
    z->gaps_more = false;
    z->overlaps = 0;
    struct span *s = n > SPANS_MAX ? NULL : ct_alloc_get(&nest->alloc, (size_t)n * sizeof *s);
    if (!s) {
        ct_nest_odd(nest, l, false, CT_ODDITY_MEMORY, CT_ERR_CAP, z->directory, "%s", "not looked over for hidden entries");
        return;
    }
    ct_input_seek(&l->in, z->directory);
    size_t got = 0, all;
    while (got < n && record_span(nest, l, &s[got], &all)) {
        got++;
        ct_input_seek(&l->in, l->in.pos + all);
    }
    sort_spans(s, got);
    struct span last = {UINT64_MAX, 0};
    for (size_t i = 0; i < got; i++) cover(z, &last, s[i]);
    add_gap(z, last.at, last.end, z->directory);
    ct_alloc_put(&nest->alloc, s, (size_t)n * sizeof *s);
}

/* False: the directory breaks off. */
static bool survey(ct_nest *nest, struct ct_level *l, uint64_t entries)
{
    struct ct_zip *z = &l->zip;
    struct ct_input *in = &l->in;
    struct span last = {UINT64_MAX, 0}, next;
    uint64_t n = 0, highest = 0;
    bool ordered = true;
    size_t all;
    ct_input_seek(in, z->directory);
    while (in->pos + CT_ZIP_CENTRAL_N <= z->directory_end) {
        if (!record_span(nest, l, &next, &all)) {
            if (n && in->n >= 4 && ct_le32(in->win) == CT_ZIP_SIGNATURE_MARK) break;
            return false;
        }
        ordered = ordered && next.at >= highest;
        highest = next.at;
        if (ordered) cover(z, &last, next);
        n++;
        ct_input_seek(in, in->pos + all);
    }
    z->directory_end = in->pos;
    if (ordered) add_gap(z, last.at, last.end, z->directory);
    else survey_unordered(nest, l, n);
    if (n != entries && (n & 0xffff) != entries) { /* old writers let the number of more than 65535 wrap around */
        ct_nest_odd(nest, l, false, CT_ODDITY_SIZE, CT_OK, z->directory, "%llu entries listed, %llu declared", (unsigned long long)n,
                    (unsigned long long)entries);
    }
    if (z->overlaps) {
        ct_nest_odd(nest, l, false, CT_ODDITY_OVERLAP, CT_OK, z->overlap_at, "%llu entries", (unsigned long long)z->overlaps);
    }
    return true;
}

/* Tape blocks: some writers fill up to 10240 bytes. */
static bool only_zeros(ct_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i]) return false;
    return true;
}

static bool by_directory(ct_nest *nest, struct ct_level *l, bool plain_head, bool runs)
{
    struct ct_input *in = &l->in;
    uint64_t want = plain_head || runs ? TAIL_LONG : TAIL_SHORT;
    for (unsigned pass = 0; pass < 3; pass++) {
        /* Nearly all zips end with a record that has no comment. */
        uint64_t tail_n = pass == 0 ? CT_ZIP_END_N : want;
        if (tail_n > in->size) tail_n = in->size;
        ct_input_seek(in, in->size - tail_n);
        ct_nest_fill(nest, l, in, (size_t)tail_n);
        ct_str tail = {in->win, in->n < tail_n ? in->n : (size_t)tail_n};
        if (tail.n < tail_n) return false;
        size_t i = ct_zip_find_end(tail, pass < 2);
        uint64_t entries;
        unsigned char e[CT_ZIP_END_N];
        if (i == CT_STR_NONE) continue;
        uint64_t end = in->size - tail_n + i;
        memcpy(e, tail.p + i, sizeof e);
        bool padding = only_zeros(ct_str_slice(tail, i + CT_ZIP_END_N + ct_le16(e + 20), tail.n));
        if (!find_directory(l, end, e, &entries)) continue;
        if (!plain_head && l->zip.directory_end == l->zip.directory) return false; /* 22 bytes at the end of anything */
        if (survey(nest, l, entries)) {
            if (!padding) {
                ct_nest_odd(nest, l, false, CT_ODDITY_TRAILING, CT_OK, end + CT_ZIP_END_N + ct_le16(e + 20), "%s", "behind the end record");
            }
            return true;
        }
        if (in->err && in->err != CT_ERR_TRUNCATED) ct_nest_odd(nest, l, false, CT_ODDITY_READ, in->err, in->pos, "%s", "central directory");
        return false;
    }
    return false;
}

bool ct_zip_open(ct_nest *nest, struct ct_level *l)
{
    struct ct_zip *z = &l->zip;
    struct ct_input *in = &l->in;
    struct ct_zip_seen *seen = z->seen;
    size_t seen_cap = z->seen_cap;
    *z = (struct ct_zip){.seen = seen, .seen_cap = seen_cap, .limit = UINT64_MAX, .next = UINT64_MAX};
    ct_nest_fill(nest, l, in, 64);
    ct_str head = {in->win, in->n < 64 ? in->n : 64};
    bool plain = ct_container_sniff(head, (ct_str){NULL, 0}) == CT_CONTAINER_ZIP;
    bool runs = ct_sniff_runs(head), jmod = ct_str_starts(head, CT_STR("JM"));
    if (!in->random) {
        z->mode = CT_ZIP_LOCAL;
        z->compared = true;
        z->resync = !plain || jmod;
        z->quiet = z->resync;
        return true;
    }
    if (by_directory(nest, l, plain, runs)) {
        z->mode = CT_ZIP_CENTRAL;
        z->next = z->directory;
        return true;
    }
    if (!plain) return false;
    ct_nest_odd(nest, l, false, CT_ODDITY_NO_DIRECTORY, CT_OK, 0, "%s", "");
    ct_input_seek(in, 0);
    z->gaps_n = 0;
    z->overlaps = 0;
    z->mode = CT_ZIP_LOCAL;
    z->shift = 0;
    z->limit = in->size;
    z->next = 0;
    z->resync = jmod;
    return true;
}
