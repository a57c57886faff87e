/* Berkeley DB's hash file "Packages" of rpm before 4.16: a metadata page, then pages of any kind in any order. Every hash page
 * is read where it lies; which bucket it belongs to does not matter for a list. Values mostly lie in chains of overflow pages.
 * Source: Berkeley DB's dbinc/db_page.h. Files of either byte order; no encryption, no page checksums (rpm used neither). */
#include "base/limits.h"
#include "packages/bytes_in.h"
#include "packages/emit.h"

enum { PAGE_HEAD = 26, PAGE_MIN = 512, PAGE_MAX = 65536 };
enum { PAGE_HASH_UNSORTED = 2, PAGE_OVERFLOW = 7, PAGE_HASH = 13 };
enum { ITEM_INLINE = 1, ITEM_OFFPAGE = 3, OFFPAGE_SIZE = 12 };
#define MAGIC_HASH 0x00061561u

struct bdb {
    struct ct_emitter *e;
    const struct ct_bytes_at *in;
    bool big;
    uint32_t page_n, pages;
    uint64_t budget;     /* bytes of values still to be read: chains that are shared are no package database */
    unsigned char *page; /* the hash page */
    unsigned char *link; /* one overflow page */
};

static ct_err fail(struct bdb *d, ct_err err, uint64_t at, const char *what)
{
    if (err == CT_ERR_SYNTAX || err == CT_ERR_TRUNCATED || err == CT_ERR_CAP || err == CT_ERR_UNSUPPORTED) {
        ct_emitter_fault(d->e, err, at, what);
        return CT_OK;
    }
    return ct_fault_set(d->e->fault, err, at, "%s", what);
}

/* n bytes of the chain that begins at a page. */
static ct_err read_chain(struct bdb *d, uint32_t page, unsigned char *to, uint32_t n)
{
    for (uint32_t done = 0; done < n;) {
        if (page == 0 || page >= d->pages) return CT_ERR_SYNTAX;
        CT_TRY(ct_bytes_at_exact(d->in, (uint64_t)page * d->page_n, d->link, d->page_n));
        uint32_t used = ct_in16(d->link + 22, d->big);
        if (d->link[25] != PAGE_OVERFLOW || used == 0 || used > d->page_n - PAGE_HEAD) return CT_ERR_SYNTAX;
        if (used > n - done) used = n - done;
        for (uint32_t i = 0; i < used; i++) to[done + i] = d->link[PAGE_HEAD + i];
        done += used;
        page = ct_in32(d->link + 16, d->big);
    }
    return CT_OK;
}

static ct_err read_offpage(struct bdb *d, ct_str item, uint64_t at)
{
    if (item.n < OFFPAGE_SIZE) return fail(d, CT_ERR_SYNTAX, at, "a Berkeley DB item is cut");
    uint32_t page = ct_in32(item.p + 4, d->big), n = ct_in32(item.p + 8, d->big);
    if (n > CT_RPM_HEADER_MAX || n > d->in->size) return fail(d, CT_ERR_CAP, at, "an rpm header is too long");
    if (n > d->budget) return ct_fault_set(d->e->fault, CT_ERR_CAP, at, "Berkeley DB items share their pages");
    d->budget -= n;
    struct ct_arena_mark mark = ct_arena_mark(d->e->arena);
    unsigned char *p = ct_arena_alloc(d->e->arena, n);
    if (!p) return ct_fault_set(d->e->fault, CT_ERR_NOMEM, at, "an rpm header");
    ct_err err = read_chain(d, page, p, n);
    err = err ? fail(d, err, at, "a chain of overflow pages is broken") : ct_read_rpm_header(d->e, (ct_str){p, n}, at);
    ct_arena_reset(d->e->arena, mark);
    return err;
}

/* The item's bytes: from its place to that of the item before it, which lies behind it. */
static bool item_at(const struct bdb *d, uint32_t i, ct_str *ret_item)
{
    uint32_t from = ct_in16(d->page + PAGE_HEAD + 2 * (size_t)i, d->big);
    uint32_t to = i ? ct_in16(d->page + PAGE_HEAD + 2 * (size_t)(i - 1), d->big) : d->page_n;
    if (to == 0 && d->page_n == PAGE_MAX) to = PAGE_MAX;
    if (from < PAGE_HEAD || from >= to || to > d->page_n) return false;
    *ret_item = (ct_str){d->page + from, to - from};
    return true;
}

