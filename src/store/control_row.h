/* Controls: rows. What stands between a flaw and whoever would use it, put in by hand; what covers what is decided above.
 *
 * A control without names covers what is known of its kind; one with names covers those alone. The caller holds the transaction. Text given to
 * a callback lives during the call.
 */
#ifndef CT_STORE_CONTROL_ROW_H
#define CT_STORE_CONTROL_ROW_H

#include "base/arena.h"
#include "store/db.h"

enum ct_claim {
    CT_CLAIM_NOT,     /* known of this kind */
    CT_CLAIM_BEYOND,  /* a person's word where nothing is known */
    CT_CLAIM_AGAINST, /* a person's word against what is known: kept, and changes nothing */
};

struct ct_control_row {
    int64_t id, asset, component; /* component 0: all of the asset's */
    ct_str kind, evidence, who;
    int64_t since, until, ended;  /* until 0: open; ended 0: not */
    bool named;                   /* it names what it covers ... */
    bool covers;                  /* ... and this vulnerability is among it; when asked with one */
    enum ct_claim claim;
    ct_str asset_name, environment, exposure, purl; /* purl: of the component; when listing */
};
CT_MUST_USE ct_err ct_control_row_add(ct_db *db, struct ct_control_row *c);
CT_MUST_USE ct_err ct_control_row_cover(ct_db *db, int64_t control, int64_t vulnerability, enum ct_claim claim);
CT_MUST_USE ct_err ct_control_row_end(ct_db *db, int64_t id, int64_t ended);
/* CT_ERR_NOT_FOUND. Text lives in arena. */
CT_MUST_USE ct_err ct_control_row_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_control_row *ret_control);

typedef ct_err ct_control_tell(void *ctx, const struct ct_control_row *c);
/* In force at now_us for this asset and component, oldest first, with what each says of the vulnerability. */
CT_MUST_USE ct_err ct_controls_in_force(ct_db *db, int64_t asset, int64_t component, int64_t vulnerability, int64_t now_us, ct_control_tell *tell, void *ctx);
/* By asset; asset 0: all. ended: those too. covers and claim are not set. */
CT_MUST_USE ct_err ct_controls_each(ct_db *db, int64_t asset, bool ended, ct_control_tell *tell, void *ctx);
/* Past their time at now_us and not ended yet: their ids. */
CT_MUST_USE ct_err ct_controls_past(ct_db *db, ct_arena *arena, int64_t now_us, int64_t **ret_ids, size_t *ret_n);

/* What a control names. */
typedef ct_err ct_named_tell(void *ctx, ct_str vulnerability, enum ct_claim claim);
CT_MUST_USE ct_err ct_control_names(ct_db *db, int64_t control, ct_named_tell *tell, void *ctx);

/* What scans saw: an observation that says mitigated, or processes whose controls were written down. */
struct ct_seen_control {
    ct_str asset, environment, path, vulnerability, source, state, reason, processes; /* processes: JSON */
    int64_t at;
};
typedef ct_err ct_seen_control_tell(void *ctx, const struct ct_seen_control *s);
/* Of open instances. asset 0: all. */
CT_MUST_USE ct_err ct_controls_seen(ct_db *db, int64_t asset, ct_seen_control_tell *tell, void *ctx);

#endif
