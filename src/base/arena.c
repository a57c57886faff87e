#include "base/arena.h"

#include <string.h>

enum { ALIGN = 16, FIRST_BLOCK = 64 * 1024 };

/* A chain of blocks, oldest first. Blocks behind `cur` are empty and kept for reuse. */
struct block {
    struct block *next;
    size_t size; /* bytes behind the header */
    size_t used;
    size_t last; /* offset of the newest allocation, for growing in place */
    _Alignas(ALIGN) unsigned char data[];
};

struct ct_arena {
    const struct ct_alloc *alloc;
    struct block *first, *cur;
    size_t taken, limit;
};

ct_err ct_arena_new(const struct ct_alloc *alloc, size_t limit, ct_arena **ret_arena)
{
    ct_arena *a = ct_alloc_get(alloc, sizeof *a);
    if (!a) return CT_ERR_NOMEM;
    *a = (ct_arena){.alloc = alloc, .limit = limit};
    *ret_arena = a;
    return CT_OK;
}

void ct_arena_free(ct_arena *arena)
{
    if (!arena) return;
    for (struct block *b = arena->first, *next; b; b = next) {
        next = b->next;
        ct_alloc_put(arena->alloc, b, sizeof *b + b->size);
    }
    ct_alloc_put(arena->alloc, arena, sizeof *arena);
}

/* Inserts a block with room for n bytes behind the current one. */
static struct block *add_block(ct_arena *a, size_t n)
{
    size_t size = a->cur ? a->cur->size * 2 : FIRST_BLOCK;
    if (size < n) size = n;
    size_t left = a->limit - a->taken;
    if (left < sizeof(struct block) || left - sizeof(struct block) < n) return NULL;
    if (size > left - sizeof(struct block)) size = left - sizeof(struct block);
    struct block *b = ct_alloc_get(a->alloc, sizeof *b + size);
    if (!b) return NULL;
    a->taken += sizeof *b + size;
    b->size = size;
    b->used = b->last = 0;
    if (a->cur) {
        b->next = a->cur->next;
        a->cur->next = b;
    } else {
        b->next = a->first;
        a->first = b;
    }
    return a->cur = b;
}

void *ct_arena_alloc(ct_arena *a, size_t n)
{
    if (n > SIZE_MAX - ALIGN) return NULL;
    size_t need = n ? (n + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
    struct block *b = a->cur;
    while (!b || b->size - b->used < need) {
        struct block *next = b ? b->next : a->first;
        if (next && next->size >= need) {
            next->used = next->last = 0;
            b = a->cur = next;
            continue;
        }
        b = add_block(a, need);
        if (!b) return NULL;
    }
    b->last = b->used;
    b->used += need;
    return b->data + b->last;
}

void *ct_arena_zalloc(ct_arena *a, size_t n)
{
    void *p = ct_arena_alloc(a, n);
    return p ? memset(p, 0, n) : NULL;
}

void *ct_arena_array(ct_arena *a, size_t n, size_t size)
{
    size_t total;
    return __builtin_mul_overflow(n, size, &total) ? NULL : ct_arena_alloc(a, total);
}

void *ct_arena_grow(ct_arena *a, void *p, size_t old_n, size_t n)
{
    struct block *b = a->cur;
    if (p && b && (unsigned char *)p == b->data + b->last && n <= SIZE_MAX - ALIGN) {
        size_t need = n ? (n + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
        if (need <= b->size - b->last) {
            b->used = b->last + need;
            return p;
        }
    }
    void *q = ct_arena_alloc(a, n);
    if (q && p && old_n) memcpy(q, p, old_n < n ? old_n : n);
    return q;
}

ct_err ct_arena_dup(ct_arena *a, ct_str s, ct_str *ret_copy)
{
    unsigned char *p = ct_arena_alloc(a, s.n);
    if (!p) return CT_ERR_NOMEM;
    if (s.n) memcpy(p, s.p, s.n);
    *ret_copy = (ct_str){p, s.n};
    return CT_OK;
}

struct ct_arena_mark ct_arena_mark(const ct_arena *a)
{
    return (struct ct_arena_mark){a->cur, a->cur ? a->cur->used : 0};
}

void ct_arena_reset(ct_arena *a, struct ct_arena_mark mark)
{
    a->cur = mark.block;
    if (!a->cur) return;
    a->cur->used = mark.used;
    a->cur->last = mark.used; /* what was newest before the mark is no longer known: it cannot grow in place */
}

void ct_arena_clear(ct_arena *a) { ct_arena_reset(a, (struct ct_arena_mark){NULL, 0}); }

void ct_arena_trim(ct_arena *a, size_t most)
{
    if (a->cur) return;
    struct block **link = &a->first;
    size_t kept = 0;
    while (*link && sizeof **link + (*link)->size <= most - kept) {
        kept += sizeof **link + (*link)->size;
        link = &(*link)->next;
    }
    struct block *rest = *link;
    *link = NULL;
    a->taken = kept;
    for (struct block *next; rest; rest = next) {
        next = rest->next;
        ct_alloc_put(a->alloc, rest, sizeof *rest + rest->size);
    }
}

size_t ct_arena_used(const ct_arena *a) { return a->taken; }