static ct_err read_pair(struct bdb *d, uint32_t i, uint64_t at)
{
    ct_str key, value;
    if (!item_at(d, i, &key) || !item_at(d, i + 1, &value))
        return fail(d, CT_ERR_SYNTAX, at, "a hash page points beyond itself");
    /* the record of number 0 holds the highest number given out */
    if (key.n == 5 && key.p[0] == ITEM_INLINE && ct_be32(key.p + 1) == 0) return CT_OK;
    if (value.p[0] == ITEM_OFFPAGE) return read_offpage(d, value, at);
    if (value.p[0] == ITEM_INLINE) return ct_read_rpm_header(d->e, ct_str_slice(value, 1, SIZE_MAX), at);
    return fail(d, CT_ERR_UNSUPPORTED, at, "a Berkeley DB item of a kind that rpm does not write");
}

static ct_err read_pages(struct bdb *d)
{
    for (uint32_t no = 1; no < d->pages; no++) {
        uint64_t at = (uint64_t)no * d->page_n;
        unsigned char head[PAGE_HEAD];
        ct_err err = ct_bytes_at_exact(d->in, at, head, sizeof head);
        if (err) return fail(d, err, at, "a page is cut");
        if (head[25] != PAGE_HASH && head[25] != PAGE_HASH_UNSORTED) continue;
        err = ct_bytes_at_exact(d->in, at, d->page, d->page_n);
        if (err) return fail(d, err, at, "a page is cut");
        uint32_t items = ct_in16(d->page + 20, d->big);
        if (items > (d->page_n - PAGE_HEAD) / 2) {
            CT_TRY(fail(d, CT_ERR_SYNTAX, at, "a hash page has more items than room"));
            continue;
        }
        for (uint32_t i = 0; i + 1 < items; i += 2) CT_TRY(read_pair(d, i, at));
    }
    return CT_OK;
}

ct_err ct_read_rpm_bdb(struct ct_emitter *e, const struct ct_bytes_at *bytes)
{
    struct bdb d = {.e = e, .in = bytes, .budget = 2 * bytes->size};
    unsigned char meta[72];
    ct_err err = ct_bytes_at_exact(bytes, 0, meta, sizeof meta);
    if (err) return fail(&d, err, 0, "no Berkeley DB header");
    d.big = ct_be32(meta + 12) == MAGIC_HASH;
    if (!d.big && ct_le32(meta + 12) != MAGIC_HASH)
        return ct_fault_set(e->fault, CT_ERR_SYNTAX, 12, "no Berkeley DB hash file");
    d.page_n = ct_in32(meta + 20, d.big);
    if (d.page_n < PAGE_MIN || d.page_n > PAGE_MAX || (d.page_n & (d.page_n - 1)))
        return ct_fault_set(e->fault, CT_ERR_SYNTAX, 20, "a page size of %u", (unsigned)d.page_n);
    if (meta[24] || (meta[26] & 1)) return ct_fault_set(e->fault, CT_ERR_UNSUPPORTED, 24, "encrypted or checksummed pages");
    uint64_t pages = bytes->size / d.page_n;
    if (pages > UINT32_MAX) return ct_fault_set(e->fault, CT_ERR_CAP, 0, "too many pages");
    uint32_t last = ct_in32(meta + 32, d.big); /* pages behind it were given out and not written */
    if (last >= pages) ct_emitter_fault(e, CT_ERR_TRUNCATED, 32, "pages are missing at the end");
    d.pages = (uint32_t)pages;
    d.page = ct_arena_alloc(e->arena, d.page_n);
    d.link = ct_arena_alloc(e->arena, d.page_n);
    if (!d.page || !d.link) return ct_fault_set(e->fault, CT_ERR_NOMEM, 0, "pages");
    return read_pages(&d);
}
