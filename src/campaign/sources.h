/* Distinct clients of one campaign: a hash set while they are few, HyperLogLog when they are many.
 *
 * The set holds 64-bit hashes, so two clients may count as one, with a chance of one in 10^12 at 4096 of them; someone who
 * chooses his clients' names can make it happen and gains a smaller number beside his campaign. The lists of all
 * campaigns share one budget; when it is spent, the next list to grow becomes an estimate early.
 */
#ifndef CT_CAMPAIGN_SOURCES_H
#define CT_CAMPAIGN_SOURCES_H

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct ct_sources_pool {
    const struct ct_alloc *alloc;
    size_t list_bytes; /* taken by lists now, at most CT_CAMPAIGN_SOURCES_BYTES */
};

/* Starts zeroed. */
struct ct_sources {
    uint64_t *list;           /* open addressing, 0: free */
    unsigned char *registers; /* HyperLogLog; null: exact */
    uint32_t n, cap;          /* of the list */
    uint64_t estimate;        /* of the registers */
};

/* Room for this client; after CT_OK adding it cannot fail. */
CT_MUST_USE ct_err ct_sources_reserve(struct ct_sources_pool *pool, struct ct_sources *s, ct_str client);
void ct_sources_add(struct ct_sources *s, ct_str client);
uint64_t ct_sources_count(const struct ct_sources *s);
void ct_sources_done(struct ct_sources_pool *pool, struct ct_sources *s);

#endif
