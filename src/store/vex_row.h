/* What vendors and others say (VEX): documents, statements, and the components they are about. Rows; what counts is decided above.
 *
 * Nothing is ever changed or taken out. The caller holds the transaction. Text given to a callback lives during the call; a callback may run other
 * statements of this folder, but not the reading that called it.
 */
#ifndef CT_STORE_VEX_ROW_H
#define CT_STORE_VEX_ROW_H

#include "base/arena.h"
#include "base/blake2b.h"
#include "store/db.h"

struct ct_vex_document {
    int64_t id, taken;
    unsigned char digest[CT_BLAKE2B_DIGEST];
    ct_str source, format, name;
};
/* CT_ERR_END: none of this digest. */
CT_MUST_USE ct_err ct_vex_document_find(ct_db *db, const unsigned char digest[CT_BLAKE2B_DIGEST]);
CT_MUST_USE ct_err ct_vex_document_put(ct_db *db, struct ct_vex_document *d); /* sets id */

struct ct_vex_row {
    int64_t id, document, vulnerability, at, asset; /* 0: none */
    uint64_t line;
    ct_str status, said, vendor, product, versions, product_id, purl, component, justification, text, action, refused;
    ct_str purl_key, component_key;
    ct_str source, document_name, vulnerability_name, asset_name; /* when reading */
    bool exact;                   /* ct_vex_about */
};
CT_MUST_USE ct_err ct_vex_row_put(ct_db *db, struct ct_vex_row *r); /* sets id */
typedef ct_err ct_vex_tell(void *ctx, const struct ct_vex_row *r);
/* That count, and name this package: as what they are about, or as the product. */
CT_MUST_USE ct_err ct_vex_of_package(ct_db *db, ct_str key, ct_vex_tell *tell, void *ctx);
/* All, or those of a vulnerability, in the order in which they came. */
CT_MUST_USE ct_err ct_vex_each(ct_db *db, int64_t vulnerability, ct_vex_tell *tell, void *ctx);

CT_MUST_USE ct_err ct_vex_match_put(ct_db *db, int64_t statement, int64_t component, bool about, bool exact);
/* Does anybody say anything that counts of this vulnerability? */
CT_MUST_USE ct_err ct_vex_any(ct_db *db, int64_t vulnerability, bool *ret_any);
/* Does anything name a package? */
CT_MUST_USE ct_err ct_vex_packages(ct_db *db, bool *ret_any);
/* Of a vulnerability, those that count: about this component, and those that a person gave to an asset. By source, product, newest first. */
CT_MUST_USE ct_err ct_vex_about(ct_db *db, int64_t vulnerability, int64_t component, ct_vex_tell *tell, void *ctx);
/* Does the asset hold the product of the statement? *ret_exact: in this very version. */
CT_MUST_USE ct_err ct_vex_product_on(ct_db *db, int64_t statement, int64_t asset, bool *ret_on, bool *ret_exact);

/* Components whose purl begins with key (and more that the caller sorts out). */
typedef ct_err ct_key_tell(void *ctx, int64_t component, ct_str purl, ct_str version);
CT_MUST_USE ct_err ct_components_from(ct_db *db, ct_str key, ct_key_tell *tell, void *ctx);

/* Findings for giving out what is known: open and closed, on assets in use, by asset, vulnerability, purl. 0: any. */
struct ct_known_row {
    int64_t asset, component, vulnerability;
    ct_str asset_name, environment, purl, version, vulnerability_name, state, reason;
    int64_t opened, closed;
};
typedef ct_err ct_known_tell(void *ctx, const struct ct_known_row *r);
CT_MUST_USE ct_err ct_known_each(ct_db *db, int64_t asset, int64_t vulnerability, ct_known_tell *tell, void *ctx);
/* Versions that end the ranges a component is in: each once. */
typedef ct_err ct_fixed_tell(void *ctx, ct_str version);
CT_MUST_USE ct_err ct_fixed_versions(ct_db *db, int64_t component, int64_t vulnerability, ct_fixed_tell *tell, void *ctx);

#endif
