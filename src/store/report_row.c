#include "store/report_row.h"

static ct_err ended(ct_err e) { return e == CT_ERR_END ? CT_OK : e; }

static ct_err stop(ct_query *q, ct_err e)
{
    if (e != CT_OK) ct_query_done(q);
    return e;
}

ct_err ct_report_vulnerabilities(ct_db *db, ct_report_vulnerability_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT v.id, v.name, (SELECT count(*) FROM finding f WHERE f.vulnerability = v.id AND f.closed IS NULL) AS still_open, "
                                  "(SELECT count(*) FROM incident_vulnerability x JOIN incident i ON i.id = x.incident WHERE x.vulnerability = v.id AND i.closed IS NULL) AS answered "
                                  "FROM vulnerability v WHERE EXISTS (SELECT 1 FROM finding f WHERE f.vulnerability = v.id) "
                                  "OR EXISTS (SELECT 1 FROM incident_vulnerability x JOIN incident i ON i.id = x.incident WHERE x.vulnerability = v.id AND i.closed IS NULL) "
                                  "ORDER BY CASE WHEN answered > 0 THEN 0 ELSE 1 END, still_open DESC, v.name");
    while ((e = ct_query_next(q)) == CT_OK) CT_TRY(stop(q, tell(ctx, ct_query_get_i64(q, 0), ct_query_get_str(q, 1))));
    return ended(e);
}

ct_err ct_report_states(ct_db *db, int64_t vulnerability, ct_report_state_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT a.environment, a.exposure, f.state, count(*), count(DISTINCT f.asset), count(f.breached) FROM finding f JOIN asset a ON a.id = f.asset "
                                  "WHERE f.vulnerability = ? AND a.retired IS NULL GROUP BY a.environment, a.exposure, f.state ORDER BY a.environment, a.exposure, f.state");
    ct_query_i64(q, 1, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_report_state s = {ct_query_get_str(q, 0), ct_query_get_str(q, 1), ct_query_get_str(q, 2), (uint64_t)ct_query_get_i64(q, 3), (uint64_t)ct_query_get_i64(q, 4),
                                          (uint64_t)ct_query_get_i64(q, 5)};
        CT_TRY(stop(q, tell(ctx, &s)));
    }
    return ended(e);
}

ct_err ct_report_course(ct_db *db, int64_t vulnerability, ct_report_course_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT f.opened, f.closed FROM finding f JOIN asset a ON a.id = f.asset WHERE f.vulnerability = ? AND a.retired IS NULL");
    ct_query_i64(q, 1, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) CT_TRY(stop(q, tell(ctx, ct_query_get_i64(q, 0), ct_query_get_i64(q, 1))));
    return ended(e);
}

ct_err ct_report_findings(ct_db *db, int64_t vulnerability, ct_report_finding_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT a.name, a.environment, a.exposure, a.owner, c.purl, c.name, c.version, f.state, f.opened, f.closed, f.due, f.breached FROM finding f "
                                  "JOIN asset a ON a.id = f.asset JOIN component c ON c.id = f.component WHERE f.vulnerability = ? AND a.retired IS NULL ORDER BY a.name, c.purl, c.version, f.id");
    ct_query_i64(q, 1, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_report_finding f = {.asset = ct_query_get_str(q, 0), .environment = ct_query_get_str(q, 1), .exposure = ct_query_get_str(q, 2), .owner = ct_query_get_str(q, 3),
                                            .purl = ct_query_get_str(q, 4), .name = ct_query_get_str(q, 5), .version = ct_query_get_str(q, 6), .state = ct_query_get_str(q, 7),
                                            .opened = ct_query_get_i64(q, 8), .closed = ct_query_get_i64(q, 9), .due = ct_query_get_i64(q, 10), .breached = ct_query_get_i64(q, 11)};
        CT_TRY(stop(q, tell(ctx, &f)));
    }
    return ended(e);
}
