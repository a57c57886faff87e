/* The write-ahead log of an SQLite database (file format, section 4): which pages it holds in a newer version. */
#include "packages/sqlite_pages.h"
#include "base/limits.h"
#include "packages/bytes_in.h"

#include <stdlib.h>
#include <string.h>

enum { WAL_HEADER = 32, FRAME_HEADER = 24 };

struct sum {
    uint32_t a, b;
    bool big;
};

static void add(struct sum *s, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i + 8 <= n; i += 8) {
        s->a += ct_in32(p + i, s->big) + s->b;
        s->b += ct_in32(p + i + 4, s->big) + s->a;
    }
}

/* The newest of a page comes first. */
static int by_page(const void *x, const void *y)
{
    const struct ct_sqlite_frame *a = x, *b = y;
    if (a->page != b->page) return a->page < b->page ? -1 : 1;
    return (a->at < b->at) - (a->at > b->at);
}

static ct_err read_frames(struct ct_sqlite *s, const unsigned char *head, struct sum sum)
{
    size_t most = (size_t)((s->wal->size - WAL_HEADER) / (FRAME_HEADER + (uint64_t)s->page_n)), n = 0, committed = 0;
    uint32_t pages = s->pages;
    if (most > CT_SQLITE_FRAMES_MAX) {
        ct_emitter_fault(s->e, CT_ERR_CAP, 0, "a write-ahead log with too many pages");
        most = CT_SQLITE_FRAMES_MAX;
    }
    struct ct_sqlite_frame *frames = ct_arena_array(s->e->arena, most + 1, sizeof *frames);
    if (!frames) return ct_fault_set(s->e->fault, CT_ERR_NOMEM, 0, "a write-ahead log");
    for (; n < most; n++) {
        unsigned char f[FRAME_HEADER];
        uint64_t at = WAL_HEADER + n * (FRAME_HEADER + (uint64_t)s->page_n);
        if (ct_bytes_at_exact(s->wal, at, f, sizeof f) || memcmp(f + 8, head + 16, 8) != 0) break; /* of an older round */
        if (ct_bytes_at_exact(s->wal, at + FRAME_HEADER, s->page, s->page_n)) break;
        add(&sum, f, 8);
        add(&sum, s->page, s->page_n);
        if (sum.a != ct_be32(f + 16) || sum.b != ct_be32(f + 20)) break; /* was never finished */
        frames[n] = (struct ct_sqlite_frame){ct_be32(f), at + FRAME_HEADER};
        if (ct_be32(f + 4)) { /* a commit: all up to here count, and so many pages the database has */
            committed = n + 1;
            pages = ct_be32(f + 4);
        }
    }
    if (committed) qsort(frames, committed, sizeof *frames, by_page);
    size_t kept = 0;
    for (size_t i = 0; i < committed; i++)
        if (i == 0 || frames[i].page != frames[i - 1].page) frames[kept++] = frames[i];
    s->frames = frames;
    s->frames_n = kept;
    if (committed) s->pages = pages;
    return CT_OK;
}

ct_err ct_sqlite_read_wal(struct ct_sqlite *s)
{
    unsigned char head[WAL_HEADER];
    if (s->wal->size < WAL_HEADER || ct_bytes_at_exact(s->wal, 0, head, sizeof head)) return CT_OK;
    uint32_t magic = ct_be32(head);
    struct sum sum = {.big = magic & 1};
    add(&sum, head, 24);
    bool ours = (magic | 1) == 0x377f0683u && ct_be32(head + 8) == s->page_n && sum.a == ct_be32(head + 24) &&
                sum.b == ct_be32(head + 28);
    return ours ? read_frames(s, head, sum) : CT_OK;
}
