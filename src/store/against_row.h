/* What attempts are held against: every asset, what it holds of the library that lookups live in, when it was looked at, and what its findings were when.
 *
 * Everything at once, since all of it is asked about at once. Text lives during the call. */
#ifndef CT_STORE_AGAINST_ROW_H
#define CT_STORE_AGAINST_ROW_H

#include "store/db.h"

struct ct_target_row {
    int64_t id, retired, looked;   /* 0: not */
    ct_str name, environment, exposure;
};
typedef ct_err ct_target_tell(void *ctx, const struct ct_target_row *r);
/* By id. */
CT_MUST_USE ct_err ct_targets_each(ct_db *db, ct_target_tell *tell, void *ctx);

/* A component that attempts may fire in, on an asset, over all of its places. */
struct ct_presence_row {
    int64_t asset, component, first_seen, gone; /* gone 0: still there */
    ct_str purl, version, path;
};
typedef ct_err ct_presence_tell(void *ctx, const struct ct_presence_row *r);
/* By asset, component. */
CT_MUST_USE ct_err ct_presences_each(ct_db *db, ct_presence_tell *tell, void *ctx);

struct ct_was_row {
    int64_t asset, component, at;
    ct_str vulnerability, state;
};
typedef ct_err ct_was_tell(void *ctx, const struct ct_was_row *r);
/* Of CVE-2021-44228, -45046 and -45105. By asset, component, time. */
CT_MUST_USE ct_err ct_findings_were(ct_db *db, ct_was_tell *tell, void *ctx);

/* Looks that came to their end. By asset, time. */
typedef ct_err ct_look_time_tell(void *ctx, int64_t asset, int64_t ended, bool image, ct_str roots);
CT_MUST_USE ct_err ct_look_times(ct_db *db, ct_look_time_tell *tell, void *ctx);

/* Who runs a component of an asset, as looks saw it: JSON of an observation's processes (may be empty), and whether that look saw all running programs. */
typedef ct_err ct_run_by_tell(void *ctx, ct_str processes, bool all);
CT_MUST_USE ct_err ct_run_by(ct_db *db, int64_t asset, int64_t component, ct_run_by_tell *tell, void *ctx);

#endif
