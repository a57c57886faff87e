#include "respond/due.h"

#include "event/attempt.h"
#include "store/asset.h"
#include "store/incident_row.h"
#include "store/look.h"
#include "store/timeline.h"
#include "store/vulnerability.h"

#include <string.h>

enum { ARENA_MAX = 512 << 20, TEXT_MAX = 64 << 10 };

static const ct_str default_policy = CT_STR_INIT("mailgun");

ct_err ct_policy_in_use(ct_db *db, ct_arena *arena, ct_str *ret_name)
{
    ct_err e = ct_setting_get(db, arena, CT_STR("policy"), ret_name);
    if (e == CT_ERR_NOT_FOUND) *ret_name = default_policy;
    return e == CT_ERR_NOT_FOUND ? CT_OK : e;
}

ct_err ct_policy_named(ct_db *db, ct_arena *arena, ct_str name, struct ct_policy *ret_policy, ct_str *ret_yaml, struct ct_fault *fault)
{
    ct_err e = ct_policy_row_get(db, arena, name, ret_yaml);
    for (size_t i = 0; i < ct_policy_presets_n && e == CT_ERR_NOT_FOUND; i++) {
        if (!ct_str_eq(ct_policy_presets[i].name, name)) continue;
        *ret_yaml = ct_policy_presets[i].yaml;
        e = CT_OK;
    }
    CT_TRY(e);
    return ct_policy_read(arena, *ret_yaml, ret_policy, fault);
}

struct change {
    struct ct_clock_row r;      /* as it is to be; texts are those of the policy */
    int64_t was_due;
    bool put, moved, breached;  /* moved: it had a due time before */
};

struct run {
    ct_db *db;
    const struct ct_who *who;
    struct ct_clocks_count *count;
    ct_arena *arena, *scratch;
    bool loosen;
    struct ct_policy in_use, policy; /* policy: for the vulnerability at hand, which an incident may have one for */
    int64_t vulnerability;
    struct change *changes;
    size_t n, cap;
};

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

/* Facts, anchor and what the policy says of a row. */
static struct ct_policy_answer ask(const struct ct_policy *p, const struct ct_clock_row *r, int64_t *ret_anchor)
{
    const struct ct_policy_times times = {.published = r->published, .notified = r->notified, .seen = r->seen, .found = r->found};
    const ct_str words[CT_POLICY_FACTS] = {
        [CT_POLICY_SEVERITY] = r->severity, [CT_POLICY_ENVIRONMENT] = r->environment, [CT_POLICY_EXPOSURE] = r->exposure, [CT_POLICY_CRITICALITY] = r->criticality,
        [CT_POLICY_EXPLOITED] = r->exploited ? CT_STR("yes") : CT_STR("no"), [CT_POLICY_AUTOMATABLE] = r->automatable, [CT_POLICY_IMPACT] = r->impact};
    unsigned facts[CT_POLICY_FACTS];
    for (int f = 0; f < CT_POLICY_FACTS; f++) facts[f] = ct_policy_fact_value((enum ct_policy_fact)f, words[f]);
    *ret_anchor = ct_policy_anchor_of(p->anchor, &times);
    return ct_policy_due(p, facts, *ret_anchor);
}

/* The due time of a finding that an acceptance covers: what is left of its time, behind the end of the acceptance. */
static int64_t behind(const struct ct_policy *p, const struct ct_clock_row *r, int64_t due, int64_t from, int64_t until)
{
    int64_t left = p->acceptance_restarts && r->anchor && r->due_policy > r->anchor ? r->due_policy - r->anchor : due - from;
    return until + later(left, 0);
}

static void set_due(struct change *c, int64_t due, int64_t now)
{
    c->was_due = c->r.due;
    c->moved = c->r.due != 0;
    c->r.due = due;
    c->r.due_set = now;
}

