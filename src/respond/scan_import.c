#include "respond/scan_import.h"

#include "event/fields.h"
#include "formats/record.h"
#include "respond/component_id.h"
#include "respond/identify.h"
#include "respond/json_list.h"
#include "respond/matching.h"
#include "scan/scope.h"
#include "store/timeline.h"
#include "store/vulnerability.h"

#include <string.h>

enum { ARENA_MAX = 256 << 20, LOOKS_MAX = 64, TEXT_MAX = 256 << 10, NAME_MAX_BYTES = 512 };

struct import {
    ct_db *db;
    ct_arena *arena;         /* one host's */
    const struct ct_who *who;
    struct ct_scan_counts *counts;
    struct ct_fault *fault;
    const struct ct_old_host *host;
    struct ct_asset asset;
    struct ct_look look;
    struct ct_scope scope;
    bool older;              /* than what is known: adds only what nobody has seen */
    bool covered;            /* ... and a newer look would have seen that too: adds nothing */
    uint64_t gone;
    struct {
        int64_t look;
        bool covered;
    } known[LOOKS_MAX];      /* looks whose scope was compared */
    size_t n_known;
};

static ct_err scope_of(ct_arena *arena, const struct ct_look *l, struct ct_scope *ret_scope)
{
    struct ct_scope s = {.complete = l->complete, .processes = l->processes, .families = l->families};
    CT_TRY(ct_json_list_read(arena, l->roots, &s.roots, &s.n_roots));
    CT_TRY(ct_json_list_read(arena, l->exclusions, &s.exclusions, &s.n_exclusions));
    *ret_scope = s;
    return CT_OK;
}

/* Whether this look reaches at least as far as an earlier one. */
static ct_err covers(struct import *in, int64_t look, bool *ret_covers)
{
    struct ct_look other;
    struct ct_scope scope;
    for (size_t i = 0; i < in->n_known; i++)
        if (in->known[i].look == look) return *ret_covers = in->known[i].covered, CT_OK;
    CT_TRY(ct_look_get(in->db, in->arena, look, &other));
    CT_TRY(scope_of(in->arena, &other, &scope));
    *ret_covers = look == in->look.id || (ct_str_eq(other.kind, in->look.kind) && ct_scope_covers(&in->scope, &scope));
    if (in->n_known == LOOKS_MAX) in->n_known = 0;
    in->known[in->n_known].look = look;
    in->known[in->n_known++].covered = *ret_covers;
    return CT_OK;
}

static ct_err on_known_look(void *ctx, const struct ct_look *l)
{
    struct import *in = ctx;
    struct ct_scope scope;
    if (l->ended <= in->look.ended || !ct_str_eq(l->kind, in->look.kind)) return CT_OK;
    in->older = true;
    CT_TRY(scope_of(in->arena, l, &scope));
    in->covered |= ct_scope_covers(&scope, &in->scope);
    return CT_OK;
}

static ct_err reporter_of(struct import *in, ct_str *ret_json)
{
    const struct ct_old_host *h = in->host;
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, in->arena, TEXT_MAX);
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
    struct ct_look *l = &in->look;
    *l = (struct ct_look){.asset = in->asset.id, .kind = h->image.n ? CT_STR("image") : CT_STR("scan"), .taken = in->who->now_us, .ended = ct_time_iso(h->ended),
                          .started = ct_time_iso(h->started), .complete = h->has_host_line && h->complete, .processes = ct_scope_processes(h->processes),
                          .families = h->families};
    ct_old_host_digest(h, l->digest);
    if (l->ended == CT_TIME_NONE || l->ended > in->who->now_us) l->ended = in->who->now_us;
    if (l->started == CT_TIME_NONE || l->started > l->ended) l->started = l->ended;
    in->scope = (struct ct_scope){.complete = l->complete, .processes = l->processes, .families = l->families, .roots = h->roots, .n_roots = h->n_roots,
                                  .exclusions = h->exclusions, .n_exclusions = h->n_exclusions};
    l->whole = h->image.n > 0;
    for (size_t i = 0; i < h->n_roots; i++) l->whole |= ct_str_eq(h->roots[i], CT_STR("/"));
    CT_TRY(ct_json_list_write(in->arena, h->roots, h->n_roots, &l->roots));
    CT_TRY(ct_json_list_write(in->arena, h->exclusions, h->n_exclusions, &l->exclusions));
    return reporter_of(in, &l->reporter);
}

