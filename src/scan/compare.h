/* What changed since an earlier scan of the same machine: each finding new, changed or the same, and those that are gone.
 *
 * Findings are the same when their ids are (host, path, product, CVE). Gone is only what a complete scan of at least the same roots did not
 * see again; from less than that it is "not_seen".
 */
#ifndef CT_SCAN_COMPARE_H
#define CT_SCAN_COMPARE_H

#include "scan/reread.h"
#include "scan/report.h"

struct ct_comparison {
    const struct ct_old_host *old;   /* null: the file holds no report of this host */
    bool other_host;                 /* the only report in the file is of another one: compared all the same */
    bool closes;                     /* this scan reaches as far as the old one did */
    size_t n_new, n_changed, n_same;
    const struct ct_scan_finding *gone; /* as they were; state "gone" or "not_seen", was: their old state */
    size_t n_gone;
};

/* After ct_scan_report_finish. Fills in `change` and `was` of r's findings. */
CT_MUST_USE ct_err ct_scan_compare(ct_scan_report *r, const struct ct_old_reports *old, struct ct_comparison *ret_comparison);

#endif
