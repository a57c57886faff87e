#include "store/attempt_row.h"

static ct_str text(ct_str s) { return s.p ? s : CT_STR(""); }

static ct_err stop(ct_query *q, ct_err e)
{
    if (e != CT_OK) ct_query_done(q);
    return e;
}

static ct_err ended(ct_err e) { return e == CT_ERR_END ? CT_OK : e; }

ct_err ct_campaign_put(ct_db *db, struct ct_campaign_row *c)
{
    ct_query *q = ct_db_query(db, "SELECT id, grade FROM campaign WHERE key = ?");
    ct_query_str(q, 1, text(c->key));
    ct_err e = ct_query_next(q);
    if (e == CT_OK) {
        int64_t grade = ct_query_get_i64(q, 1);
        c->id = ct_query_get_i64(q, 0);
        ct_query_done(q);
        if (grade >= c->grade) return CT_OK;
        q = ct_db_query(db, "UPDATE campaign SET grade = ?, normal = ? WHERE id = ?");
        ct_query_i64(q, 1, c->grade);
        ct_query_str(q, 2, text(c->normal));
        ct_query_i64(q, 3, c->id);
        return ct_query_run(q);
    }
    if (e != CT_ERR_END) return e;
    q = ct_db_query(db, "INSERT INTO campaign (key, callback, scanner, grade, normal) VALUES (?, ?, ?, ?, ?)");
    ct_query_str(q, 1, text(c->key));
    ct_query_str(q, 2, text(c->callback));
    ct_query_str(q, 3, text(c->scanner));
    ct_query_i64(q, 4, c->grade);
    ct_query_str(q, 5, text(c->normal));
    CT_TRY(ct_query_run(q));
    c->id = ct_db_last_id(db);
    return CT_OK;
}

static void bind_filter(ct_query *q, const struct ct_attempt_filter *f)
{
    ct_query_i64(q, 1, f->since);
    ct_query_i64(q, 2, f->until);
}

ct_err ct_campaigns_each(ct_db *db, const struct ct_attempt_filter *f, ct_campaign_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT c.id, c.key, c.callback, c.scanner, c.grade, c.normal, n.attempts, n.clients, n.first, n.last, n.contacted FROM campaign c JOIN "
                                  "(SELECT campaign, sum(stands_for) AS attempts, count(DISTINCT client) AS clients, min(at) AS first, max(at) AS last, sum(contacted) AS contacted "
                                  "FROM attempt WHERE at >= ?1 AND at < ?2 GROUP BY campaign) n ON n.campaign = c.id "
                                  "ORDER BY c.grade DESC, n.contacted > 0 DESC, n.attempts DESC, c.key");
    bind_filter(q, f);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_campaign_row c = {.id = ct_query_get_i64(q, 0), .key = ct_query_get_str(q, 1), .callback = ct_query_get_str(q, 2), .scanner = ct_query_get_str(q, 3),
                                          .grade = ct_query_get_i64(q, 4), .normal = ct_query_get_str(q, 5), .attempts = (uint64_t)ct_query_get_i64(q, 6),
                                          .clients = (uint64_t)ct_query_get_i64(q, 7), .first = ct_query_get_i64(q, 8), .last = ct_query_get_i64(q, 9),
                                          .contacted = ct_query_get_i64(q, 10)};
        CT_TRY(stop(q, tell(ctx, &c)));
    }
    return ended(e);
}

ct_err ct_campaign_outcomes(ct_db *db, int64_t campaign, const struct ct_attempt_filter *f, ct_outcome_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT status, waf, sum(stands_for) AS n FROM attempt WHERE at >= ?1 AND at < ?2 AND campaign = ?3 GROUP BY status, waf ORDER BY n DESC, status, waf");
    bind_filter(q, f);
    ct_query_i64(q, 3, campaign);
    while ((e = ct_query_next(q)) == CT_OK) CT_TRY(stop(q, tell(ctx, ct_query_get_str(q, 0), ct_query_get_str(q, 1), (uint64_t)ct_query_get_i64(q, 2))));
    return ended(e);
}

