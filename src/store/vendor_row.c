#include "store/vendor_row.h"

static ct_err ended(ct_err e) { return e == CT_ERR_END ? CT_OK : e; }
static ct_str text(ct_str s) { return s.p ? s : CT_STR(""); }

static void bind_time(ct_query *q, int at, int64_t t)
{
    if (t) ct_query_i64(q, at, t);
    else ct_query_null(q, at);
}

/* After a callback that gave e within a loop over rows. */
static ct_err stop(ct_query *q, ct_err e)
{
    if (e != CT_OK) ct_query_done(q);
    return e;
}

static ct_err fold(ct_arena *arena, ct_str name, ct_str *ret_key)
{
    unsigned char *p = ct_arena_alloc(arena, name.n + 1);
    if (!p) return CT_ERR_NOMEM;
    for (size_t i = 0; i < name.n; i++) p[i] = ct_ascii_lower(name.p[i]);
    *ret_key = (ct_str){p, name.n};
    return CT_OK;
}

#define VENDOR "SELECT v.id, v.name, v.contact, v.data, v.ours, v.added FROM vendor v "

static struct ct_vendor vendor_of(const ct_query *q, int at)
{
    return (struct ct_vendor){.id = ct_query_get_i64(q, at), .name = ct_query_get_str(q, at + 1), .contact = ct_query_get_str(q, at + 2), .data = ct_query_get_str(q, at + 3),
                              .ours = ct_query_get_i64(q, at + 4) != 0, .added = ct_query_get_i64(q, at + 5)};
}

ct_err ct_vendor_get(ct_db *db, ct_arena *arena, ct_str name, struct ct_vendor *ret_vendor)
{
    ct_str key;
    CT_TRY(fold(arena, name, &key));
    ct_query *q = ct_db_query(db, VENDOR "WHERE v.key = ?");
    ct_query_str(q, 1, key);
    ct_err e = ct_query_next(q);
    if (e == CT_ERR_END) return CT_ERR_NOT_FOUND;
    CT_TRY(e);
    struct ct_vendor v = vendor_of(q, 0);
    ct_str *const texts[] = {&v.name, &v.contact, &v.data};
    for (size_t i = 0; i < 3 && e == CT_OK; i++) e = ct_arena_dup(arena, *texts[i], texts[i]);
    ct_query_done(q);
    CT_TRY(e);
    *ret_vendor = v;
    return CT_OK;
}

ct_err ct_vendor_put(ct_db *db, ct_arena *arena, struct ct_vendor *v)
{
    ct_str key;
    CT_TRY(fold(arena, v->name, &key));
    ct_query *q = v->id ? ct_db_query(db, "UPDATE vendor SET key = ?1, name = ?2, contact = ?3, data = ?4, ours = ?5 WHERE id = ?6")
                        : ct_db_query(db, "INSERT INTO vendor (key, name, contact, data, ours, added) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    ct_query_str(q, 1, key);
    ct_query_str(q, 2, v->name);
    ct_query_str(q, 3, text(v->contact));
    ct_query_str(q, 4, text(v->data));
    ct_query_i64(q, 5, v->ours);
    ct_query_i64(q, 6, v->id ? v->id : v->added);
    CT_TRY(ct_query_run(q));
    if (!v->id) v->id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_vendors_each(ct_db *db, bool all, ct_vendor_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, VENDOR "WHERE ?1 = 1 OR v.ours = 1 ORDER BY v.key");
    ct_query_i64(q, 1, all);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_vendor v = vendor_of(q, 0);
        CT_TRY(stop(q, tell(ctx, &v)));
    }
    return ended(e);
}

