/* Arena: memory for one unit of work (a line, a request, a batch), released at once.
 *
 * Born with a byte limit, so that hostile input ends in CT_ERR_NOMEM and not in swap. Mark and reset give back what was
 * taken since the mark; the blocks are kept for the next unit. Nothing is freed one by one, and nothing allocated here
 * may outlive its arena. Not thread-safe: one arena per worker.
 */
#ifndef CT_BASE_ARENA_H
#define CT_BASE_ARENA_H

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

typedef struct ct_arena ct_arena;

struct ct_arena_mark {
    void *block;
    size_t used;
};

CT_MUST_USE ct_err ct_arena_new(const struct ct_alloc *alloc, size_t limit, ct_arena **ret_arena);
void ct_arena_free(ct_arena *arena);             /* null is fine */

/* 16-byte aligned, not zeroed; null when memory or the limit is spent. n 0 gives a unique pointer. */
void *ct_arena_alloc(ct_arena *arena, size_t n);
void *ct_arena_zalloc(ct_arena *arena, size_t n);
/* n items of size; null also when n * size overflows. */
void *ct_arena_array(ct_arena *arena, size_t n, size_t size);
/* Grows the newest allocation in place where it can, else copies. p may be null. */
void *ct_arena_grow(ct_arena *arena, void *p, size_t old_n, size_t n);
/* A copy in the arena; p is null on failure (also for an empty s: check n). */
CT_MUST_USE ct_err ct_arena_dup(ct_arena *arena, ct_str s, ct_str *ret_copy);

struct ct_arena_mark ct_arena_mark(const ct_arena *arena);
void ct_arena_reset(ct_arena *arena, struct ct_arena_mark mark);
void ct_arena_clear(ct_arena *arena);            /* reset to empty, blocks kept */
void ct_arena_trim(ct_arena *arena, size_t most); /* an empty arena gives back to the heap what it holds beyond `most` */
size_t ct_arena_used(const ct_arena *arena);     /* bytes taken from the heap */

#endif
