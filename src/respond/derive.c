#include "respond/derive.h"

#include "assess/assess.h"
#include "base/buf.h"
#include "base/limits.h"
#include "respond/vex_weigh.h"
#include "event/attempt.h"
#include "respond/control.h"
#include "respond/due.h"
#include "store/asset.h"
#include "store/timeline.h"
#include "store/vulnerability.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 512 << 20, TEXT_MAX = 64 << 10, OBSERVED_MAX = 8, VERDICTS_MAX = 24 + CT_VEX_SOURCES };

/* What the advisories say of one component. */
struct advised {
    struct ct_finding_verdict verdicts[VERDICTS_MAX];
    size_t n;
    bool any, conflict;
    enum ct_state state;
    ct_str reason;
};

struct old {
    struct ct_finding f;   /* without its text */
    enum ct_state state;
    ct_str reason;
    bool met;
};

struct derive {
    ct_db *db;
    const struct ct_who *who;
    struct ct_derived *derived;
    struct ct_vulnerability v;
    ct_arena *keep, *component_arena, *group_arena; /* findings as they were; one component's matches; one finding */
    struct old *old;
    size_t n_old, cap_old;
    /* the group at hand: an asset and a component */
    int64_t component, asset, instance;
    ct_str purl, version;
    int64_t seen_affected; /* class evidence of the group said so then; 0: never */
    struct advised advised;
    bool vex_any;              /* somebody says something of the vulnerability */
    struct ct_vex_list vex;    /* of the component */
    struct ct_evidence_row observed[OBSERVED_MAX]; /* of the instance at hand */
    size_t n_observed;
    bool seen;             /* an observation of the group says affected, or that the old code runs; of any copy, not of the worst one alone */
    bool any, plain_done; /* plain_done: an instance that nobody observed was weighed; the next one says the same */
    enum ct_state state;
    ct_str reason;
    bool conflict;
    struct ct_finding_verdict verdicts[VERDICTS_MAX];
    size_t n_verdicts;
};

