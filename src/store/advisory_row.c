#include "store/finding_row.h"

static ct_str text(ct_str s) { return s.p ? s : CT_STR(""); }

static void bind_time(ct_query *q, int at, int64_t t)
{
    if (t) ct_query_i64(q, at, t);
    else ct_query_null(q, at);
}

ct_err ct_advisory_row_find(ct_db *db, ct_arena *arena, ct_str source, ct_str name, struct ct_advisory_row *ret_row)
{
    ct_query *q = ct_db_query(db, "SELECT id, vulnerability, severity, published, modified, withdrawn, taken FROM advisory WHERE source = ? AND name = ?");
    ct_query_str(q, 1, source);
    ct_query_str(q, 2, name);
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
    struct ct_advisory_row r = {.id = ct_query_get_i64(q, 0), .vulnerability = ct_query_get_i64(q, 1), .source = source, .name = name, .published = ct_query_get_i64(q, 3),
                                .modified = ct_query_get_i64(q, 4), .withdrawn = ct_query_get_i64(q, 5), .taken = ct_query_get_i64(q, 6)};
    e = ct_arena_dup(arena, ct_query_get_str(q, 2), &r.severity);
    ct_query_done(q);
    if (e == CT_OK) *ret_row = r;
    return e;
}

static ct_err by_id(ct_query *q, int64_t id)
{
    ct_query_i64(q, 1, id);
    return ct_query_run(q);
}

ct_err ct_advisory_row_put(ct_db *db, struct ct_advisory_row *r)
{
    ct_query *q = ct_db_query(db, "INSERT INTO advisory (source, name, vulnerability, severity, published, modified, withdrawn, taken, digest, record) "
                                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, name) DO UPDATE SET vulnerability = excluded.vulnerability, "
                                  "severity = excluded.severity, published = excluded.published, modified = excluded.modified, withdrawn = excluded.withdrawn, "
                                  "taken = excluded.taken, digest = excluded.digest, record = excluded.record RETURNING id");
    ct_query_str(q, 1, r->source);
    ct_query_str(q, 2, r->name);
    ct_query_i64(q, 3, r->vulnerability);
    ct_query_str(q, 4, text(r->severity));
    bind_time(q, 5, r->published);
    bind_time(q, 6, r->modified);
    bind_time(q, 7, r->withdrawn);
    ct_query_i64(q, 8, r->taken);
    ct_query_blob(q, 9, (ct_str){r->digest, sizeof r->digest});
    ct_query_blob(q, 10, r->record);
    CT_TRY(ct_query_next(q));
    r->id = ct_query_get_i64(q, 0);
    CT_TRY(ct_query_run(q)); /* to its end: only then it is done */
    CT_TRY(by_id(ct_db_query(db, "DELETE FROM advisory_package WHERE advisory = ?"), r->id));
    return by_id(ct_db_query(db, "DELETE FROM match WHERE advisory = ?"), r->id);
}

