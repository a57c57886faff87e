/* Roll-outs: a fix goes to development, then to staging, then to production.
 *
 * The gate of a stage opens when the stage before it is verified: every asset of that environment which had to do with the vulnerabilities has a complete look
 * that is later than its gate, that looked at processes (an image has none), and no open finding of them; mitigated and fixed on disk are not enough. Or a person
 * says so, with a reason. A stage may be skipped, by name, by whom and why; it stays in sight. A stage that is no longer as it was verified closes the next gate.
 * Assets of unknown environment belong to no stage and are named. The caller holds the transaction.
 */
#ifndef CT_RESPOND_ROLLOUT_H
#define CT_RESPOND_ROLLOUT_H

#include "base/fault.h"
#include "store/incident_row.h"
#include "store/who.h"

enum { CT_STAGES = 3 };
extern const char *const ct_stage_names[CT_STAGES]; /* development, staging, production */
/* -1: none of them. */
int ct_stage_of(ct_str word);

/* The development stage is open at once. names: of vulnerabilities that are known. */
CT_MUST_USE ct_err ct_rollout_start(ct_db *db, ct_arena *arena, ct_str name, ct_str summary, const ct_str *names, size_t n, const struct ct_who *who, struct ct_rollout *ret_rollout,
                                    struct ct_fault *fault);

/* What stands in the way of an asset, in words; null: nothing. */
const char *ct_rollout_blocks(const struct ct_rollout_asset *a, int64_t opened);

struct ct_stage_view {
    struct ct_rollout_stage stage;  /* all empty: its gate is closed */
    uint64_t assets, done;          /* done: nothing stands in its way */
};
typedef ct_err ct_rollout_blocked(void *ctx, const struct ct_rollout_asset *a, const char *why);
struct ct_rollout_view {
    struct ct_stage_view stages[CT_STAGES];
    uint64_t nowhere;               /* assets of unknown environment */
};
/* blocked may be null: it is called for each asset in the way, and for those of no stage that have open findings. */
CT_MUST_USE ct_err ct_rollout_look(ct_db *db, ct_arena *arena, const struct ct_rollout *r, ct_rollout_blocked *blocked, void *ctx, struct ct_rollout_view *ret_view);

/* Opens the gate of a stage. CT_ERR_USAGE: it stays closed, and the fault says why. */
CT_MUST_USE ct_err ct_rollout_advance(ct_db *db, ct_arena *arena, const struct ct_rollout *r, int stage, const struct ct_who *who, struct ct_fault *fault);
/* by_person: on who's word, with who->why; else by what looks show. *ret_verified false: assets stand in the way, and nothing was written. */
CT_MUST_USE ct_err ct_rollout_verify(ct_db *db, ct_arena *arena, const struct ct_rollout *r, int stage, bool by_person, const struct ct_who *who, bool *ret_verified,
                                     struct ct_fault *fault);
CT_MUST_USE ct_err ct_rollout_skip(ct_db *db, ct_arena *arena, const struct ct_rollout *r, int stage, const struct ct_who *who, struct ct_fault *fault);

#endif