ct_err ct_vendor_product_put(ct_db *db, int64_t vendor, ct_str name, bool ours, int64_t *ret_id)
{
    ct_query *q = ct_db_query(db, "SELECT id, ours FROM vendor_product WHERE vendor = ? AND name = ?");
    ct_query_i64(q, 1, vendor);
    ct_query_str(q, 2, text(name));
    ct_err e = ct_query_next(q);
    if (e == CT_OK) {
        *ret_id = ct_query_get_i64(q, 0);
        bool was = ct_query_get_i64(q, 1) != 0;
        ct_query_done(q);
        if (was || !ours) return CT_OK;
        q = ct_db_query(db, "UPDATE vendor_product SET ours = 1 WHERE id = ?");
        ct_query_i64(q, 1, *ret_id);
        return ct_query_run(q);
    }
    if (e != CT_ERR_END) return e;
    q = ct_db_query(db, "INSERT INTO vendor_product (vendor, name, ours) VALUES (?, ?, ?)");
    ct_query_i64(q, 1, vendor);
    ct_query_str(q, 2, text(name));
    ct_query_i64(q, 3, ours);
    CT_TRY(ct_query_run(q));
    *ret_id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_vendor_products(ct_db *db, int64_t vendor, ct_product_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT id, name, ours FROM vendor_product WHERE vendor = ? ORDER BY name");
    ct_query_i64(q, 1, vendor);
    while ((e = ct_query_next(q)) == CT_OK) CT_TRY(stop(q, tell(ctx, ct_query_get_i64(q, 0), ct_query_get_str(q, 1), ct_query_get_i64(q, 2) != 0)));
    return ended(e);
}

/* The newest one of its source says the same; or, where statements carry their dates, any: a document may hold several of one product. */
static ct_err known(ct_db *db, const struct ct_vendor_statement *s, bool *ret_same)
{
    const ct_str mine[] = {s->status, s->said, s->versions, s->text, s->action, s->link, s->date};
    if (s->date.n) {
        ct_query *dated = ct_db_query(db, "SELECT 1 FROM vendor_statement WHERE product = ? AND vulnerability = ? AND source = ? AND status = ? AND said = ? AND versions = ? AND text = ? "
                                          "AND action = ? AND link = ? AND date = ?");
        ct_query_i64(dated, 1, s->product);
        ct_query_i64(dated, 2, s->vulnerability);
        ct_query_str(dated, 3, s->source);
        for (int i = 0; i < 7; i++) ct_query_str(dated, 4 + i, text(mine[i]));
        ct_err there = ct_query_next(dated);
        *ret_same = there == CT_OK;
        if (there == CT_OK) ct_query_done(dated);
        return ended(there);
    }
    ct_query *q = ct_db_query(db, "SELECT status, said, versions, text, action, link, date FROM vendor_statement WHERE product = ? AND vulnerability = ? AND source = ? ORDER BY id DESC LIMIT 1");
    ct_query_i64(q, 1, s->product);
    ct_query_i64(q, 2, s->vulnerability);
    ct_query_str(q, 3, s->source);
    ct_err e = ct_query_next(q);
    *ret_same = e == CT_OK;
    for (int i = 0; i < 7 && e == CT_OK; i++) *ret_same &= ct_str_eq(ct_query_get_str(q, i), mine[i]);
    if (e == CT_OK) ct_query_done(q);
    return ended(e);
}

ct_err ct_vendor_say(ct_db *db, const struct ct_vendor_statement *s, bool *ret_new)
{
    bool same;
    CT_TRY(known(db, s, &same));
    *ret_new = !same;
    if (same) return CT_OK;
    ct_query *q = ct_db_query(db, "INSERT INTO vendor_statement (product, vulnerability, source, status, said, versions, text, action, link, date, taken, who) "
                                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const ct_str texts[] = {s->source, s->status, s->said, s->versions, s->text, s->action, s->link, s->date};
    ct_query_i64(q, 1, s->product);
    ct_query_i64(q, 2, s->vulnerability);
    for (int i = 0; i < 8; i++) ct_query_str(q, 3 + i, text(texts[i]));
    ct_query_i64(q, 11, s->taken);
    ct_query_str(q, 12, text(s->who));
    return ct_query_run(q);
}

#define BEFORE "(SELECT o.status FROM vendor_statement o WHERE o.product = s.product AND o.vulnerability = s.vulnerability AND o.source = s.source AND o.id < s.id ORDER BY o.id DESC LIMIT 1)"
#define STATEMENTS "SELECT s.id, s.product, s.vulnerability, s.source, s.status, s.said, s.versions, s.text, s.action, s.link, s.date, s.who, s.taken, v.name, p.name, u.name, " BEFORE \
    " FROM vendor_statement s JOIN vendor_product p ON p.id = s.product JOIN vendor v ON v.id = p.vendor JOIN vulnerability u ON u.id = s.vulnerability " \
    "WHERE (?1 = 0 OR p.vendor = ?1) AND (?2 = 0 OR s.vulnerability = ?2)"

ct_err ct_vendor_statements(ct_db *db, int64_t vendor, int64_t vulnerability, bool reversals, ct_statement_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = reversals ? ct_db_query(db, STATEMENTS " AND " BEFORE " <> s.status ORDER BY s.id") : ct_db_query(db, STATEMENTS " ORDER BY s.id");
    ct_query_i64(q, 1, vendor);
    ct_query_i64(q, 2, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_vendor_statement s = {
            .id = ct_query_get_i64(q, 0), .product = ct_query_get_i64(q, 1), .vulnerability = ct_query_get_i64(q, 2), .source = ct_query_get_str(q, 3), .status = ct_query_get_str(q, 4),
            .said = ct_query_get_str(q, 5), .versions = ct_query_get_str(q, 6), .text = ct_query_get_str(q, 7), .action = ct_query_get_str(q, 8), .link = ct_query_get_str(q, 9),
            .date = ct_query_get_str(q, 10), .who = ct_query_get_str(q, 11), .taken = ct_query_get_i64(q, 12), .vendor_name = ct_query_get_str(q, 13),
            .product_name = ct_query_get_str(q, 14), .vulnerability_name = ct_query_get_str(q, 15),
            .was = ct_query_is_null(q, 16) ? (ct_str){NULL, 0} : ct_query_get_str(q, 16)};
        CT_TRY(stop(q, tell(ctx, &s)));
    }
    return ended(e);
}

/* The newest statement of each product and source counts; of several, the least safe one. Where it is known which products we use, those alone, and statements
 * about the vendor as a whole. */
#define MISSING "(SELECT count(*) FROM vendor_product m WHERE m.vendor = v.id AND m.ours = 1 AND NOT EXISTS (SELECT 1 FROM vendor_statement s JOIN vendor_product p ON p.id = s.product " \
    "WHERE s.vulnerability = ?1 AND (p.id = m.id OR (p.vendor = v.id AND p.name = ''))))"
#define NEWEST "FROM vendor_statement s JOIN vendor_product p ON p.id = s.product WHERE p.vendor = v.id AND s.vulnerability = ?1 AND NOT EXISTS (SELECT 1 FROM vendor_statement o " \
    "WHERE o.product = s.product AND o.vulnerability = s.vulnerability AND o.source = s.source AND o.id > s.id) " \
    "AND (p.ours = 1 OR p.name = '' OR NOT EXISTS (SELECT 1 FROM vendor_product x WHERE x.vendor = v.id AND x.ours = 1))"
#define COUNT(status) "(SELECT count(*) " NEWEST " AND s.status = '" status "')"

ct_err ct_vendor_standings(ct_db *db, int64_t vulnerability, int64_t vendor, int64_t now_us, ct_standing_tell *tell, void *ctx)
{
    static const char *const words[] = {"affected", "under_investigation", "unknown", "fixed", "not_affected"};
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT v.id, v.name, v.contact, v.data, v.ours, v.added, r.asked, r.reminded, r.answered, r.reminders, "
                                  "EXISTS (SELECT 1 FROM vendor_statement s JOIN vendor_product p ON p.id = s.product WHERE p.vendor = v.id AND s.vulnerability <> ?1 AND s.status <> 'unknown'), "
                                  COUNT("affected") ", " COUNT("under_investigation") ", " COUNT("fixed") ", " COUNT("not_affected") ", " COUNT("unknown") ", "
                                  "(SELECT count(*) FROM vendor_limit l WHERE l.vendor = v.id AND l.lifted IS NULL AND (l.until IS NULL OR l.until > ?3)), " MISSING
                                  " FROM vendor v LEFT JOIN vendor_request r ON r.vendor = v.id AND r.vulnerability = ?1 WHERE (?2 = 0 AND v.ours = 1) OR v.id = ?2 ORDER BY v.key");
    ct_query_i64(q, 1, vulnerability);
    ct_query_i64(q, 2, vendor);
    ct_query_i64(q, 3, now_us);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_vendor_standing s = {.vendor = vendor_of(q, 0), .asked = ct_query_get_i64(q, 6), .reminded = ct_query_get_i64(q, 7), .answered = ct_query_get_i64(q, 8),
                                       .reminders = ct_query_get_i64(q, 9), .spoke_of_others = ct_query_get_i64(q, 10) != 0, .affected = ct_query_get_i64(q, 11),
                                       .investigating = ct_query_get_i64(q, 12), .fixed = ct_query_get_i64(q, 13), .not_affected = ct_query_get_i64(q, 14),
                                       .unknown = ct_query_get_i64(q, 15), .limits = ct_query_get_i64(q, 16)};
        if (s.affected + s.investigating + s.fixed + s.not_affected + s.unknown) s.unknown += ct_query_get_i64(q, 17); /* products of which it says nothing */
        const int64_t counts[] = {s.affected, s.investigating, s.unknown, s.fixed, s.not_affected};
        for (size_t i = 0; i < 5 && !s.status.p; i++)
            if (counts[i]) s.status = ct_str_from(words[i]);
        CT_TRY(stop(q, tell(ctx, &s)));
    }
    return ended(e);
}

