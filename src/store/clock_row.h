/* Clocks of findings, as rows: all that a policy asks of them, what was set, and lists of what is due. What policies say is decided above.
 *
 * The caller holds the transaction for changes. Text given to a callback lives during the call; times are microseconds since 1970 UTC, 0: none.
 */
#ifndef CT_STORE_CLOCK_ROW_H
#define CT_STORE_CLOCK_ROW_H

#include "base/arena.h"
#include "store/answer.h"

struct ct_clock_row {
    int64_t finding, asset, vulnerability, component;
    ct_str environment, exposure, criticality, severity, automatable, impact, state, rule;
    bool exploited, forensics, stopped;
    int64_t published, notified;
    int64_t seen, found;                      /* on this asset, of all components that have to do with the vulnerability: first seen, first found to have to */
    int64_t opened, reopened, closed;
    int64_t anchor, due, due_policy, due_set, breached;
    int64_t accepted_until;                   /* of an acceptance in force */
};
typedef ct_err ct_clock_tell(void *ctx, const struct ct_clock_row *r);
/* Findings that are open, and closed ones that were late and have no mark yet; by vulnerability. vulnerability, asset 0: any. Retired assets are left out. */
CT_MUST_USE ct_err ct_clock_rows(ct_db *db, int64_t vulnerability, int64_t asset, int64_t now_us, ct_clock_tell *tell, void *ctx);
/* Open ones that are past their time and have no mark yet. */
CT_MUST_USE ct_err ct_clock_rows_late(ct_db *db, int64_t now_us, ct_clock_tell *tell, void *ctx);
/* Is there one? Cheap: every command asks. */
CT_MUST_USE ct_err ct_clocks_late(ct_db *db, int64_t now_us, bool *ret_late);
/* Writes anchor, due, due_policy, due_set, rule, forensics, stopped, breached. */
CT_MUST_USE ct_err ct_clock_put(ct_db *db, const struct ct_clock_row *r);

struct ct_due_row {
    int64_t finding, asset;
    ct_str name, environment, exposure, owner, vulnerability, severity, purl, version, state, rule;
    bool forensics, stopped;
    int64_t opened, closed, due, due_policy, breached, accepted_until;
};
typedef ct_err ct_due_tell(void *ctx, const struct ct_due_row *r);
/* Open findings that are due before until, soonest first; marked: also those that ever were late, closed ones too. */
CT_MUST_USE ct_err ct_due_each(ct_db *db, const struct ct_answer_filter *filter, int64_t until_us, int64_t now_us, bool marked, ct_due_tell *tell, void *ctx);

/* Was any vulnerability ever known to be exploited? */
CT_MUST_USE ct_err ct_catalogue_known(ct_db *db, bool *ret_known);
/* CT_ERR_NOT_FOUND: not set. Text lives in arena. */
CT_MUST_USE ct_err ct_setting_get(ct_db *db, ct_arena *arena, ct_str key, ct_str *ret_value);
CT_MUST_USE ct_err ct_setting_put(ct_db *db, ct_str key, ct_str value);
CT_MUST_USE ct_err ct_policy_row_get(ct_db *db, ct_arena *arena, ct_str name, ct_str *ret_yaml);
CT_MUST_USE ct_err ct_policy_row_put(ct_db *db, ct_str name, ct_str yaml, int64_t now_us);
typedef ct_err ct_policy_row_tell(void *ctx, ct_str name, ct_str yaml, int64_t taken);
CT_MUST_USE ct_err ct_policy_rows(ct_db *db, ct_policy_row_tell *tell, void *ctx);

/* What is known of a vulnerability besides its records; null p and 0 leave what is there. */
CT_MUST_USE ct_err ct_vulnerability_facts(ct_db *db, int64_t id, ct_str automatable, ct_str impact, int64_t notified);

struct ct_acceptance {
    int64_t id, asset, vulnerability;
    ct_str approver, reason;
    int64_t since, until, ended;
    ct_str asset_name, environment, vulnerability_name; /* when reading */
};
CT_MUST_USE ct_err ct_acceptance_put(ct_db *db, struct ct_acceptance *a);
/* In force at now; CT_ERR_NOT_FOUND. Text lives in arena. */
CT_MUST_USE ct_err ct_acceptance_in_force(ct_db *db, ct_arena *arena, int64_t asset, int64_t vulnerability, int64_t now_us, struct ct_acceptance *ret_acceptance);
CT_MUST_USE ct_err ct_acceptance_end(ct_db *db, int64_t id, int64_t now_us);
typedef ct_err ct_acceptance_tell(void *ctx, const struct ct_acceptance *a);
/* Newest first; 0: any asset, any vulnerability. */
CT_MUST_USE ct_err ct_acceptances_each(ct_db *db, int64_t asset, int64_t vulnerability, ct_acceptance_tell *tell, void *ctx);

#endif
