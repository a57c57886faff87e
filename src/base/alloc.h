/* The one door to the heap: a table with one function, so that a test can count calls and fail any of them. */
#ifndef CT_BASE_ALLOC_H
#define CT_BASE_ALLOC_H

#include <stddef.h>

struct ct_alloc {
    /* p null: allocate n bytes. n 0: free p. Otherwise resize. Null on failure, and p is then still valid.
     * old_n is the size p was allocated with. */
    void *(*resize)(void *ctx, void *p, size_t old_n, size_t n);
    void *ctx;
};

extern const struct ct_alloc ct_alloc_libc;

static inline void *ct_alloc_get(const struct ct_alloc *a, size_t n) { return a->resize(a->ctx, (void *)0, 0, n); }
static inline void ct_alloc_put(const struct ct_alloc *a, void *p, size_t n)
{
    if (p) (void)a->resize(a->ctx, p, n, 0);
}

#endif
