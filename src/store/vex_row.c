#include "store/vex_row.h"

static ct_str text(ct_str s) { return s.p ? s : CT_STR(""); }

static void bind_id(ct_query *q, int at, int64_t id)
{
    if (id) ct_query_i64(q, at, id);
    else ct_query_null(q, at);
}

ct_err ct_vex_document_find(ct_db *db, const unsigned char digest[CT_BLAKE2B_DIGEST])
{
    ct_query *q = ct_db_query(db, "SELECT id FROM vex_document WHERE digest = ?");
    ct_query_blob(q, 1, (ct_str){digest, CT_BLAKE2B_DIGEST});
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    return e;
}

ct_err ct_vex_document_put(ct_db *db, struct ct_vex_document *d)
{
    ct_query *q = ct_db_query(db, "INSERT INTO vex_document (digest, source, format, name, taken) VALUES (?, ?, ?, ?, ?)");
    ct_query_blob(q, 1, (ct_str){d->digest, sizeof d->digest});
    ct_query_str(q, 2, text(d->source));
    ct_query_str(q, 3, text(d->format));
    ct_query_str(q, 4, text(d->name));
    ct_query_i64(q, 5, d->taken);
    CT_TRY(ct_query_run(q));
    d->id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_vex_row_put(ct_db *db, struct ct_vex_row *r)
{
    ct_query *q = ct_db_query(db, "INSERT INTO vex_statement (document, line, vulnerability, status, said, vendor, product, versions, product_id, purl, component, justification, text, "
                                  "action, at, asset, refused, purl_key, component_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const ct_str texts[] = {r->status, r->said, r->vendor, r->product, r->versions, r->product_id, r->purl, r->component, r->justification, r->text, r->action};
    ct_query_i64(q, 1, r->document);
    ct_query_i64(q, 2, (int64_t)r->line);
    bind_id(q, 3, r->vulnerability);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) ct_query_str(q, 4 + (int)i, text(texts[i]));
    ct_query_i64(q, 15, r->at);
    bind_id(q, 16, r->asset);
    ct_query_str(q, 17, text(r->refused));
    ct_query_str(q, 18, text(r->purl_key));
    ct_query_str(q, 19, text(r->component_key));
    CT_TRY(ct_query_run(q));
    r->id = ct_db_last_id(db);
    return CT_OK;
}

#define COLUMNS "s.id, s.document, s.vulnerability, s.at, s.asset, s.line, s.status, s.said, s.vendor, s.product, s.versions, s.product_id, s.purl, s.component, s.justification, " \
                "s.text, s.action, s.refused, s.purl_key, s.component_key, d.source, d.name"

/* More columns: the vulnerability's name, the asset's (joined), or exact. */
static ct_err rows(ct_query *q, bool names, bool exact, ct_vex_tell *tell, void *ctx)
{
    ct_err e;
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_vex_row r = {.id = ct_query_get_i64(q, 0), .document = ct_query_get_i64(q, 1), .vulnerability = ct_query_get_i64(q, 2), .at = ct_query_get_i64(q, 3),
                               .asset = ct_query_get_i64(q, 4), .line = (uint64_t)ct_query_get_i64(q, 5)};
        ct_str *const texts[] = {&r.status, &r.said, &r.vendor, &r.product, &r.versions, &r.product_id, &r.purl, &r.component, &r.justification, &r.text, &r.action, &r.refused,
                                 &r.purl_key, &r.component_key, &r.source, &r.document_name};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = ct_query_get_str(q, 6 + (int)i);
        if (names) r.vulnerability_name = ct_query_get_str(q, 22), r.asset_name = ct_query_get_str(q, 23);
        if (exact) r.exact = ct_query_get_i64(q, 22) != 0;
        e = tell(ctx, &r);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_vex_of_package(ct_db *db, ct_str key, ct_vex_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS " FROM (SELECT id FROM vex_statement WHERE purl_key = ?1 AND purl_key <> '' UNION SELECT id FROM vex_statement "
                                  "WHERE component_key = ?1 AND component_key <> '') x JOIN vex_statement s ON s.id = x.id JOIN vex_document d ON d.id = s.document WHERE s.refused = ''");
    ct_query_str(q, 1, key);
    return rows(q, false, false, tell, ctx);
}

ct_err ct_vex_each(ct_db *db, int64_t vulnerability, ct_vex_tell *tell, void *ctx)
{
#define EACH "SELECT " COLUMNS ", v.name, a.name FROM vex_statement s JOIN vex_document d ON d.id = s.document LEFT JOIN vulnerability v ON v.id = s.vulnerability " \
             "LEFT JOIN asset a ON a.id = s.asset"
    ct_query *q = vulnerability ? ct_db_query(db, EACH " WHERE s.vulnerability = ? ORDER BY s.id") : ct_db_query(db, EACH " ORDER BY s.id");
#undef EACH
    if (vulnerability) ct_query_i64(q, 1, vulnerability);
    return rows(q, true, false, tell, ctx);
}

ct_err ct_vex_match_put(ct_db *db, int64_t statement, int64_t component, bool about, bool exact)
{
    ct_query *q = ct_db_query(db, "INSERT INTO vex_match (statement, component, about, exact) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    ct_query_i64(q, 1, statement);
    ct_query_i64(q, 2, component);
    ct_query_i64(q, 3, about);
    ct_query_i64(q, 4, exact);
    return ct_query_run(q);
}

static ct_err any(ct_query *q, bool *ret_any)
{
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    *ret_any = e == CT_OK;
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_vex_any(ct_db *db, int64_t vulnerability, bool *ret_any)
{
    ct_query *q = ct_db_query(db, "SELECT 1 FROM vex_statement WHERE vulnerability = ? AND refused = ''");
    ct_query_i64(q, 1, vulnerability);
    return any(q, ret_any);
}

ct_err ct_vex_packages(ct_db *db, bool *ret_any)
{
    return any(ct_db_query(db, "SELECT 1 WHERE EXISTS (SELECT 1 FROM vex_statement WHERE purl_key <> '') OR EXISTS (SELECT 1 FROM vex_statement WHERE component_key <> '')"), ret_any);
}

ct_err ct_vex_about(ct_db *db, int64_t vulnerability, int64_t component, ct_vex_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS ", m.exact FROM vex_statement s JOIN vex_document d ON d.id = s.document "
                                  "LEFT JOIN vex_match m ON m.statement = s.id AND m.component = ?2 AND m.about = 1 "
                                  "WHERE s.vulnerability = ?1 AND s.refused = '' AND (m.component IS NOT NULL OR (s.asset IS NOT NULL AND s.component_key = '')) "
                                  "ORDER BY d.source, s.purl_key, s.product, s.component_key, s.at DESC, s.id DESC");
    ct_query_i64(q, 1, vulnerability);
    ct_query_i64(q, 2, component);
    return rows(q, false, true, tell, ctx);
}

ct_err ct_vex_product_on(ct_db *db, int64_t statement, int64_t asset, bool *ret_on, bool *ret_exact)
{
    ct_query *q = ct_db_query(db, "SELECT m.exact FROM vex_match m JOIN instance i ON i.component = m.component AND i.asset = ?2 AND i.gone IS NULL "
                                  "WHERE m.statement = ?1 AND m.about = 0 ORDER BY m.exact DESC");
    ct_query_i64(q, 1, statement);
    ct_query_i64(q, 2, asset);
    ct_err e = ct_query_next(q);
    *ret_on = e == CT_OK;
    *ret_exact = e == CT_OK && ct_query_get_i64(q, 0) != 0;
    if (e == CT_OK) ct_query_done(q);
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_components_from(ct_db *db, ct_str key, ct_key_tell *tell, void *ctx)
{
    ct_err e;
    /* Behind a name stand '#', '?' or '@', all below 'A'. */
    ct_query *q = ct_db_query(db, "SELECT id, purl, version FROM component WHERE purl >= ?1 AND purl < ?1 || 'A'");
    ct_query_str(q, 1, key);
    while ((e = ct_query_next(q)) == CT_OK) {
        e = tell(ctx, ct_query_get_i64(q, 0), ct_query_get_str(q, 1), ct_query_get_str(q, 2));
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_known_each(ct_db *db, int64_t asset, int64_t vulnerability, ct_known_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT f.asset, f.component, f.vulnerability, a.name, a.environment, c.purl, c.version, v.name, f.state, f.reason, f.opened, f.closed FROM finding f "
                                  "JOIN asset a ON a.id = f.asset JOIN component c ON c.id = f.component JOIN vulnerability v ON v.id = f.vulnerability "
                                  "WHERE (?1 = 0 OR f.asset = ?1) AND (?2 = 0 OR f.vulnerability = ?2) AND a.retired IS NULL ORDER BY v.name, a.name, a.environment, c.purl, c.version");
    ct_query_i64(q, 1, asset);
    ct_query_i64(q, 2, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_known_row r = {.asset = ct_query_get_i64(q, 0), .component = ct_query_get_i64(q, 1), .vulnerability = ct_query_get_i64(q, 2), .asset_name = ct_query_get_str(q, 3),
                                 .environment = ct_query_get_str(q, 4), .purl = ct_query_get_str(q, 5), .version = ct_query_get_str(q, 6),
                                 .vulnerability_name = ct_query_get_str(q, 7), .state = ct_query_get_str(q, 8), .reason = ct_query_get_str(q, 9), .opened = ct_query_get_i64(q, 10),
                                 .closed = ct_query_get_i64(q, 11)};
        e = tell(ctx, &r);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_fixed_versions(ct_db *db, int64_t component, int64_t vulnerability, ct_fixed_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT DISTINCT fixed FROM match WHERE component = ? AND vulnerability = ? AND fixed <> '' ORDER BY fixed");
    ct_query_i64(q, 1, component);
    ct_query_i64(q, 2, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) {
        e = tell(ctx, ct_query_get_str(q, 0));
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}
