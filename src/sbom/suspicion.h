/* Which packages somebody suspects, before any advisory says so: 'pkg:maven/org.example/thing@[1.0,2.3)'.
 *
 * A package URL whose version may be a range in any form of version/range.h; without a version, every version. Where the
 * ecosystem has no ordering, the version is one version, compared by its text. Qualifiers and subpath do not count.
 * Refuses what ct_purl_parse and ct_range_parse refuse, the offset being one into the whole text.
 */
#ifndef CT_SBOM_SUSPICION_H
#define CT_SBOM_SUSPICION_H

#include "sbom/purl.h"
#include "version/range.h"

struct ct_suspicion {
    struct ct_purl purl;        /* its version is the range as written */
    enum ct_ecosystem ecosystem;
    struct ct_range range;      /* of no intervals: see exact */
    ct_str exact;               /* without an ordering: the one version; a null p: every version */
};

CT_MUST_USE ct_err ct_suspicion_parse(ct_arena *arena, ct_str text, struct ct_suspicion *ret_suspicion, struct ct_fault *fault);
/* The same package: type, namespace and name. */
bool ct_suspicion_names(const struct ct_suspicion *suspicion, const struct ct_purl *purl);
/* *ret_sure is false when the version is unknown or cannot be ordered: then the answer is true, since it may be one of them. */
bool ct_suspicion_holds(const struct ct_suspicion *suspicion, ct_str version, bool *ret_sure);

#endif
