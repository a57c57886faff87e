/* A verdict and the line it stands on, made into a finding that outlives the line. */
#ifndef CT_PIPELINE_FINDING_H
#define CT_PIPELINE_FINDING_H

#include "pipeline/scan.h"

/* Most findings of a block fire on the same versions: the texts are made once. Zero it with the arena. */
struct ct_fires_cache {
    struct ct_fires fires[CT_FIRES_MAX];
    const struct ct_attempt_fires *list;
    size_t n;
};

/* Everything is copied into arena. content: the bytes the event id is made of, at offset `at`. */
CT_MUST_USE ct_err ct_finding_make(ct_arena *arena, struct ct_fires_cache *cache, const struct ct_scan_opts *opts,
                                   const struct ct_block *block, const struct ct_record *record, const struct ct_verdict *verdict,
                                   uint64_t at, ct_str content, struct ct_finding **ret_finding);

#endif