ct_err ct_advisory_package_put(ct_db *db, int64_t advisory, ct_str ecosystem, ct_str name)
{
    ct_query *q = ct_db_query(db, "INSERT INTO advisory_package (advisory, ecosystem, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    ct_query_i64(q, 1, advisory);
    ct_query_str(q, 2, ecosystem);
    ct_query_str(q, 3, name);
    return ct_query_run(q);
}

ct_err ct_advisory_rows_of_package(ct_db *db, ct_str ecosystem, ct_str name, ct_advisory_row_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT a.id, a.vulnerability, a.source, a.name, a.record FROM advisory_package p JOIN advisory a ON a.id = p.advisory "
                                  "WHERE p.ecosystem = ? AND p.name = ? AND a.withdrawn IS NULL");
    ct_query_str(q, 1, ecosystem);
    ct_query_str(q, 2, name);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_advisory_row r = {.id = ct_query_get_i64(q, 0), .vulnerability = ct_query_get_i64(q, 1), .source = ct_query_get_str(q, 2),
                                    .name = ct_query_get_str(q, 3), .record = ct_query_get_str(q, 4)};
        e = tell(ctx, &r);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_advisory_rows_of(ct_db *db, int64_t vulnerability, ct_advisory_row_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT id, vulnerability, source, name, severity, published, modified, withdrawn, taken FROM advisory WHERE vulnerability = ? ORDER BY source, name");
    ct_query_i64(q, 1, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_advisory_row r = {.id = ct_query_get_i64(q, 0), .vulnerability = ct_query_get_i64(q, 1), .source = ct_query_get_str(q, 2), .name = ct_query_get_str(q, 3),
                                    .severity = ct_query_get_str(q, 4), .published = ct_query_get_i64(q, 5), .modified = ct_query_get_i64(q, 6),
                                    .withdrawn = ct_query_get_i64(q, 7), .taken = ct_query_get_i64(q, 8)};
        e = tell(ctx, &r);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_components_of_advisory(ct_db *db, int64_t advisory, ct_component_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT c.id, c.purl, c.version, c.ecosystem, c.name FROM advisory_package p JOIN component c ON c.ecosystem = p.ecosystem AND c.name = p.name "
                                  "WHERE p.advisory = ?");
    ct_query_i64(q, 1, advisory);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_component_row c = {.id = ct_query_get_i64(q, 0), .purl = ct_query_get_str(q, 1), .version = ct_query_get_str(q, 2), .ecosystem = ct_query_get_str(q, 3),
                                     .name = ct_query_get_str(q, 4)};
        e = tell(ctx, &c);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_match_put(ct_db *db, const struct ct_match *m)
{
    ct_query *q = ct_db_query(db, "INSERT INTO match (component, advisory, vulnerability, state, reason, fixed) VALUES (?, ?, ?, ?, ?, ?) "
                                  "ON CONFLICT (component, advisory) DO UPDATE SET vulnerability = excluded.vulnerability, state = excluded.state, reason = excluded.reason, "
                                  "fixed = excluded.fixed");
    ct_query_i64(q, 1, m->component);
    ct_query_i64(q, 2, m->advisory);
    ct_query_i64(q, 3, m->vulnerability);
    ct_query_str(q, 4, m->state);
    ct_query_str(q, 5, text(m->reason));
    ct_query_str(q, 6, text(m->fixed));
    return ct_query_run(q);
}

ct_err ct_matches_of(ct_db *db, int64_t vulnerability, int64_t component, ct_match_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT m.advisory, a.source, a.name, m.state, m.reason, m.fixed FROM match m JOIN advisory a ON a.id = m.advisory "
                                  "WHERE m.vulnerability = ? AND m.component = ? ORDER BY a.source, a.name");
    ct_query_i64(q, 1, vulnerability);
    ct_query_i64(q, 2, component);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_match m = {.component = component, .vulnerability = vulnerability, .advisory = ct_query_get_i64(q, 0), .source = ct_query_get_str(q, 1),
                             .name = ct_query_get_str(q, 2), .state = ct_query_get_str(q, 3), .reason = ct_query_get_str(q, 4), .fixed = ct_query_get_str(q, 5)};
        e = tell(ctx, &m);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_advisory_locals_beside(ct_db *db, int64_t vulnerability, ct_name_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT DISTINCT l.name FROM advisory a JOIN advisory_package p ON p.advisory = a.id JOIN advisory_package o ON o.ecosystem = p.ecosystem "
                                  "AND o.name = p.name JOIN advisory l ON l.id = o.advisory AND l.source = 'local' WHERE a.vulnerability = ?1 AND a.source <> 'local' "
                                  "AND l.vulnerability <> ?1 ORDER BY l.name");
    ct_query_i64(q, 1, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) {
        e = tell(ctx, ct_query_get_str(q, 0));
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}
