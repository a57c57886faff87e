/* Sums for reports. Text lives during the call of a callback; times are microseconds since 1970 UTC. Nothing here changes anything. */
#ifndef CT_STORE_REPORT_ROW_H
#define CT_STORE_REPORT_ROW_H

#include "store/db.h"

/* Vulnerabilities that findings are about, those with most open ones first; those of open incidents before all. */
typedef ct_err ct_report_vulnerability_tell(void *ctx, int64_t vulnerability, ct_str name);
CT_MUST_USE ct_err ct_report_vulnerabilities(ct_db *db, ct_report_vulnerability_tell *tell, void *ctx);
struct ct_report_state {
    ct_str environment, exposure, state;
    uint64_t findings, assets, breached;
};
typedef ct_err ct_report_state_tell(void *ctx, const struct ct_report_state *s);
/* Findings of assets in use, closed ones too, in groups. */
CT_MUST_USE ct_err ct_report_states(ct_db *db, int64_t vulnerability, ct_report_state_tell *tell, void *ctx);
/* When findings were opened and closed (0: open), closed for having been fixed or not. */
typedef ct_err ct_report_course_tell(void *ctx, int64_t opened, int64_t closed);
CT_MUST_USE ct_err ct_report_course(ct_db *db, int64_t vulnerability, ct_report_course_tell *tell, void *ctx);
/* Every finding that there is or was, for the directive's table: by name, purl. */
struct ct_report_finding {
    ct_str asset, environment, exposure, owner, purl, name, version, state;
    int64_t opened, closed, due, breached;
};
typedef ct_err ct_report_finding_tell(void *ctx, const struct ct_report_finding *f);
CT_MUST_USE ct_err ct_report_findings(ct_db *db, int64_t vulnerability, ct_report_finding_tell *tell, void *ctx);

#endif
