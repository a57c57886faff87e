#include "store/control_row.h"

#include "store/ids.h"

static void bind_some(ct_query *q, int at, int64_t v)
{
    if (v) ct_query_i64(q, at, v);
    else ct_query_null(q, at);
}

ct_err ct_control_row_add(ct_db *db, struct ct_control_row *c)
{
    ct_query *q = ct_db_query(db, "INSERT INTO control (kind, asset, component, evidence, who, since, until) VALUES (?, ?, ?, ?, ?, ?, ?)");
    ct_query_str(q, 1, c->kind);
    ct_query_i64(q, 2, c->asset);
    bind_some(q, 3, c->component);
    ct_query_str(q, 4, c->evidence);
    ct_query_str(q, 5, c->who);
    ct_query_i64(q, 6, c->since);
    bind_some(q, 7, c->until);
    CT_TRY(ct_query_run(q));
    c->id = ct_db_last_id(db);
    return CT_OK;
}

ct_err ct_control_row_cover(ct_db *db, int64_t control, int64_t vulnerability, enum ct_claim claim)
{
    ct_query *q = ct_db_query(db, "INSERT INTO control_covers (control, vulnerability, claimed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    ct_query_i64(q, 1, control);
    ct_query_i64(q, 2, vulnerability);
    ct_query_i64(q, 3, claim);
    return ct_query_run(q);
}

ct_err ct_control_row_end(ct_db *db, int64_t id, int64_t ended)
{
    ct_query *q = ct_db_query(db, "UPDATE control SET ended = ? WHERE id = ?");
    ct_query_i64(q, 1, ended);
    ct_query_i64(q, 2, id);
    return ct_query_run(q);
}

static enum ct_claim claim_of(int64_t n) { return n == 1 ? CT_CLAIM_BEYOND : n == 0 ? CT_CLAIM_NOT : CT_CLAIM_AGAINST; }

/* Columns 0 to 8, the same in every statement here. */
#define COLUMNS "c.id, c.asset, c.component, c.kind, c.evidence, c.who, c.since, c.until, c.ended, " \
                "EXISTS (SELECT 1 FROM control_covers n WHERE n.control = c.id)"
static struct ct_control_row row_of(const ct_query *q)
{
    return (struct ct_control_row){.id = ct_query_get_i64(q, 0), .asset = ct_query_get_i64(q, 1), .component = ct_query_get_i64(q, 2), .kind = ct_query_get_str(q, 3),
                                   .evidence = ct_query_get_str(q, 4), .who = ct_query_get_str(q, 5), .since = ct_query_get_i64(q, 6), .until = ct_query_get_i64(q, 7),
                                   .ended = ct_query_get_i64(q, 8), .named = ct_query_get_i64(q, 9) != 0};
}

static ct_err each(ct_query *q, bool asked, ct_control_tell *tell, void *ctx)
{
    ct_err e;
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_control_row c = row_of(q);
        if (asked) {
            c.covers = !ct_query_is_null(q, 10);
            c.claim = claim_of(ct_query_get_i64(q, 10));
        } else {
            c.asset_name = ct_query_get_str(q, 10);
            c.environment = ct_query_get_str(q, 11);
            c.exposure = ct_query_get_str(q, 12);
            c.purl = ct_query_get_str(q, 13);
        }
        e = tell(ctx, &c);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_controls_in_force(ct_db *db, int64_t asset, int64_t component, int64_t vulnerability, int64_t now_us, ct_control_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, "SELECT " COLUMNS ", v.claimed FROM control c LEFT JOIN control_covers v ON v.control = c.id AND v.vulnerability = ?3 WHERE c.asset = ?1 "
                                  "AND (c.component IS NULL OR c.component = ?2) AND c.since <= ?4 AND (c.until IS NULL OR c.until > ?4) AND c.ended IS NULL ORDER BY c.id");
    ct_query_i64(q, 1, asset);
    ct_query_i64(q, 2, component);
    ct_query_i64(q, 3, vulnerability);
    ct_query_i64(q, 4, now_us);
    return each(q, true, tell, ctx);
}

#define LISTED "SELECT " COLUMNS ", a.name, a.environment, a.exposure, k.purl FROM control c JOIN asset a ON a.id = c.asset LEFT JOIN component k ON k.id = c.component "

ct_err ct_control_row_get(ct_db *db, ct_arena *arena, int64_t id, struct ct_control_row *ret_control)
{
    ct_query *q = ct_db_query(db, LISTED "WHERE c.id = ?");
    ct_query_i64(q, 1, id);
    ct_err e = ct_query_next(q);
    if (e != CT_OK) return e == CT_ERR_END ? CT_ERR_NOT_FOUND : e;
    struct ct_control_row c = row_of(q);
    c.asset_name = ct_query_get_str(q, 10);
    c.environment = ct_query_get_str(q, 11);
    c.exposure = ct_query_get_str(q, 12);
    c.purl = ct_query_get_str(q, 13);
    ct_str *texts[] = {&c.kind, &c.evidence, &c.who, &c.asset_name, &c.environment, &c.exposure, &c.purl};
    for (size_t i = 0; i < sizeof texts / sizeof *texts && e == CT_OK; i++) e = ct_arena_dup(arena, *texts[i], texts[i]);
    ct_query_done(q);
    if (e == CT_OK) *ret_control = c;
    return e;
}

ct_err ct_controls_each(ct_db *db, int64_t asset, bool ended, ct_control_tell *tell, void *ctx)
{
    ct_query *q = ct_db_query(db, LISTED "WHERE (?1 = 0 OR c.asset = ?1) AND (?2 = 1 OR c.ended IS NULL) ORDER BY a.name, a.environment, c.id");
    ct_query_i64(q, 1, asset);
    ct_query_i64(q, 2, ended);
    return each(q, false, tell, ctx);
}

ct_err ct_controls_past(ct_db *db, ct_arena *arena, int64_t now_us, int64_t **ret_ids, size_t *ret_n)
{
    ct_query *q = ct_db_query(db, "SELECT id FROM control WHERE ended IS NULL AND until <= ? ORDER BY until, id");
    ct_query_i64(q, 1, now_us);
    return ct_query_ids(q, arena, ret_ids, ret_n);
}

ct_err ct_control_names(ct_db *db, int64_t control, ct_named_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT v.name, n.claimed FROM control_covers n JOIN vulnerability v ON v.id = n.vulnerability WHERE n.control = ? ORDER BY v.name");
    ct_query_i64(q, 1, control);
    while ((e = ct_query_next(q)) == CT_OK) {
        e = tell(ctx, ct_query_get_str(q, 0), claim_of(ct_query_get_i64(q, 1)));
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_controls_seen(ct_db *db, int64_t asset, ct_seen_control_tell *tell, void *ctx)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT a.name, a.environment, i.path, v.name, o.source, o.state, o.reason, o.processes, l.ended FROM observation o JOIN instance i ON i.id = o.instance "
                                  "JOIN asset a ON a.id = i.asset JOIN vulnerability v ON v.id = o.vulnerability JOIN look l ON l.id = o.look WHERE (?1 = 0 OR i.asset = ?1) "
                                  "AND i.gone IS NULL AND a.retired IS NULL AND (o.state = 'mitigated' OR o.processes LIKE '%\"controls\":%') "
                                  "ORDER BY a.name, a.environment, i.path, v.name, o.source");
    ct_query_i64(q, 1, asset);
    while ((e = ct_query_next(q)) == CT_OK) {
        const struct ct_seen_control s = {ct_query_get_str(q, 0), ct_query_get_str(q, 1), ct_query_get_str(q, 2), ct_query_get_str(q, 3), ct_query_get_str(q, 4),
                                          ct_query_get_str(q, 5), ct_query_get_str(q, 6), ct_query_get_str(q, 7), ct_query_get_i64(q, 8)};
        e = tell(ctx, &s);
        if (e == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
}
