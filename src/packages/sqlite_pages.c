#include "packages/sqlite_pages.h"
#include "base/limits.h"
#include "packages/bytes_in.h"

#include <string.h>

enum { HEADER = 100, PAGE_MIN = 512, PAGE_MAX = 65536, DEPTH_MAX = 20 /* the library's own */ };
enum { INTERIOR = 5, LEAF = 13 };

/* Section 1.6: up to nine bytes, the ninth whole. 0 when it is cut. */
static size_t varint(ct_str in, uint64_t *ret_value)
{
    uint64_t v = 0;
    for (size_t i = 0; i < in.n && i < 9; i++) {
        if (i == 8) {
            *ret_value = v << 8 | in.p[8];
            return 9;
        }
        v = v << 7 | (in.p[i] & 0x7fu);
        if (!(in.p[i] & 0x80u)) {
            *ret_value = v;
            return i + 1;
        }
    }
    return 0;
}

static uint64_t size_of_type(uint64_t type)
{
    static const unsigned char sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    return type < 12 ? sizes[type] : (type - 12) / 2;
}

bool ct_sqlite_column(ct_str record, unsigned no, struct ct_sqlite_column *ret_column)
{
    uint64_t head_n, type = 0, at;
    size_t used = varint(record, &head_n);
    if (!used || head_n > record.n || head_n < used) return false;
    ct_str head = ct_str_slice(record, used, (size_t)head_n);
    at = head_n;
    for (unsigned i = 0;; i++) {
        size_t n = varint(head, &type);
        if (!n) return false;
        head = ct_str_slice(head, n, SIZE_MAX);
        uint64_t size = size_of_type(type);
        if (at > record.n || size > record.n - at) return false;
        if (i == no) {
            *ret_column = (struct ct_sqlite_column){type, ct_str_slice(record, (size_t)at, (size_t)(at + size))};
            return true;
        }
        at += size;
    }
}

static ct_err read_page(struct ct_sqlite *s, uint32_t no, unsigned char *to, uint64_t *ret_at)
{
    size_t low = 0, high = s->frames_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->frames[mid].page < no)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < s->frames_n && s->frames[low].page == no) {
        *ret_at = s->frames[low].at;
        return ct_bytes_at_exact(s->wal, s->frames[low].at, to, s->page_n);
    }
    *ret_at = (uint64_t)(no - 1) * s->page_n;
    return ct_bytes_at_exact(s->in, *ret_at, to, s->page_n);
}

/* The part of a payload that lies in the cell (section 1.5). */
static uint64_t local_part(const struct ct_sqlite *s, uint64_t payload)
{
    uint64_t u = s->usable, x = u - 35, m = (u - 12) * 32 / 255 - 23;
    if (payload <= x) return payload;
    uint64_t k = m + (payload - m) % (u - 4);
    return k <= x ? k : m;
}

static ct_err read_overflow(struct ct_sqlite *s, uint32_t page, unsigned char *to, size_t n)
{
    uint64_t at;
    for (size_t done = 0; done < n;) {
        if (page == 0 || page > s->pages) return CT_ERR_SYNTAX;
        CT_TRY(read_page(s, page, s->link, &at));
        size_t part = n - done < s->usable - 4 ? n - done : s->usable - 4;
        memcpy(to + done, s->link + 4, part);
        done += part;
        page = ct_be32(s->link);
    }
    return CT_OK;
}

/* Damage is noted and the next cell is read; what the machine cannot do ends the reading. */
static ct_err note(struct ct_sqlite *s, ct_err err, uint64_t at, const char *what)
{
    if (err == CT_ERR_SYNTAX || err == CT_ERR_TRUNCATED || err == CT_ERR_CAP) {
        ct_emitter_fault(s->e, err, at, what);
        return CT_OK;
    }
    return ct_fault_set(s->e->fault, err, at, "%s", what);
}

static ct_err read_cell(struct ct_sqlite *s, size_t offset, uint64_t page_at, ct_sqlite_row row, void *ctx)
{
    ct_str rest = ct_str_slice((ct_str){s->page, s->usable}, offset, SIZE_MAX);
    uint64_t payload, rowid, at = page_at + offset;
    size_t n = varint(rest, &payload);
    rest = ct_str_slice(rest, n, SIZE_MAX);
    size_t m = n ? varint(rest, &rowid) : 0;
    if (!m) return note(s, CT_ERR_SYNTAX, at, "a table cell is cut");
    rest = ct_str_slice(rest, m, SIZE_MAX);
    if (payload > CT_RPM_HEADER_MAX) return note(s, CT_ERR_CAP, at, "a row is too long");
    uint64_t local = local_part(s, payload);
    if (local == payload)
        return local <= rest.n ? row(s, ct_str_slice(rest, 0, (size_t)local), at, ctx)
                               : note(s, CT_ERR_SYNTAX, at, "a table cell is cut");
    if (rest.n < local + 4) return note(s, CT_ERR_SYNTAX, at, "a table cell is cut");
    if (payload > s->budget) return ct_fault_set(s->e->fault, CT_ERR_CAP, at, "rows share their pages");
    s->budget -= payload;
    struct ct_arena_mark mark = ct_arena_mark(s->e->arena);
    unsigned char *p = ct_arena_alloc(s->e->arena, (size_t)payload);
    if (!p) return ct_fault_set(s->e->fault, CT_ERR_NOMEM, at, "a row");
    memcpy(p, rest.p, (size_t)local);
    ct_err err = read_overflow(s, ct_be32(rest.p + local), p + local, (size_t)(payload - local));
    err = err ? note(s, err, at, "a row's overflow pages are broken") : row(s, (ct_str){p, (size_t)payload}, at, ctx);
    ct_arena_reset(s->e->arena, mark);
    return err;
}

