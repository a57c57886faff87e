/* Advisories, what they say of components, and the findings that follow: rows, and the queries that deriving them needs.
 *
 * The caller holds the transaction. Text given to a callback lives during the call; a callback may run other statements of this folder, but not
 * the reading that called it.
 */
#ifndef CT_STORE_FINDING_ROW_H
#define CT_STORE_FINDING_ROW_H

#include "store/look.h"
#include "store/who.h"

struct ct_advisory_row {
    int64_t id, vulnerability;
    ct_str source, name;          /* one record of one source */
    ct_str severity;
    int64_t published, modified, withdrawn, taken; /* 0: none */
    unsigned char digest[CT_BLAKE2B_DIGEST];
    ct_str record;                /* as it came */
};
/* CT_ERR_NOT_FOUND. Without the record. Text lives in arena. */
CT_MUST_USE ct_err ct_advisory_row_find(ct_db *db, ct_arena *arena, ct_str source, ct_str name, struct ct_advisory_row *ret_row);
/* Added, or in the place of the one of this source and name. Sets id; its packages and matches are gone. */
CT_MUST_USE ct_err ct_advisory_row_put(ct_db *db, struct ct_advisory_row *row);
CT_MUST_USE ct_err ct_advisory_package_put(ct_db *db, int64_t advisory, ct_str ecosystem, ct_str name);
typedef ct_err ct_advisory_row_tell(void *ctx, const struct ct_advisory_row *row);
/* In force, with their records. */
CT_MUST_USE ct_err ct_advisory_rows_of_package(ct_db *db, ct_str ecosystem, ct_str name, ct_advisory_row_tell *tell, void *ctx);
/* All that speak of a vulnerability, without their records. */
CT_MUST_USE ct_err ct_advisory_rows_of(ct_db *db, int64_t vulnerability, ct_advisory_row_tell *tell, void *ctx);
/* Local advisories without a CVE that are about a package of this vulnerability's records, and are another one. */
typedef ct_err ct_name_tell(void *ctx, ct_str name);
CT_MUST_USE ct_err ct_advisory_locals_beside(ct_db *db, int64_t vulnerability, ct_name_tell *tell, void *ctx);
typedef ct_err ct_component_tell(void *ctx, const struct ct_component_row *c);
CT_MUST_USE ct_err ct_components_of_advisory(ct_db *db, int64_t advisory, ct_component_tell *tell, void *ctx);

struct ct_match {
    int64_t component, advisory, vulnerability;
    ct_str source, name;          /* of the advisory; when reading */
    ct_str state, reason, fixed;
};
CT_MUST_USE ct_err ct_match_put(ct_db *db, const struct ct_match *m);
/* Is a component here that it calls affected, or may? */
CT_MUST_USE ct_err ct_advisory_concerns(ct_db *db, int64_t advisory, bool *ret_concerns);
typedef ct_err ct_match_tell(void *ctx, const struct ct_match *m);
CT_MUST_USE ct_err ct_matches_of(ct_db *db, int64_t vulnerability, int64_t component, ct_match_tell *tell, void *ctx);

/* What deriving looks at: each open instance of a component that an advisory or a look connects with the vulnerability, once per observation
 * (source empty: none). By component, asset, instance. asset 0: of all that are not retired. */
struct ct_evidence_row {
    int64_t component, asset, instance;
    ct_str path, source, state, reason, fix;
    int64_t at;                   /* end of the look that observed it; 0: nobody did */
};
typedef ct_err ct_evidence_row_tell(void *ctx, const struct ct_evidence_row *r);
CT_MUST_USE ct_err ct_evidence_rows(ct_db *db, int64_t vulnerability, int64_t asset, ct_evidence_row_tell *tell, void *ctx);
/* Vulnerabilities that an asset has, or had, to do with. */
CT_MUST_USE ct_err ct_vulnerabilities_of_asset(ct_db *db, ct_arena *arena, int64_t asset, int64_t **ret_ids, size_t *ret_n);
CT_MUST_USE ct_err ct_vulnerabilities_all(ct_db *db, ct_arena *arena, int64_t **ret_ids, size_t *ret_n);

struct ct_finding {
    int64_t id, asset, component, vulnerability;
    ct_str state, reason;
    bool conflict;
    int64_t opened, closed;       /* closed 0: open */
    int64_t reopened;             /* when writing; 0: stays as it is */
};
/* By component, asset. */
typedef ct_err ct_finding_tell(void *ctx, const struct ct_finding *f);
CT_MUST_USE ct_err ct_findings_of(ct_db *db, int64_t vulnerability, int64_t asset, ct_finding_tell *tell, void *ctx);
/* id 0: added. */
CT_MUST_USE ct_err ct_finding_put(ct_db *db, struct ct_finding *f);
/* What its state became, and when. */
CT_MUST_USE ct_err ct_finding_became(ct_db *db, int64_t finding, int64_t at, ct_str state);
/* Does any asset have, or had, to do with it? */
CT_MUST_USE ct_err ct_finding_any(ct_db *db, int64_t vulnerability, bool *ret_any);
struct ct_finding_verdict {
    ct_str source, state, reason;
};
/* replace: it may have some already. */
CT_MUST_USE ct_err ct_verdicts_put(ct_db *db, int64_t finding, bool replace, const struct ct_finding_verdict *list, size_t n);
typedef ct_err ct_verdict_tell(void *ctx, const struct ct_finding_verdict *v);
CT_MUST_USE ct_err ct_verdicts_of(ct_db *db, int64_t finding, ct_verdict_tell *tell, void *ctx);

/* Is any instance of it still there? */
CT_MUST_USE ct_err ct_component_present(ct_db *db, int64_t asset, int64_t component, bool *ret_present);

#endif
