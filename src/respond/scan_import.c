#include "respond/scan_import.h"

#include "formats/record.h"
#include "respond/component_id.h"
#include "respond/identify.h"
#include "text/json_out.h"

enum { ARENA_MAX = 256 << 20, TEXT_MAX = 256 << 10 };

struct import {
    struct ct_taking t;
    const struct ct_old_host *host;
    struct ct_scan_counts *counts;
    struct ct_fault *fault;
};

static ct_err reporter_of(struct import *in, ct_str *ret_json)
{
    const struct ct_old_host *h = in->host;
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, in->t.arena, TEXT_MAX);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    const struct {
        const char *key;
        ct_str value;
    } all[] = {{"name", h->name}, {"address", h->first_address}, {"os", h->os}, {"privileges", h->privileges}, {"image", h->image}, {"image_digest", h->image_digest},
               {"first_problem", h->first_problem}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value.n) ct_json_kv(&j, all[i].key, all[i].value);
    ct_json_object_end(&j);
    return ct_buf_str(&b, ret_json);
}

static ct_err look_of(struct import *in)
{
    const struct ct_old_host *h = in->host;
    struct ct_look *l = &in->t.look;
    *l = (struct ct_look){.kind = h->image.n ? CT_STR("image") : CT_STR("scan"), .ended = ct_time_iso(h->ended),
                          .started = ct_time_iso(h->started), .complete = h->has_host_line && h->complete, .processes = ct_scope_processes(h->processes),
                          .families = h->families};
    ct_old_host_digest(h, l->digest);
    if (l->ended == CT_TIME_NONE || l->ended > in->t.who->now_us) l->ended = in->t.who->now_us;
    if (l->started == CT_TIME_NONE || l->started > l->ended) l->started = l->ended;
    in->t.scope = (struct ct_scope){.complete = l->complete, .processes = l->processes, .families = l->families, .roots = h->roots, .n_roots = h->n_roots,
                                  .exclusions = h->exclusions, .n_exclusions = h->n_exclusions};
    l->whole = h->image.n > 0;
    for (size_t i = 0; i < h->n_roots; i++) l->whole |= ct_str_eq(h->roots[i], CT_STR("/"));
    in->t.left_out = h->left_out;
    in->t.n_left_out = h->n_left_out;
    return reporter_of(in, &l->reporter);
}

static ct_err see_all(struct import *in)
{
    struct ct_component_row row;
    struct ct_arena_mark mark = ct_arena_mark(in->t.arena);
    int64_t instance;
    for (const struct ct_old_component *c = in->host->components; c; c = c->next) {
        CT_TRY(ct_component_identify(in->t.arena, c->purl, c->name, c->version, &row, NULL));
        CT_TRY(ct_look_list(&in->t, &row, c->path, c->source));
        ct_arena_reset(in->t.arena, mark);
    }
    for (const struct ct_old_finding *f = in->host->findings; f; f = f->next) {
        const struct ct_look_observed o = {f->vulnerability, f->severity, f->source, f->reason, f->fix, f->evidence, f->processes, f->state};
        if (ct_str_eq(f->source, CT_STR("compare"))) continue; /* about an earlier scan */
        CT_TRY(ct_component_identify(in->t.arena, f->purl, f->product, f->version, &row, NULL));
        CT_TRY(ct_look_see(&in->t, &row, f->path, CT_STR("class evidence"), &instance));
        ct_arena_reset(in->t.arena, mark);
        CT_TRY(ct_look_observe(&in->t, instance, &o));
    }
    return CT_OK;
}

static void add_up(struct ct_look_counts *to, const struct ct_look_counts *one)
{
    to->older += one->older;
    to->partial += one->partial;
    to->components_new += one->components_new;
    to->instances_new += one->instances_new;
    to->instances_back += one->instances_back;
    to->instances_gone += one->instances_gone;
    to->derived.opened += one->derived.opened;
    to->derived.reopened += one->derived.reopened;
    to->derived.closed += one->derived.closed;
    to->derived.changed += one->derived.changed;
    to->derived.left += one->derived.left;
}

static ct_err take(struct import *in, ct_scan_collision *tell, void *ctx)
{
    struct ct_identified who;
    enum ct_put put;
    CT_TRY(ct_identify(in->t.db, in->t.arena, in->host, &who));
    in->t.asset = who.asset;
    CT_TRY(look_of(in));
    if (in->t.asset.id) {
        ct_err known = ct_look_find(in->t.db, in->t.asset.id, in->t.look.digest);
        if (known == CT_OK) in->counts->again++;
        if (known != CT_ERR_END) return known;
    }
    if (who.collision.n) tell(ctx, who.collision);
    CT_TRY(ct_asset_put(in->t.db, in->t.arena, &in->t.asset, in->t.who, &put, in->fault));
    CT_TRY(ct_look_begin(&in->t));
    CT_TRY(see_all(in));
    CT_TRY(ct_look_end(&in->t));
    in->counts->assets_added += put == CT_PUT_ADDED;
    in->counts->reports++;
    add_up(&in->counts->looks, &in->t.counts);
    return CT_OK;
}

ct_err ct_scan_import(ct_db *db, const struct ct_old_reports *reports, const struct ct_who *who, ct_scan_collision *tell, void *ctx, struct ct_scan_counts *counts,
                      struct ct_fault *fault)
{
    ct_arena *arena;
    ct_err e = CT_OK;
    CT_TRY(ct_arena_new(&ct_alloc_libc, ARENA_MAX, &arena));
    for (const struct ct_old_host *h = reports->hosts; h && e == CT_OK; h = h->next) {
        struct import in = {.t = {.db = db, .arena = arena, .who = who}, .counts = counts, .fault = fault, .host = h};
        ct_arena_clear(arena);
        e = take(&in, tell, ctx);
    }
    ct_arena_free(arena);
    return e;
}