struct level {
    uint32_t page;
    uint32_t next; /* the child to be visited next; cells, then the right-most one */
};

/* Section 1.6: type, cell count and the array of cell places of the page in s->page. */
struct page_head {
    unsigned type;
    uint32_t cells;
    const unsigned char *places;
    uint32_t right;
};

static bool head_of(const struct ct_sqlite *s, uint32_t no, struct page_head *h)
{
    size_t at = no == 1 ? HEADER : 0;
    h->type = s->page[at];
    if (h->type != INTERIOR && h->type != LEAF) return false;
    size_t head_n = h->type == INTERIOR ? 12 : 8;
    h->cells = ct_be16(s->page + at + 3);
    h->right = h->type == INTERIOR ? ct_be32(s->page + at + 8) : 0;
    h->places = s->page + at + head_n;
    return at + head_n + 2 * (size_t)h->cells <= s->usable;
}

static ct_err leaf(struct ct_sqlite *s, const struct page_head *h, uint64_t at, ct_sqlite_row row, void *ctx)
{
    for (uint32_t i = 0; i < h->cells; i++) CT_TRY(read_cell(s, ct_be16(h->places + 2 * (size_t)i), at, row, ctx));
    return CT_OK;
}

ct_err ct_sqlite_rows(struct ct_sqlite *s, uint32_t root, ct_sqlite_row row, void *ctx)
{
    struct level stack[DEPTH_MAX];
    unsigned depth = 1;
    stack[0] = (struct level){root, 0};
    while (depth) {
        struct level *top = &stack[depth - 1];
        struct page_head h;
        uint64_t at = 0;
        ct_err err = top->page == 0 || top->page > s->pages ? CT_ERR_SYNTAX : read_page(s, top->page, s->page, &at);
        if (!err && !head_of(s, top->page, &h)) err = CT_ERR_SYNTAX;
        if (!err && s->visits-- == 0) return ct_fault_set(s->e->fault, CT_ERR_CAP, at, "table pages lead in circles");
        if (err) {
            CT_TRY(note(s, err, at, "a table page is broken"));
            depth--;
            continue;
        }
        if (h.type == LEAF) {
            CT_TRY(leaf(s, &h, at, row, ctx));
            depth--;
            continue;
        }
        if (top->next > h.cells) {
            depth--;
            continue;
        }
        uint32_t child = h.right;
        if (top->next < h.cells) {
            uint32_t place = ct_be16(h.places + 2 * (size_t)top->next);
            child = place + 4 <= s->usable ? ct_be32(s->page + place) : 0;
        }
        top->next++;
        if (depth == DEPTH_MAX) {
            CT_TRY(note(s, CT_ERR_CAP, at, "a table is too deep"));
            continue;
        }
        stack[depth++] = (struct level){child, 0};
    }
    return CT_OK;
}

ct_err ct_sqlite_open(struct ct_sqlite *s, struct ct_emitter *e, const struct ct_bytes_at *in, const struct ct_bytes_at *wal)
{
    *s = (struct ct_sqlite){.e = e, .in = in, .wal = wal};
    unsigned char head[HEADER];
    ct_err err = ct_bytes_at_exact(in, 0, head, sizeof head);
    if (err) return ct_fault_set(e->fault, err, 0, "no SQLite header");
    if (memcmp(head, "SQLite format 3", 16) != 0) return ct_fault_set(e->fault, CT_ERR_SYNTAX, 0, "no SQLite database");
    s->page_n = ct_be16(head + 16) == 1 ? PAGE_MAX : ct_be16(head + 16);
    if (s->page_n < PAGE_MIN || (s->page_n & (s->page_n - 1)) || s->page_n - head[20] < 480)
        return ct_fault_set(e->fault, CT_ERR_SYNTAX, 16, "a page size of %u", (unsigned)s->page_n);
    s->usable = s->page_n - head[20];
    uint32_t encoding = ct_be32(head + 56);
    if (encoding > 1) return ct_fault_set(e->fault, CT_ERR_UNSUPPORTED, 56, "text encoding %u", (unsigned)encoding);
    uint64_t pages = in->size / s->page_n;
    if (pages > UINT32_MAX - 1) return ct_fault_set(e->fault, CT_ERR_CAP, 0, "too many pages");
    s->pages = (uint32_t)pages;
    s->page = ct_arena_alloc(e->arena, s->page_n);
    s->link = ct_arena_alloc(e->arena, s->page_n);
    if (!s->page || !s->link) return ct_fault_set(e->fault, CT_ERR_NOMEM, 0, "pages");
    if (wal) CT_TRY(ct_sqlite_read_wal(s));
    uint64_t most = in->size + (wal ? wal->size : 0);
    s->budget = 2 * most;
    /* an interior page is read again after each of its children: two visits for every page are enough */
    s->visits = 2 * (most / s->page_n) + 16;
    return CT_OK;
}
