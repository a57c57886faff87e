/* What attempts are held against, in memory: assets, what they held when, what their findings were when, when they were looked at. */
#ifndef CT_RESPOND_AGAINST_FACTS_H
#define CT_RESPOND_AGAINST_FACTS_H

#include "base/arena.h"
#include "fingerprint/state.h"
#include "lookup/profile.h"
#include "store/against_row.h"

enum ct_fact_cve { CT_FACT_MESSAGE, CT_FACT_CONTEXT, CT_FACT_RECURSION, CT_FACT_CVES }; /* CVE-2021-44228, -45046, -45105 */

struct ct_fact_state {
    int64_t at;
    enum ct_fact_cve cve;
    enum ct_state state;
};
struct ct_fact_presence {
    int64_t component, first_seen, gone;  /* gone 0: still there */
    ct_str purl, version, path;
    const struct ct_fact_state *states;   /* by time */
    size_t n_states;
    const struct ct_profile *first, *last; /* of the releases that the version names; null: of none with lookups */
    bool release_known;                    /* the version says which releases */
};
struct ct_fact_asset {
    int64_t id, retired, looked;
    ct_str name, environment, exposure;
    int danger;                            /* by exposure, then environment: a smaller one comes first */
    size_t rank;                           /* by danger, name and id: a smaller one comes first */
    const struct ct_fact_presence *presences;
    size_t n_presences;
    const int64_t *looks;                  /* ends of complete looks at all of it, by time */
    size_t n_looks;
};
struct ct_facts {
    const struct ct_fact_asset *assets;    /* by id */
    size_t n;
};
CT_MUST_USE ct_err ct_facts_load(ct_db *db, ct_arena *arena, struct ct_facts *ret_facts);
/* Null: no such asset. */
const struct ct_fact_asset *ct_facts_asset(const struct ct_facts *f, int64_t id);

/* The releases that a version names, "2.14.1" or "2.13.0-2.14.1,2.15.0": profiles of the first and the last. False: it names none that can be read. Both
 * null: releases without lookups. */
bool ct_version_profiles(ct_str version, const struct ct_profile **ret_first, const struct ct_profile **ret_last);

#endif