ct_err ct_shape_put(ct_db *db, struct ct_shape_row *s)
{
    const ct_str digest = {s->digest, sizeof s->digest};
    ct_query *q = ct_db_query(db, "SELECT id FROM attempt_shape WHERE digest = ?");
    ct_query_blob(q, 1, digest);
    ct_err e = ct_query_next(q);
    if (e == CT_OK) {
        s->id = ct_query_get_i64(q, 0);
        ct_query_done(q);
        return CT_OK;
    }
    if (e != CT_ERR_END) return e;
    q = ct_db_query(db, "INSERT INTO attempt_shape (digest, grade, certainty, conditions, fires) VALUES (?, ?, ?, ?, ?)");
    ct_query_blob(q, 1, digest);
    ct_query_str(q, 2, text(s->grade));
    ct_query_str(q, 3, text(s->certainty));
    ct_query_str(q, 4, text(s->conditions));
    ct_query_str(q, 5, text(s->fires));
    CT_TRY(ct_query_run(q));
    s->id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_shape_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_shape_row *ret_shape)
{
    struct ct_shape_row s = {.id = id};
    ct_query *q = ct_db_query(db, "SELECT grade, certainty, conditions, fires FROM attempt_shape WHERE id = ?");
    ct_query_i64(q, 1, id);
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
    ct_str *texts[] = {&s.grade, &s.certainty, &s.conditions, &s.fires};
    for (int i = 0; i < 4 && e == CT_OK; i++) e = ct_arena_dup(arena, ct_query_get_str(q, i), texts[i]);
    ct_query_done(q);
    if (e == CT_OK) *ret_shape = s;
    return e;
}

ct_err ct_attempt_known(ct_db *db, const unsigned char event[CT_ATTEMPT_ID], bool *ret_known)
{
    ct_query *q = ct_db_query(db, "SELECT 1 FROM attempt WHERE event = ?");
    ct_query_blob(q, 1, (ct_str){event, CT_ATTEMPT_ID});
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    *ret_known = e == CT_OK;
    return ended(e);
}

ct_err ct_attempt_put(ct_db *db, const struct ct_attempt_row *a)
{
    ct_query *q = ct_db_query(db, "INSERT INTO attempt (event, campaign, shape, source, target, asset, at, has_time, stands_for, line, client, status, waf, contacted) "
                                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    ct_query_blob(q, 1, (ct_str){a->event, sizeof a->event});
    ct_query_i64(q, 2, a->campaign);
    ct_query_i64(q, 3, a->shape);
    ct_query_str(q, 4, text(a->source));
    ct_query_str(q, 5, text(a->target));
    if (a->asset) ct_query_i64(q, 6, a->asset);
    else ct_query_null(q, 6);
    ct_query_i64(q, 7, a->at);
    ct_query_i64(q, 8, a->has_time);
    ct_query_i64(q, 9, (int64_t)a->stands_for);
    ct_query_i64(q, 10, (int64_t)a->line);
    ct_query_str(q, 11, text(a->client));
    ct_query_str(q, 12, text(a->status));
    ct_query_str(q, 13, text(a->waf));
    ct_query_i64(q, 14, a->contacted);
    return ct_query_run(q);
}

ct_err ct_attempts_any(ct_db *db, bool *ret_any)
{
    ct_query *q = ct_db_query(db, "SELECT 1 FROM attempt LIMIT 1");
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    *ret_any = e == CT_OK;
    return ended(e);
}

ct_err ct_attempt_groups(ct_db *db, int64_t campaign, const struct ct_attempt_filter *f, ct_group_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT shape, source, target, asset, min(at), max(at), sum(stands_for), min(has_time) FROM attempt WHERE at >= ?1 AND at < ?2 AND campaign = ?3 "
                                  "GROUP BY shape, source, target, asset");
    bind_filter(q, f);
    ct_query_i64(q, 3, campaign);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_attempt_group g = {.campaign = campaign, .shape = ct_query_get_i64(q, 0), .source = ct_query_get_str(q, 1), .target = ct_query_get_str(q, 2),
                                           .asset = ct_query_get_i64(q, 3), .first = ct_query_get_i64(q, 4), .last = ct_query_get_i64(q, 5),
                                           .attempts = (uint64_t)ct_query_get_i64(q, 6), .has_time = ct_query_get_i64(q, 7) != 0};
        CT_TRY(stop(q, tell(ctx, &g)));
    }
    return ended(e);
}

