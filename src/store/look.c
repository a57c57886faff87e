#include "store/look.h"

static ct_str text(ct_str s) { return s.p ? s : CT_STR(""); }

ct_err ct_look_find(ct_db *db, int64_t asset, const unsigned char digest[CT_BLAKE2B_DIGEST])
{
    ct_query *q = ct_db_query(db, "SELECT id FROM look WHERE asset = ? AND digest = ?");
    ct_query_i64(q, 1, asset);
    ct_query_blob(q, 2, (ct_str){digest, CT_BLAKE2B_DIGEST});
    ct_err e = ct_query_next(q);
    if (e == CT_OK) ct_query_done(q);
    return e;
}

ct_err ct_look_add(ct_db *db, struct ct_look *l)
{
    ct_query *q = ct_db_query(db, "INSERT INTO look (asset, kind, digest, started, ended, taken, complete, roots, exclusions, processes, families, reporter) "
                                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    ct_query_i64(q, 1, l->asset);
    ct_query_str(q, 2, l->kind);
    ct_query_blob(q, 3, (ct_str){l->digest, sizeof l->digest});
    ct_query_i64(q, 4, l->started);
    ct_query_i64(q, 5, l->ended);
    ct_query_i64(q, 6, l->taken);
    ct_query_i64(q, 7, l->complete);
    ct_query_str(q, 8, text(l->roots));
    ct_query_str(q, 9, text(l->exclusions));
    ct_query_i64(q, 10, l->processes);
    ct_query_str(q, 11, text(l->families));
    ct_query_str(q, 12, text(l->reporter));
    CT_TRY(ct_query_run(q));
    l->id = ct_db_last_id(db);
    q = ct_db_query(db, "UPDATE asset SET looked = CASE WHEN looked > ?1 THEN looked ELSE ?1 END, "
                        "assessed = CASE WHEN ?2 = 0 OR assessed > ?1 THEN assessed ELSE ?1 END WHERE id = ?3");
    ct_query_i64(q, 1, l->ended);
    ct_query_i64(q, 2, l->complete && l->whole);
    ct_query_i64(q, 3, l->asset);
    return ct_query_run(q);
}

#define COLUMNS "id, asset, kind, started, ended, taken, complete, roots, exclusions, processes, families, reporter"

static struct ct_look read_row(const ct_query *q)
{
    return (struct ct_look){
        .id = ct_query_get_i64(q, 0), .asset = ct_query_get_i64(q, 1), .kind = ct_query_get_str(q, 2), .started = ct_query_get_i64(q, 3),
        .ended = ct_query_get_i64(q, 4), .taken = ct_query_get_i64(q, 5), .complete = ct_query_get_i64(q, 6) != 0, .roots = ct_query_get_str(q, 7),
        .exclusions = ct_query_get_str(q, 8), .processes = (int)ct_query_get_i64(q, 9), .families = ct_query_get_str(q, 10), .reporter = ct_query_get_str(q, 11)};
}

ct_err ct_looks_each(ct_db *db, int64_t asset, ct_look_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS " FROM look WHERE asset = ? ORDER BY ended DESC, id DESC");
    ct_query_i64(q, 1, asset);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_look l = read_row(q);
        e = tell(ctx, &l);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_look_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_look *ret_look)
{
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS " FROM look WHERE id = ?");
    ct_query_i64(q, 1, id);
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
    struct ct_look l = read_row(q);
    ct_str *texts[] = {&l.kind, &l.roots, &l.exclusions, &l.families, &l.reporter};
    for (size_t i = 0; i < sizeof texts / sizeof *texts && e == CT_OK; i++) e = ct_arena_dup(arena, *texts[i], texts[i]);
    ct_query_done(q);
    if (e == CT_OK) *ret_look = l;
    return e;
}

/* CT_ERR_END: there is none. */
static ct_err find_component(ct_db *db, struct ct_component_row *c)
{
    ct_query *q = ct_db_query(db, "SELECT id FROM component WHERE purl = ? AND version = ?");
    ct_query_str(q, 1, c->purl);
    ct_query_str(q, 2, text(c->version));
    CT_TRY(ct_query_next(q));
    c->id = ct_query_get_i64(q, 0);
    ct_query_done(q);
    return CT_OK;
}

