/* What all that is said (VEX) of a component on an asset comes to.
 *
 * Of one source about one product its newest statements count. affected counts as it stands; not_affected and fixed count where they are about this very
 * version (of the component, or of the product that the asset holds), or where a person gave the document to the asset; without a version they are kept as
 * a verdict and make nothing safer. Unknown statuses never come this far. Of sources that contradict each other affected wins, and it is shown.
 */
#ifndef CT_RESPOND_VEX_WEIGH_H
#define CT_RESPOND_VEX_WEIGH_H

#include "fingerprint/state.h"
#include "store/finding_row.h"
#include "store/vex_row.h"

struct ct_vex_list {
    struct ct_vex_row *rows;
    size_t n;
};
/* Text lives in arena. */
CT_MUST_USE ct_err ct_vex_load(ct_db *db, ct_arena *arena, int64_t vulnerability, int64_t component, struct ct_vex_list *ret_list);

enum { CT_VEX_SOURCES = 8 };
struct ct_vex_opinion {
    bool affected, investigating, safe;
    enum ct_state safe_state;              /* fixed or not_affected; the less safe one */
    ct_str affected_why, investigating_why, safe_why;
    struct ct_finding_verdict verdicts[CT_VEX_SOURCES]; /* one per source, the least safe it says */
    size_t n;
};
CT_MUST_USE ct_err ct_vex_ask(ct_db *db, ct_arena *arena, const struct ct_vex_list *list, int64_t asset, struct ct_vex_opinion *ret_opinion);

#endif