/* The component and the instance of it at this place. */
static ct_err see(struct import *in, ct_str purl, ct_str name, ct_str version, ct_str path, ct_str source, int64_t *ret_instance, enum ct_sighting *ret_sighting)
{
    struct ct_component_row c;
    bool is_new;
    CT_TRY(ct_component_identify(in->arena, purl, name, version, &c));
    CT_TRY(ct_component_put(in->db, &c, &is_new));
    if (is_new) {
        in->counts->components_new++;
        CT_TRY(ct_match_component(in->db, in->arena, &c));
    }
    CT_TRY(ct_instance_see(in->db, &in->look, c.id, path, source, in->older, ret_instance, ret_sighting));
    in->counts->instances_new += *ret_sighting == CT_SIGHTING_NEW;
    in->counts->instances_back += *ret_sighting == CT_SIGHTING_BACK;
    return CT_OK;
}

static ct_err components(struct import *in)
{
    for (const struct ct_old_component *c = in->host->components; c; c = c->next) {
        struct ct_arena_mark mark = ct_arena_mark(in->arena);
        int64_t instance;
        enum ct_sighting sighting;
        CT_TRY(see(in, c->purl, c->name, c->version, c->path, c->source, &instance, &sighting));
        ct_arena_reset(in->arena, mark);
    }
    return CT_OK;
}

static ct_err observe(struct import *in, const struct ct_old_finding *f)
{
    struct ct_observation o = {.look = in->look.id, .source = f->source, .state = ct_str_from(ct_state_name(f->state)), .reason = f->reason, .fix = f->fix,
                               .evidence = f->evidence, .processes = f->processes}, before;
    enum ct_sighting sighting;
    enum ct_state was;
    if (f->vulnerability.n == 0 || f->vulnerability.n > NAME_MAX_BYTES || ct_str_eq(f->source, CT_STR("compare"))) return CT_OK;
    CT_TRY(see(in, f->purl, f->product, f->version, f->path, CT_STR("class evidence"), &o.instance, &sighting));
    CT_TRY(ct_vulnerability_put(in->db, f->vulnerability, f->severity, &o.vulnerability));
    CT_TRY(ct_vulnerability_learn(in->db, o.vulnerability, f->severity, 0));
    ct_err e = ct_observation_get(in->db, in->arena, o.instance, o.vulnerability, o.source, &before);
    if (e == CT_ERR_END) return ct_observation_put(in->db, &o);
    CT_TRY(e);
    if (in->older) return CT_OK;
    bool reaches;
    CT_TRY(covers(in, before.look, &reaches));
    /* One that saw less is believed where it says worse. Two copies in one place, in one report: the worse one too. */
    bool worse = !ct_state_named(before.state, &was) || f->state < was;
    bool same_look = before.look == in->look.id;
    return worse || (reaches && !same_look) ? ct_observation_put(in->db, &o) : CT_OK;
}

struct closing {
    struct import *in;
    int64_t *ids;
    size_t n, cap;
};

static ct_err on_unseen(void *ctx, int64_t instance, ct_str path)
{
    struct closing *c = ctx;
    const struct ct_old_host *h = c->in->host;
    for (size_t i = 0; i < h->n_left_out; i++)
        if (h->left_out[i].n && ct_scope_within(path, h->left_out[i])) return CT_OK;
    if (c->n == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 256;
        int64_t *ids = ct_arena_grow(c->in->arena, c->ids, c->cap * sizeof *ids, cap * sizeof *ids);
        if (!ids) return CT_ERR_NOMEM;
        c->ids = ids;
        c->cap = cap;
    }
    c->ids[c->n++] = instance;
    return CT_OK;
}

