/* From a judged copy of a product to findings: one per CVE, with the place, the reason and each piece of evidence as paths. */
#ifndef CT_SCAN_COPIES_H
#define CT_SCAN_COPIES_H

#include "fingerprint/evidence.h"
#include "scan/report.h"

/* What a judged copy becomes: one finding per CVE that is open. */
struct ct_copies {
    ct_scan_report *report;
    ct_arena *arena;
    ct_str container;          /* chain path, or empty for loose files, whose places are paths */
    const struct ct_scan_origin *origin;
    bool components;
};

/* Judges the evidence; what comes out goes into the report. CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_copies_judge(ct_evidence *evidence, const struct ct_copies *to);

#endif
