#include "store/answer.h"

#define IN_USE "a.retired IS NULL AND (?1 IS NULL OR a.environment = ?1) AND (?2 IS NULL OR a.exposure = ?2) AND (?3 IS NULL OR a.owner = ?3)"

static void bind_filter(ct_query *q, const struct ct_answer_filter *f)
{
    ct_query_str(q, 1, f->environment);
    ct_query_str(q, 2, f->exposure);
    ct_query_str(q, 3, f->owner);
}

/* The end of a loop over rows whose callback gave e; CT_OK: goes on. */
static ct_err stop(ct_query *q, ct_err e)
{
    if (e != CT_OK) ct_query_done(q);
    return e;
}

static ct_err ended(ct_err e) { return e == CT_ERR_END ? CT_OK : e; }

#define COVER "SELECT a.id, a.looked, a.assessed, a.name, a.environment, a.exposure, a.owner FROM asset a WHERE " IN_USE

ct_err ct_cover_each(ct_db *db, const struct ct_answer_filter *f, int64_t stale_before, ct_cover_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = stale_before ? ct_db_query(db, COVER " AND (a.assessed IS NULL OR a.assessed < ?4) ORDER BY a.environment, a.exposure, a.name") : ct_db_query(db, COVER);
    bind_filter(q, f);
    if (stale_before) ct_query_i64(q, 4, stale_before);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_cover_row r = {ct_query_get_i64(q, 0), ct_query_get_i64(q, 1), ct_query_get_i64(q, 2), ct_query_get_str(q, 3), ct_query_get_str(q, 4),
                                       ct_query_get_str(q, 5), ct_query_get_str(q, 6)};
        CT_TRY(stop(q, tell(ctx, &r)));
    }
    return ended(e);
}

#define COLUMNS "SELECT f.id, f.asset, f.component, a.name, a.environment, a.exposure, a.owner, a.criticality, c.purl, c.version, f.state, f.reason, f.conflict, " \
                "f.opened, f.closed, f.due, f.breached, a.looked, a.assessed, f.stopped, f.forensics, f.due_policy, " \
                "(SELECT max(x.until) FROM acceptance x WHERE x.asset = f.asset AND x.vulnerability = f.vulnerability AND x.ended IS NULL), f.rule " \
                "FROM finding f JOIN asset a ON a.id = f.asset JOIN component c ON c.id = f.component "
#define OPEN "f.state IN ('affected', 'fixed_on_disk', 'under_investigation', 'mitigated')"
#define BY_STATE "CASE f.state WHEN 'affected' THEN 0 WHEN 'fixed_on_disk' THEN 1 WHEN 'under_investigation' THEN 2 WHEN 'mitigated' THEN 3 ELSE 4 END"

static ct_err each(ct_query *q, ct_affected_tell *tell, void *ctx)
{
    ct_err e;
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_affected_row r = {
            .finding = ct_query_get_i64(q, 0), .asset = ct_query_get_i64(q, 1), .component = ct_query_get_i64(q, 2), .name = ct_query_get_str(q, 3),
            .environment = ct_query_get_str(q, 4), .exposure = ct_query_get_str(q, 5), .owner = ct_query_get_str(q, 6), .criticality = ct_query_get_str(q, 7),
            .purl = ct_query_get_str(q, 8), .version = ct_query_get_str(q, 9), .state = ct_query_get_str(q, 10), .reason = ct_query_get_str(q, 11),
            .conflict = ct_query_get_i64(q, 12) != 0, .opened = ct_query_get_i64(q, 13), .closed = ct_query_get_i64(q, 14), .due = ct_query_get_i64(q, 15),
            .breached = ct_query_get_i64(q, 16), .looked = ct_query_get_i64(q, 17), .assessed = ct_query_get_i64(q, 18),
            .stopped = ct_query_get_i64(q, 19) != 0, .forensics = ct_query_get_i64(q, 20) != 0, .due_policy = ct_query_get_i64(q, 21), .accepted_until = ct_query_get_i64(q, 22),
            .rule = ct_query_get_str(q, 23)};
        CT_TRY(stop(q, tell(ctx, &r)));
    }
    return ended(e);
}

ct_err ct_affected_each(ct_db *db, int64_t vulnerability, const struct ct_answer_filter *f, ct_affected_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, COLUMNS "WHERE f.vulnerability = ?4 AND " OPEN " AND " IN_USE
                                  " ORDER BY " BY_STATE ", CASE a.exposure WHEN 'public' THEN 0 WHEN 'receives-public-input' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END, "
                                  "CASE a.environment WHEN 'production' THEN 0 WHEN 'unknown' THEN 1 WHEN 'staging' THEN 2 ELSE 3 END, a.name, c.purl, c.version");
    bind_filter(q, f);
    ct_query_i64(q, 4, vulnerability);
    return each(q, tell, ctx);
}

