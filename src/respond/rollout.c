#include "respond/rollout.h"

#include "base/limits.h"
#include "store/timeline.h"
#include "store/vulnerability.h"

#include <string.h>

const char *const ct_stage_names[CT_STAGES] = {"development", "staging", "production"};

int ct_stage_of(ct_str word)
{
    for (int i = 0; i < CT_STAGES; i++)
        if (ct_str_eq(word, ct_str_from(ct_stage_names[i]))) return i;
    return -1;
}

static ct_err note(ct_db *db, const struct ct_who *who, ct_str kind, ct_str subject, ct_str was, ct_str now)
{
    const struct ct_timeline_entry e = {.at = who->now_us, .actor = who->actor, .kind = kind, .subject = subject, .was = was, .now = now, .why = who->why.p ? who->why : CT_STR("")};
    return ct_timeline_append(db, &e);
}

ct_err ct_rollout_start(ct_db *db, ct_arena *arena, ct_str name, ct_str summary, const ct_str *names, size_t n, const struct ct_who *who, struct ct_rollout *ret_rollout,
                        struct ct_fault *fault)
{
    struct ct_rollout r = {.name = name, .summary = summary, .started = who->now_us}, there;
    const struct ct_rollout_stage first = {.stage = ct_str_from(ct_stage_names[0]), .opened = who->now_us};
    if (!name.n || name.n > CT_ASSET_TEXT_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a roll-out needs a name: log4j-2.17.1");
    ct_err e = ct_rollout_get(db, arena, name, &there);
    if (e == CT_OK) return ct_fault_set(fault, CT_ERR_USAGE, 0, "there is a roll-out of this name");
    if (e != CT_ERR_NOT_FOUND) return e;
    CT_TRY(ct_rollout_add(db, &r));
    CT_TRY(note(db, who, CT_STR("rollout.started"), name, (ct_str){NULL, 0}, summary));
    for (size_t i = 0; i < n; i++) {
        struct ct_vulnerability v;
        e = ct_vulnerability_find(db, arena, names[i], &v);
        if (e == CT_ERR_NOT_FOUND)
            return ct_fault_set(fault, CT_ERR_USAGE, 0, "nothing is known about %.*s: load its advisory first", CT_STR_ARG(ct_str_slice(names[i], 0, 60)));
        CT_TRY(e);
        CT_TRY(ct_rollout_covers(db, r.id, v.id));
    }
    CT_TRY(ct_rollout_stage_put(db, r.id, &first));
    *ret_rollout = r;
    return CT_OK;
}

const char *ct_rollout_blocks(const struct ct_rollout_asset *a, int64_t opened)
{
    if (a->on_disk) return "the old code still runs: restart it";
    if (a->open && a->open == a->mitigated) return "mitigated, and not fixed";
    if (a->open) return "affected";
    if (!opened || a->assessed <= opened) return "no complete look since the gate opened";
    if (a->look_processes < 2 && !ct_str_eq(a->look_kind, CT_STR("image"))) return "its newest complete look left out processes";
    return NULL;
}

struct looking {
    struct ct_rollout_view *view;
    ct_rollout_blocked *blocked;
    void *ctx;
};

static ct_err on_asset(void *ctx, const struct ct_rollout_asset *a)
{
    struct looking *l = ctx;
    int stage = ct_stage_of(a->environment);
    if (stage < 0) {
        l->view->nowhere++;
        return l->blocked && a->open ? l->blocked(l->ctx, a, "its environment is not known: it belongs to no stage") : CT_OK;
    }
    struct ct_stage_view *v = &l->view->stages[stage];
    const char *why = ct_rollout_blocks(a, v->stage.opened);
    v->assets++;
    v->done += why == NULL;
    return why && l->blocked ? l->blocked(l->ctx, a, why) : CT_OK;
}

ct_err ct_rollout_look(ct_db *db, ct_arena *arena, const struct ct_rollout *r, ct_rollout_blocked *blocked, void *ctx, struct ct_rollout_view *ret_view)
{
    struct ct_rollout_view view = {.nowhere = 0};
    struct looking l = {.view = &view, .blocked = blocked, .ctx = ctx};
    for (int i = 0; i < CT_STAGES; i++) {
        ct_err e = ct_rollout_stage_get(db, arena, r->id, ct_str_from(ct_stage_names[i]), &view.stages[i].stage);
        if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    }
    CT_TRY(ct_rollout_assets(db, r, on_asset, &l));
    *ret_view = view;
    return CT_OK;
}

/* "2.17.1: staging", as the timeline names it. */
static ct_err put(ct_db *db, const struct ct_rollout *r, const struct ct_rollout_stage *s, ct_str kind, const struct ct_who *who)
{
    CT_TRY(ct_rollout_stage_put(db, r->id, s));
    return note(db, who, kind, r->name, s->stage, s->how.n ? s->how : CT_STR("open"));
}

ct_err ct_rollout_advance(ct_db *db, ct_arena *arena, const struct ct_rollout *r, int stage, const struct ct_who *who, struct ct_fault *fault)
{
    struct ct_rollout_view v;
    CT_TRY(ct_rollout_look(db, arena, r, NULL, NULL, &v));
    struct ct_rollout_stage s = v.stages[stage].stage;
    if (s.opened) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the gate of %s is open already", ct_stage_names[stage]);
    const struct ct_stage_view *before = stage > 0 ? &v.stages[stage - 1] : NULL;
    if (before && !before->stage.settled)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s is not verified: 'caltrop rollout verify', or 'caltrop rollout skip' with a reason", ct_stage_names[stage - 1]);
    if (before && ct_str_eq(before->stage.how, CT_STR("scan")) && before->done < before->assets)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s was verified, and is no longer as it was: 'caltrop rollout show' says where", ct_stage_names[stage - 1]);
    s.stage = ct_str_from(ct_stage_names[stage]);
    s.opened = who->now_us;
    return put(db, r, &s, CT_STR("rollout.gate_opened"), who);
}

ct_err ct_rollout_verify(ct_db *db, ct_arena *arena, const struct ct_rollout *r, int stage, bool by_person, const struct ct_who *who, bool *ret_verified, struct ct_fault *fault)
{
    struct ct_rollout_view v;
    CT_TRY(ct_rollout_look(db, arena, r, NULL, NULL, &v));
    struct ct_stage_view *at = &v.stages[stage];
    if (!at->stage.opened) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the gate of %s is not open yet", ct_stage_names[stage]);
    if (by_person && !who->why.n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a person who verifies a stage says why: --why");
    if (!by_person && at->assets == 0)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "no asset in %s has to do with it, so no look can show anything: skip it, or verify it with --why", ct_stage_names[stage]);
    *ret_verified = by_person || at->done == at->assets;
    if (!*ret_verified) return CT_OK;
    at->stage.settled = who->now_us;
    at->stage.how = by_person ? CT_STR("person") : CT_STR("scan");
    at->stage.who = who->actor;
    at->stage.why = who->why;
    return put(db, r, &at->stage, CT_STR("rollout.verified"), who);
}

ct_err ct_rollout_skip(ct_db *db, ct_arena *arena, const struct ct_rollout *r, int stage, const struct ct_who *who, struct ct_fault *fault)
{
    struct ct_rollout_stage s = {.opened = 0};
    if (stage == CT_STAGES - 1) return ct_fault_set(fault, CT_ERR_USAGE, 0, "production is what it is all for: it cannot be skipped");
    if (!who->why.n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "skipping a stage needs a reason: --why");
    ct_err e = ct_rollout_stage_get(db, arena, r->id, ct_str_from(ct_stage_names[stage]), &s);
    if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    if (s.settled) return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s is settled already", ct_stage_names[stage]);
    struct ct_rollout_stage before = {.opened = 0};
    if (stage > 0) {
        e = ct_rollout_stage_get(db, arena, r->id, ct_str_from(ct_stage_names[stage - 1]), &before);
        if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
        if (!before.settled) return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s comes first: each stage is verified or skipped by its own name", ct_stage_names[stage - 1]);
    }
    s.stage = ct_str_from(ct_stage_names[stage]);
    if (!s.opened) s.opened = who->now_us;
    s.settled = who->now_us;
    s.how = CT_STR("skipped");
    s.who = who->actor;
    s.why = who->why;
    return put(db, r, &s, CT_STR("rollout.skipped"), who);
}
