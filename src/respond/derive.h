/* Findings: the state of an asset, a component and a vulnerability, derived from all that is known, never set by hand.
 *
 * Of each instance: what class evidence and scans observed, and what each advisory says (respond/matching.h), weighed by assess/assess.h; of a
 * finding the least safe of its instances. Where advisories contradict each other, affected wins and the conflict is kept. Then controls in force
 * that cover the vulnerability. What no open instance supports any more is closed. Only what changed is written, each with its timeline entry.
 * The caller holds the transaction. Weak side: nothing derives by itself: whoever changes what this rests on calls it.
 */
#ifndef CT_RESPOND_DERIVE_H
#define CT_RESPOND_DERIVE_H

#include "store/finding_row.h"

struct ct_derived {
    uint64_t opened, reopened, closed, changed, left; /* left: open, and as they were */
};
/* Adds to derived. */
CT_MUST_USE ct_err ct_derive_asset(ct_db *db, int64_t asset, const struct ct_who *who, struct ct_derived *derived);
CT_MUST_USE ct_err ct_derive_vulnerability(ct_db *db, int64_t vulnerability, const struct ct_who *who, struct ct_derived *derived);
CT_MUST_USE ct_err ct_derive_all(ct_db *db, const struct ct_who *who, struct ct_derived *derived);

#endif
