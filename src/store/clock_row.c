#include "store/clock_row.h"

static ct_err ended(ct_err e) { return e == CT_ERR_END ? CT_OK : e; }

static void bind_time(ct_query *q, int at, int64_t t)
{
    if (t) ct_query_i64(q, at, t);
    else ct_query_null(q, at);
}

#define ACCEPTED "(SELECT max(x.until) FROM acceptance x WHERE x.asset = f.asset AND x.vulnerability = f.vulnerability AND x.ended IS NULL AND x.since <= ?1 AND x.until > ?1)"
#define CLOCKS "SELECT f.id, f.asset, f.vulnerability, f.component, a.environment, a.exposure, a.criticality, v.severity, v.automatable, v.impact, f.state, f.rule, " \
    "v.kev_added IS NOT NULL, f.forensics, f.stopped, v.published, v.notified, " \
    "(SELECT min(i.first_seen) FROM finding g JOIN instance i ON i.asset = g.asset AND i.component = g.component WHERE g.asset = f.asset AND g.vulnerability = f.vulnerability), " \
    "(SELECT min(g.opened) FROM finding g WHERE g.asset = f.asset AND g.vulnerability = f.vulnerability), f.opened, f.reopened, f.closed, f.anchor, f.due, f.due_policy, f.due_set, f.breached, " ACCEPTED \
    " FROM finding f JOIN asset a ON a.id = f.asset JOIN vulnerability v ON v.id = f.vulnerability " \
    "WHERE a.retired IS NULL AND "
#define RUNNING "(f.closed IS NULL OR (f.breached IS NULL AND f.due < f.closed))"

static ct_err each(ct_query *q, ct_clock_tell *tell, void *ctx);

ct_err ct_clock_rows(ct_db *db, int64_t vulnerability, int64_t asset, int64_t now_us, ct_clock_tell *tell, void *ctx)
{
    ct_query *q = vulnerability && asset ? ct_db_query(db, CLOCKS RUNNING " AND f.asset = ?2 AND f.vulnerability = ?3")
                  : vulnerability        ? ct_db_query(db, CLOCKS RUNNING " AND f.vulnerability = ?3")
                  : asset                ? ct_db_query(db, CLOCKS RUNNING " AND f.asset = ?2 ORDER BY f.vulnerability")
                                         : ct_db_query(db, CLOCKS RUNNING " ORDER BY f.vulnerability");
    ct_query_i64(q, 1, now_us);
    if (asset) ct_query_i64(q, 2, asset);
    if (vulnerability) ct_query_i64(q, 3, vulnerability);
    return each(q, tell, ctx);
}

ct_err ct_clock_rows_late(ct_db *db, int64_t now_us, ct_clock_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, CLOCKS "f.closed IS NULL AND f.due IS NOT NULL AND f.due < ?1 AND f.breached IS NULL ORDER BY f.vulnerability");
    ct_query_i64(q, 1, now_us);
    return each(q, tell, ctx);
}

ct_err ct_clocks_late(ct_db *db, int64_t now_us, bool *ret_late)
{
    ct_query *q = ct_db_query(db, "SELECT 1 FROM finding f JOIN asset a ON a.id = f.asset WHERE a.retired IS NULL AND f.closed IS NULL AND f.due IS NOT NULL AND f.due < ?1 "
                                  "AND f.breached IS NULL AND f.stopped = 0 AND coalesce(f.due_set, 0) <= ?1 LIMIT 1");
    ct_query_i64(q, 1, now_us);
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    *ret_late = e == CT_OK;
    return ended(e);
}

static ct_err each(ct_query *q, ct_clock_tell *tell, void *ctx)
{
    ct_err e;
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_clock_row r = {
            .finding = ct_query_get_i64(q, 0), .asset = ct_query_get_i64(q, 1), .vulnerability = ct_query_get_i64(q, 2), .component = ct_query_get_i64(q, 3),
            .environment = ct_query_get_str(q, 4), .exposure = ct_query_get_str(q, 5), .criticality = ct_query_get_str(q, 6), .severity = ct_query_get_str(q, 7),
            .automatable = ct_query_get_str(q, 8), .impact = ct_query_get_str(q, 9), .state = ct_query_get_str(q, 10), .rule = ct_query_get_str(q, 11),
            .exploited = ct_query_get_i64(q, 12) != 0, .forensics = ct_query_get_i64(q, 13) != 0, .stopped = ct_query_get_i64(q, 14) != 0,
            .published = ct_query_get_i64(q, 15), .notified = ct_query_get_i64(q, 16), .seen = ct_query_get_i64(q, 17), .found = ct_query_get_i64(q, 18),
            .opened = ct_query_get_i64(q, 19), .reopened = ct_query_get_i64(q, 20), .closed = ct_query_get_i64(q, 21), .anchor = ct_query_get_i64(q, 22),
            .due = ct_query_get_i64(q, 23), .due_policy = ct_query_get_i64(q, 24), .due_set = ct_query_get_i64(q, 25), .breached = ct_query_get_i64(q, 26),
            .accepted_until = ct_query_get_i64(q, 27)};
        e = tell(ctx, &r);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}

