/* Reading for answers: what is affected, where, and since when; places and evidence of one asset. Nothing here changes anything.
 *
 * Text lives during the call; a callback may run other statements of this folder, but not the reading that called it.
 */
#ifndef CT_STORE_ANSWER_H
#define CT_STORE_ANSWER_H

#include "store/db.h"

struct ct_answer_filter {
    ct_str environment, exposure, owner; /* null p: any */
};

/* Assets in use, in no order; or, with stale_before, those of them without a complete look since, by environment, exposure, name. */
struct ct_cover_row {
    int64_t asset, looked, assessed;     /* 0: never */
    ct_str name, environment, exposure, owner;
};
typedef ct_err ct_cover_tell(void *ctx, const struct ct_cover_row *r);
CT_MUST_USE ct_err ct_cover_each(ct_db *db, const struct ct_answer_filter *filter, int64_t stale_before, ct_cover_tell *tell, void *ctx);

struct ct_affected_row {
    int64_t finding, asset, component;
    ct_str name, environment, exposure, owner, criticality;
    ct_str purl, version, state, reason;
    bool conflict;
    int64_t opened, closed, due, breached; /* 0: none */
    int64_t looked, assessed;
    bool stopped, forensics;               /* stopped: a mitigation stops its clock, by the policy */
    int64_t due_policy, accepted_until;    /* by the policy alone; end of the last acceptance, which may be past. Not when counting */
    ct_str rule;
};
typedef ct_err ct_affected_tell(void *ctx, const struct ct_affected_row *r);
/* Findings of a vulnerability that are open, on assets in use, in no order, without purl, version and reason: for counting. */
CT_MUST_USE ct_err ct_affected_count(ct_db *db, int64_t vulnerability, const struct ct_answer_filter *filter, ct_affected_tell *tell, void *ctx);
/* The same by state (least safe first), exposure (public first), environment (production first), name. */
CT_MUST_USE ct_err ct_affected_each(ct_db *db, int64_t vulnerability, const struct ct_answer_filter *filter, ct_affected_tell *tell, void *ctx);
/* Of one asset, closed ones too. */
CT_MUST_USE ct_err ct_findings_on(ct_db *db, int64_t vulnerability, int64_t asset, ct_affected_tell *tell, void *ctx);
/* Open ones of one asset, whatever the vulnerability: its name stands in name. */
CT_MUST_USE ct_err ct_findings_open_on(ct_db *db, int64_t asset, ct_affected_tell *tell, void *ctx);
/* Open ones of a vulnerability that nothing mitigates, where the same component is mitigated for another: name, environment, purl; state is the other's name, reason
 * what mitigates it. By name. */
CT_MUST_USE ct_err ct_mitigations_short(ct_db *db, int64_t vulnerability, ct_affected_tell *tell, void *ctx);

struct ct_place_row {
    int64_t instance, first_seen, seen, gone;
    ct_str path, source;
};
typedef ct_err ct_place_tell(void *ctx, const struct ct_place_row *r);
/* Open ones first. */
CT_MUST_USE ct_err ct_places_of(ct_db *db, int64_t asset, int64_t component, ct_place_tell *tell, void *ctx);

struct ct_observed_row {
    ct_str source, state, reason, fix, evidence, processes; /* the last two: JSON as reported */
    int64_t at;                                             /* end of the look */
};
typedef ct_err ct_observed_tell(void *ctx, const struct ct_observed_row *r);
CT_MUST_USE ct_err ct_observed_of(ct_db *db, int64_t instance, int64_t vulnerability, ct_observed_tell *tell, void *ctx);
/* Other names of a vulnerability. */
typedef ct_err ct_alias_tell(void *ctx, ct_str alias);
CT_MUST_USE ct_err ct_aliases_of(ct_db *db, int64_t vulnerability, ct_alias_tell *tell, void *ctx);
/* Does an advisory in force, or a look, speak about it? */
CT_MUST_USE ct_err ct_vulnerability_spoken_of(ct_db *db, int64_t vulnerability, bool *ret_spoken);

#endif
