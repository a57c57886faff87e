/* What the store knows to be in an asset, or in all of them, as components for the writers of sbom/sbom.h. */
#ifndef CT_RESPOND_SBOM_EXPORT_H
#define CT_RESPOND_SBOM_EXPORT_H

#include "sbom/sbom.h"
#include "store/asset.h"

/* asset: null for the whole estate, where places begin with the asset's name. Open instances only; text lives in arena. *ret_subject without `created`. */
CT_MUST_USE ct_err ct_sbom_of(ct_db *db, ct_arena *arena, const struct ct_asset *asset, struct ct_sbom_subject *ret_subject, struct ct_component **ret_components,
                              size_t *ret_n);

#endif