ct_err ct_clock_put(ct_db *db, const struct ct_clock_row *r)
{
    ct_query *q = ct_db_query(db, "UPDATE finding SET anchor = ?1, due = ?2, due_policy = ?3, due_set = ?4, rule = ?5, forensics = ?6, stopped = ?7, breached = ?8 WHERE id = ?9");
    bind_time(q, 1, r->anchor);
    bind_time(q, 2, r->due);
    bind_time(q, 3, r->due_policy);
    bind_time(q, 4, r->due_set);
    ct_query_str(q, 5, r->rule.p ? r->rule : CT_STR(""));
    ct_query_i64(q, 6, r->forensics);
    ct_query_i64(q, 7, r->stopped);
    bind_time(q, 8, r->breached);
    ct_query_i64(q, 9, r->finding);
    return ct_query_run(q);
}

#define DUE "SELECT f.id, f.asset, a.name, a.environment, a.exposure, a.owner, v.name, v.severity, c.purl, c.version, f.state, f.rule, f.forensics, f.stopped, f.opened, f.closed, f.due, " \
    "f.due_policy, f.breached, " ACCEPTED " FROM finding f JOIN asset a ON a.id = f.asset JOIN vulnerability v ON v.id = f.vulnerability JOIN component c ON c.id = f.component " \
    "WHERE a.retired IS NULL AND (?2 IS NULL OR a.environment = ?2) AND (?3 IS NULL OR a.exposure = ?3) AND (?4 IS NULL OR a.owner = ?4) AND "
#define SOONEST " ORDER BY f.due, a.name, v.name, c.purl, f.id"

ct_err ct_due_each(ct_db *db, const struct ct_answer_filter *f, int64_t until_us, int64_t now_us, bool marked, ct_due_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = marked ? ct_db_query(db, DUE "(f.breached IS NOT NULL OR (f.closed IS NULL AND f.due < ?5))" SOONEST)
                         : ct_db_query(db, DUE "f.closed IS NULL AND f.due IS NOT NULL AND f.due < ?5" SOONEST);
    ct_query_i64(q, 1, now_us);
    ct_query_str(q, 2, f->environment);
    ct_query_str(q, 3, f->exposure);
    ct_query_str(q, 4, f->owner);
    ct_query_i64(q, 5, until_us);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_due_row r = {
            .finding = ct_query_get_i64(q, 0), .asset = ct_query_get_i64(q, 1), .name = ct_query_get_str(q, 2), .environment = ct_query_get_str(q, 3),
            .exposure = ct_query_get_str(q, 4), .owner = ct_query_get_str(q, 5), .vulnerability = ct_query_get_str(q, 6), .severity = ct_query_get_str(q, 7),
            .purl = ct_query_get_str(q, 8), .version = ct_query_get_str(q, 9), .state = ct_query_get_str(q, 10), .rule = ct_query_get_str(q, 11),
            .forensics = ct_query_get_i64(q, 12) != 0, .stopped = ct_query_get_i64(q, 13) != 0, .opened = ct_query_get_i64(q, 14), .closed = ct_query_get_i64(q, 15),
            .due = ct_query_get_i64(q, 16), .due_policy = ct_query_get_i64(q, 17), .breached = ct_query_get_i64(q, 18), .accepted_until = ct_query_get_i64(q, 19)};
        e = tell(ctx, &r);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}

ct_err ct_catalogue_known(ct_db *db, bool *ret_known)
{
    ct_query *q = ct_db_query(db, "SELECT 1 FROM vulnerability WHERE kev_added IS NOT NULL LIMIT 1");
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    *ret_known = e == CT_OK;
    return ended(e);
}

/* The first column of the only row. */
static ct_err text_of(ct_query *q, ct_arena *arena, ct_str *ret_text)
{
    ct_err e = ct_query_next(q);
    if (e == CT_ERR_END) return CT_ERR_NOT_FOUND;
    CT_TRY(e);
    e = ct_arena_dup(arena, ct_query_get_str(q, 0), ret_text);
    ct_query_done(q);
    return e;
}

ct_err ct_setting_get(ct_db *db, ct_arena *arena, ct_str key, ct_str *ret_value)
{
    ct_query *q = ct_db_query(db, "SELECT value FROM setting WHERE key = ?");
    ct_query_str(q, 1, key);
    return text_of(q, arena, ret_value);
}

