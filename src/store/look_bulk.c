/* Many rows in one statement: what a row costs beside its own pages (cursors, checks, the end of a statement) is paid once for all. */
#include "store/look.h"

static ct_str text(ct_str s) { return s.p ? s : CT_STR(""); }

#define FIVE(x) x ", " x ", " x ", " x ", " x
#define ROWS(x) FIVE(FIVE(x))
_Static_assert(CT_ROWS_AT_ONCE == 25, "ROWS");

ct_err ct_component_last(ct_db *db, int64_t *ret_id)
{
    ct_query *q = ct_db_query(db, "SELECT max(id) FROM component");
    CT_TRY(ct_query_next(q));
    *ret_id = ct_query_get_i64(q, 0);
    ct_query_done(q);
    return CT_OK;
}

/* Numbered here, under the right to write: which row got which id is then known without asking. */
ct_err ct_components_add(ct_db *db, struct ct_component_row *rows, bool *ret_new)
{
    int64_t last;
    CT_TRY(ct_component_last(db, &last));
    ct_query *q = ct_db_query(db, "INSERT INTO component (id, purl, version, ecosystem, name) VALUES " ROWS("(?, ?, ?, ?, ?)") " ON CONFLICT DO NOTHING");
    for (int i = 0; i < CT_ROWS_AT_ONCE; i++) {
        rows[i].id = last + 1 + i;
        ct_query_i64(q, 5 * i + 1, rows[i].id);
        ct_query_str(q, 5 * i + 2, rows[i].purl);
        ct_query_str(q, 5 * i + 3, text(rows[i].version));
        ct_query_str(q, 5 * i + 4, text(rows[i].ecosystem));
        ct_query_str(q, 5 * i + 5, text(rows[i].name));
    }
    CT_TRY(ct_query_run(q));
    *ret_new = ct_db_changes(db) == CT_ROWS_AT_ONCE;
    return CT_OK;
}

ct_err ct_instances_add(ct_db *db, const struct ct_look *look, const struct ct_place *places)
{
    ct_query *q = ct_db_query(db, "INSERT INTO instance (asset, component, path, source, first_seen, seen, look) VALUES " ROWS("(?, ?, ?, ?, ?, ?, ?)"));
    for (int i = 0; i < CT_ROWS_AT_ONCE; i++) {
        ct_query_i64(q, 7 * i + 1, look->asset);
        ct_query_i64(q, 7 * i + 2, places[i].component);
        ct_query_str(q, 7 * i + 3, text(places[i].path));
        ct_query_str(q, 7 * i + 4, text(places[i].source));
        ct_query_i64(q, 7 * i + 5, look->ended);
        ct_query_i64(q, 7 * i + 6, look->ended);
        ct_query_i64(q, 7 * i + 7, look->id);
    }
    return ct_query_run(q);
}

ct_err ct_instances_seen(ct_db *db, const struct ct_look *look, const int64_t *instances, size_t n)
{
#define SEEN "UPDATE instance SET seen = ?, look = ?, gone = NULL WHERE id "
    for (size_t at = 0; at < n;) {
        size_t some = n - at < CT_ROWS_AT_ONCE ? 1 : CT_ROWS_AT_ONCE;
        ct_query *q = some == 1 ? ct_db_query(db, SEEN "= ?") : ct_db_query(db, SEEN "IN (" ROWS("?") ")");
        ct_query_i64(q, 1, look->ended);
        ct_query_i64(q, 2, look->id);
        for (size_t i = 0; i < some; i++) ct_query_i64(q, 3 + (int)i, instances[at + i]);
        CT_TRY(ct_query_run(q));
        at += some;
    }
    return CT_OK;
#undef SEEN
}

ct_err ct_components_above(ct_db *db, int64_t id, bool advised, ct_component_row_tell *tell, void *ctx)
{
#define COLUMNS "SELECT c.id, c.purl, c.version, c.ecosystem, c.name FROM component c "
    int64_t before = 0;
    ct_err e;
    ct_query *q = advised ? ct_db_query(db, COLUMNS "CROSS JOIN advisory_package p WHERE c.id > ? AND p.ecosystem = c.ecosystem AND p.name = c.name ORDER BY c.id")
                          : ct_db_query(db, COLUMNS "WHERE c.id > ? ORDER BY c.id");
    ct_query_i64(q, 1, id);
    while ((e = ct_query_next(q)) == CT_OK) {
        struct ct_component_row c = {.id = ct_query_get_i64(q, 0), .purl = ct_query_get_str(q, 1), .version = ct_query_get_str(q, 2), .ecosystem = ct_query_get_str(q, 3),
                                     .name = ct_query_get_str(q, 4)};
        if (c.id == before) continue; /* several advisories name it */
        before = c.id;
        if ((e = tell(ctx, &c)) == CT_OK) continue;
        ct_query_done(q);
        return e;
    }
    return e == CT_ERR_END ? CT_OK : e;
#undef COLUMNS
}
