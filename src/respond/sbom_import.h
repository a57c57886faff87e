/* Bills of materials into the store: a look of kind "sbom" at the asset they are about.
 *
 * A bill that was taken before (by its digest) changes nothing. It is dated by its own timestamp, and by the clock where it has none or one to come. A bill
 * closes what an earlier one about the same subject listed and it does not, unless it calls itself incomplete; nothing that a scan saw. Whether the
 * asset counts as assessed by it is for the bill to say ("complete"), or for a person.
 * A component without a purl, or with one that is none, becomes pkg:generic/NAME@VERSION: no advisory can find it, and it is told by name.
 * The caller holds the transaction.
 */
#ifndef CT_RESPOND_SBOM_IMPORT_H
#define CT_RESPOND_SBOM_IMPORT_H

#include "respond/look_take.h"
#include "sbom/bom_in.h"

struct ct_sbom_taken {
    struct ct_bom_about about;   /* text lives in arena, or borrows from the bill */
    uint64_t no_purl, bad_purl;  /* components that nothing can find */
    bool again, closes, assesses;
    struct ct_look_counts looks;
};
/* A component without identity; why: "no purl", or what is wrong with it. Not escaped. */
typedef void ct_sbom_unknown(void *ctx, const struct ct_bom_component *c, const char *why);

/* complete: a person says that it lists all of the asset. arena: for the whole bill. */
CT_MUST_USE ct_err ct_sbom_import(ct_db *db, ct_arena *arena, const struct ct_asset *asset, ct_str text, bool complete, const struct ct_who *who, ct_sbom_unknown *tell, void *ctx,
                                  struct ct_sbom_taken *ret_taken, struct ct_fault *fault);

#endif
