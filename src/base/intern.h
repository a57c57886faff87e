/* Texts kept once: of equal ones, all get the copy that the first one made in the arena.
 *
 * For collections in which the same paths and sentences come again and again (a report of a scan: an eighth of its bytes are different
 * ones). It saves and never refuses: where a text is not found within a few steps, or there is no memory for the table, it is copied
 * as ct_arena_dup would. So whoever picks texts with equal hashes costs us bytes and not time.
 * Copies are aligned as the arena's are: the bytes of a list of interned texts may be interned as well, for equal lists are equal bytes.
 */
#ifndef CT_BASE_INTERN_H
#define CT_BASE_INTERN_H

#include "base/arena.h"

struct ct_intern {
    const struct ct_alloc *alloc; /* of the table */
    ct_arena *arena;              /* of the copies; outlives it, and is not reset below one of them */
    ct_str *slots;
    size_t n, cap;
};

void ct_intern_init(struct ct_intern *in, const struct ct_alloc *alloc, ct_arena *arena);
void ct_intern_done(struct ct_intern *in); /* the copies stay */

/* CT_ERR_NOMEM: the arena is full. */
CT_MUST_USE ct_err ct_intern_str(struct ct_intern *in, ct_str s, ct_str *ret_copy);

#endif
