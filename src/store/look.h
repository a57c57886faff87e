/* Looks at assets, and what they saw: instances of components at places, and what a look itself said of an instance and a vulnerability.
 *
 * Plain rows; which look may close what is decided above. The caller holds the transaction. Texts may hold any byte.
 */
#ifndef CT_STORE_LOOK_H
#define CT_STORE_LOOK_H

#include "base/arena.h"
#include "base/blake2b.h"
#include "store/db.h"

struct ct_look {
    int64_t id, asset;
    ct_str kind;              /* scan, image, sbom */
    unsigned char digest[CT_BLAKE2B_DIGEST];
    int64_t started, ended, taken;
    bool complete;
    bool whole;               /* all of the asset, not some of its folders; not stored, asset.assessed is */
    int processes;            /* 0 not looked at, 1 those of its own user, 2 all */
    ct_str families, roots, exclusions, reporter; /* JSON arrays and object */
};

/* CT_ERR_END: this asset has none of this digest. */
CT_MUST_USE ct_err ct_look_find(ct_db *db, int64_t asset, const unsigned char digest[CT_BLAKE2B_DIGEST]);
/* Sets look->id, and when the asset was looked at and assessed last. */
CT_MUST_USE ct_err ct_look_add(ct_db *db, struct ct_look *look);
/* Looks of an asset, newest first; those that still hold an open instance or an observation first cut nothing. Text lives during the call. */
typedef ct_err ct_look_tell(void *ctx, const struct ct_look *look);
CT_MUST_USE ct_err ct_looks_each(ct_db *db, int64_t asset, ct_look_tell *tell, void *ctx);
/* Reads one. Text lives in arena. */
CT_MUST_USE ct_err ct_look_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_look *ret_look);

/* The component of this purl and version, made if need be. */
struct ct_component_row {
    int64_t id;
    ct_str purl, version, ecosystem, name;
};
/* likely_new spares a question where it is true; the answer is the same. */
CT_MUST_USE ct_err ct_component_put(ct_db *db, struct ct_component_row *c, bool likely_new, bool *ret_new);
/* CT_ROWS_AT_ONCE of them in one statement; *ret_new: none of them was there. Each has the id that it got; where one was there, or stands in rows
 * twice, that is the id that it would have got, and ct_component_put says its own. */
enum { CT_ROWS_AT_ONCE = 25 };
CT_MUST_USE ct_err ct_components_add(ct_db *db, struct ct_component_row *rows, bool *ret_new);
CT_MUST_USE ct_err ct_component_last(ct_db *db, int64_t *ret_id); /* the highest id; 0: there is none */
/* Those above this id, in its order: all of them, or those of a package that an advisory names. Text lives during the call. */
typedef ct_err ct_component_row_tell(void *ctx, const struct ct_component_row *c);
CT_MUST_USE ct_err ct_components_above(ct_db *db, int64_t id, bool advised, ct_component_row_tell *tell, void *ctx);
/* Text lives in arena. */
CT_MUST_USE ct_err ct_component_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_component_row *ret_component);

/* The component of this purl that is or was on the asset; one that is there before one that is gone. CT_ERR_NOT_FOUND. */
CT_MUST_USE ct_err ct_component_on(ct_db *db, int64_t asset, ct_str purl, int64_t *ret_component);

enum ct_sighting { CT_SIGHTING_NEW, CT_SIGHTING_BACK, CT_SIGHTING_AGAIN };
/* Of a component that no asset ever held. */
CT_MUST_USE ct_err ct_instance_add(ct_db *db, const struct ct_look *look, int64_t component, ct_str path, ct_str source, int64_t *ret_id);
/* only_new: what is known already, seen or gone, stays as it is. What is seen again is for ct_instances_seen to write down. */
CT_MUST_USE ct_err ct_instance_see(ct_db *db, const struct ct_look *look, int64_t component, ct_str path, ct_str source, bool only_new, int64_t *ret_id,
                                   enum ct_sighting *ret_sighting);
/* ct_instance_add for CT_ROWS_AT_ONCE of them in one statement. */
struct ct_place {
    int64_t component;
    ct_str path, source;
};
CT_MUST_USE ct_err ct_instances_add(ct_db *db, const struct ct_look *look, const struct ct_place *places);
/* This look was the last to see them; best CT_ROWS_AT_ONCE at a time. */
CT_MUST_USE ct_err ct_instances_seen(ct_db *db, const struct ct_look *look, const int64_t *instances, size_t n);
/* Looks other than this one that still hold open instances, or observations, of the asset: at most max ids. */
CT_MUST_USE ct_err ct_looks_open(ct_db *db, const struct ct_look *look, int64_t *ids, size_t max, size_t *ret_n);
/* Open instances that the look `last` was the last to see. path lives during the call. */
typedef ct_err ct_instance_tell(void *ctx, int64_t instance, ct_str path);
CT_MUST_USE ct_err ct_instances_of_look(ct_db *db, int64_t last, ct_instance_tell *tell, void *ctx);
CT_MUST_USE ct_err ct_instance_gone(ct_db *db, int64_t instance, int64_t now_us);
CT_MUST_USE ct_err ct_instances_gone(ct_db *db, int64_t last, int64_t now_us, int64_t *ret_n); /* all of them */

/* Open instances of an asset in use, of all of them for asset 0, each with its component. */
struct ct_held_row {
    ct_str asset, environment, purl, version, ecosystem, path, source;
};
typedef ct_err ct_held_tell(void *ctx, const struct ct_held_row *r);
CT_MUST_USE ct_err ct_held_each(ct_db *db, int64_t asset, ct_held_tell *tell, void *ctx);

struct ct_observation {
    int64_t instance, vulnerability, look;
    ct_str source, state, reason, fix, evidence, processes;
};
/* Of this instance, vulnerability and source; CT_ERR_END: none. State and text live in arena. */
CT_MUST_USE ct_err ct_observation_get(ct_db *db, ct_arena *arena, int64_t instance, int64_t vulnerability, ct_str source, struct ct_observation *ret_observation);
/* The state of the open finding of this instance's component, and those of its sources. */
typedef void ct_state_tell(void *ctx, ct_str state);
CT_MUST_USE ct_err ct_instance_states(ct_db *db, int64_t instance, int64_t vulnerability, ct_state_tell *tell, void *ctx);
CT_MUST_USE ct_err ct_observation_put(ct_db *db, const struct ct_observation *o);
/* Drops what the look `last` observed of instances that `look` saw, and did not observe again. */
CT_MUST_USE ct_err ct_observations_drop(ct_db *db, int64_t last, int64_t look);

#endif
