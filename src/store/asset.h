/* Assets: what can be affected. A host, an image, an application; known by hand, by a list, or by the report of a scan.
 *
 * Name and environment together are one asset. Every change appends its timeline entry with what was and what is; the caller holds
 * the transaction. Refuses, with words for people: an empty or overlong name, words that are no environment, exposure or
 * criticality. Texts may hold any byte. Weak side: a retired asset keeps its name; adding it again brings it back.
 */
#ifndef CT_STORE_ASSET_H
#define CT_STORE_ASSET_H

#include "base/arena.h"
#include "store/db.h"
#include "store/who.h"

struct ct_asset {
    int64_t id;              /* 0: not in the store */
    ct_str name;
    ct_str environment;      /* development, staging, production, unknown */
    ct_str exposure;         /* public, internal, receives-public-input, unknown */
    ct_str owner;
    ct_str criticality;      /* low, medium, high, critical, or empty */
    ct_str machine_id, hardware_id;
    ct_str network_id;       /* over its network cards alone: what a report without rights has for a hardware id */
    const ct_str *tags;      /* sorted, each once */
    size_t n_tags;
    int64_t added, retired, looked, assessed; /* microseconds; 0: never */
};

/* The word itself as a constant, in any case and with usual short forms ("prod", "dev"); a null p: none of them. Empty is "unknown". */
ct_str ct_environment_word(ct_str s);
ct_str ct_exposure_word(ct_str s);
ct_str ct_criticality_word(ct_str s); /* empty is "" */

/* CT_ERR_NOT_FOUND, or CT_ERR_USAGE when several environments hold the name and none was given. Retired ones too. */
CT_MUST_USE ct_err ct_asset_find(ct_db *db, ct_arena *arena, ct_str name, ct_str environment, struct ct_asset *ret_asset);
CT_MUST_USE ct_err ct_asset_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_asset *ret_asset);

enum ct_put { CT_PUT_SAME, CT_PUT_ADDED, CT_PUT_CHANGED };
/* a->id 0: adds it. Otherwise makes the stored one like a; what does not differ leaves no trace. added, looked and assessed are
 * not looked at. fault: what is refused. */
CT_MUST_USE ct_err ct_asset_put(ct_db *db, ct_arena *arena, struct ct_asset *a, const struct ct_who *who, enum ct_put *ret_put, struct ct_fault *fault);
CT_MUST_USE ct_err ct_asset_retire(ct_db *db, ct_arena *arena, const struct ct_asset *a, const struct ct_who *who);

struct ct_asset_filter {
    ct_str environment, exposure, owner, tag; /* null p: any */
    bool retired;                             /* those too */
};
/* By name. The asset lives during the call; an error from tell ends it and comes back. */
typedef ct_err ct_asset_tell(void *ctx, const struct ct_asset *a);
CT_MUST_USE ct_err ct_assets_each(ct_db *db, const struct ct_asset_filter *filter, ct_asset_tell *tell, void *ctx);

/* "web-1 (production)", as the timeline names it. */
CT_MUST_USE ct_err ct_asset_subject(ct_arena *arena, ct_str name, ct_str environment, ct_str *ret_subject);
/* The same by its id. */
CT_MUST_USE ct_err ct_asset_title(ct_db *db, ct_arena *arena, int64_t id, ct_str *ret_title);

#endif