ct_err ct_affected_count(ct_db *db, int64_t vulnerability, const struct ct_answer_filter *f, ct_affected_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, "SELECT f.id, f.asset, f.component, '', a.environment, a.exposure, '', '', '', '', f.state, '', f.conflict, f.opened, f.closed, f.due, f.breached, "
                                  "a.looked, a.assessed, f.stopped, f.forensics, NULL, NULL, '' FROM finding f JOIN asset a ON a.id = f.asset WHERE f.vulnerability = ?4 AND " OPEN " AND " IN_USE);
    bind_filter(q, f);
    ct_query_i64(q, 4, vulnerability);
    return each(q, tell, ctx);
}

ct_err ct_findings_on(ct_db *db, int64_t vulnerability, int64_t asset, ct_affected_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, COLUMNS "WHERE f.asset = ?1 AND f.vulnerability = ?2 ORDER BY " BY_STATE ", c.purl, c.version");
    ct_query_i64(q, 1, asset);
    ct_query_i64(q, 2, vulnerability);
    return each(q, tell, ctx);
}

ct_err ct_findings_open_on(ct_db *db, int64_t asset, ct_affected_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, "SELECT f.id, f.asset, f.component, v.name, a.environment, a.exposure, a.owner, a.criticality, c.purl, c.version, f.state, f.reason, f.conflict, "
                                  "f.opened, f.closed, f.due, f.breached, a.looked, a.assessed FROM finding f JOIN asset a ON a.id = f.asset JOIN component c ON c.id = f.component "
                                  "JOIN vulnerability v ON v.id = f.vulnerability WHERE f.asset = ? AND " OPEN " ORDER BY " BY_STATE ", v.name, c.purl, c.version");
    ct_query_i64(q, 1, asset);
    return each(q, tell, ctx);
}

ct_err ct_mitigations_short(ct_db *db, int64_t vulnerability, ct_affected_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, "SELECT f.id, f.asset, f.component, a.name, a.environment, a.exposure, a.owner, a.criticality, c.purl, c.version, v.name, m.reason, f.conflict, "
                                  "f.opened, f.closed, f.due, f.breached, a.looked, a.assessed FROM finding f JOIN finding m ON m.asset = f.asset AND m.component = f.component "
                                  "AND m.state = 'mitigated' JOIN vulnerability v ON v.id = m.vulnerability JOIN asset a ON a.id = f.asset JOIN component c ON c.id = f.component "
                                  "WHERE f.vulnerability = ? AND f.state IN ('affected', 'fixed_on_disk', 'under_investigation') AND a.retired IS NULL ORDER BY a.name, a.environment, c.purl, v.name");
    ct_query_i64(q, 1, vulnerability);
    return each(q, tell, ctx);
}

ct_err ct_places_of(ct_db *db, int64_t asset, int64_t component, ct_place_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT id, first_seen, seen, gone, path, source FROM instance WHERE asset = ? AND component = ? ORDER BY gone IS NOT NULL, path");
    ct_query_i64(q, 1, asset);
    ct_query_i64(q, 2, component);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_place_row r = {ct_query_get_i64(q, 0), ct_query_get_i64(q, 1), ct_query_get_i64(q, 2), ct_query_get_i64(q, 3), ct_query_get_str(q, 4),
                                       ct_query_get_str(q, 5)};
        CT_TRY(stop(q, tell(ctx, &r)));
    }
    return ended(e);
}

ct_err ct_observed_of(ct_db *db, int64_t instance, int64_t vulnerability, ct_observed_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT o.source, o.state, o.reason, o.fix, o.evidence, o.processes, l.ended FROM observation o JOIN look l ON l.id = o.look "
                                  "WHERE o.instance = ? AND o.vulnerability = ? ORDER BY o.source");
    ct_query_i64(q, 1, instance);
    ct_query_i64(q, 2, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_observed_row r = {ct_query_get_str(q, 0), ct_query_get_str(q, 1), ct_query_get_str(q, 2), ct_query_get_str(q, 3), ct_query_get_str(q, 4),
                                          ct_query_get_str(q, 5), ct_query_get_i64(q, 6)};
        CT_TRY(stop(q, tell(ctx, &r)));
    }
    return ended(e);
}

ct_err ct_aliases_of(ct_db *db, int64_t vulnerability, ct_alias_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT a.alias FROM alias a JOIN vulnerability v ON v.id = a.vulnerability WHERE v.id = ? AND a.alias <> v.name ORDER BY a.alias");
    ct_query_i64(q, 1, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) CT_TRY(stop(q, tell(ctx, ct_query_get_str(q, 0))));
    return ended(e);
}

ct_err ct_vulnerability_spoken_of(ct_db *db, int64_t vulnerability, bool *ret_spoken)
{
    ct_query *q = ct_db_query(db, "SELECT 1 WHERE EXISTS (SELECT 1 FROM advisory WHERE vulnerability = ?1 AND withdrawn IS NULL) "
                                  "OR EXISTS (SELECT 1 FROM observation WHERE vulnerability = ?1) OR EXISTS (SELECT 1 FROM finding WHERE vulnerability = ?1)");
    ct_query_i64(q, 1, vulnerability);
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    *ret_spoken = e == CT_OK;
    return ended(e);
}
