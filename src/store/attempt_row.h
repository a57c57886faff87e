/* Attempts, what they would do, their campaigns, and routes: rows.
 *
 * The caller holds the transaction. Texts may hold any byte, most come from attackers. Text given to a callback lives during the call; a
 * callback may run other statements of this folder, but not the reading that called it.
 */
#ifndef CT_STORE_ATTEMPT_ROW_H
#define CT_STORE_ATTEMPT_ROW_H

#include "base/arena.h"
#include "base/blake2b.h"
#include "store/db.h"

enum { CT_ATTEMPT_ID = 16 };

struct ct_campaign_row {
    int64_t id;
    ct_str key, callback, scanner, normal;
    int64_t grade;
    uint64_t attempts, clients;          /* when listing */
    int64_t first, last, contacted;      /* contacted: how many */
};
/* Found or made; the higher grade stays, with its normal form. */
CT_MUST_USE ct_err ct_campaign_put(ct_db *db, struct ct_campaign_row *c);
struct ct_attempt_filter {
    int64_t since, until;                /* at >= since, at < until */
};
typedef ct_err ct_campaign_tell(void *ctx, const struct ct_campaign_row *c);
/* Highest grade first, contacted before not, then by number. */
CT_MUST_USE ct_err ct_campaigns_each(ct_db *db, const struct ct_attempt_filter *f, ct_campaign_tell *tell, void *ctx);
/* What logs and rules said of it: status and WAF outcome, most first. */
typedef ct_err ct_outcome_tell(void *ctx, ct_str status, ct_str waf, uint64_t attempts);
CT_MUST_USE ct_err ct_campaign_outcomes(ct_db *db, int64_t campaign, const struct ct_attempt_filter *f, ct_outcome_tell *tell, void *ctx);

struct ct_shape_row {
    int64_t id;
    unsigned char digest[CT_BLAKE2B_DIGEST];
    ct_str grade, certainty, conditions, fires; /* the last two: JSON */
};
CT_MUST_USE ct_err ct_shape_put(ct_db *db, struct ct_shape_row *s);
/* Text lives in arena. */
CT_MUST_USE ct_err ct_shape_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_shape_row *ret_shape);

struct ct_attempt_row {
    unsigned char event[CT_ATTEMPT_ID];
    int64_t campaign, shape, asset, at;  /* asset 0: not said */
    bool has_time, contacted;
    uint64_t stands_for, line;
    ct_str source, target, client, status, waf;
};
CT_MUST_USE ct_err ct_attempt_known(ct_db *db, const unsigned char event[CT_ATTEMPT_ID], bool *ret_known);
CT_MUST_USE ct_err ct_attempt_put(ct_db *db, const struct ct_attempt_row *a);
CT_MUST_USE ct_err ct_attempts_any(ct_db *db, bool *ret_any);

/* Attempts that only their times tell apart. */
struct ct_attempt_group {
    int64_t campaign, shape, asset, first, last;
    ct_str source, target;
    uint64_t attempts;
    bool has_time;                       /* all of them */
};
typedef ct_err ct_group_tell(void *ctx, const struct ct_attempt_group *g);
CT_MUST_USE ct_err ct_attempt_groups(ct_db *db, int64_t campaign, const struct ct_attempt_filter *f, ct_group_tell *tell, void *ctx);
/* Of a group, with at >= from and at < to: how many, and the first time. */
CT_MUST_USE ct_err ct_attempts_between(ct_db *db, const struct ct_attempt_group *g, int64_t from, int64_t to, uint64_t *ret_n, int64_t *ret_first);

struct ct_route_row {
    int64_t id, asset, added;
    ct_str service, log, host, role;     /* role: serves, reads */
    ct_str asset_name, environment, exposure; /* when listing */
};
CT_MUST_USE ct_err ct_route_put(ct_db *db, const struct ct_route_row *r, bool *ret_new);
typedef ct_err ct_route_tell(void *ctx, const struct ct_route_row *r);
/* By service, log, host, role, asset. */
CT_MUST_USE ct_err ct_routes_each(ct_db *db, ct_route_tell *tell, void *ctx);
/* Removes it, after telling what it was. CT_ERR_NOT_FOUND. */
CT_MUST_USE ct_err ct_route_remove(ct_db *db, int64_t id, ct_route_tell *tell, void *ctx);

#endif
