/* A verdict and the line it stands on, made into a finding that outlives the line. */
#ifndef CT_PIPELINE_FINDING_H
#define CT_PIPELINE_FINDING_H

#include "pipeline/scan.h"

/* Everything is copied into arena. content: the bytes the event id is made of. */
CT_MUST_USE ct_err ct_finding_make(ct_arena *arena, const struct ct_scan_opts *opts, const struct ct_block *block,
                                   const struct ct_record *record, const struct ct_verdict *verdict, uint64_t offset,
                                   ct_str content, struct ct_finding **ret_finding);

#endif
