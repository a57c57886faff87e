/* Reports of scans into the store: assets, looks, instances of components, and what the scans observed.
 *
 * A report that was taken before (by its digest) changes nothing. What a look sees opens, or comes back. Only a complete look of the same
 * kind and of at least the same scope (scan/scope.h) closes what it no longer sees, and not below places that it left out; and only such a
 * one makes what was observed safer. A report older than what is known adds what nobody has seen, and nothing else.
 * The caller holds the transaction. Ended in the future counts as now.
 */
#ifndef CT_RESPOND_SCAN_IMPORT_H
#define CT_RESPOND_SCAN_IMPORT_H

#include "respond/derive.h"
#include "scan/reread.h"
#include "store/look.h"

struct ct_scan_counts {
    uint64_t reports, again, older, partial, assets_added, components_new;
    uint64_t instances_new, instances_back, instances_gone;
    struct ct_derived derived;
};
/* collision: in words, as it is found; not escaped. */
typedef void ct_scan_collision(void *ctx, ct_str words);

/* reports: read with components. */
CT_MUST_USE ct_err ct_scan_import(ct_db *db, const struct ct_old_reports *reports, const struct ct_who *who, ct_scan_collision *tell, void *ctx,
                                  struct ct_scan_counts *counts, struct ct_fault *fault);

#endif