/* What looks of no greater scope saw, and this one did not. */
static ct_err close_unseen(struct import *in)
{
    int64_t looks[LOOKS_MAX];
    size_t n;
    do {
        size_t closed = 0;
        CT_TRY(ct_looks_open(in->db, &in->look, looks, LOOKS_MAX, &n));
        for (size_t i = 0; i < n; i++) {
            struct closing c = {.in = in};
            bool reaches;
            CT_TRY(covers(in, looks[i], &reaches));
            if (!reaches) continue;
            CT_TRY(ct_instances_of_look(in->db, looks[i], on_unseen, &c));
            for (size_t k = 0; k < c.n; k++) CT_TRY(ct_instance_gone(in->db, c.ids[k], in->look.ended));
            CT_TRY(ct_observations_drop(in->db, looks[i], in->look.id));
            in->gone += c.n;
            closed += c.n;
        }
        if (closed == 0) break;
    } while (n == LOOKS_MAX);
    in->counts->instances_gone += in->gone;
    return CT_OK;
}

static ct_err tell_timeline(struct import *in, uint64_t opened_before, uint64_t back_before)
{
    struct ct_buf b;
    struct ct_json_out j;
    struct ct_timeline_entry e = {.at = in->who->now_us, .actor = in->who->actor, .kind = CT_STR("look.taken"), .asset = in->asset.id, .why = in->who->why};
    ct_buf_init(&b, in->arena, TEXT_MAX);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_kv(&j, "kind", in->look.kind);
    ct_json_key(&j, "complete");
    ct_json_bool(&j, in->look.complete);
    ct_json_time(&j, "ended", in->look.ended);
    ct_json_ku(&j, "seen_first", in->counts->instances_new - opened_before);
    ct_json_ku(&j, "back", in->counts->instances_back - back_before);
    ct_json_ku(&j, "gone", in->gone);
    ct_json_object_end(&j);
    CT_TRY(ct_buf_str(&b, &e.now));
    CT_TRY(ct_asset_subject(in->arena, in->asset.name, in->asset.environment, &e.subject));
    return ct_timeline_append(in->db, &e);
}

static ct_err take(struct import *in, ct_scan_collision *tell, void *ctx)
{
    struct ct_identified who;
    enum ct_put put;
    uint64_t before = in->counts->instances_new, back = in->counts->instances_back;
    CT_TRY(ct_identify(in->db, in->arena, in->host, &who));
    in->asset = who.asset;
    CT_TRY(look_of(in));
    if (in->asset.id) {
        ct_err known = ct_look_find(in->db, in->asset.id, in->look.digest);
        if (known == CT_OK) in->counts->again++;
        if (known != CT_ERR_END) return known;
    }
    if (who.collision.n) tell(ctx, who.collision);
    CT_TRY(ct_asset_put(in->db, in->arena, &in->asset, in->who, &put, in->fault));
    in->counts->assets_added += put == CT_PUT_ADDED;
    in->look.asset = in->asset.id;
    CT_TRY(ct_looks_each(in->db, in->asset.id, on_known_look, in));
    CT_TRY(ct_look_add(in->db, &in->look));
    in->counts->reports++;
    in->counts->older += in->older;
    in->counts->partial += !in->look.complete;
    if (!in->covered) {
        CT_TRY(components(in));
        for (const struct ct_old_finding *f = in->host->findings; f; f = f->next) CT_TRY(observe(in, f));
        if (!in->older && in->look.complete) CT_TRY(close_unseen(in));
    }
    CT_TRY(tell_timeline(in, before, back));
    return ct_derive_asset(in->db, in->asset.id, in->who, &in->counts->derived);
}

ct_err ct_scan_import(ct_db *db, const struct ct_old_reports *reports, const struct ct_who *who, ct_scan_collision *tell, void *ctx, struct ct_scan_counts *counts,
                      struct ct_fault *fault)
{
    ct_arena *arena;
    ct_err e = CT_OK;
    CT_TRY(ct_arena_new(&ct_alloc_libc, ARENA_MAX, &arena));
    for (const struct ct_old_host *h = reports->hosts; h && e == CT_OK; h = h->next) {
        struct import in = {.db = db, .arena = arena, .who = who, .counts = counts, .fault = fault, .host = h};
        ct_arena_clear(arena);
        e = take(&in, tell, ctx);
    }
    ct_arena_free(arena);
    return e;
}
