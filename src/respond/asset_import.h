/* Assets out of lists that people keep: CSV with a header line, a JSON array of objects, or a JSON object a line.
 *
 * Columns are found by name (name, environment, exposure, owner, criticality, tags; in any case) or as the map says. Taking a list
 * twice changes nothing; a column that the list does not have leaves what is known. A row whose environment is known fills in an asset
 * of that name without one. The caller holds the transaction: a row that is refused ends the import, with its line.
 * Weak side: of a column given twice the last one counts.
 */
#ifndef CT_RESPOND_ASSET_IMPORT_H
#define CT_RESPOND_ASSET_IMPORT_H

#include "store/asset.h"

/* "name=Hostname,environment=Stage,environment.PRD=production": columns, and words of the list for ours. */
enum { CT_ASSET_MAP_MAX = 64 };
struct ct_asset_map {
    struct {
        ct_str field, value, to;  /* value: a null p for a column */
    } items[CT_ASSET_MAP_MAX];
    size_t n;
};
/* Adds to ret_map; the text lives as long as it. */
CT_MUST_USE ct_err ct_asset_map_parse(ct_str text, struct ct_asset_map *ret_map, struct ct_fault *fault);

struct ct_asset_counts {
    uint64_t rows, added, changed, same;
};
CT_MUST_USE ct_err ct_assets_import(ct_db *db, ct_str text, const struct ct_asset_map *map, const struct ct_who *who, struct ct_asset_counts *ret_counts,
                                    struct ct_fault *fault);

#endif