ct_err ct_setting_put(ct_db *db, ct_str key, ct_str value)
{
    ct_query *q = ct_db_query(db, "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    ct_query_str(q, 1, key);
    ct_query_str(q, 2, value);
    return ct_query_run(q);
}

ct_err ct_policy_row_get(ct_db *db, ct_arena *arena, ct_str name, ct_str *ret_yaml)
{
    ct_query *q = ct_db_query(db, "SELECT yaml FROM policy WHERE name = ?");
    ct_query_str(q, 1, name);
    return text_of(q, arena, ret_yaml);
}

ct_err ct_policy_row_put(ct_db *db, ct_str name, ct_str yaml, int64_t now_us)
{
    ct_query *q = ct_db_query(db, "INSERT INTO policy (name, yaml, taken) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET yaml = excluded.yaml, taken = excluded.taken");
    ct_query_str(q, 1, name);
    ct_query_str(q, 2, yaml);
    ct_query_i64(q, 3, now_us);
    return ct_query_run(q);
}

ct_err ct_policy_rows(ct_db *db, ct_policy_row_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT name, yaml, taken FROM policy ORDER BY name");
    while ((e = ct_query_next(q)) == CT_OK) {
        e = tell(ctx, ct_query_get_str(q, 0), ct_query_get_str(q, 1), ct_query_get_i64(q, 2));
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}

ct_err ct_vulnerability_facts(ct_db *db, int64_t id, ct_str automatable, ct_str impact, int64_t notified)
{
    ct_query *q = ct_db_query(db, "UPDATE vulnerability SET automatable = coalesce(?1, automatable), impact = coalesce(?2, impact), notified = coalesce(?3, notified) WHERE id = ?4");
    ct_query_str(q, 1, automatable);
    ct_query_str(q, 2, impact);
    bind_time(q, 3, notified);
    ct_query_i64(q, 4, id);
    return ct_query_run(q);
}

ct_err ct_acceptance_put(ct_db *db, struct ct_acceptance *a)
{
    ct_query *q = ct_db_query(db, "INSERT INTO acceptance (asset, vulnerability, approver, reason, since, until) VALUES (?, ?, ?, ?, ?, ?)");
    ct_query_i64(q, 1, a->asset);
    ct_query_i64(q, 2, a->vulnerability);
    ct_query_str(q, 3, a->approver);
    ct_query_str(q, 4, a->reason);
    ct_query_i64(q, 5, a->since);
    ct_query_i64(q, 6, a->until);
    CT_TRY(ct_query_run(q));
    a->id = ct_db_last_id(db);
    return CT_OK;
}

#define ACCEPTANCE "SELECT x.id, x.asset, x.vulnerability, x.approver, x.reason, x.since, x.until, x.ended, a.name, a.environment, v.name FROM acceptance x " \
    "JOIN asset a ON a.id = x.asset JOIN vulnerability v ON v.id = x.vulnerability "

static struct ct_acceptance acceptance_of(const ct_query *q)
{
    return (struct ct_acceptance){.id = ct_query_get_i64(q, 0), .asset = ct_query_get_i64(q, 1), .vulnerability = ct_query_get_i64(q, 2), .approver = ct_query_get_str(q, 3),
                                  .reason = ct_query_get_str(q, 4), .since = ct_query_get_i64(q, 5), .until = ct_query_get_i64(q, 6), .ended = ct_query_get_i64(q, 7),
                                  .asset_name = ct_query_get_str(q, 8), .environment = ct_query_get_str(q, 9), .vulnerability_name = ct_query_get_str(q, 10)};
}

ct_err ct_acceptance_in_force(ct_db *db, ct_arena *arena, int64_t asset, int64_t vulnerability, int64_t now_us, struct ct_acceptance *ret_acceptance)
{
    ct_query *q = ct_db_query(db, ACCEPTANCE "WHERE x.asset = ?1 AND x.vulnerability = ?2 AND x.ended IS NULL AND x.since <= ?3 AND x.until > ?3 ORDER BY x.until DESC LIMIT 1");
    ct_query_i64(q, 1, asset);
    ct_query_i64(q, 2, vulnerability);
    ct_query_i64(q, 3, now_us);
    ct_err e = ct_query_next(q);
    if (e == CT_ERR_END) return CT_ERR_NOT_FOUND;
    CT_TRY(e);
    struct ct_acceptance a = acceptance_of(q);
    ct_str *const texts[] = {&a.approver, &a.reason, &a.asset_name, &a.environment, &a.vulnerability_name};
    for (size_t i = 0; i < sizeof texts / sizeof *texts && e == CT_OK; i++) e = ct_arena_dup(arena, *texts[i], texts[i]);
    ct_query_done(q);
    CT_TRY(e);
    *ret_acceptance = a;
    return CT_OK;
}

ct_err ct_acceptance_end(ct_db *db, int64_t id, int64_t now_us)
{
    ct_query *q = ct_db_query(db, "UPDATE acceptance SET ended = ? WHERE id = ? AND ended IS NULL");
    ct_query_i64(q, 1, now_us);
    ct_query_i64(q, 2, id);
    return ct_query_run(q);
}

ct_err ct_acceptances_each(ct_db *db, int64_t asset, int64_t vulnerability, ct_acceptance_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, ACCEPTANCE "WHERE (?1 = 0 OR x.asset = ?1) AND (?2 = 0 OR x.vulnerability = ?2) ORDER BY x.since DESC, x.id DESC");
    ct_query_i64(q, 1, asset);
    ct_query_i64(q, 2, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_acceptance a = acceptance_of(q);
        e = tell(ctx, &a);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}
