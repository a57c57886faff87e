/* Routes: which assets a request that a log shows went to, and which assets read what it left behind.
 *
 * A route says that a log or a virtual host (patterns with * and ?) belongs to a service which an asset serves; or that an asset reads what this service
 * writes or sends on: a log pipeline, a queue worker. Lists come as CSV with the columns service, log, host, asset, role; taking a list again changes
 * nothing. The caller holds the transaction. Weak side: a Host header is the client's word, so a host alone proves nothing about where a request ended.
 */
#ifndef CT_RESPOND_ROUTE_H
#define CT_RESPOND_ROUTE_H

#include "store/asset.h"
#include "store/attempt_row.h"
#include "store/who.h"

/* '*' is any run of bytes, '?' any byte. Case is folded where fold. An empty pattern matches everything. In the time of both lengths multiplied. */
bool ct_route_matches(ct_str pattern, ct_str text, bool fold);

/* asset is NAME, or NAME@ENVIRONMENT when no asset is called that as a whole. */
struct ct_route_new {
    ct_str service, log, host, role, asset; /* role empty: serves */
};
CT_MUST_USE ct_err ct_route_add(ct_db *db, ct_arena *arena, const struct ct_route_new *n, const struct ct_who *who, bool *ret_new, struct ct_fault *fault);
CT_MUST_USE ct_err ct_route_end(ct_db *db, ct_arena *arena, int64_t id, const struct ct_who *who, struct ct_fault *fault);
struct ct_route_counts {
    uint64_t rows, added, same;
};
CT_MUST_USE ct_err ct_routes_import(ct_db *db, ct_str csv, const struct ct_who *who, struct ct_route_counts *counts, struct ct_fault *fault);

#endif
