#include "respond/look_take.h"

#include "event/fields.h"
#include "respond/json_list.h"
#include "respond/matching.h"
#include "respond/vex_match.h"
#include "store/timeline.h"
#include "store/vulnerability.h"

#include <string.h>

enum { TEXT_MAX = 256 << 10, VULNERABILITY_NAME_MAX = 512, WAITING_TEXT_MAX = 32 << 10 };

/* Listed, and not written yet. */
struct ct_look_waiting {
    size_t n, text, n_again;
    int64_t again[CT_ROWS_AT_ONCE]; /* places that were known and are there still */
    struct ct_component_row components[CT_ROWS_AT_ONCE];
    struct ct_place places[CT_ROWS_AT_ONCE];
    unsigned char texts[WAITING_TEXT_MAX];
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
static ct_err covers(struct ct_taking *in, int64_t look, bool *ret_covers)
{
    struct ct_look other;
    struct ct_scope scope;
    for (size_t i = 0; i < in->n_known; i++)
        if (in->known[i].look == look) return *ret_covers = in->known[i].covered, CT_OK;
    CT_TRY(ct_look_get(in->db, in->arena, look, &other));
    CT_TRY(scope_of(in->arena, &other, &scope));
    *ret_covers = look == in->look.id || (ct_str_eq(other.kind, in->look.kind) && ct_scope_covers(&in->scope, &scope));
    if (in->n_known == CT_LOOKS_COMPARED) in->n_known = 0;
    in->known[in->n_known].look = look;
    in->known[in->n_known++].covered = *ret_covers;
    return CT_OK;
}

/* A newer one of the same kind. */
static ct_err on_known_look(void *ctx, const struct ct_look *l)
{
    struct ct_taking *in = ctx;
    struct ct_scope scope;
    if (l->ended <= in->look.ended || !ct_str_eq(l->kind, in->look.kind)) return CT_OK;
    in->older = true;
    CT_TRY(scope_of(in->arena, l, &scope));
    in->covered |= ct_scope_covers(&scope, &in->scope);
    return CT_OK;
}

ct_err ct_look_begin(struct ct_taking *in)
{
    in->older = in->covered = false;
    in->n_known = 0;
    in->was_new = false;
    in->waiting = ct_arena_alloc(in->arena, sizeof *in->waiting);
    if (!in->waiting) return CT_ERR_NOMEM;
    in->waiting->n = in->waiting->text = in->waiting->n_again = 0;
    CT_TRY(ct_component_last(in->db, &in->components_before));
    in->look.asset = in->asset.id;
    in->look.taken = in->who->now_us;
    CT_TRY(ct_json_list_write(in->arena, in->scope.roots, in->scope.n_roots, &in->look.roots));
    CT_TRY(ct_json_list_write(in->arena, in->scope.exclusions, in->scope.n_exclusions, &in->look.exclusions));
    CT_TRY(ct_vex_packages(in->db, &in->vex));
    CT_TRY(ct_looks_each(in->db, in->asset.id, on_known_look, in));
    CT_TRY(ct_look_add(in->db, &in->look));
    in->counts.older += in->older;
    in->counts.partial += !in->look.complete;
    return CT_OK;
}

static ct_err write_again(struct ct_taking *in)
{
    struct ct_look_waiting *w = in->waiting;
    size_t n = w->n_again;
    w->n_again = 0;
    return ct_instances_seen(in->db, &in->look, w->again, n);
}

/* is_new: nobody held the component before this look, and it is not listed a second time. */
static ct_err write_place(struct ct_taking *in, int64_t component, bool is_new, ct_str path, ct_str source, int64_t *ret_instance)
{
    enum ct_sighting sighting = CT_SIGHTING_NEW;
    in->counts.components_new += is_new;
    if (is_new) CT_TRY(ct_instance_add(in->db, &in->look, component, path, source, ret_instance));
    else CT_TRY(ct_instance_see(in->db, &in->look, component, path, source, in->older, ret_instance, &sighting));
    in->counts.instances_new += sighting == CT_SIGHTING_NEW;
    in->counts.instances_back += sighting == CT_SIGHTING_BACK;
    if (sighting != CT_SIGHTING_AGAIN || in->older) return CT_OK;
    in->waiting->again[in->waiting->n_again++] = *ret_instance;
    return in->waiting->n_again == CT_ROWS_AT_ONCE ? write_again(in) : CT_OK;
}

static ct_err write_one(struct ct_taking *in, const struct ct_component_row *c, ct_str path, ct_str source, int64_t *ret_instance)
{
    struct ct_component_row row = *c;
    CT_TRY(ct_component_put(in->db, &row, in->was_new, &in->was_new));
    return write_place(in, row.id, in->was_new, path, source, ret_instance);
}

/* As many as go into one statement, after one that was new. */
static ct_err write_together(struct ct_taking *in)
{
    struct ct_look_waiting *w = in->waiting;
    int64_t instance;
    bool all_new;
    CT_TRY(ct_components_add(in->db, w->components, &all_new));
    if (all_new) {
        for (size_t i = 0; i < w->n; i++) w->places[i].component = w->components[i].id;
        in->counts.components_new += w->n;
        in->counts.instances_new += w->n;
        return ct_instances_add(in->db, &in->look, w->places);
    }
    for (size_t i = 0; i < w->n; i++) {
        int64_t own = w->components[i].id;
        bool made;
        CT_TRY(ct_component_put(in->db, &w->components[i], false, &made));
        in->was_new = w->components[i].id == own; /* not of one listed before it either */
        CT_TRY(write_place(in, w->components[i].id, in->was_new, w->places[i].path, w->places[i].source, &instance));
    }
    return CT_OK;
}

static ct_err write_waiting(struct ct_taking *in)
{
    struct ct_look_waiting *w = in->waiting;
    int64_t instance;
    if (w->n == CT_ROWS_AT_ONCE && in->was_new) CT_TRY(write_together(in));
    else for (size_t i = 0; i < w->n; i++) CT_TRY(write_one(in, &w->components[i], w->places[i].path, w->places[i].source, &instance));
    w->n = w->text = 0;
    return CT_OK;
}

ct_err ct_look_see(struct ct_taking *in, const struct ct_component_row *c, ct_str path, ct_str source, int64_t *ret_instance)
{
    *ret_instance = 0;
    if (in->covered) return CT_OK;
    CT_TRY(write_waiting(in));
    return write_one(in, c, path, source, ret_instance);
}

static ct_str keep(struct ct_look_waiting *w, ct_str s)
{
    ct_str kept = {&w->texts[w->text], s.n};
    if (s.n) memcpy(&w->texts[w->text], s.p, s.n);
    w->text += s.n;
    return kept;
}

ct_err ct_look_list(struct ct_taking *in, const struct ct_component_row *c, ct_str path, ct_str source)
{
    struct ct_look_waiting *w = in->waiting;
    size_t text = c->purl.n + c->version.n + c->ecosystem.n + c->name.n + path.n + source.n;
    int64_t instance;
    if (in->covered) return CT_OK;
    if (text > WAITING_TEXT_MAX) return ct_look_see(in, c, path, source, &instance);
    if (w->n == CT_ROWS_AT_ONCE || text > WAITING_TEXT_MAX - w->text) CT_TRY(write_waiting(in));
    w->components[w->n] = (struct ct_component_row){.purl = keep(w, c->purl), .version = keep(w, c->version), .ecosystem = keep(w, c->ecosystem), .name = keep(w, c->name)};
    w->places[w->n++] = (struct ct_place){.path = keep(w, path), .source = keep(w, source)};
    return CT_OK;
}

static ct_err on_advised(void *ctx, const struct ct_component_row *c)
{
    struct ct_taking *in = ctx;
    struct ct_arena_mark mark = ct_arena_mark(in->arena);
    ct_err e = ct_match_component(in->db, in->arena, c);
    ct_arena_reset(in->arena, mark);
    return e;
}

static ct_err on_new(void *ctx, const struct ct_component_row *c)
{
    struct ct_taking *in = ctx;
    struct ct_arena_mark mark = ct_arena_mark(in->arena);
    ct_err e = ct_vex_match_component(in->db, in->arena, c);
    ct_arena_reset(in->arena, mark);
    return e;
}

/* What advisories and vendors say of the components that came with this look. */
static ct_err match_new(struct ct_taking *in)
{
    if (in->counts.components_new == 0) return CT_OK;
    CT_TRY(ct_components_above(in->db, in->components_before, true, on_advised, in));
    return in->vex ? ct_components_above(in->db, in->components_before, false, on_new, in) : CT_OK;
}

static void on_state(void *ctx, ct_str name)
{
    enum ct_state *worst = ctx, state;
    if (ct_state_named(name, &state) && state < *worst) *worst = state;
}

/* What is new from this source. A look that is partial, or older than what is known, settles nothing that is open: a worse word of it counts, a better one does not. */
static ct_err observe_first(struct ct_taking *in, const struct ct_observation *o, enum ct_state state)
{
    enum ct_state worst = CT_STATE_COUNT;
    if (in->older || !in->look.complete) CT_TRY(ct_instance_states(in->db, o->instance, o->vulnerability, on_state, &worst));
    return worst == CT_STATE_COUNT || state <= worst ? ct_observation_put(in->db, o) : CT_OK;
}

ct_err ct_look_observe(struct ct_taking *in, int64_t instance, const struct ct_look_observed *f)
{
    struct ct_observation o = {.instance = instance, .look = in->look.id, .source = f->source, .state = ct_str_from(ct_state_name(f->state)), .reason = f->reason,
                               .fix = f->fix, .evidence = f->evidence, .processes = f->processes}, before;
    enum ct_state was;
    if (!instance || f->vulnerability.n == 0 || f->vulnerability.n > VULNERABILITY_NAME_MAX) return CT_OK;
    CT_TRY(ct_vulnerability_put(in->db, f->vulnerability, f->severity, &o.vulnerability));
    CT_TRY(ct_vulnerability_learn(in->db, o.vulnerability, f->severity, 0));
    ct_err e = ct_observation_get(in->db, in->arena, o.instance, o.vulnerability, o.source, &before);
    if (e == CT_ERR_END) return observe_first(in, &o, f->state);
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
    struct ct_taking *in;
    int64_t *ids;
    size_t n, cap;
};

static ct_err on_unseen(void *ctx, int64_t instance, ct_str path)
{
    struct closing *c = ctx;
    const struct ct_taking *in = c->in;
    for (size_t i = 0; i < in->n_left_out; i++)
        if (in->left_out[i].n && ct_scope_within(path, in->left_out[i])) return CT_OK;
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
static ct_err close_unseen(struct ct_taking *in)
{
    int64_t looks[CT_LOOKS_COMPARED];
    size_t n;
    do {
        size_t closed = 0;
        CT_TRY(ct_looks_open(in->db, &in->look, looks, CT_LOOKS_COMPARED, &n));
        for (size_t i = 0; i < n; i++) {
            struct closing c = {.in = in};
            bool reaches;
            CT_TRY(covers(in, looks[i], &reaches));
            int64_t gone = 0;
            if (!reaches) continue;
            if (in->n_left_out == 0) {
                CT_TRY(ct_instances_gone(in->db, looks[i], in->look.ended, &gone));
            } else {
                CT_TRY(ct_instances_of_look(in->db, looks[i], on_unseen, &c));
                for (size_t k = 0; k < c.n; k++) CT_TRY(ct_instance_gone(in->db, c.ids[k], in->look.ended));
                gone = (int64_t)c.n;
            }
            CT_TRY(ct_observations_drop(in->db, looks[i], in->look.id));
            in->counts.instances_gone += (uint64_t)gone;
            closed += (size_t)gone;
        }
        if (closed == 0) break;
    } while (n == CT_LOOKS_COMPARED);
    return CT_OK;
}

static ct_err tell_timeline(struct ct_taking *in)
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
    ct_json_ku(&j, "seen_first", in->counts.instances_new);
    ct_json_ku(&j, "back", in->counts.instances_back);
    ct_json_ku(&j, "gone", in->counts.instances_gone);
    ct_json_object_end(&j);
    CT_TRY(ct_buf_str(&b, &e.now));
    CT_TRY(ct_asset_subject(in->arena, in->asset.name, in->asset.environment, &e.subject));
    return ct_timeline_append(in->db, &e);
}

ct_err ct_look_end(struct ct_taking *in)
{
    CT_TRY(write_waiting(in));
    CT_TRY(write_again(in));
    CT_TRY(match_new(in));
    if (!in->older && in->look.complete) CT_TRY(close_unseen(in));
    CT_TRY(tell_timeline(in));
    return ct_derive_asset(in->db, in->asset.id, in->who, &in->counts.derived);
}
