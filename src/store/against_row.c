#include "store/against_row.h"

static ct_err stop(ct_query *q, ct_err e)
{
    if (e != CT_OK) ct_query_done(q);
    return e;
}

static ct_err ended(ct_err e) { return e == CT_ERR_END ? CT_OK : e; }

ct_err ct_targets_each(ct_db *db, ct_target_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT id, retired, looked, name, environment, exposure FROM asset ORDER BY id");
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_target_row r = {ct_query_get_i64(q, 0), ct_query_get_i64(q, 1), ct_query_get_i64(q, 2), ct_query_get_str(q, 3), ct_query_get_str(q, 4), ct_query_get_str(q, 5)};
        CT_TRY(stop(q, tell(ctx, &r)));
    }
    return ended(e);
}

#define CVES "('CVE-2021-44228', 'CVE-2021-45046', 'CVE-2021-45105')"

ct_err ct_presences_each(ct_db *db, ct_presence_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT i.asset, i.component, min(i.first_seen), CASE WHEN count(*) > count(i.gone) THEN NULL ELSE max(i.gone) END, c.purl, c.version, min(i.path) "
                                  "FROM component c JOIN instance i ON i.component = c.id WHERE c.id IN (SELECT id FROM component WHERE ecosystem = 'Maven' "
                                  "AND name = 'org.apache.logging.log4j:log4j-core' UNION SELECT f.component FROM vulnerability v JOIN finding f ON f.vulnerability = v.id "
                                  "WHERE v.name IN " CVES ") GROUP BY i.asset, i.component, c.purl, c.version ORDER BY i.asset, i.component");
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_presence_row r = {ct_query_get_i64(q, 0), ct_query_get_i64(q, 1), ct_query_get_i64(q, 2), ct_query_get_i64(q, 3), ct_query_get_str(q, 4),
                                          ct_query_get_str(q, 5), ct_query_get_str(q, 6)};
        CT_TRY(stop(q, tell(ctx, &r)));
    }
    return ended(e);
}

ct_err ct_findings_were(ct_db *db, ct_was_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT f.asset, f.component, s.at, v.name, s.state FROM vulnerability v JOIN finding f ON f.vulnerability = v.id JOIN finding_state s "
                                  "ON s.finding = f.id WHERE v.name IN " CVES " ORDER BY f.asset, f.component, s.at");
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_was_row r = {ct_query_get_i64(q, 0), ct_query_get_i64(q, 1), ct_query_get_i64(q, 2), ct_query_get_str(q, 3), ct_query_get_str(q, 4)};
        CT_TRY(stop(q, tell(ctx, &r)));
    }
    return ended(e);
}

ct_err ct_look_times(ct_db *db, ct_look_time_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT asset, ended, kind = 'image', roots FROM look WHERE complete = 1 ORDER BY asset, ended");
    while ((e = ct_query_next(q)) == CT_OK)
        CT_TRY(stop(q, tell(ctx, ct_query_get_i64(q, 0), ct_query_get_i64(q, 1), ct_query_get_i64(q, 2) != 0, ct_query_get_str(q, 3))));
    return ended(e);
}

ct_err ct_run_by(ct_db *db, int64_t asset, int64_t component, ct_run_by_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT DISTINCT o.processes, l.processes = 2 FROM instance i JOIN observation o ON o.instance = i.id JOIN look l ON l.id = o.look "
                                  "WHERE i.asset = ? AND i.component = ? AND i.gone IS NULL ORDER BY o.processes DESC");
    ct_query_i64(q, 1, asset);
    ct_query_i64(q, 2, component);
    while ((e = ct_query_next(q)) == CT_OK) CT_TRY(stop(q, tell(ctx, ct_query_get_str(q, 0), ct_query_get_i64(q, 1) != 0)));
    return ended(e);
}
