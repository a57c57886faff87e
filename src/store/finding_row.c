#include "store/finding_row.h"

#include "store/ids.h"

static ct_str text(ct_str s) { return s.p ? s : CT_STR(""); }

#define EVIDENCE_COLUMNS "SELECT i.component, i.asset, i.id, i.path, o.source, o.state, o.reason, o.fix, l.ended "
#define EVIDENCE_ORDER " LEFT JOIN observation o ON o.instance = i.id AND o.vulnerability = ?1 LEFT JOIN look l ON l.id = o.look ORDER BY i.component, i.asset, i.id"

/* Somebody says that it is affected, or may be. */
#define CLAIMED " UNION SELECT i.id FROM vex_statement s JOIN vex_match y ON y.statement = s.id AND y.about = 1 JOIN instance i ON i.component = y.component " \
                "WHERE s.vulnerability = ?1 AND s.refused = '' AND s.status IN ('affected', 'under_investigation')"

ct_err ct_evidence_rows(ct_db *db, int64_t vulnerability, int64_t asset, ct_evidence_row_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q;
    /* Two statements: which end to start from differs, and only one of them is near. */
    if (asset)
        q = ct_db_query(db, EVIDENCE_COLUMNS "FROM (SELECT i.id FROM match m JOIN instance i ON i.asset = ?2 AND i.component = m.component WHERE m.vulnerability = ?1 "
                            "AND m.state <> 'not_affected' UNION SELECT o.instance FROM look l JOIN observation o ON o.look = l.id "
                            "WHERE l.asset = ?2 AND o.vulnerability = ?1" CLAIMED " AND i.asset = ?2) x JOIN instance i ON i.id = x.id AND i.gone IS NULL" EVIDENCE_ORDER);
    else
        q = ct_db_query(db, EVIDENCE_COLUMNS "FROM (SELECT i.id FROM match m JOIN instance i ON i.component = m.component WHERE m.vulnerability = ?1 "
                            "AND m.state <> 'not_affected' UNION SELECT instance FROM observation WHERE vulnerability = ?1" CLAIMED ") x JOIN instance i ON i.id = x.id "
                            "AND i.gone IS NULL JOIN asset a ON a.id = i.asset AND a.retired IS NULL" EVIDENCE_ORDER);
    ct_query_i64(q, 1, vulnerability);
    if (asset) ct_query_i64(q, 2, asset);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_evidence_row r = {.component = ct_query_get_i64(q, 0), .asset = ct_query_get_i64(q, 1), .instance = ct_query_get_i64(q, 2), .path = ct_query_get_str(q, 3),
                                    .source = ct_query_get_str(q, 4), .state = ct_query_get_str(q, 5), .reason = ct_query_get_str(q, 6), .fix = ct_query_get_str(q, 7),
                                    .at = ct_query_get_i64(q, 8)};
        e = tell(ctx, &r);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_vulnerabilities_of_asset(ct_db *db, ct_arena *arena, int64_t asset, int64_t **ret_ids, size_t *ret_n)
{
    /* What is there is found by the looks that saw it last: an asset that changes often holds much that is gone. Most assets have no word of a vendor: its
     * statements are asked of every place only where there is one at all. */
#define LIVE "FROM look l CROSS JOIN instance i CROSS JOIN "
#define THERE "WHERE l.asset = ?1 AND i.look = l.id AND i.gone IS NULL AND "
    ct_query *q = ct_db_query(db, "SELECT m.vulnerability " LIVE "match m " THERE "m.component = i.component AND m.state <> 'not_affected' "
                                  "UNION SELECT o.vulnerability FROM look l CROSS JOIN observation o CROSS JOIN instance i "
                                  "WHERE l.asset = ?1 AND o.look = l.id AND i.id = o.instance AND i.gone IS NULL "
                                  "UNION SELECT s.vulnerability " LIVE "vex_match y CROSS JOIN vex_statement s " THERE "y.component = i.component AND y.about = 1 AND s.id = y.statement "
                                  "AND EXISTS (SELECT 1 FROM vex_match) "
                                  "UNION SELECT vulnerability FROM finding WHERE asset = ?1");
#undef LIVE
#undef THERE
    ct_query_i64(q, 1, asset);
    return ct_query_ids(q, arena, ret_ids, ret_n);
}

ct_err ct_vulnerabilities_all(ct_db *db, ct_arena *arena, int64_t **ret_ids, size_t *ret_n)
{
    return ct_query_ids(ct_db_query(db, "SELECT id FROM vulnerability ORDER BY id"), arena, ret_ids, ret_n);
}

ct_err ct_findings_of(ct_db *db, int64_t vulnerability, int64_t asset, ct_finding_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = asset ? ct_db_query(db, "SELECT id, asset, component, state, reason, conflict, opened, closed FROM finding WHERE asset = ?2 AND vulnerability = ?1 ORDER BY component, asset")
                        : ct_db_query(db, "SELECT id, asset, component, state, reason, conflict, opened, closed FROM finding WHERE vulnerability = ?1 "
                                      "AND asset NOT IN (SELECT id FROM asset WHERE retired IS NOT NULL) ORDER BY component, asset");
    ct_query_i64(q, 1, vulnerability);
    if (asset) ct_query_i64(q, 2, asset);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_finding f = {.id = ct_query_get_i64(q, 0), .asset = ct_query_get_i64(q, 1), .component = ct_query_get_i64(q, 2), .vulnerability = vulnerability,
                               .state = ct_query_get_str(q, 3), .reason = ct_query_get_str(q, 4), .conflict = ct_query_get_i64(q, 5) != 0, .opened = ct_query_get_i64(q, 6),
                               .closed = ct_query_get_i64(q, 7)};
        e = tell(ctx, &f);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_finding_put(ct_db *db, struct ct_finding *f)
{
    ct_query *q = f->id ? ct_db_query(db, "UPDATE finding SET state = ?1, reason = ?2, conflict = ?3, opened = ?4, closed = ?5, reopened = coalesce(?7, reopened) WHERE id = ?6")
                        : ct_db_query(db, "INSERT INTO finding (state, reason, conflict, opened, closed, asset, component, vulnerability, rule) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '')");
    ct_query_str(q, 1, f->state);
    ct_query_str(q, 2, text(f->reason));
    ct_query_i64(q, 3, f->conflict);
    ct_query_i64(q, 4, f->opened);
    if (f->closed) ct_query_i64(q, 5, f->closed);
    else ct_query_null(q, 5);
    if (f->id) {
        ct_query_i64(q, 6, f->id);
        if (f->reopened) ct_query_i64(q, 7, f->reopened);
        else ct_query_null(q, 7);
        return ct_query_run(q);
    }
    ct_query_i64(q, 6, f->asset);
    ct_query_i64(q, 7, f->component);
    ct_query_i64(q, 8, f->vulnerability);
    CT_TRY(ct_query_run(q));
    f->id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_finding_became(ct_db *db, int64_t finding, int64_t at, ct_str state)
{
    ct_query *q = ct_db_query(db, "INSERT INTO finding_state (finding, at, state) VALUES (?, ?, ?) ON CONFLICT (finding, at) DO UPDATE SET state = excluded.state");
    ct_query_i64(q, 1, finding);
    ct_query_i64(q, 2, at);
    ct_query_str(q, 3, state);
    return ct_query_run(q);
}

ct_err ct_verdicts_put(ct_db *db, int64_t finding, bool replace, const struct ct_finding_verdict *list, size_t n)
{
    ct_query *q;
    if (replace) {
        q = ct_db_query(db, "DELETE FROM verdict WHERE finding = ?");
        ct_query_i64(q, 1, finding);
        CT_TRY(ct_query_run(q));
    }
    for (size_t i = 0; i < n; i++) {
        q = ct_db_query(db, "INSERT INTO verdict (finding, source, state, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
        ct_query_i64(q, 1, finding);
        ct_query_str(q, 2, list[i].source);
        ct_query_str(q, 3, list[i].state);
        ct_query_str(q, 4, text(list[i].reason));
        CT_TRY(ct_query_run(q));
    }
    return CT_OK;
}

ct_err ct_verdicts_of(ct_db *db, int64_t finding, ct_verdict_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT source, state, reason FROM verdict WHERE finding = ? ORDER BY source");
    ct_query_i64(q, 1, finding);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_finding_verdict v = {ct_query_get_str(q, 0), ct_query_get_str(q, 1), ct_query_get_str(q, 2)};
        e = tell(ctx, &v);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_component_present(ct_db *db, int64_t asset, int64_t component, bool *ret_present)
{
    ct_query *q = ct_db_query(db, "SELECT 1 FROM instance WHERE asset = ? AND component = ? AND gone IS NULL LIMIT 1");
    ct_query_i64(q, 1, asset);
    ct_query_i64(q, 2, component);
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    *ret_present = e == CT_OK;
    return e == CT_ERR_END ? CT_OK : e;
}

static ct_err exists(ct_query *q, int64_t id, bool *ret_exists)
{
    ct_query_i64(q, 1, id);
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    *ret_exists = e == CT_OK;
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_advisory_concerns(ct_db *db, int64_t advisory, bool *ret_concerns)
{
    return exists(ct_db_query(db, "SELECT 1 FROM match WHERE advisory = ? AND state <> 'not_affected' LIMIT 1"), advisory, ret_concerns);
}

ct_err ct_finding_any(ct_db *db, int64_t vulnerability, bool *ret_any)
{
    return exists(ct_db_query(db, "SELECT 1 FROM finding WHERE vulnerability = ? LIMIT 1"), vulnerability, ret_any);
}
