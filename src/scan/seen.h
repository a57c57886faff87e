/* A set of inodes, each with the number of the visit that came first: so that what has several names is looked at once.
 * Full (CT_SEEN_MAX) it forgets to remember: the rest may be looked at twice, and the caller is told. Not thread-safe. */
#ifndef CT_SCAN_SEEN_H
#define CT_SCAN_SEEN_H

#include "base/alloc.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct ct_seen_item {
    uint64_t dev, ino, visit; /* visit 0: empty place */
};

struct ct_seen {
    const struct ct_alloc *alloc;
    struct ct_seen_item *items;
    size_t n, cap;            /* cap is a power of two */
    bool full;
};

void ct_seen_init(struct ct_seen *s, const struct ct_alloc *alloc);
void ct_seen_done(struct ct_seen *s);
/* *ret_first: the visit that this inode belongs to: `visit` (from 1) when it is new, or earlier than the one known. */
CT_MUST_USE ct_err ct_seen_add(struct ct_seen *s, uint64_t dev, uint64_t ino, uint64_t visit, uint64_t *ret_first);
/* The first visit of an inode; 0: unknown. */
uint64_t ct_seen_first(const struct ct_seen *s, uint64_t dev, uint64_t ino);

#endif
