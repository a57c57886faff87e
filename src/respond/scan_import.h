/* Reports of scans into the store: assets, looks, instances of components, and what the scans observed.
 *
 * A report that was taken before (by its digest) changes nothing; what a look may close says respond/look_take.h, and whose it is respond/identify.h.
 * The caller holds the transaction. Ended in the future counts as now.
 */
#ifndef CT_RESPOND_SCAN_IMPORT_H
#define CT_RESPOND_SCAN_IMPORT_H

#include "respond/look_take.h"
#include "scan/reread.h"

struct ct_scan_counts {
    uint64_t reports, again, assets_added;
    struct ct_look_counts looks;
};
/* collision: in words, as it is found; not escaped. */
typedef void ct_scan_collision(void *ctx, ct_str words);

/* reports: read with components. */
CT_MUST_USE ct_err ct_scan_import(ct_db *db, const struct ct_old_reports *reports, const struct ct_who *who, ct_scan_collision *tell, void *ctx,
                                  struct ct_scan_counts *counts, struct ct_fault *fault);

#endif
