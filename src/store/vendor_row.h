/* Third parties as rows: who they are, what they say, what was asked, what was limited. Text lives during the call of a callback, else in arena; times are
 * microseconds since 1970 UTC, 0: none. The caller holds the transaction for changes. */
#ifndef CT_STORE_VENDOR_ROW_H
#define CT_STORE_VENDOR_ROW_H

#include "base/arena.h"
#include "store/db.h"

struct ct_vendor {
    int64_t id;
    ct_str name, contact, data;
    bool ours;
    int64_t added;
};
/* By name, in any case of ASCII letters. CT_ERR_NOT_FOUND */
CT_MUST_USE ct_err ct_vendor_get(ct_db *db, ct_arena *arena, ct_str name, struct ct_vendor *ret_vendor);
/* id 0: added. */
CT_MUST_USE ct_err ct_vendor_put(ct_db *db, ct_arena *arena, struct ct_vendor *v);
typedef ct_err ct_vendor_tell(void *ctx, const struct ct_vendor *v);
CT_MUST_USE ct_err ct_vendors_each(ct_db *db, bool all, ct_vendor_tell *tell, void *ctx);
/* Made if need be; ours is never unset. */
CT_MUST_USE ct_err ct_vendor_product_put(ct_db *db, int64_t vendor, ct_str name, bool ours, int64_t *ret_id);
typedef ct_err ct_product_tell(void *ctx, int64_t product, ct_str name, bool ours);
CT_MUST_USE ct_err ct_vendor_products(ct_db *db, int64_t vendor, ct_product_tell *tell, void *ctx);

struct ct_vendor_statement {
    int64_t id, product, vulnerability;
    ct_str source, status, said, versions, text, action, link, date, who;
    int64_t taken;
    ct_str vendor_name, product_name, vulnerability_name, was; /* when reading; was: of the statement before it by the same source; null p: none */
};
/* Appended, unless the newest one of this source says the same, or one of the same date. *ret_new */
CT_MUST_USE ct_err ct_vendor_say(ct_db *db, const struct ct_vendor_statement *s, bool *ret_new);
typedef ct_err ct_statement_tell(void *ctx, const struct ct_vendor_statement *s);
/* In the order in which they were learned. vendor, vulnerability 0: any. reversals: those alone whose status differs from the one before. */
CT_MUST_USE ct_err ct_vendor_statements(ct_db *db, int64_t vendor, int64_t vulnerability, bool reversals, ct_statement_tell *tell, void *ctx);

/* Where a vendor stands with a vulnerability. */
struct ct_vendor_standing {
    struct ct_vendor vendor;
    int64_t asked, reminded, answered, reminders;
    bool spoke_of_others;      /* it has said something of another vulnerability */
    ct_str status;             /* the least safe of the newest statements about it; "unknown": it says nothing; null p: there is none */
    int64_t affected, fixed, not_affected, investigating, unknown; /* products by their newest statement */
    int64_t limits;            /* in force */
};
typedef ct_err ct_standing_tell(void *ctx, const struct ct_vendor_standing *s);
/* By name; vendor 0: all that are ours. */
CT_MUST_USE ct_err ct_vendor_standings(ct_db *db, int64_t vulnerability, int64_t vendor, int64_t now_us, ct_standing_tell *tell, void *ctx);

struct ct_vendor_request {
    int64_t id, vendor, vulnerability;
    ct_str message, vulnerability_name;
    int64_t asked, reminded, reminders, answered;
};
/* CT_ERR_NOT_FOUND */
CT_MUST_USE ct_err ct_vendor_request_get(ct_db *db, ct_arena *arena, int64_t vendor, int64_t vulnerability, struct ct_vendor_request *ret_request);
CT_MUST_USE ct_err ct_vendor_request_put(ct_db *db, const struct ct_vendor_request *r);
typedef ct_err ct_request_tell(void *ctx, const struct ct_vendor_request *r);
CT_MUST_USE ct_err ct_vendor_requests(ct_db *db, int64_t vendor, ct_request_tell *tell, void *ctx);

struct ct_vendor_limit {
    int64_t id, vendor, number;
    ct_str what, who, why, lifted_by, vendor_name;
    int64_t since, until, lifted;
};
CT_MUST_USE ct_err ct_vendor_limit_add(ct_db *db, struct ct_vendor_limit *l);
/* *ret_n 0: there is none of this number in force. */
CT_MUST_USE ct_err ct_vendor_limit_lift(ct_db *db, int64_t vendor, int64_t number, ct_str who, int64_t now_us, int64_t *ret_n);
typedef ct_err ct_limit_tell(void *ctx, const struct ct_vendor_limit *l);
/* vendor 0: of all; in_force: those alone. */
CT_MUST_USE ct_err ct_vendor_limits(ct_db *db, int64_t vendor, bool in_force, int64_t now_us, ct_limit_tell *tell, void *ctx);

#endif