static ct_err on_old(void *ctx, const struct ct_finding *f)
{
    struct derive *d = ctx;
    if (d->n_old == d->cap_old) {
        size_t cap = d->cap_old ? 2 * d->cap_old : 64;
        struct old *grown = ct_arena_grow(d->keep, d->old, d->cap_old * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        d->old = grown;
        d->cap_old = cap;
    }
    struct old *o = &d->old[d->n_old];
    *o = (struct old){.f = *f};
    if (!ct_state_named(f->state, &o->state)) o->state = CT_STATE_UNDER_INVESTIGATION;
    CT_TRY(ct_arena_dup(d->keep, f->reason, &o->reason));
    d->n_old++;
    return CT_OK;
}

static struct old *find_old(struct derive *d)
{
    size_t low = 0, high = d->n_old;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct ct_finding *f = &d->old[mid].f;
        if (f->component == d->component && f->asset == d->asset) return &d->old[mid];
        if (f->component < d->component || (f->component == d->component && f->asset < d->asset)) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

static bool safe(enum ct_state s) { return s == CT_STATE_FIXED || s == CT_STATE_NOT_AFFECTED; }

static ct_err on_advised(void *ctx, const struct ct_match *m)
{
    struct derive *d = ctx;
    struct advised *a = &d->advised;
    enum ct_state state;
    struct ct_buf source;
    if (!ct_state_named(m->state, &state)) state = CT_STATE_UNDER_INVESTIGATION;
    ct_buf_init(&source, d->component_arena, TEXT_MAX);
    ct_buf_text(&source, "advisory ");
    ct_buf_add(&source, m->source);
    ct_buf_byte(&source, ' ');
    ct_buf_add(&source, m->name);
    struct ct_finding_verdict v;
    CT_TRY(ct_buf_str(&source, &v.source));
    CT_TRY(ct_arena_dup(d->component_arena, m->state, &v.state));
    CT_TRY(ct_arena_dup(d->component_arena, m->reason, &v.reason));
    if (!a->any || state < a->state) a->state = state, a->reason = v.reason;
    a->any = true;
    if (a->n < VERDICTS_MAX - OBSERVED_MAX - CT_VEX_SOURCES) a->verdicts[a->n++] = v;
    return CT_OK;
}

/* "advisory SOURCE NAME" -> SOURCE */
static ct_str source_of(ct_str verdict)
{
    (void)ct_str_cut(&verdict, ' ');
    return ct_str_cut(&verdict, ' ');
}

/* Records of one source may each speak of one branch: only two sources that differ contradict each other. */
static void find_conflict(struct advised *a)
{
    for (size_t i = 0; i < a->n; i++) {
        bool claims = ct_str_eq(a->verdicts[i].state, CT_STR("affected"));
        for (size_t k = 0; k < a->n && claims; k++) {
            if (!ct_str_eq(a->verdicts[k].state, CT_STR("not_affected"))) continue;
            bool same_source_affected = false;
            for (size_t m = 0; m < a->n; m++)
                same_source_affected |= ct_str_eq(a->verdicts[m].state, CT_STR("affected")) && ct_str_eq(source_of(a->verdicts[m].source), source_of(a->verdicts[k].source));
            a->conflict |= !same_source_affected;
        }
    }
}

static ct_err begin_component(struct derive *d, int64_t component)
{
    struct ct_component_row c;
    ct_arena_clear(d->component_arena);
    d->component = component;
    d->advised = (struct advised){.n = 0};
    CT_TRY(ct_component_get(d->db, d->component_arena, component, &c));
    d->purl = c.purl;
    d->version = c.version;
    if (c.version.n && ct_str_find(c.purl, c.version) == CT_STR_NONE) {
        struct ct_buf b;
        ct_buf_init(&b, d->component_arena, TEXT_MAX);
        ct_buf_add(&b, c.purl);
        ct_buf_byte(&b, ' ');
        ct_buf_add(&b, c.version);
        CT_TRY(ct_buf_str(&b, &d->purl));
    }
    d->vex.n = 0;
    if (d->vex_any) CT_TRY(ct_vex_load(d->db, d->component_arena, d->v.id, component, &d->vex));
    CT_TRY(ct_matches_of(d->db, d->v.id, component, on_advised, d));
    find_conflict(&d->advised);
    return CT_OK;
}

/* The instance at hand, with what was observed of it and what advisories say. */
static ct_err weigh(struct derive *d)
{
    enum ct_state states[OBSERVED_MAX], metadata = CT_STATE_NOT_AFFECTED;
    struct ct_assess_input in = {.cve = d->v.name};
    struct ct_assessment out;
    struct ct_arena_mark mark;
    if (!d->instance || (d->n_observed == 0 && (d->plain_done || !d->advised.any))) return CT_OK; /* none but those who say something (VEX) */
    d->plain_done |= d->n_observed == 0;
    for (size_t i = 0; i < d->n_observed; i++) {
        const struct ct_evidence_row *o = &d->observed[i];
        if (!ct_state_named(o->state, &states[i])) states[i] = CT_STATE_UNDER_INVESTIGATION;
        d->seen |= states[i] <= CT_STATE_FIXED_ON_DISK && !ct_str_eq(o->source, CT_STR("package"));
        if (ct_str_eq(o->source, CT_STR("class"))) {
            in.classes = &states[i];
            in.classes_reason = o->reason;
            if (states[i] == CT_STATE_AFFECTED && o->at > d->seen_affected) d->seen_affected = o->at;
        } else if (!in.metadata || states[i] < metadata) {
            metadata = states[i];
            in.metadata = &metadata;
            in.metadata_reason = o->reason;
        }
    }
    if (d->advised.any) {
        in.advisory = &d->advised.state;
        in.advisory_reason = d->advised.reason;
    }
    mark = ct_arena_mark(d->group_arena);
    CT_TRY(ct_assess(d->group_arena, &in, &out));
    if (d->any && out.state >= d->state) return ct_arena_reset(d->group_arena, mark), CT_OK;
    d->any = true;
    d->state = out.state;
    d->reason = out.reason;
    d->conflict = out.conflict;
    if (d->advised.conflict && (!in.classes || *in.classes == CT_STATE_UNDER_INVESTIGATION)) {
        struct ct_buf b;
        d->conflict = true;
        ct_buf_init(&b, d->group_arena, TEXT_MAX);
        ct_buf_add(&b, out.reason);
        ct_buf_text(&b, "; the advisories contradict each other, and affected counts");
        CT_TRY(ct_buf_str(&b, &d->reason));
    }
    d->n_verdicts = 0;
    for (size_t i = 0; i < d->n_observed; i++) {
        const struct ct_evidence_row *o = &d->observed[i];
        ct_str name = ct_str_eq(o->source, CT_STR("class")) ? CT_STR("class evidence") : ct_str_eq(o->source, CT_STR("package")) ? CT_STR("advisories on the host") : o->source;
        d->verdicts[d->n_verdicts++] = (struct ct_finding_verdict){name, o->state, o->reason};
    }
    for (size_t i = 0; i < d->advised.n; i++) d->verdicts[d->n_verdicts++] = d->advised.verdicts[i];
    return CT_OK;
}

static ct_err note(struct derive *d, const struct ct_finding *f, ct_str kind, ct_str was, ct_str now, ct_str why)
{
    ct_str asset;
    struct ct_buf b;
    struct ct_timeline_entry e = {.at = d->who->now_us, .actor = d->who->actor, .kind = kind, .asset = f->asset, .vulnerability = d->v.id, .was = was, .now = now};
    CT_TRY(ct_asset_title(d->db, d->group_arena, f->asset, &asset));
    ct_buf_init(&b, d->group_arena, TEXT_MAX);
    ct_buf_add(&b, d->v.name);
    ct_buf_text(&b, " in ");
    ct_buf_add(&b, d->purl);
    ct_buf_text(&b, " on ");
    ct_buf_add(&b, asset);
    CT_TRY(ct_buf_str(&b, &e.subject));
    ct_buf_init(&b, d->group_arena, TEXT_MAX);
    ct_buf_add(&b, d->who->why);
    if (d->who->why.n && why.n) ct_buf_text(&b, ": ");
    ct_buf_add(&b, ct_str_slice(why, 0, 4096));
    CT_TRY(ct_buf_str(&b, &e.why));
    return ct_timeline_append(d->db, &e);
}

struct comparing {
    const struct derive *d;
    size_t n, same;
};

static ct_err on_verdict(void *ctx, const struct ct_finding_verdict *v)
{
    struct comparing *c = ctx;
    c->n++;
    for (size_t i = 0; i < c->d->n_verdicts; i++) {
        const struct ct_finding_verdict *w = &c->d->verdicts[i];
        if (!ct_str_eq(v->source, w->source)) continue;
        c->same += ct_str_eq(v->state, w->state) && ct_str_eq(v->reason, w->reason);
        break;
    }
    return CT_OK;
}

/* What the sources say, where the answer is the same. */
static ct_err refresh_verdicts(struct derive *d, int64_t finding)
{
    struct comparing c = {.d = d};
    CT_TRY(ct_verdicts_of(d->db, finding, on_verdict, &c));
    return c.n == d->n_verdicts && c.same == c.n ? CT_OK : ct_verdicts_put(d->db, finding, true, d->verdicts, d->n_verdicts);
}

/* Writes what differs from before. */
static ct_err settle(struct derive *d, struct old *o, enum ct_state state, ct_str reason, bool conflict)
{
    struct ct_finding f = {.asset = d->asset, .component = d->component, .vulnerability = d->v.id, .opened = d->who->now_us};
    bool was_open = o && !safe(o->state), is_open = !safe(state);
    if (o) {
        o->met = true;
        f = o->f;
        if (o->state == state && ct_str_eq(o->reason, reason) && o->f.conflict == conflict) {
            d->derived->left += is_open;
            return refresh_verdicts(d, f.id);
        }
    }
    f.state = ct_str_from(ct_state_name(state));
    f.reason = reason;
    f.conflict = conflict;
    f.closed = is_open ? 0 : was_open || !o ? d->who->now_us : o->f.closed;
    f.reopened = is_open && o && !was_open ? d->who->now_us : 0;
    CT_TRY(ct_finding_put(d->db, &f));
    CT_TRY(ct_verdicts_put(d->db, f.id, o != NULL, d->verdicts, d->n_verdicts));
    if (!o || o->state != state) CT_TRY(ct_finding_became(d->db, f.id, d->who->now_us, f.state));
    if (o && o->state == state) {
        d->derived->left += is_open;
        return CT_OK; /* other words for the same: no event */
    }
    if (!was_open && !is_open) return CT_OK;
    d->derived->opened += is_open && !o;
    d->derived->reopened += is_open && o && !was_open;
    d->derived->closed += !is_open;
    d->derived->changed += was_open && is_open;
    ct_str kind = !is_open ? CT_STR("finding.closed") : was_open ? CT_STR("finding.changed") : o ? CT_STR("finding.reopened") : CT_STR("finding.opened");
    return note(d, &f, kind, o ? ct_str_from(ct_state_name(o->state)) : (ct_str){NULL, 0}, f.state, reason);
}

struct covered {
    struct derive *d;
    bool any, asked, fed; /* fed: once somebody asks */
};

/* Most assets have no control: what one rests on is looked up where there is one. */
static ct_err ask_exposure(struct covered *k)
{
    struct ct_asset a;
    if (k->asked) return CT_OK;
    k->asked = true;
    CT_TRY(ct_asset_get(k->d->db, k->d->group_arena, k->d->asset, &a));
    k->fed = ct_str_eq(a.exposure, CT_STR("receives-public-input"));
    return CT_OK;
}

static ct_err on_control(void *ctx, const struct ct_control_row *c)
{
    struct covered *k = ctx;
    struct ct_buf b;
    const char *words;
    CT_TRY(ask_exposure(k));
    if (k->any || !ct_control_covers(c, k->d->v.name, k->d->version, k->fed, k->d->seen_affected, &words)) return CT_OK;
    k->any = true;
    ct_buf_init(&b, k->d->group_arena, TEXT_MAX);
    ct_buf_add(&b, c->kind);
    ct_buf_text(&b, c->claim == CT_CLAIM_BEYOND ? " is claimed to cover it (" : " covers it (");
    ct_buf_add(&b, ct_str_slice(c->evidence, 0, 1024));
    ct_buf_text(&b, "; ");
    ct_buf_add(&b, ct_str_slice(c->who, 0, 256));
    if (c->until) ct_buf_text(&b, ", until "), ct_print_time(&b, c->until);
    ct_buf_text(&b, "); without it: ");
    ct_buf_add(&b, k->d->reason);
    return ct_buf_str(&b, &k->d->reason);
}

static ct_err apply_controls(struct derive *d)
{
    struct covered k = {.d = d};
    CT_TRY(ct_controls_in_force(d->db, d->asset, d->component, d->v.id, d->who->now_us, on_control, &k));
    if (k.any) d->state = CT_STATE_MITIGATED;
    return CT_OK;
}

static ct_err add_reason(struct derive *d, const char *between, ct_str more)
{
    struct ct_buf b;
    ct_buf_init(&b, d->group_arena, TEXT_MAX);
    ct_buf_add(&b, d->reason);
    ct_buf_text(&b, between);
    ct_buf_add(&b, more);
    return ct_buf_str(&b, &d->reason);
}

/* What vendors say, against what is known: affected wins; what was seen on the host outweighs every word. */
static ct_err apply_vex(struct derive *d)
{
    struct ct_vex_opinion o;
    bool was_safe = d->any && safe(d->state), seen = d->seen;
    if (d->vex.n == 0) return CT_OK;
    CT_TRY(ct_vex_ask(d->db, d->group_arena, &d->vex, d->asset, &o));
    for (size_t i = 0; i < o.n && d->n_verdicts < VERDICTS_MAX; i++) d->verdicts[d->n_verdicts++] = o.verdicts[i];
    if (o.affected && (!d->any || d->state > CT_STATE_AFFECTED)) {
        d->any = true;
        d->state = CT_STATE_AFFECTED;
        d->reason = o.affected_why;
    } else if (o.safe && !o.affected && !o.investigating && !seen && d->any && !was_safe) {
        ct_str before = d->reason;
        d->state = o.safe_state;
        d->reason = o.safe_why;
        return add_reason(d, "; without it: ", before);
    } else if (o.investigating && (!d->any || d->state > CT_STATE_UNDER_INVESTIGATION)) {
        d->any = true;
        d->state = CT_STATE_UNDER_INVESTIGATION;
        d->reason = o.investigating_why;
    }
    if (!(o.affected && (was_safe || o.safe)) && !(o.safe && seen)) return CT_OK;
    d->conflict = true;
    return o.safe ? add_reason(d, "; it contradicts ", o.safe_why) : add_reason(d, "; the advisories say otherwise, and affected counts", CT_STR(""));
}

static ct_err end_group(struct derive *d)
{
    if (!d->asset) return CT_OK;
    CT_TRY(weigh(d));
    CT_TRY(apply_vex(d));
    if (d->any && d->state < CT_STATE_MITIGATED) CT_TRY(apply_controls(d));
    if (d->any) CT_TRY(settle(d, find_old(d), d->state, d->reason, d->conflict));
    d->asset = d->instance = d->seen_affected = 0;
    d->any = d->seen = d->plain_done = d->conflict = false;
    d->n_verdicts = d->n_observed = 0;
    ct_arena_clear(d->group_arena);
    return CT_OK;
}

static ct_err on_row(void *ctx, const struct ct_evidence_row *r)
{
    struct derive *d = ctx;
    if (r->component != d->component || r->asset != d->asset) {
        CT_TRY(end_group(d));
        if (r->component != d->component) CT_TRY(begin_component(d, r->component));
        d->asset = r->asset;
    }
    if (r->instance != d->instance) {
        CT_TRY(weigh(d));
        d->instance = r->instance;
        d->n_observed = 0;
    }
    if (r->source.n == 0 || d->n_observed == OBSERVED_MAX) return CT_OK;
    struct ct_evidence_row *o = &d->observed[d->n_observed];
    *o = *r;
    ct_str *texts[] = {&o->source, &o->state, &o->reason, &o->path};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CT_TRY(ct_arena_dup(d->group_arena, *texts[i], texts[i]));
    d->n_observed++;
    return CT_OK;
}

/* Findings that nothing supports any more. */
static ct_err close_rest(struct derive *d)
{
    for (size_t i = 0; i < d->n_old; i++) {
        struct old *o = &d->old[i];
        bool present;
        if (o->met || safe(o->state)) continue;
        if (o->f.component != d->component) CT_TRY(begin_component(d, o->f.component));
        d->asset = o->f.asset;
        d->n_verdicts = 0;
        CT_TRY(ct_component_present(d->db, d->asset, d->component, &present));
        for (size_t k = 0; k < d->advised.n; k++) d->verdicts[d->n_verdicts++] = d->advised.verdicts[k];
        CT_TRY(settle(d, o, present ? CT_STATE_NOT_AFFECTED : CT_STATE_FIXED,
                      present ? CT_STR("nothing says any more that it is affected") : CT_STR("gone: a complete look of at least the same scope no longer sees it"), false));
        ct_arena_clear(d->group_arena);
    }
    d->asset = 0;
    return CT_OK;
}

static ct_err one(struct derive *d, int64_t vulnerability, int64_t asset)
{
    ct_arena_clear(d->keep);
    ct_arena_clear(d->group_arena);
    d->old = NULL;
    d->n_old = d->cap_old = 0;
    d->component = d->asset = d->instance = d->seen_affected = 0;
    d->any = d->seen = d->plain_done = d->conflict = false;
    d->n_verdicts = d->n_observed = 0;
    CT_TRY(ct_vulnerability_get(d->db, d->keep, vulnerability, &d->v));
    CT_TRY(ct_vex_any(d->db, vulnerability, &d->vex_any));
    CT_TRY(ct_findings_of(d->db, vulnerability, asset, on_old, d));
    CT_TRY(ct_evidence_rows(d->db, vulnerability, asset, on_row, d));
    CT_TRY(end_group(d));
    return close_rest(d);
}

static ct_err run(ct_db *db, int64_t vulnerability, int64_t asset, const struct ct_who *who, struct ct_derived *derived)
{
    struct derive *d = calloc(1, sizeof *d);
    ct_arena *ids_arena = NULL;
    int64_t *ids = &vulnerability;
    size_t n = 1;
    if (!d) return CT_ERR_NOMEM;
    d->db = db;
    d->who = who;
    d->derived = derived;
    ct_err e = ct_arena_new(&ct_alloc_libc, ARENA_MAX, &d->keep);
    if (e == CT_OK) e = ct_arena_new(&ct_alloc_libc, 8u << 20, &d->component_arena);
    if (e == CT_OK) e = ct_arena_new(&ct_alloc_libc, 64u << 20, &d->group_arena);
    if (e == CT_OK) e = ct_arena_new(&ct_alloc_libc, 64u << 20, &ids_arena);
    if (e == CT_OK && !vulnerability) e = asset ? ct_vulnerabilities_of_asset(db, ids_arena, asset, &ids, &n) : ct_vulnerabilities_all(db, ids_arena, &ids, &n);
    for (size_t i = 0; i < n && e == CT_OK; i++) e = one(d, ids[i], asset);
    struct ct_clocks_count clocks = {0};
    if (e == CT_OK) e = ct_clocks(db, vulnerability, asset, who, false, &clocks);
    ct_arena_free(ids_arena);
    ct_arena_free(d->group_arena);
    ct_arena_free(d->component_arena);
    ct_arena_free(d->keep);
    free(d);
    return e;
}

ct_err ct_derive_asset(ct_db *db, int64_t asset, const struct ct_who *who, struct ct_derived *derived) { return run(db, 0, asset, who, derived); }
ct_err ct_derive_vulnerability(ct_db *db, int64_t vulnerability, const struct ct_who *who, struct ct_derived *derived) { return run(db, vulnerability, 0, who, derived); }
ct_err ct_derive_all(ct_db *db, const struct ct_who *who, struct ct_derived *derived) { return run(db, 0, 0, who, derived); }
