/* Findings as statements for others (VEX): affected, mitigated and fixed_on_disk are affected with what to do; fixed; not_affected with a justification;
 * under_investigation. Closed findings are spoken of too. */
#ifndef CT_RESPOND_VEX_EXPORT_H
#define CT_RESPOND_VEX_EXPORT_H

#include "store/db.h"
#include "vex/vex_out.h"

/* asset, vulnerability: 0 for all. Text lives in arena. */
CT_MUST_USE ct_err ct_vex_known_list(ct_db *db, ct_arena *arena, int64_t asset, int64_t vulnerability, struct ct_vex_known **ret_list, size_t *ret_n);

#endif
