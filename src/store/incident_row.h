/* Incidents and roll-outs as rows: plain reading and writing. Text lives during the call of a callback, else in arena; times are microseconds since 1970 UTC,
 * 0: none. The caller holds the transaction for changes. */
#ifndef CT_STORE_INCIDENT_ROW_H
#define CT_STORE_INCIDENT_ROW_H

#include "base/arena.h"
#include "store/db.h"

struct ct_incident {
    int64_t id;
    ct_str name, title, mode, policy;
    int64_t opened, closed;
};
/* CT_ERR_NOT_FOUND */
CT_MUST_USE ct_err ct_incident_get(ct_db *db, ct_arena *arena, ct_str name, struct ct_incident *ret_incident);
/* id 0: added; name empty: INC-1, INC-2 ... */
CT_MUST_USE ct_err ct_incident_put(ct_db *db, ct_arena *arena, struct ct_incident *i);
typedef ct_err ct_incident_tell(void *ctx, const struct ct_incident *i);
/* Newest first. */
CT_MUST_USE ct_err ct_incidents_each(ct_db *db, bool open_only, ct_incident_tell *tell, void *ctx);
CT_MUST_USE ct_err ct_incident_covers(ct_db *db, int64_t incident, int64_t vulnerability);
typedef ct_err ct_covered_tell(void *ctx, int64_t vulnerability, ct_str name, int64_t published, int64_t notified);
CT_MUST_USE ct_err ct_incident_vulnerabilities(ct_db *db, int64_t incident, ct_covered_tell *tell, void *ctx);
/* Of the newest open incident in its own mode that has to do with it; CT_ERR_NOT_FOUND: none. */
CT_MUST_USE ct_err ct_incident_policy(ct_db *db, ct_arena *arena, int64_t vulnerability, ct_str *ret_policy);

struct ct_incident_clock {
    int64_t incident;
    ct_str name, how;
    int64_t due, met, breached;
    ct_str incident_name; /* when reading */
    int64_t opened;
};
/* What is there already keeps the earlier due time. */
CT_MUST_USE ct_err ct_incident_clock_start(ct_db *db, int64_t incident, ct_str name, int64_t due);
CT_MUST_USE ct_err ct_incident_clock_put(ct_db *db, const struct ct_incident_clock *c);
typedef ct_err ct_incident_clock_tell(void *ctx, const struct ct_incident_clock *c);
/* incident 0: of all that are open and not met yet. */
CT_MUST_USE ct_err ct_incident_clocks(ct_db *db, int64_t incident, ct_incident_clock_tell *tell, void *ctx);
/* When the first finding of its vulnerabilities was fixed since it was opened; 0: none was. */
CT_MUST_USE ct_err ct_incident_first_fix(ct_db *db, int64_t incident, int64_t *ret_at);
/* Since when every asset in use has a complete look that is no older than since; 0: they do not, or there are none. */
CT_MUST_USE ct_err ct_assets_all_assessed(ct_db *db, int64_t since, int64_t *ret_at);

struct ct_incident_item {
    int64_t id, incident, number;
    ct_str kind, text, who;
    int64_t at, due, ended;
};
CT_MUST_USE ct_err ct_incident_item_put(ct_db *db, struct ct_incident_item *i);
/* Ends the open ones of this kind with this text (roles), or this number (tasks). *ret_n: how many. */
CT_MUST_USE ct_err ct_incident_item_end(ct_db *db, int64_t incident, ct_str kind, ct_str text, int64_t number, int64_t now_us, int64_t *ret_n);
typedef ct_err ct_incident_item_tell(void *ctx, const struct ct_incident_item *i);
CT_MUST_USE ct_err ct_incident_items(ct_db *db, int64_t incident, ct_incident_item_tell *tell, void *ctx);

struct ct_rollout {
    int64_t id;
    ct_str name, summary;
    int64_t started;
};
CT_MUST_USE ct_err ct_rollout_get(ct_db *db, ct_arena *arena, ct_str name, struct ct_rollout *ret_rollout);
CT_MUST_USE ct_err ct_rollout_add(ct_db *db, struct ct_rollout *r);
CT_MUST_USE ct_err ct_rollout_covers(ct_db *db, int64_t rollout, int64_t vulnerability);
typedef ct_err ct_rollout_tell(void *ctx, const struct ct_rollout *r);
CT_MUST_USE ct_err ct_rollouts_each(ct_db *db, ct_rollout_tell *tell, void *ctx);
CT_MUST_USE ct_err ct_rollout_vulnerabilities(ct_db *db, int64_t rollout, ct_covered_tell *tell, void *ctx);

struct ct_rollout_stage {
    ct_str stage, how, who, why;
    int64_t opened, settled;
};
CT_MUST_USE ct_err ct_rollout_stage_put(ct_db *db, int64_t rollout, const struct ct_rollout_stage *s);
/* CT_ERR_NOT_FOUND */
CT_MUST_USE ct_err ct_rollout_stage_get(ct_db *db, ct_arena *arena, int64_t rollout, ct_str stage, struct ct_rollout_stage *ret_stage);

/* An asset that has, or had since the roll-out began, to do with its vulnerabilities. */
struct ct_rollout_asset {
    int64_t asset;
    ct_str name, environment, exposure, owner;
    int64_t assessed;
    int64_t open, on_disk, mitigated; /* findings: all open ones; of them those whose old code still runs; of them those that are mitigated */
    ct_str look_kind;                 /* of its newest complete look; null p: none */
    int64_t look_processes;
};
typedef ct_err ct_rollout_asset_tell(void *ctx, const struct ct_rollout_asset *a);
CT_MUST_USE ct_err ct_rollout_assets(ct_db *db, const struct ct_rollout *r, ct_rollout_asset_tell *tell, void *ctx);

#endif
