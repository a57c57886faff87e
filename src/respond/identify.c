#include "respond/identify.h"
#include "base/buf.h"
#include "base/limits.h"
#include "scan/identity.h"

enum { TEXT_MAX = 64 << 10, CANDIDATES_MAX = 256 };

struct found {
    const struct ct_old_host *host;
    int64_t by_machine, by_name, free_name; /* asset ids; 0: none. free_name: no machine goes by it yet */
    size_t n_free;
    int64_t clone, other_machine;           /* stand against it */
};

static ct_err by_machine(ct_db *db, struct found *f)
{
    ct_err e;
    bool exact = false;
    ct_query *q = ct_db_query(db, "SELECT id, name, hardware_id, network_id FROM asset WHERE machine_id = ? AND machine_id <> '' ORDER BY id");
    ct_query_str(q, 1, f->host->machine_id);
    while ((e = ct_query_next(q)) == CT_OK) {
        int64_t id = ct_query_get_i64(q, 0);
        ct_str name = ct_query_get_str(q, 1), hardware = ct_query_get_str(q, 2);
        enum ct_same_machine same = ct_identity_same(hardware, ct_query_get_str(q, 3), f->host->hardware_id, f->host->network_id);
        if (same == CT_SAME_MACHINE_YES) f->by_machine = id, exact = true;
        else if (same == CT_SAME_MACHINE_UNKNOWN && ct_str_eq(name, f->host->name) && !exact) f->by_machine = id;
        else f->clone = id;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

static ct_err by_name(ct_db *db, ct_str name, struct found *f)
{
    ct_err e;
    ct_query *q = ct_db_query(db, "SELECT id, machine_id FROM asset WHERE name = ? ORDER BY id");
    ct_query_str(q, 1, name);
    while ((e = ct_query_next(q)) == CT_OK) {
        int64_t id = ct_query_get_i64(q, 0);
        if (ct_query_get_str(q, 1).n == 0) f->free_name = id, f->n_free++;
        else f->other_machine = id;
    }
    return e == CT_ERR_END ? CT_OK : e;
}

static ct_err against(ct_db *db, ct_arena *arena, const struct found *f, ct_str *ret_text)
{
    struct ct_asset other;
    struct ct_buf b;
    if (!f->clone && !f->other_machine && f->n_free < 2) return *ret_text = CT_STR(""), CT_OK;
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_add(&b, f->host->name);
    if (f->clone) {
        CT_TRY(ct_asset_get(db, arena, f->clone, &other));
        ct_buf_text(&b, " has the machine id of ");
        ct_buf_add(&b, other.name);
        ct_buf_text(&b, " and other hardware: clones, or a scan with other rights");
    } else if (f->other_machine) {
        CT_TRY(ct_asset_get(db, arena, f->other_machine, &other));
        ct_buf_text(&b, " is a name that another machine already goes by (machine id ");
        ct_buf_add(&b, other.machine_id);
        ct_buf_byte(&b, ')');
    } else {
        ct_buf_text(&b, " is the name of assets in several environments, and nothing tells which of them reported");
    }
    return ct_buf_str(&b, ret_text);
}

/* A name that nobody has: NAME, or NAME#12345678 out of its ids. */
static ct_err own_name(ct_db *db, ct_arena *arena, const struct ct_old_host *h, ct_str name, ct_str *ret_name)
{
    struct ct_asset there;
    ct_err e = ct_asset_find(db, arena, name, (ct_str){NULL, 0}, &there);
    for (unsigned i = 0; e == CT_OK || e == CT_ERR_USAGE; i++) {
        struct ct_buf b;
        ct_str id = h->hardware_id.n ? h->hardware_id : h->machine_id;
        if (i == CANDIDATES_MAX) return CT_ERR_CAP;
        ct_buf_init(&b, arena, TEXT_MAX);
        ct_buf_add(&b, name);
        ct_buf_byte(&b, '#');
        ct_buf_add(&b, ct_str_slice(id, 0, 8));
        if (i) ct_buf_printf(&b, "-%u", i);
        CT_TRY(ct_buf_str(&b, ret_name));
        e = ct_asset_find(db, arena, *ret_name, (ct_str){NULL, 0}, &there);
        if (e == CT_ERR_NOT_FOUND) return CT_OK;
    }
    *ret_name = name;
    return e == CT_ERR_NOT_FOUND ? CT_OK : e;
}

ct_err ct_identify(ct_db *db, ct_arena *arena, const struct ct_old_host *h, struct ct_identified *ret_identified)
{
    struct found f = {.host = h};
    struct ct_identified out = {.collision = CT_STR("")};
    bool image = h->image.n > 0;
    ct_str name = ct_str_slice(image ? h->image : h->name, 0, CT_ASSET_TEXT_MAX - 20);
    if (name.n == 0) name = CT_STR("(no name)");
    if (!image) CT_TRY(by_machine(db, &f));
    CT_TRY(by_name(db, name, &f));
    if (f.by_machine) {
        CT_TRY(ct_asset_get(db, arena, f.by_machine, &out.asset));
        if (f.clone) CT_TRY(against(db, arena, &f, &out.collision));
    } else if (f.n_free == 1 && !f.clone && !f.other_machine) {
        CT_TRY(ct_asset_get(db, arena, f.free_name, &out.asset));
    } else {
        CT_TRY(against(db, arena, &f, &out.collision));
        CT_TRY(own_name(db, arena, h, name, &out.asset.name));
        out.asset.environment = out.asset.exposure = CT_STR("unknown");
    }
    if (!image && h->machine_id.n) out.asset.machine_id = h->machine_id;
    bool keeps = out.asset.hardware_id.n && ct_str_eq(h->hardware_id, h->network_id) && ct_str_eq(out.asset.network_id, h->network_id); /* it says more */
    if (!image && h->hardware_id.n && !keeps) out.asset.hardware_id = h->hardware_id;
    if (!image && h->network_id.n) out.asset.network_id = h->network_id;
    out.asset.retired = 0;
    *ret_identified = out;
    return CT_OK;
}