static void decide(struct run *d, struct change *c)
{
    struct ct_clock_row *r = &c->r;
    int64_t now = d->who->now_us, anchor;
    if (!r->closed) {
        struct ct_policy_answer a = ask(&d->policy, r, &anchor);
        bool earlier = a.due && r->due_policy && a.due < r->due_policy, follow = d->loosen && a.due != r->due_policy;
        if (a.rule && !r->due && !r->due_policy && !ct_str_eq(a.rule->name, r->rule)) r->rule = a.rule->name, c->put = true; /* no time, and why */
        if (a.due && !r->due_policy) {
            r->due_policy = a.due;
            r->anchor = anchor;
            if (!r->due || a.due < r->due) set_due(c, r->accepted_until ? behind(&d->policy, r, a.due, now, r->accepted_until) : a.due, now);
            r->rule = a.rule->name;
            c->put = true;
        } else if (earlier || follow) {
            r->due_policy = a.due;
            r->anchor = anchor;
            if (follow || a.due < r->due) {
                int64_t due = a.due && r->accepted_until ? behind(&d->policy, r, a.due, now, r->accepted_until) : a.due;
                if (follow || due < r->due) set_due(c, due, now);
            }
            r->rule = a.rule ? a.rule->name : CT_STR("");
            c->put = true;
        }
        if (a.forensics && !r->forensics) r->forensics = c->put = true;
        bool stopped = d->policy.mitigation_stops && ct_str_eq(r->state, CT_STR("mitigated"));
        if (stopped != r->stopped) r->stopped = stopped, c->put = true;
    }
    int64_t late = later(later(r->due, r->due_set), later(r->opened, r->reopened));
    if (r->due && !r->breached && !r->stopped && (r->closed ? late < r->closed : r->due < now && late <= now)) {
        r->breached = late;
        c->breached = c->put = true;
    }
}

static ct_err choose_policy(struct run *d, int64_t vulnerability);