#define REQUEST "SELECT r.id, r.vendor, r.vulnerability, r.message, u.name, r.asked, r.reminded, r.reminders, r.answered FROM vendor_request r JOIN vulnerability u ON u.id = r.vulnerability "

static struct ct_vendor_request request_of(const ct_query *q)
{
    return (struct ct_vendor_request){.id = ct_query_get_i64(q, 0), .vendor = ct_query_get_i64(q, 1), .vulnerability = ct_query_get_i64(q, 2), .message = ct_query_get_str(q, 3),
                                      .vulnerability_name = ct_query_get_str(q, 4), .asked = ct_query_get_i64(q, 5), .reminded = ct_query_get_i64(q, 6),
                                      .reminders = ct_query_get_i64(q, 7), .answered = ct_query_get_i64(q, 8)};
}

ct_err ct_vendor_request_get(ct_db *db, ct_arena *arena, int64_t vendor, int64_t vulnerability, struct ct_vendor_request *ret_request)
{
    ct_query *q = ct_db_query(db, REQUEST "WHERE r.vendor = ? AND r.vulnerability = ?");
    ct_query_i64(q, 1, vendor);
    ct_query_i64(q, 2, vulnerability);
    ct_err e = ct_query_next(q);
    if (e == CT_ERR_END) return CT_ERR_NOT_FOUND;
    CT_TRY(e);
    struct ct_vendor_request r = request_of(q);
    e = ct_arena_dup(arena, r.message, &r.message);
    if (e == CT_OK) e = ct_arena_dup(arena, r.vulnerability_name, &r.vulnerability_name);
    ct_query_done(q);
    CT_TRY(e);
    *ret_request = r;
    return CT_OK;
}