ct_err ct_attempts_between(ct_db *db, const struct ct_attempt_group *g, int64_t from, int64_t to, uint64_t *ret_n, int64_t *ret_first)
{
    ct_query *q = ct_db_query(db, "SELECT coalesce(sum(stands_for), 0), coalesce(min(at), 0) FROM attempt WHERE campaign = ?1 AND shape = ?2 AND source = ?3 AND target = ?4 "
                                  "AND coalesce(asset, 0) = ?5 AND at >= ?6 AND at < ?7");
    ct_query_i64(q, 1, g->campaign);
    ct_query_i64(q, 2, g->shape);
    ct_query_str(q, 3, text(g->source));
    ct_query_str(q, 4, text(g->target));
    ct_query_i64(q, 5, g->asset);
    ct_query_i64(q, 6, from);
    ct_query_i64(q, 7, to);
    CT_TRY(ct_query_next(q));
    *ret_n = (uint64_t)ct_query_get_i64(q, 0);
    *ret_first = ct_query_get_i64(q, 1);
    ct_query_done(q);
    return CT_OK;
}

ct_err ct_route_put(ct_db *db, const struct ct_route_row *r, bool *ret_new)
{
    ct_query *q = ct_db_query(db, "INSERT INTO route (service, log, host, asset, role, added) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (service, log, host, asset, role) DO NOTHING");
    ct_query_str(q, 1, text(r->service));
    ct_query_str(q, 2, text(r->log));
    ct_query_str(q, 3, text(r->host));
    ct_query_i64(q, 4, r->asset);
    ct_query_str(q, 5, r->role);
    ct_query_i64(q, 6, r->added);
    CT_TRY(ct_query_run(q));
    *ret_new = ct_db_changes(db) > 0;
    return CT_OK;
}

#define ROUTE "SELECT r.id, r.service, r.log, r.host, r.asset, r.role, r.added, a.name, a.environment, a.exposure FROM route r JOIN asset a ON a.id = r.asset "
static ct_err each_route(ct_query *q, ct_route_tell *tell, void *ctx)
{
    ct_err e;
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_route_row r = {.id = ct_query_get_i64(q, 0), .service = ct_query_get_str(q, 1), .log = ct_query_get_str(q, 2), .host = ct_query_get_str(q, 3),
                                       .asset = ct_query_get_i64(q, 4), .role = ct_query_get_str(q, 5), .added = ct_query_get_i64(q, 6), .asset_name = ct_query_get_str(q, 7),
                                       .environment = ct_query_get_str(q, 8), .exposure = ct_query_get_str(q, 9)};
        CT_TRY(stop(q, tell(ctx, &r)));
    }
    return ended(e);
}

ct_err ct_routes_each(ct_db *db, ct_route_tell *tell, void *ctx)
{
    return each_route(ct_db_query(db, ROUTE "ORDER BY r.service, r.log, r.host, r.role DESC, a.name, a.environment"), tell, ctx);
}

ct_err ct_route_remove(ct_db *db, int64_t id, ct_route_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, ROUTE "WHERE r.id = ?");
    ct_query_i64(q, 1, id);
    CT_TRY(each_route(q, tell, ctx));
    q = ct_db_query(db, "DELETE FROM route WHERE id = ?");
    ct_query_i64(q, 1, id);
    CT_TRY(ct_query_run(q));
    return ct_db_changes(db) > 0 ? CT_OK : CT_ERR_NOT_FOUND;
}