static ct_err on_row(void *ctx, const struct ct_clock_row *row)
{
    struct run *d = ctx;
    struct change c = {.r = *row};
    CT_TRY(choose_policy(d, row->vulnerability));
    decide(d, &c);
    if (!c.put) return CT_OK;
    if (c.r.rule.p == row->rule.p) CT_TRY(ct_arena_dup(d->arena, row->rule, &c.r.rule));
    if (d->n == d->cap) {
        size_t cap = d->cap ? 2 * d->cap : 64;
        struct change *grown = ct_arena_grow(d->arena, d->changes, d->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        d->changes = grown;
        d->cap = cap;
    }
    d->changes[d->n++] = c;
    return CT_OK;
}

static ct_err stamp(ct_arena *arena, int64_t t, ct_str *ret_text)
{
    struct ct_buf b;
    *ret_text = (ct_str){NULL, 0};
    if (!t) return CT_OK;
    ct_buf_init(&b, arena, 256);
    ct_print_time(&b, t);
    return ct_buf_str(&b, ret_text);
}

/* "CVE in PURL on ASSET", as findings go by in the timeline. */
static ct_err note(ct_db *db, ct_arena *arena, const struct ct_who *who, const struct ct_clock_row *r, ct_str kind, int64_t was, int64_t now, ct_str why)
{
    struct ct_timeline_entry e = {.at = who->now_us, .actor = who->actor, .kind = kind, .asset = r->asset, .vulnerability = r->vulnerability};
    struct ct_vulnerability v;
    struct ct_component_row c;
    ct_str asset;
    struct ct_buf b;
    CT_TRY(ct_vulnerability_get(db, arena, r->vulnerability, &v));
    CT_TRY(ct_component_get(db, arena, r->component, &c));
    CT_TRY(ct_asset_title(db, arena, r->asset, &asset));
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_add(&b, v.name);
    ct_buf_text(&b, " in ");
    ct_buf_add(&b, c.purl);
    ct_buf_text(&b, " on ");
    ct_buf_add(&b, asset);
    CT_TRY(ct_buf_str(&b, &e.subject));
    CT_TRY(stamp(arena, was, &e.was));
    CT_TRY(stamp(arena, now, &e.now));
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_add(&b, who->why);
    if (who->why.n && why.n) ct_buf_text(&b, ": ");
    ct_buf_add(&b, why);
    CT_TRY(ct_buf_str(&b, &e.why));
    if (!e.why.p) e.why = CT_STR("");
    return ct_timeline_append(db, &e);
}

/* One entry for the clocks that a vulnerability starts at once: they may be thousands. */
static ct_err note_started(struct run *d, int64_t vulnerability, uint64_t n, const struct ct_clock_row *first, int64_t earliest, int64_t latest)
{
    struct ct_timeline_entry e = {.at = d->who->now_us, .actor = d->who->actor, .kind = CT_STR("clocks.started"), .vulnerability = vulnerability, .asset = n == 1 ? first->asset : 0};
    struct ct_vulnerability v;
    struct ct_buf b;
    if (n == 1) return note(d->db, d->scratch, d->who, first, CT_STR("clock.started"), 0, first->due, first->rule);
    CT_TRY(ct_vulnerability_get(d->db, d->scratch, vulnerability, &v));
    e.subject = v.name;
    ct_buf_init(&b, d->scratch, TEXT_MAX);
    ct_buf_printf(&b, "%llu findings due by ", (unsigned long long)n);
    ct_print_time(&b, earliest);
    if (latest != earliest) ct_buf_text(&b, " to ");
    if (latest != earliest) ct_print_time(&b, latest);
    CT_TRY(ct_buf_str(&b, &e.now));
    ct_buf_init(&b, d->scratch, TEXT_MAX);
    CT_TRY(choose_policy(d, vulnerability));
    ct_buf_text(&b, "policy ");
    ct_buf_add(&b, d->policy.name);
    CT_TRY(ct_buf_str(&b, &e.why));
    return ct_timeline_append(d->db, &e);
}

static ct_err write_changes(struct run *d)
{
    for (size_t i = 0; i < d->n;) {
        uint64_t started = 0;
        int64_t vulnerability = d->changes[i].r.vulnerability, earliest = INT64_MAX, latest = 0;
        const struct ct_clock_row *first = NULL;
        for (; i < d->n && d->changes[i].r.vulnerability == vulnerability; i++) {
            struct change *c = &d->changes[i];
            CT_TRY(ct_clock_put(d->db, &c->r));
            ct_arena_clear(d->scratch);
            if (c->r.due && !c->moved && c->r.due_set == d->who->now_us && !c->was_due && !c->r.closed && c->r.due_policy) {
                started++;
                if (!first) first = &c->r;
                if (c->r.due < earliest) earliest = c->r.due;
                latest = later(latest, c->r.due);
            }
            if (c->moved) {
                bool is_later = c->r.due == 0 || c->r.due > c->was_due;
                d->count->later += is_later;
                d->count->earlier += !is_later;
                CT_TRY(note(d->db, d->scratch, d->who, &c->r, is_later ? CT_STR("clock.later") : CT_STR("clock.earlier"), c->was_due, c->r.due, c->r.rule));
            }
            d->count->breached += c->breached;
            if (c->breached) CT_TRY(note(d->db, d->scratch, d->who, &c->r, CT_STR("clock.breached"), 0, c->r.breached, (ct_str){NULL, 0}));
        }
        d->count->started += started;
        ct_arena_clear(d->scratch);
        if (started) CT_TRY(note_started(d, vulnerability, started, first, earliest, latest));
    }
    return CT_OK;
}

static ct_err begin(struct run *d, ct_db *db, const struct ct_who *who, struct ct_clocks_count *count)
{
    *d = (struct run){.db = db, .who = who, .count = count};
    CT_TRY(ct_arena_new(&ct_alloc_libc, ARENA_MAX, &d->arena));
    return ct_arena_new(&ct_alloc_libc, 16u << 20, &d->scratch);
}

static void done(struct run *d)
{
    ct_arena_free(d->scratch);
    ct_arena_free(d->arena);
}

static ct_err load_policy(struct run *d)
{
    ct_str name, yaml;
    CT_TRY(ct_policy_in_use(d->db, d->arena, &name));
    ct_err e = ct_policy_named(d->db, d->arena, name, &d->in_use, &yaml, NULL);
    d->policy = d->in_use;
    return e == CT_ERR_NOT_FOUND ? CT_ERR_SYNTAX : e; /* a policy in use is never dropped */
}

static ct_err choose_policy(struct run *d, int64_t vulnerability)
{
    ct_str name, yaml;
    if (vulnerability == d->vulnerability) return CT_OK;
    d->vulnerability = vulnerability;
    ct_err e = ct_incident_policy(d->db, d->arena, vulnerability, &name);
    if (e == CT_ERR_NOT_FOUND) return d->policy = d->in_use, CT_OK;
    CT_TRY(e);
    e = ct_policy_named(d->db, d->arena, name, &d->policy, &yaml, NULL);
    return e == CT_ERR_NOT_FOUND ? CT_ERR_SYNTAX : e;
}

ct_err ct_clocks(ct_db *db, int64_t vulnerability, int64_t asset, const struct ct_who *who, bool loosen, struct ct_clocks_count *count)
{
    struct run d;
    ct_err e = begin(&d, db, who, count);
    d.loosen = loosen;
    if (e == CT_OK) e = load_policy(&d);
    if (e == CT_OK) e = ct_clock_rows(db, vulnerability, asset, who->now_us, on_row, &d);
    if (e == CT_OK) e = write_changes(&d);
    done(&d);
    return e;
}

ct_err ct_clocks_mark(ct_db *db, const struct ct_who *who, uint64_t *ret_breached)
{
    struct ct_clocks_count count = {0};
    struct run d;
    ct_err e = begin(&d, db, who, &count);
    if (e == CT_OK) e = load_policy(&d);
    if (e == CT_OK) e = ct_clock_rows_late(db, who->now_us, on_row, &d);
    if (e == CT_OK) e = write_changes(&d);
    *ret_breached = count.breached;
    done(&d);
    return e;
}

/* Open findings of one asset and vulnerability, for people's decisions. */
static ct_err keep_row(void *ctx, const struct ct_clock_row *row)
{
    struct run *d = ctx;
    if (row->closed) return CT_OK;
    if (d->n == d->cap) {
        size_t cap = d->cap ? 2 * d->cap : 16;
        struct change *grown = ct_arena_grow(d->arena, d->changes, d->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        d->changes = grown;
        d->cap = cap;
    }
    d->changes[d->n] = (struct change){.r = *row};
    return ct_arena_dup(d->arena, row->rule, &d->changes[d->n++].r.rule);
}

ct_err ct_clock_move(ct_db *db, int64_t asset, int64_t vulnerability, int64_t due, const struct ct_who *who, uint64_t *ret_moved, struct ct_fault *fault)
{
    struct ct_clocks_count count = {0};
    struct run d;
    ct_err e = begin(&d, db, who, &count);
    if (e == CT_OK) e = ct_clock_rows(db, vulnerability, asset, who->now_us, keep_row, &d);
    for (size_t i = 0; i < d.n && e == CT_OK; i++) {
        struct change *c = &d.changes[i];
        if (c->r.due && due > c->r.due && !who->why.n) e = ct_fault_set(fault, CT_ERR_USAGE, 0, "a later time needs a reason: --why");
        if (c->r.due != due) set_due(c, due, who->now_us);
        if (!c->moved && c->r.due_set == who->now_us) c->moved = true; /* from nothing: by a person all the same */
    }
    if (e == CT_OK) e = write_changes(&d);
    *ret_moved = count.earlier + count.later;
    done(&d);
    return e;
}

static ct_err note_acceptance(ct_db *db, ct_arena *arena, const struct ct_acceptance *a, const struct ct_who *who, ct_str kind)
{
    struct ct_timeline_entry e = {.at = who->now_us, .actor = who->actor, .kind = kind, .asset = a->asset, .vulnerability = a->vulnerability,
                                  .why = a->reason.p ? a->reason : CT_STR("")};
    struct ct_vulnerability v;
    ct_str asset;
    struct ct_buf b;
    CT_TRY(ct_vulnerability_get(db, arena, a->vulnerability, &v));
    CT_TRY(ct_asset_title(db, arena, a->asset, &asset));
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_add(&b, v.name);
    ct_buf_text(&b, " on ");
    ct_buf_add(&b, asset);
    CT_TRY(ct_buf_str(&b, &e.subject));
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_buf_text(&b, "until ");
    ct_print_time(&b, a->until);
    ct_buf_text(&b, ", approved by ");
    ct_buf_add(&b, a->approver);
    CT_TRY(ct_buf_str(&b, &e.now));
    return ct_timeline_append(db, &e);
}

ct_err ct_accept(ct_db *db, ct_arena *arena, struct ct_acceptance *a, const struct ct_who *who, uint64_t *ret_moved, struct ct_fault *fault)
{
    struct ct_clocks_count count = {0};
    struct ct_acceptance before;
    struct run d;
    int64_t from = who->now_us;
    if (!a->approver.n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "an acceptance needs who approves it: --approver");
    if (!a->reason.n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "an acceptance needs a reason: --why");
    if (a->until <= who->now_us) return ct_fault_set(fault, CT_ERR_USAGE, 0, "an acceptance needs an end that is ahead: --until");
    ct_err e = ct_acceptance_in_force(db, arena, a->asset, a->vulnerability, who->now_us, &before);
    if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    if (e == CT_OK) {
        from = before.until; /* what is left lies behind the one in force */
        CT_TRY(ct_acceptance_end(db, before.id, who->now_us));
    }
    a->since = who->now_us;
    CT_TRY(ct_acceptance_put(db, a));
    CT_TRY(note_acceptance(db, arena, a, who, CT_STR("acceptance.added")));
    e = begin(&d, db, who, &count);
    if (e == CT_OK) e = load_policy(&d);
    if (e == CT_OK) e = choose_policy(&d, a->vulnerability);
    if (e == CT_OK) e = ct_clock_rows(db, a->vulnerability, a->asset, who->now_us, keep_row, &d);
    for (size_t i = 0; i < d.n && e == CT_OK; i++) {
        struct change *c = &d.changes[i];
        if (!c->r.due) continue;
        int64_t due = behind(&d.policy, &c->r, c->r.due, from, a->until);
        if (due != c->r.due) set_due(c, due, who->now_us);
    }
    if (e == CT_OK) e = write_changes(&d);
    *ret_moved = count.earlier + count.later;
    done(&d);
    return e;
}

ct_err ct_accept_end(ct_db *db, ct_arena *arena, int64_t asset, int64_t vulnerability, const struct ct_who *who, uint64_t *ret_moved)
{
    struct ct_clocks_count count = {0};
    struct ct_acceptance a;
    struct run d;
    CT_TRY(ct_acceptance_in_force(db, arena, asset, vulnerability, who->now_us, &a));
    CT_TRY(ct_acceptance_end(db, a.id, who->now_us));
    a.reason = who->why;
    CT_TRY(note_acceptance(db, arena, &a, who, CT_STR("acceptance.ended")));
    ct_err e = begin(&d, db, who, &count);
    if (e == CT_OK) e = ct_clock_rows(db, vulnerability, asset, who->now_us, keep_row, &d);
    for (size_t i = 0; i < d.n && e == CT_OK; i++) {
        struct change *c = &d.changes[i];
        if (c->r.due >= a.until) set_due(c, who->now_us + (c->r.due - a.until), who->now_us);
    }
    if (e == CT_OK) e = write_changes(&d);
    *ret_moved = count.earlier + count.later;
    done(&d);
    return e;
}