ct_err ct_vendor_request_put(ct_db *db, const struct ct_vendor_request *r)
{
    ct_query *q = ct_db_query(db, "INSERT INTO vendor_request (vendor, vulnerability, message, asked, reminded, reminders, answered) VALUES (?, ?, ?, ?, ?, ?, ?) "
                                  "ON CONFLICT (vendor, vulnerability) DO UPDATE SET reminded = excluded.reminded, reminders = excluded.reminders, answered = excluded.answered");
    ct_query_i64(q, 1, r->vendor);
    ct_query_i64(q, 2, r->vulnerability);
    ct_query_str(q, 3, text(r->message));
    ct_query_i64(q, 4, r->asked);
    bind_time(q, 5, r->reminded);
    ct_query_i64(q, 6, r->reminders);
    bind_time(q, 7, r->answered);
    return ct_query_run(q);
}

ct_err ct_vendor_requests(ct_db *db, int64_t vendor, ct_request_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, REQUEST "WHERE r.vendor = ? ORDER BY r.asked, u.name");
    ct_query_i64(q, 1, vendor);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_vendor_request r = request_of(q);
        CT_TRY(stop(q, tell(ctx, &r)));
    }
    return ended(e);
}

ct_err ct_vendor_limit_add(ct_db *db, struct ct_vendor_limit *l)
{
    ct_query *q = ct_db_query(db, "SELECT coalesce(max(number), 0) + 1 FROM vendor_limit WHERE vendor = ?");
    ct_query_i64(q, 1, l->vendor);
    CT_TRY(ct_query_next(q));
    l->number = ct_query_get_i64(q, 0);
    ct_query_done(q);
    q = ct_db_query(db, "INSERT INTO vendor_limit (vendor, number, what, who, why, since, until, lifted_by) VALUES (?, ?, ?, ?, ?, ?, ?, '')");
    ct_query_i64(q, 1, l->vendor);
    ct_query_i64(q, 2, l->number);
    ct_query_str(q, 3, l->what);
    ct_query_str(q, 4, text(l->who));
    ct_query_str(q, 5, text(l->why));
    ct_query_i64(q, 6, l->since);
    bind_time(q, 7, l->until);
    return ct_query_run(q);
}

