#include "scan/seen.h"

#include "base/limits.h"

#include <string.h>

void ct_seen_init(struct ct_seen *s, const struct ct_alloc *alloc) { *s = (struct ct_seen){.alloc = alloc}; }

void ct_seen_done(struct ct_seen *s)
{
    if (s->items) ct_alloc_put(s->alloc, s->items, s->cap * sizeof *s->items);
    *s = (struct ct_seen){.alloc = s->alloc};
}

/* Inode numbers come in runs: the multiplication spreads them. */
static size_t place_of(const struct ct_seen *s, uint64_t dev, uint64_t ino)
{
    uint64_t h = (ino ^ (dev << 32 | dev >> 32)) * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(h >> 20) & (s->cap - 1);
    while (s->items[at].visit && (s->items[at].dev != dev || s->items[at].ino != ino)) at = (at + 1) & (s->cap - 1);
    return at;
}

static ct_err grow(struct ct_seen *s)
{
    struct ct_seen bigger = {.alloc = s->alloc, .cap = s->cap ? 2 * s->cap : 1024};
    bigger.items = ct_alloc_get(s->alloc, bigger.cap * sizeof *bigger.items);
    if (!bigger.items) return CT_ERR_NOMEM;
    memset(bigger.items, 0, bigger.cap * sizeof *bigger.items);
    for (size_t i = 0; i < s->cap; i++)
        if (s->items[i].visit) bigger.items[place_of(&bigger, s->items[i].dev, s->items[i].ino)] = s->items[i];
    if (s->items) ct_alloc_put(s->alloc, s->items, s->cap * sizeof *s->items);
    s->items = bigger.items;
    s->cap = bigger.cap;
    return CT_OK;
}

ct_err ct_seen_add(struct ct_seen *s, uint64_t dev, uint64_t ino, uint64_t visit, uint64_t *ret_first)
{
    if (s->n >= s->cap / 4 * 3 && s->n < CT_SEEN_MAX) CT_TRY(grow(s));
    struct ct_seen_item *item = &s->items[place_of(s, dev, ino)];
    if (item->visit) {
        if (visit < item->visit) item->visit = visit;
        *ret_first = item->visit;
        return CT_OK;
    }
    *ret_first = visit;
    if (s->n >= CT_SEEN_MAX) {
        s->full = true;
        return CT_OK;
    }
    *item = (struct ct_seen_item){dev, ino, visit};
    s->n++;
    return CT_OK;
}

uint64_t ct_seen_first(const struct ct_seen *s, uint64_t dev, uint64_t ino) { return s->cap ? s->items[place_of(s, dev, ino)].visit : 0; }
