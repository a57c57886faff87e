#include "base/intern.h"

#include "base/limits.h"

#include <string.h>

enum { FIRST = 256, STEPS = 16 };

void ct_intern_init(struct ct_intern *in, const struct ct_alloc *alloc, ct_arena *arena)
{
    *in = (struct ct_intern){.alloc = alloc, .arena = arena};
}

void ct_intern_done(struct ct_intern *in)
{
    if (in->slots) ct_alloc_put(in->alloc, in->slots, in->cap * sizeof *in->slots);
    *in = (struct ct_intern){.alloc = in->alloc, .arena = in->arena};
}

/* The slot of s, or a free one for it; null: neither is near. */
static ct_str *slot_of(ct_str *slots, size_t cap, ct_str s)
{
    uint64_t h = ct_str_hash(s);
    for (size_t k = 0; k < STEPS; k++) {
        ct_str *slot = &slots[((h ^ h >> 32) + k) & (cap - 1)];
        if (!slot->p || ct_str_eq(*slot, s)) return slot;
    }
    return NULL;
}

/* A table that cannot grow stays as it is. */
static void grow(struct ct_intern *in)
{
    size_t cap = in->cap ? 2 * in->cap : FIRST;
    if (cap > CT_INTERN_SLOTS_MAX) return;
    ct_str *slots = ct_alloc_get(in->alloc, cap * sizeof *slots);
    if (!slots) return;
    memset(slots, 0, cap * sizeof *slots);
    size_t n = 0;
    for (size_t i = 0; i < in->cap; i++) {
        ct_str *to = in->slots[i].p ? slot_of(slots, cap, in->slots[i]) : NULL;
        if (!to) continue;
        *to = in->slots[i];
        n++;
    }
    if (in->slots) ct_alloc_put(in->alloc, in->slots, in->cap * sizeof *in->slots);
    in->slots = slots;
    in->cap = cap;
    in->n = n;
}

ct_err ct_intern_str(struct ct_intern *in, ct_str s, ct_str *ret_copy)
{
    if (s.n == 0) {
        *ret_copy = CT_STR("");
        return CT_OK;
    }
    if (in->n >= in->cap / 2) grow(in);
    ct_str *slot = in->cap ? slot_of(in->slots, in->cap, s) : NULL;
    if (slot && slot->p) {
        *ret_copy = *slot;
        return CT_OK;
    }
    CT_TRY(ct_arena_dup(in->arena, s, ret_copy));
    if (slot) {
        *slot = *ret_copy;
        in->n++;
    }
    return CT_OK;
}