ct_err ct_component_put(ct_db *db, struct ct_component_row *c, bool likely_new, bool *ret_new)
{
    if (!likely_new) {
        ct_err e = find_component(db, c);
        *ret_new = false;
        if (e != CT_ERR_END) return e;
    }
    ct_query *q = ct_db_query(db, "INSERT INTO component (purl, version, ecosystem, name) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    ct_query_str(q, 1, c->purl);
    ct_query_str(q, 2, text(c->version));
    ct_query_str(q, 3, text(c->ecosystem));
    ct_query_str(q, 4, text(c->name));
    CT_TRY(ct_query_run(q));
    *ret_new = ct_db_changes(db) > 0;
    if (!*ret_new) return find_component(db, c);
    c->id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_component_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_component_row *ret_component)
{
    ct_query *q = ct_db_query(db, "SELECT id, purl, version, ecosystem, name FROM component WHERE id = ?");
    ct_query_i64(q, 1, id);
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
    struct ct_component_row c = {.id = id};
    ct_str *texts[] = {&c.purl, &c.version, &c.ecosystem, &c.name};
    for (size_t i = 0; i < 4 && e == CT_OK; i++) e = ct_arena_dup(arena, ct_query_get_str(q, 1 + (int)i), texts[i]);
    ct_query_done(q);
    if (e == CT_OK) *ret_component = c;
    return e;
}

ct_err ct_component_on(ct_db *db, int64_t asset, ct_str purl, int64_t *ret_component)
{
    ct_query *q = ct_db_query(db, "SELECT i.component FROM component c JOIN instance i ON i.component = c.id WHERE c.purl = ?1 AND i.asset = ?2 ORDER BY i.gone IS NOT NULL, i.component");
    ct_query_str(q, 1, purl);
    ct_query_i64(q, 2, asset);
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
    *ret_component = ct_query_get_i64(q, 0);
    ct_query_done(q);
    return CT_OK;
}

ct_err ct_instance_add(ct_db *db, const struct ct_look *look, int64_t component, ct_str path, ct_str source, int64_t *ret_id)
{
    ct_query *q = ct_db_query(db, "INSERT INTO instance (asset, component, path, source, first_seen, seen, look) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)");
    ct_query_i64(q, 1, look->asset);
    ct_query_i64(q, 2, component);
    ct_query_str(q, 3, text(path));
    ct_query_str(q, 4, text(source));
    ct_query_i64(q, 5, look->ended);
    ct_query_i64(q, 6, look->id);
    CT_TRY(ct_query_run(q));
    *ret_id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_instance_see(ct_db *db, const struct ct_look *look, int64_t component, ct_str path, ct_str source, bool only_new, int64_t *ret_id,
                       enum ct_sighting *ret_sighting)
{
    ct_query *q = ct_db_query(db, "SELECT id, gone IS NOT NULL FROM instance WHERE asset = ? AND component = ? AND path = ?");
    ct_query_i64(q, 1, look->asset);
    ct_query_i64(q, 2, component);
    ct_query_str(q, 3, text(path));
    ct_err e = ct_query_next(q);
    if (e == CT_ERR_END) {
        CT_TRY(ct_instance_add(db, look, component, path, source, ret_id));
        *ret_sighting = CT_SIGHTING_NEW;
        return CT_OK;
    }
    CT_TRY(e);
    *ret_id = ct_query_get_i64(q, 0);
    *ret_sighting = ct_query_get_i64(q, 1) && !only_new ? CT_SIGHTING_BACK : CT_SIGHTING_AGAIN;
    ct_query_done(q);
    return *ret_sighting == CT_SIGHTING_BACK ? ct_instances_seen(db, look, ret_id, 1) : CT_OK;
}

ct_err ct_looks_open(ct_db *db, const struct ct_look *look, int64_t *ids, size_t max, size_t *ret_n)
{
    size_t n = 0;
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT id FROM look WHERE asset = ?1 AND id <> ?2 AND (EXISTS (SELECT 1 FROM instance i WHERE i.look = look.id AND i.gone IS NULL) "
                                  "OR EXISTS (SELECT 1 FROM observation o WHERE o.look = look.id))");
    ct_query_i64(q, 1, look->asset);
    ct_query_i64(q, 2, look->id);
    while ((e = ct_query_next(q)) == CT_OK && n < max) ids[n++] = ct_query_get_i64(q, 0);
    ct_query_done(q);
    *ret_n = n;
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_instances_of_look(ct_db *db, int64_t last, ct_instance_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT id, path FROM instance WHERE look = ? AND gone IS NULL");
    ct_query_i64(q, 1, last);
    while ((e = ct_query_next(q)) == CT_OK) {
        e = tell(ctx, ct_query_get_i64(q, 0), ct_query_get_str(q, 1));
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_instance_gone(ct_db *db, int64_t instance, int64_t now_us)
{
    ct_query *q = ct_db_query(db, "UPDATE instance SET gone = ? WHERE id = ?");
    ct_query_i64(q, 1, now_us);
    ct_query_i64(q, 2, instance);
    return ct_query_run(q);
}

ct_err ct_instances_gone(ct_db *db, int64_t last, int64_t now_us, int64_t *ret_n)
{
    ct_query *q = ct_db_query(db, "UPDATE instance SET gone = ? WHERE look = ? AND gone IS NULL");
    ct_query_i64(q, 1, now_us);
    ct_query_i64(q, 2, last);
    CT_TRY(ct_query_run(q));
    *ret_n = ct_db_changes(db);
    return CT_OK;
}

static ct_err held(ct_query *q, ct_held_tell *tell, void *ctx)
{
    ct_err e;
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_held_row r = {.asset = ct_query_get_str(q, 0), .environment = ct_query_get_str(q, 1), .purl = ct_query_get_str(q, 2), .version = ct_query_get_str(q, 3),
                                .ecosystem = ct_query_get_str(q, 4), .path = ct_query_get_str(q, 5), .source = ct_query_get_str(q, 6)};
        e = tell(ctx, &r);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_held_each(ct_db *db, int64_t asset, ct_held_tell *tell, void *ctx)
{
#define HELD "SELECT a.name, a.environment, c.purl, c.version, c.ecosystem, i.path, i.source FROM asset a "
#define COMPONENT "JOIN component c ON c.id = i.component WHERE i.gone IS NULL AND "
    ct_query *q = asset ? ct_db_query(db, HELD "JOIN look l ON l.asset = a.id JOIN instance i ON i.look = l.id " COMPONENT "a.id = ?")
                        : ct_db_query(db, HELD "JOIN instance i ON i.asset = a.id " COMPONENT "a.retired IS NULL");
    if (asset) ct_query_i64(q, 1, asset);
    return held(q, tell, ctx);
#undef HELD
#undef COMPONENT
}

ct_err ct_observation_get(ct_db *db, ct_arena *arena, int64_t instance, int64_t vulnerability, ct_str source, struct ct_observation *ret_observation)
{
    ct_query *q = ct_db_query(db, "SELECT look, state, reason, fix, evidence, processes FROM observation WHERE instance = ? AND vulnerability = ? AND source = ?");
    ct_query_i64(q, 1, instance);
    ct_query_i64(q, 2, vulnerability);
    ct_query_str(q, 3, source);
    CT_TRY(ct_query_next(q));
    struct ct_observation o = {.instance = instance, .vulnerability = vulnerability, .look = ct_query_get_i64(q, 0), .source = source};
    ct_str *texts[] = {&o.state, &o.reason, &o.fix, &o.evidence, &o.processes};
    ct_err e = CT_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && e == CT_OK; i++) e = ct_arena_dup(arena, ct_query_get_str(q, 1 + (int)i), texts[i]);
    ct_query_done(q);
    if (e == CT_OK) *ret_observation = o;
    return e;
}

ct_err ct_instance_states(ct_db *db, int64_t instance, int64_t vulnerability, ct_state_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "WITH f AS (SELECT f.id, f.state FROM instance i JOIN finding f ON f.asset = i.asset AND f.component = i.component AND f.vulnerability = ?2 "
                                  "WHERE i.id = ?1 AND f.closed IS NULL) SELECT state FROM f UNION ALL SELECT v.state FROM f JOIN verdict v ON v.finding = f.id");
    ct_query_i64(q, 1, instance);
    ct_query_i64(q, 2, vulnerability);
    while ((e = ct_query_next(q)) == CT_OK) tell(ctx, ct_query_get_str(q, 0));
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_observation_put(ct_db *db, const struct ct_observation *o)
{
    ct_query *q = ct_db_query(db, "INSERT INTO observation (instance, vulnerability, look, source, state, reason, fix, evidence, processes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                                  "ON CONFLICT (instance, vulnerability, source) DO UPDATE SET look = excluded.look, state = excluded.state, reason = excluded.reason, "
                                  "fix = excluded.fix, evidence = excluded.evidence, processes = excluded.processes");
    ct_query_i64(q, 1, o->instance);
    ct_query_i64(q, 2, o->vulnerability);
    ct_query_i64(q, 3, o->look);
    const ct_str texts[] = {o->source, o->state, o->reason, o->fix, o->evidence, o->processes};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) ct_query_str(q, 4 + (int)i, text(texts[i]));
    return ct_query_run(q);
}

ct_err ct_observations_drop(ct_db *db, int64_t last, int64_t look)
{
    ct_query *q = ct_db_query(db, "DELETE FROM observation WHERE look = ?1 AND EXISTS (SELECT 1 FROM instance i WHERE i.id = observation.instance AND i.look = ?2 AND i.gone IS NULL)");
    ct_query_i64(q, 1, last);
    ct_query_i64(q, 2, look);
    return ct_query_run(q);
}
