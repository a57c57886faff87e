#include "store/incident_row.h"

#include <stdio.h>

static ct_err ended(ct_err e) { return e == CT_ERR_END ? CT_OK : e; }
static ct_str text(ct_str s) { return s.p ? s : CT_STR(""); }

static void bind_time(ct_query *q, int at, int64_t t)
{
    if (t) ct_query_i64(q, at, t);
    else ct_query_null(q, at);
}

/* A row's texts move into the arena, and the query ends. */
static ct_err settle(ct_query *q, ct_arena *arena, ct_str *const *texts, size_t n)
{
    ct_err e = CT_OK;
    for (size_t i = 0; i < n && e == CT_OK; i++) e = ct_arena_dup(arena, *texts[i], texts[i]);
    ct_query_done(q);
    return e;
}

#define INCIDENT "SELECT i.id, i.name, i.title, i.mode, i.policy, i.opened, i.closed FROM incident i "

static struct ct_incident incident_of(const ct_query *q)
{
    return (struct ct_incident){.id = ct_query_get_i64(q, 0), .name = ct_query_get_str(q, 1), .title = ct_query_get_str(q, 2), .mode = ct_query_get_str(q, 3),
                                .policy = ct_query_get_str(q, 4), .opened = ct_query_get_i64(q, 5), .closed = ct_query_get_i64(q, 6)};
}

ct_err ct_incident_get(ct_db *db, ct_arena *arena, ct_str name, struct ct_incident *ret_incident)
{
    ct_query *q = ct_db_query(db, INCIDENT "WHERE i.name = ?");
    ct_query_str(q, 1, name);
    ct_err e = ct_query_next(q);
    if (e == CT_ERR_END) return CT_ERR_NOT_FOUND;
    CT_TRY(e);
    struct ct_incident i = incident_of(q);
    ct_str *const texts[] = {&i.name, &i.title, &i.mode, &i.policy};
    CT_TRY(settle(q, arena, texts, 4));
    *ret_incident = i;
    return CT_OK;
}

static ct_err next_name(ct_db *db, ct_arena *arena, ct_str *ret_name)
{
    char name[40];
    ct_query *q = ct_db_query(db, "SELECT coalesce(max(id), 0) + 1 FROM incident");
    CT_TRY(ct_query_next(q));
    int64_t n = ct_query_get_i64(q, 0);
    ct_query_done(q);
    for (;; n++) {
        struct ct_incident there;
        (void)snprintf(name, sizeof name, "INC-%lld", (long long)n);
        ct_err e = ct_incident_get(db, arena, ct_str_from(name), &there);
        if (e == CT_ERR_NOT_FOUND) return ct_arena_dup(arena, ct_str_from(name), ret_name);
        CT_TRY(e);
    }
}