ct_err ct_vendor_limit_lift(ct_db *db, int64_t vendor, int64_t number, ct_str who, int64_t now_us, int64_t *ret_n)
{
    ct_query *q = ct_db_query(db, "UPDATE vendor_limit SET lifted = ?, lifted_by = ? WHERE vendor = ? AND number = ? AND lifted IS NULL");
    ct_query_i64(q, 1, now_us);
    ct_query_str(q, 2, text(who));
    ct_query_i64(q, 3, vendor);
    ct_query_i64(q, 4, number);
    CT_TRY(ct_query_run(q));
    *ret_n = ct_db_changes(db);
    return CT_OK;
}

ct_err ct_vendor_limits(ct_db *db, int64_t vendor, bool in_force, int64_t now_us, ct_limit_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT l.id, l.vendor, l.number, l.what, l.who, l.why, l.lifted_by, v.name, l.since, l.until, l.lifted FROM vendor_limit l JOIN vendor v ON v.id = l.vendor "
                                  "WHERE (?1 = 0 OR l.vendor = ?1) AND (?2 = 0 OR (l.lifted IS NULL AND (l.until IS NULL OR l.until > ?3))) ORDER BY v.key, l.number");
    ct_query_i64(q, 1, vendor);
    ct_query_i64(q, 2, in_force);
    ct_query_i64(q, 3, now_us);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_vendor_limit l = {.id = ct_query_get_i64(q, 0), .vendor = ct_query_get_i64(q, 1), .number = ct_query_get_i64(q, 2), .what = ct_query_get_str(q, 3),
                                          .who = ct_query_get_str(q, 4), .why = ct_query_get_str(q, 5), .lifted_by = ct_query_get_str(q, 6), .vendor_name = ct_query_get_str(q, 7),
                                          .since = ct_query_get_i64(q, 8), .until = ct_query_get_i64(q, 9), .lifted = ct_query_get_i64(q, 10)};
        CT_TRY(stop(q, tell(ctx, &l)));
    }
    return ended(e);
}