ct_err ct_incident_put(ct_db *db, ct_arena *arena, struct ct_incident *i)
{
    if (!i->id && !i->name.n) CT_TRY(next_name(db, arena, &i->name));
    ct_query *q = i->id ? ct_db_query(db, "UPDATE incident SET name = ?1, title = ?2, mode = ?3, policy = ?4, opened = ?5, closed = ?6 WHERE id = ?7")
                        : ct_db_query(db, "INSERT INTO incident (name, title, mode, policy, opened, closed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    const ct_str texts[] = {i->name, i->title, i->mode, i->policy};
    for (int k = 0; k < 4; k++) ct_query_str(q, k + 1, text(texts[k]));
    ct_query_i64(q, 5, i->opened);
    bind_time(q, 6, i->closed);
    if (i->id) ct_query_i64(q, 7, i->id);
    CT_TRY(ct_query_run(q));
    if (!i->id) i->id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_incidents_each(ct_db *db, bool open_only, ct_incident_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, INCIDENT "WHERE ?1 = 0 OR i.closed IS NULL ORDER BY i.id DESC");
    ct_query_i64(q, 1, open_only);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_incident i = incident_of(q);
        e = tell(ctx, &i);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}

static ct_err pair(ct_query *q, int64_t a, int64_t b)
{
    ct_query_i64(q, 1, a);
    ct_query_i64(q, 2, b);
    return ct_query_run(q);
}

ct_err ct_incident_covers(ct_db *db, int64_t incident, int64_t vulnerability)
{
    return pair(ct_db_query(db, "INSERT INTO incident_vulnerability (incident, vulnerability) VALUES (?, ?) ON CONFLICT DO NOTHING"), incident, vulnerability);
}

ct_err ct_rollout_covers(ct_db *db, int64_t rollout, int64_t vulnerability)
{
    return pair(ct_db_query(db, "INSERT INTO rollout_vulnerability (rollout, vulnerability) VALUES (?, ?) ON CONFLICT DO NOTHING"), rollout, vulnerability);
}

static ct_err covered(ct_query *q, int64_t id, ct_covered_tell *tell, void *ctx)
{
    ct_err e;
    ct_query_i64(q, 1, id);
    while ((e = ct_query_next(q)) == CT_OK) {
        e = tell(ctx, ct_query_get_i64(q, 0), ct_query_get_str(q, 1), ct_query_get_i64(q, 2), ct_query_get_i64(q, 3));
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}

ct_err ct_incident_vulnerabilities(ct_db *db, int64_t incident, ct_covered_tell *tell, void *ctx)
{
    return covered(ct_db_query(db, "SELECT v.id, v.name, v.published, v.notified FROM incident_vulnerability x JOIN vulnerability v ON v.id = x.vulnerability WHERE x.incident = ? "
                                   "ORDER BY v.name"), incident, tell, ctx);
}

ct_err ct_rollout_vulnerabilities(ct_db *db, int64_t rollout, ct_covered_tell *tell, void *ctx)
{
    return covered(ct_db_query(db, "SELECT v.id, v.name, v.published, v.notified FROM rollout_vulnerability x JOIN vulnerability v ON v.id = x.vulnerability WHERE x.rollout = ? "
                                   "ORDER BY v.name"), rollout, tell, ctx);
}

ct_err ct_incident_policy(ct_db *db, ct_arena *arena, int64_t vulnerability, ct_str *ret_policy)
{
    ct_query *q = ct_db_query(db, "SELECT i.policy FROM incident_vulnerability x JOIN incident i ON i.id = x.incident WHERE x.vulnerability = ? AND i.closed IS NULL AND i.policy <> '' "
                                  "ORDER BY i.id DESC LIMIT 1");
    ct_query_i64(q, 1, vulnerability);
    ct_err e = ct_query_next(q);
    if (e == CT_ERR_END) return CT_ERR_NOT_FOUND;
    CT_TRY(e);
    *ret_policy = ct_query_get_str(q, 0);
    ct_str *const texts[] = {ret_policy};
    return settle(q, arena, texts, 1);
}

ct_err ct_incident_clock_start(ct_db *db, int64_t incident, ct_str name, int64_t due)
{
    ct_query *q = ct_db_query(db, "INSERT INTO incident_clock (incident, name, due, how) VALUES (?, ?, ?, '') ON CONFLICT (incident, name) "
                                  "DO UPDATE SET due = CASE WHEN excluded.due < incident_clock.due THEN excluded.due ELSE incident_clock.due END");
    ct_query_i64(q, 1, incident);
    ct_query_str(q, 2, name);
    ct_query_i64(q, 3, due);
    return ct_query_run(q);
}

ct_err ct_incident_clock_put(ct_db *db, const struct ct_incident_clock *c)
{
    ct_query *q = ct_db_query(db, "UPDATE incident_clock SET met = ?1, how = ?2, breached = ?3 WHERE incident = ?4 AND name = ?5");
    bind_time(q, 1, c->met);
    ct_query_str(q, 2, text(c->how));
    bind_time(q, 3, c->breached);
    ct_query_i64(q, 4, c->incident);
    ct_query_str(q, 5, c->name);
    return ct_query_run(q);
}

#define CLOCK "SELECT c.incident, c.name, c.how, c.due, c.met, c.breached, i.name, i.opened FROM incident_clock c JOIN incident i ON i.id = c.incident "

ct_err ct_incident_clocks(ct_db *db, int64_t incident, ct_incident_clock_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = incident ? ct_db_query(db, CLOCK "WHERE c.incident = ? ORDER BY c.due, c.name") : ct_db_query(db, CLOCK "WHERE i.closed IS NULL AND c.met IS NULL ORDER BY c.due, c.name");
    if (incident) ct_query_i64(q, 1, incident);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_incident_clock c = {ct_query_get_i64(q, 0), ct_query_get_str(q, 1), ct_query_get_str(q, 2), ct_query_get_i64(q, 3), ct_query_get_i64(q, 4),
                                            ct_query_get_i64(q, 5), ct_query_get_str(q, 6), ct_query_get_i64(q, 7)};
        e = tell(ctx, &c);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}

static ct_err number_of(ct_query *q, int64_t *ret_n)
{
    ct_err e = ct_query_next(q);
    *ret_n = 0;
    if (e == CT_ERR_END) return CT_OK;
    CT_TRY(e);
    *ret_n = ct_query_get_i64(q, 0);
    ct_query_done(q);
    return CT_OK;
}

ct_err ct_incident_first_fix(ct_db *db, int64_t incident, int64_t *ret_at)
{
    ct_query *q = ct_db_query(db, "SELECT min(f.closed) FROM incident_vulnerability x JOIN incident i ON i.id = x.incident JOIN finding f ON f.vulnerability = x.vulnerability "
                                  "WHERE x.incident = ? AND f.state = 'fixed' AND f.closed >= i.opened");
    ct_query_i64(q, 1, incident);
    return number_of(q, ret_at);
}

ct_err ct_assets_all_assessed(ct_db *db, int64_t since, int64_t *ret_at)
{
    ct_query *q = ct_db_query(db, "SELECT CASE WHEN min(coalesce(assessed, 0)) >= ?1 THEN max(assessed) ELSE 0 END FROM asset WHERE retired IS NULL");
    ct_query_i64(q, 1, since);
    return number_of(q, ret_at);
}

ct_err ct_incident_item_put(ct_db *db, struct ct_incident_item *i)
{
    ct_query *q = ct_db_query(db, "SELECT coalesce(max(number), 0) + 1 FROM incident_item WHERE incident = ? AND kind = ?");
    ct_query_i64(q, 1, i->incident);
    ct_query_str(q, 2, i->kind);
    CT_TRY(number_of(q, &i->number));
    q = ct_db_query(db, "INSERT INTO incident_item (incident, kind, number, text, who, at, due) VALUES (?, ?, ?, ?, ?, ?, ?)");
    ct_query_i64(q, 1, i->incident);
    ct_query_str(q, 2, i->kind);
    ct_query_i64(q, 3, i->number);
    ct_query_str(q, 4, i->text);
    ct_query_str(q, 5, text(i->who));
    ct_query_i64(q, 6, i->at);
    bind_time(q, 7, i->due);
    return ct_query_run(q);
}

ct_err ct_incident_item_end(ct_db *db, int64_t incident, ct_str kind, ct_str what, int64_t number, int64_t now_us, int64_t *ret_n)
{
    ct_query *q = ct_db_query(db, "UPDATE incident_item SET ended = ?1 WHERE incident = ?2 AND kind = ?3 AND ended IS NULL AND (text = ?4 OR number = ?5)");
    ct_query_i64(q, 1, now_us);
    ct_query_i64(q, 2, incident);
    ct_query_str(q, 3, kind);
    ct_query_str(q, 4, what);
    ct_query_i64(q, 5, number);
    CT_TRY(ct_query_run(q));
    *ret_n = ct_db_changes(db);
    return CT_OK;
}

ct_err ct_incident_items(ct_db *db, int64_t incident, ct_incident_item_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT id, incident, number, kind, text, who, at, due, ended FROM incident_item WHERE incident = ? "
                                  "ORDER BY CASE kind WHEN 'role' THEN 0 WHEN 'task' THEN 1 ELSE 2 END, number");
    ct_query_i64(q, 1, incident);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_incident_item i = {ct_query_get_i64(q, 0), ct_query_get_i64(q, 1), ct_query_get_i64(q, 2), ct_query_get_str(q, 3), ct_query_get_str(q, 4),
                                           ct_query_get_str(q, 5), ct_query_get_i64(q, 6), ct_query_get_i64(q, 7), ct_query_get_i64(q, 8)};
        e = tell(ctx, &i);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}

ct_err ct_rollout_get(ct_db *db, ct_arena *arena, ct_str name, struct ct_rollout *ret_rollout)
{
    ct_query *q = ct_db_query(db, "SELECT id, name, summary, started FROM rollout WHERE name = ?");
    ct_query_str(q, 1, name);
    ct_err e = ct_query_next(q);
    if (e == CT_ERR_END) return CT_ERR_NOT_FOUND;
    CT_TRY(e);
    struct ct_rollout r = {ct_query_get_i64(q, 0), ct_query_get_str(q, 1), ct_query_get_str(q, 2), ct_query_get_i64(q, 3)};
    ct_str *const texts[] = {&r.name, &r.summary};
    CT_TRY(settle(q, arena, texts, 2));
    *ret_rollout = r;
    return CT_OK;
}

ct_err ct_rollout_add(ct_db *db, struct ct_rollout *r)
{
    ct_query *q = ct_db_query(db, "INSERT INTO rollout (name, summary, started) VALUES (?, ?, ?)");
    ct_query_str(q, 1, r->name);
    ct_query_str(q, 2, text(r->summary));
    ct_query_i64(q, 3, r->started);
    CT_TRY(ct_query_run(q));
    r->id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_rollouts_each(ct_db *db, ct_rollout_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT id, name, summary, started FROM rollout ORDER BY id");
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_rollout r = {ct_query_get_i64(q, 0), ct_query_get_str(q, 1), ct_query_get_str(q, 2), ct_query_get_i64(q, 3)};
        e = tell(ctx, &r);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}

ct_err ct_rollout_stage_put(ct_db *db, int64_t rollout, const struct ct_rollout_stage *s)
{
    ct_query *q = ct_db_query(db, "INSERT INTO rollout_stage (rollout, stage, opened, settled, how, who, why) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rollout, stage) "
                                  "DO UPDATE SET opened = excluded.opened, settled = excluded.settled, how = excluded.how, who = excluded.who, why = excluded.why");
    ct_query_i64(q, 1, rollout);
    ct_query_str(q, 2, s->stage);
    bind_time(q, 3, s->opened);
    bind_time(q, 4, s->settled);
    ct_query_str(q, 5, text(s->how));
    ct_query_str(q, 6, text(s->who));
    ct_query_str(q, 7, text(s->why));
    return ct_query_run(q);
}

ct_err ct_rollout_stage_get(ct_db *db, ct_arena *arena, int64_t rollout, ct_str stage, struct ct_rollout_stage *ret_stage)
{
    ct_query *q = ct_db_query(db, "SELECT stage, how, who, why, opened, settled FROM rollout_stage WHERE rollout = ? AND stage = ?");
    ct_query_i64(q, 1, rollout);
    ct_query_str(q, 2, stage);
    ct_err e = ct_query_next(q);
    if (e == CT_ERR_END) return CT_ERR_NOT_FOUND;
    CT_TRY(e);
    struct ct_rollout_stage s = {ct_query_get_str(q, 0), ct_query_get_str(q, 1), ct_query_get_str(q, 2), ct_query_get_str(q, 3), ct_query_get_i64(q, 4), ct_query_get_i64(q, 5)};
    ct_str *const texts[] = {&s.stage, &s.how, &s.who, &s.why};
    CT_TRY(settle(q, arena, texts, 4));
    *ret_stage = s;
    return CT_OK;
}

ct_err ct_rollout_assets(ct_db *db, const struct ct_rollout *r, ct_rollout_asset_tell *tell, void *ctx)
{
    ct_err e;
#define NEWEST(column) "(SELECT l." column " FROM look l WHERE l.asset = a.id AND l.complete = 1 ORDER BY l.ended DESC LIMIT 1)"
    ct_query *q = ct_db_query(db, "SELECT a.id, a.name, a.environment, a.exposure, a.owner, a.assessed, sum(CASE WHEN f.closed IS NULL THEN 1 ELSE 0 END), "
                                  "sum(CASE WHEN f.state = 'fixed_on_disk' THEN 1 ELSE 0 END), sum(CASE WHEN f.state = 'mitigated' THEN 1 ELSE 0 END), " NEWEST("kind") ", " NEWEST("processes")
                                  " FROM rollout_vulnerability x JOIN finding f ON f.vulnerability = x.vulnerability JOIN asset a ON a.id = f.asset "
                                  "WHERE x.rollout = ?1 AND a.retired IS NULL AND (f.closed IS NULL OR f.closed > ?2) "
                                  "GROUP BY a.id, a.name, a.environment, a.exposure, a.owner, a.assessed ORDER BY a.name, a.id");
#undef NEWEST
    ct_query_i64(q, 1, r->id);
    ct_query_i64(q, 2, r->started);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_rollout_asset a = {.asset = ct_query_get_i64(q, 0), .name = ct_query_get_str(q, 1), .environment = ct_query_get_str(q, 2), .exposure = ct_query_get_str(q, 3),
                                           .owner = ct_query_get_str(q, 4), .assessed = ct_query_get_i64(q, 5), .open = ct_query_get_i64(q, 6), .on_disk = ct_query_get_i64(q, 7),
                                           .mitigated = ct_query_get_i64(q, 8), .look_kind = ct_query_get_str(q, 9), .look_processes = ct_query_get_i64(q, 10)};
        e = tell(ctx, &a);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return ended(e);
}
